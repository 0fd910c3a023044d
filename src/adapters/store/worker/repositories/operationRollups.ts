import type { OperationBucket } from '../../../../domain/observability/overview.ts';
import { LatencySketch } from '../../../../domain/observability/latencySketch.ts';
import type { ObservabilitySnapshot } from '../../../../domain/observability/snapshot.ts';
import { isOperation, type EventStatus, type HistoryEvent } from '../../../../domain/timeline/event.ts';
import type { SqlDatabase, SqlValue } from '../../sql/driver.ts';
import { SketchDelta, sketchJson } from '../../sql/sketchBytes.ts';
import type { Transaction } from '../../transaction.ts';
import { allOf, inList } from './rows.ts';
import { minuteStarts } from './minuteStarts.ts';

/** Spans of roll-ups, seconds: a window of any length is read as whole hours and the minutes at its ends. */
const minute = 60;
const hour = 3600;

interface Addition {
  readonly key: readonly SqlValue[];
  readonly counts: Record<EventStatus, number>;
  watchedSeconds: number;
  readonly sketch: SketchDelta;
}

const upsert = `INSERT INTO operation_rollups
  (span, start, connection_id, environment, success, error, blocked, watched_seconds, sketch)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET success = success + excluded.success, error = error + excluded.error,
    blocked = blocked + excluded.blocked, watched_seconds = min(span, watched_seconds + excluded.watched_seconds),
    sketch = merge_sketches(sketch, excluded.sketch)`;

/** What is to be added to the stored roll-ups, gathered over a group of rows. */
class Additions {
  private readonly byKey = new Map<string, Addition>();

  at(span: number, seconds: number, connectionId: string, environment: string): Addition {
    const start = Math.floor(seconds / span) * span;
    const name = `${span} ${start} ${environment} ${connectionId}`;
    const known = this.byKey.get(name);
    if (known !== undefined) return known;
    const addition: Addition = {
      key: [span, start, connectionId, environment],
      counts: { success: 0, error: 0, blocked: 0 },
      watchedSeconds: 0,
      sketch: new SketchDelta(),
    };
    this.byKey.set(name, addition);
    return addition;
  }

  save(transaction: Transaction): void {
    const rows = [...this.byKey.values()].map(({ key, counts, watchedSeconds, sketch }): SqlValue[] => {
      const { success, error, blocked } = counts;
      return [...key, success, error, blocked, watchedSeconds, sketch.toBytes()];
    });
    transaction.runMany(upsert, rows);
  }
}

/** Adds our own operations to the minutes and hours that they ended in. What the engine reports is not counted here. */
export function rollUpEvents(transaction: Transaction, events: readonly HistoryEvent[]): void {
  const additions = new Additions();
  const minuteOf = minuteStarts();
  for (const event of events) {
    if (!isOperation(event)) continue;
    const { timestamp, connectionId, environment, status, durationMs } = event;
    const start = minuteOf(timestamp);
    for (const span of [minute, hour]) {
      const addition = additions.at(span, start, connectionId, environment);
      addition.counts[status] += 1;
      if (status === 'success') addition.sketch.add(durationMs);
    }
  }
  additions.save(transaction);
}

/** Marks the time that samples cover as watched. It belongs to the connection, whatever its environment is called. */
export function rollUpCoverage(transaction: Transaction, samples: readonly ObservabilitySnapshot[]): void {
  const additions = new Additions();
  for (const { connectionId, timestamp, periodSeconds } of samples) {
    const to = Date.parse(timestamp) / 1000;
    const from = to - Math.min(Math.max(periodSeconds, 0), hour);
    for (const span of [minute, hour]) {
      for (let start = Math.floor(from / span) * span; start < to; start += span) {
        const addition = additions.at(span, start, connectionId, '');
        const more = Math.min(to, start + span) - Math.max(from, start);
        addition.watchedSeconds = Math.min(span, addition.watchedSeconds + more);
      }
    }
  }
  additions.save(transaction);
}

interface Sum {
  readonly counts: Record<EventStatus, number>;
  readonly sketch: LatencySketch;
  watchedSeconds: number;
}

interface RollupQuery {
  readonly from: string;
  readonly to: string;
  readonly connectionIds?: readonly string[];
  readonly environments?: readonly string[];
  readonly bucketSeconds: number;
}

/** Buckets of a window, oldest first. The window is widened to whole buckets, aligned to the epoch. */
export function operationBuckets(database: SqlDatabase, query: RollupQuery): OperationBucket[] {
  const size = query.bucketSeconds;
  const from = Math.floor(Date.parse(query.from) / 1000 / size) * size;
  const to = Math.ceil(Date.parse(query.to) / 1000 / size) * size;
  const sums = new Map<string, Sum>();
  for (const [span, start, end] of stretches(from, to, size)) addStretch(database, query, span, start, end, size, sums);
  return [...sums].map(([key, sum]) => bucketOf(key, sum, size)).sort(byTime);
}

/** The window as hours where whole hours fit into its buckets, and minutes elsewhere. */
function stretches(from: number, to: number, size: number): [span: number, from: number, to: number][] {
  return size % hour === 0 ? [[hour, from, to]] : [[minute, from, to]];
}

function addStretch(
  database: SqlDatabase,
  query: RollupQuery,
  span: number,
  from: number,
  to: number,
  size: number,
  sums: Map<string, Sum>,
): void {
  const where = allOf([
    { sql: 'span = ? AND start >= ? AND start < ?', params: [span, from, to] },
    inList('connection_id', query.connectionIds),
    inList('environment', query.environments === undefined ? undefined : [...query.environments, '']),
  ]);
  const rows = database.each(
    `SELECT start, connection_id, success, error, blocked, watched_seconds, sketch FROM operation_rollups WHERE ${where.sql}`,
    where.params,
  );
  for (const [at, connectionId, success, error, blocked, watchedSeconds, sketch] of rows) {
    const start = Math.floor(Number(at) / size) * size;
    const sum = sumAt(sums, `${start} ${String(connectionId)}`);
    sum.counts.success += Number(success);
    sum.counts.error += Number(error);
    sum.counts.blocked += Number(blocked);
    sum.watchedSeconds += Number(watchedSeconds);
    if (sketch instanceof Uint8Array) sum.sketch.mergeJson(sketchJson(sketch));
  }
}

function sumAt(sums: Map<string, Sum>, key: string): Sum {
  const known = sums.get(key);
  if (known !== undefined) return known;
  const sum: Sum = { counts: { success: 0, error: 0, blocked: 0 }, sketch: new LatencySketch(), watchedSeconds: 0 };
  sums.set(key, sum);
  return sum;
}

function bucketOf(key: string, { counts, sketch, watchedSeconds }: Sum, size: number): OperationBucket {
  const space = key.indexOf(' ');
  const start = Number(key.slice(0, space));
  return {
    from: new Date(start * 1000).toISOString(),
    to: new Date((start + size) * 1000).toISOString(),
    connectionId: key.slice(space + 1),
    ...counts,
    p50Ms: sketch.quantile(0.5),
    p95Ms: sketch.quantile(0.95),
    coverage: Math.min(1, watchedSeconds / size),
  };
}

function byTime(a: OperationBucket, b: OperationBucket): number {
  return a.from < b.from ? -1 : a.from > b.from ? 1 : a.connectionId < b.connectionId ? -1 : 1;
}
