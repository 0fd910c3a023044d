import type { TimelinePage, TimelineQuery } from '../../../app/ports/stores.ts';
import { validationFailure } from '../../../domain/failure.ts';
import type { HistoryEvent } from '../../../domain/timeline/event.ts';
import type { StoreEngine } from '../storeEngine.ts';
import { countOfPart, eventsOfPart, type EventPosition } from './repositories/historyEvents.ts';
import { isoMs } from './windows.ts';

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

/** One page of the timeline, merged from the parts that reach into the window. */
export function timelinePage(history: StoreEngine, given: TimelineQuery): TimelinePage {
  const query = { ...given, from: isoMs(given.from), to: isoMs(given.to) };
  const position = positionOf(query.cursor);
  let found: HistoryEvent[] = [];
  let total = 0;
  for (const { content, open } of history.eventParts()) {
    if (content !== undefined && content.from !== null && content.from >= query.to) continue;
    if (content !== undefined && content.to !== null && content.to < query.from) continue;
    const part = open();
    if (part === undefined) continue;
    total += countOfPart(part, query);
    const oldest = found.length > query.limit ? found[query.limit]?.timestamp : undefined;
    if (oldest !== undefined && content !== undefined && content.to !== null && content.to < oldest) continue;
    found.push(...eventsOfPart(part, query, position, query.limit + 1));
    found = found.sort(newestFirst).slice(0, query.limit + 1);
  }
  const events = found.slice(0, query.limit);
  const last = events.at(-1);
  return found.length > query.limit && last !== undefined
    ? { events, cursor: cursorOf(last), total }
    : { events, total };
}
