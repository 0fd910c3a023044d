import type { SampleCourseQuery } from '../../../app/ports/stores.ts';
import { sampleCourse, type SampleCourse } from '../../../domain/observability/sampleCourse.ts';
import type { SampleFigures } from '../../../domain/observability/series.ts';
import type { ObservabilitySnapshot } from '../../../domain/observability/snapshot.ts';
import type { PartContent } from '../parts.ts';
import type { StoreEngine } from '../storeEngine.ts';
import type { EventPart } from '../storeOptions.ts';
import { sampleTable } from './partContent.ts';
import { figuresOfPart, samplesOfPart } from './repositories/observabilitySamples.ts';
import { rolledUpSamples } from './repositories/sampleRollups.ts';
import { isoMs } from './windows.ts';

interface Query {
  readonly from: string;
  readonly to: string;
  readonly connectionIds?: readonly string[];
}

/** A part among whose rows are more samples than this is asked each time. */
const mostPerPart = 5_000;
const mostKept = 40_000;

/**
 * Samples of finished parts, which never change: charts ask for them every few seconds, and a part is a file of
 * megabytes that is read for a few hundred of them.
 */
let kept = new WeakMap<PartContent, readonly ObservabilitySnapshot[]>();
let keptCount = 0;

/** Samples in a window, oldest first, at most `most`; hours that were purged stand as one sample each. */
export function storedSamples(history: StoreEngine, query: Query, most: number): readonly ObservabilitySnapshot[] {
  return oldestFirst([
    ...rolledUpSamples(history.read(), query),
    ...partsWith(history, query).flatMap((part) => samplesIn(part, query, most)),
  ]).slice(0, most);
}

/** Added up here: what charts draw is little, and a week of samples is not. */
export function storedSampleCourse(
  history: StoreEngine,
  { connectionId, stepMs, ...window }: SampleCourseQuery,
): SampleCourse {
  const query = { from: isoMs(window.from), to: isoMs(window.to), connectionIds: [connectionId] };
  const figures = oldestFirst<SampleFigures>([
    ...rolledUpSamples(history.read(), query),
    ...partsWith(history, query).flatMap((part) => figuresIn(part, query, connectionId)),
  ]);
  return sampleCourse(figures, { fromMs: Date.parse(query.from), toMs: Date.parse(query.to) }, stepMs);
}

function oldestFirst<T extends { readonly timestamp: string }>(samples: readonly T[]): T[] {
  return samples.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
}

function partsWith(history: StoreEngine, query: Query): EventPart[] {
  return history.eventParts(sampleTable).filter(({ content }) => holdsSamplesIn(content, query));
}

/** By the times of its samples, where the part says them; those of the part that still grows are not known. */
export function holdsSamplesIn(content: PartContent | undefined, { from, to }: Pick<Query, 'from' | 'to'>): boolean {
  if (content === undefined) return true;
  const { from: first, to: last, rows } = content.tables?.[sampleTable] ?? content;
  return rows > 0 && (first === null || last === null || (first < to && last >= from));
}

function samplesIn(part: EventPart, query: Query, most: number): readonly ObservabilitySnapshot[] {
  const known = keptOf(part);
  if (known !== undefined) return known.filter((sample) => isAsked(sample, query));
  const database = part.open();
  return database === undefined ? [] : samplesOfPart(database, query, most);
}

function figuresIn(part: EventPart, query: Query, connectionId: string): readonly SampleFigures[] {
  const known = keptOf(part);
  if (known !== undefined) return known.filter((sample) => isAsked(sample, query));
  const database = part.open();
  return database === undefined ? [] : figuresOfPart(database, connectionId, query);
}

/** All samples of a finished part; undefined of one that is asked each time. */
function keptOf({ content, open }: EventPart): readonly ObservabilitySnapshot[] | undefined {
  const rows = content?.tables?.[sampleTable]?.rows;
  if (content === undefined || rows === undefined || rows > mostPerPart) return undefined;
  const known = kept.get(content);
  if (known !== undefined) return known;
  const part = open();
  const all = part === undefined ? [] : samplesOfPart(part, { from: '', to: '~' }, mostPerPart);
  if (keptCount + all.length > mostKept) {
    kept = new WeakMap();
    keptCount = 0;
  }
  kept.set(content, all);
  keptCount += all.length;
  return all;
}

function isAsked({ timestamp, connectionId }: ObservabilitySnapshot, { from, to, connectionIds }: Query): boolean {
  return timestamp >= from && timestamp < to && (connectionIds?.includes(connectionId) ?? true);
}
