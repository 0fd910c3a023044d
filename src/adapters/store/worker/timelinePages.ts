import type { SearchPage, TimelinePage, TimelineQuery } from '../../../app/ports/stores.ts';
import { validationFailure } from '../../../domain/failure.ts';
import type { HistoryEvent } from '../../../domain/timeline/event.ts';
import type { PartContent } from '../parts.ts';
import type { StoreEngine } from '../storeEngine.ts';
import type { EventPart } from '../storeOptions.ts';
import { countOfPart, eventsOfPart, type EventPosition } from './repositories/historyEvents.ts';
import { countByKinds } from './partKinds.ts';
import { isoMs } from './windows.ts';

type Filter = Omit<TimelineQuery, 'cursor' | 'limit'>;

/** Finished parts never change: what matched in one is counted once per filter. */
const counted = new WeakMap<PartContent, Map<string, number>>();
const filtersPerPart = 50;

function positionOf(cursor: string | undefined): EventPosition | undefined {
  if (cursor === undefined) return undefined;
  const [timestamp, id, ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (timestamp === undefined || id === undefined || rest.length > 0 || Number.isNaN(Date.parse(timestamp))) {
    throw validationFailure('cursor', 'The cursor is not one that a timeline page gave.');
  }
  return { timestamp, id };
}

function cursorOf({ timestamp, id }: HistoryEvent): string {
  return Buffer.from(`${timestamp} ${id}`).toString('base64url');
}

function newestFirst(a: HistoryEvent, b: HistoryEvent): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

/** Whether a part's time reaches into [from, to); that of the part which still grows is not known. */
function reachesInto({ content }: EventPart, from: string, to: string): boolean {
  if (content === undefined || content.from === null || content.to === null) return true;
  return content.from < to && content.to >= from;
}

function filterOf<T extends Filter>(given: T): T {
  return { ...given, from: isoMs(given.from), to: isoMs(given.to) };
}

/** One page of the timeline, merged from the parts that reach into the window. */
export function timelinePage(history: StoreEngine, given: TimelineQuery): TimelinePage {
  const { cursor, limit, ...filter } = filterOf(given);
  const position = positionOf(cursor);
  const asked = JSON.stringify(filter);
  let found: HistoryEvent[] = [];
  let total = 0;
  for (const part of history.eventParts('history_events')) {
    if (!reachesInto(part, filter.from, filter.to)) continue;
    const count = countIn(part, filter, asked);
    total += count;
    if (count === 0) continue;
    const oldest = found[limit]?.timestamp ?? filter.from;
    if (!reachesInto(part, oldest, position === undefined ? filter.to : `${position.timestamp}~`)) continue;
    const database = part.open();
    if (database === undefined) continue;
    found.push(...eventsOfPart(database, filter, position, limit + 1));
    found = found.sort(newestFirst).slice(0, limit + 1);
  }
  const events = found.slice(0, limit);
  const last = events.at(-1);
  return found.length > limit && last !== undefined ? { events, cursor: cursorOf(last), total } : { events, total };
}

function countIn(part: EventPart, filter: Filter, asked: string): number {
  const { content } = part;
  const known = countByKinds(part, filter) ?? (content === undefined ? undefined : counted.get(content)?.get(asked));
  if (known !== undefined) return known;
  const database = part.open();
  if (database === undefined) return 0;
  const count = countOfPart(database, filter);
  if (content === undefined) return count;
  const filters = counted.get(content) ?? new Map<string, number>();
  if (filters.size >= filtersPerPart) filters.clear();
  counted.set(content, filters.set(asked, count));
  return count;
}

/**
 * One step of a search through the parts, newest part first: what matches in the next part that reaches into the window.
 * `after` is the `next` of the step before. A step looks at one part only, so that the caller can stop at any time.
 */
export function searchStep(
  history: StoreEngine,
  given: Omit<TimelineQuery, 'cursor'>,
  after: number | undefined,
): SearchPage & { readonly next?: number } {
  const { limit, ...filter } = filterOf(given);
  const parts = history
    .eventParts('history_events')
    .filter((part) => reachesInto(part, filter.from, filter.to) && countByKinds(part, filter) !== 0);
  // Parts that were finished since the step before stand before those that were seen already.
  const at = after === undefined ? 0 : parts.length - after;
  const part = parts[at];
  const left = parts.length - at - 1;
  const database = part?.open();
  const events = database === undefined ? [] : eventsOfPart(database, filter, undefined, limit);
  const searched = parts.length === 0 ? 1 : (at + 1) / parts.length;
  return { events, searched, ...(left > 0 ? { next: left } : {}) };
}
