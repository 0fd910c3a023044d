import type { SampleCourseQuery } from '../../../app/ports/stores.ts';
import { sampleCourse, type SampleCourse } from '../../../domain/observability/sampleCourse.ts';
import type { ObservabilitySnapshot } from '../../../domain/observability/snapshot.ts';
import type { PartContent } from '../parts.ts';
import type { StoreEngine } from '../storeEngine.ts';
import type { EventPart } from '../storeOptions.ts';
import { sampleTable } from './partContent.ts';
import { samplesOfPart } from './repositories/observabilitySamples.ts';
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
  const samples = history
    .eventParts(sampleTable)
    .filter(({ content }) => holdsSamplesIn(content, query))
    .flatMap((part) => samplesIn(part, query, most));
  return [...rolledUpSamples(history.read(), query), ...samples]
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
    .slice(0, most);
}

/** Added up here: what charts draw is little, and a week of samples is not. */
export function storedSampleCourse(
  history: StoreEngine,
  { connectionId, stepMs, ...window }: SampleCourseQuery,
): SampleCourse {
  const query = { from: isoMs(window.from), to: isoMs(window.to), connectionIds: [connectionId] };
  const samples = storedSamples(history, query, Number.MAX_SAFE_INTEGER);
  return sampleCourse(samples, { fromMs: Date.parse(query.from), toMs: Date.parse(query.to) }, stepMs);
}

/** By the times of its samples, where the part says them; those of the part that still grows are not known. */
export function holdsSamplesIn(content: PartContent | undefined, { from, to }: Pick<Query, 'from' | 'to'>): boolean {
  if (content === undefined) return true;
  const { from: first, to: last, rows } = content.tables?.[sampleTable] ?? content;
  return rows > 0 && (first === null || last === null || (first < to && last >= from));
}

function samplesIn({ content, open }: EventPart, query: Query, most: number): readonly ObservabilitySnapshot[] {
  const known = content === undefined ? undefined : kept.get(content);
  if (known !== undefined) return known.filter((sample) => isAsked(sample, query));
  const part = open();
  if (part === undefined) return [];
  const rows = content?.tables?.[sampleTable]?.rows;
  if (content === undefined || rows === undefined || rows > mostPerPart) return samplesOfPart(part, query, most);
  const all = samplesOfPart(part, { from: '', to: '~' }, mostPerPart);
  if (keptCount + all.length > mostKept) {
    kept = new WeakMap();
    keptCount = 0;
  }
  kept.set(content, all);
  keptCount += all.length;
  return all.filter((sample) => isAsked(sample, query));
}

function isAsked({ timestamp, connectionId }: ObservabilitySnapshot, { from, to, connectionIds }: Query): boolean {
  return timestamp >= from && timestamp < to && (connectionIds?.includes(connectionId) ?? true);
}
