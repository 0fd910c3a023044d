import type { ActivityQuery, StoredActivity } from '../../../app/ports/stores.ts';
import { eventPattern } from '../../../domain/observability/failures.ts';
import type { PatternCount } from '../../../domain/observability/topPatterns.ts';
import type { StoreEngine } from '../storeEngine.ts';
import { eventsBetween } from './repositories/eventsBetween.ts';
import { allOf, inList } from './repositories/rows.ts';
import { watchedMinutes, watchedSecondsIn, type WatchedMinutes } from './repositories/watchedMinutes.ts';
import { isoMs } from './windows.ts';

const minuteMs = 60_000;

interface Sums {
  readonly patterns: Map<string, { touches: number; errors: number; lastTouchedMs: number }>;
  readonly buckets: { touches: number; errors: number }[];
  touches: number;
}

/** Equal stretches of a window; their edges need not be minutes. */
class Grid {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;

  constructor(fromMs: number, toMs: number, count: number) {
    this.fromMs = fromMs;
    this.toMs = toMs;
    this.count = count;
  }

  edge(index: number): number {
    return this.fromMs + ((this.toMs - this.fromMs) * index) / this.count;
  }

  indexOf(ms: number): number {
    const index = Math.floor(((ms - this.fromMs) / (this.toMs - this.fromMs)) * this.count);
    return Math.min(Math.max(0, index), this.count - 1);
  }

  /** Whether a minute lies in the window and in one bucket as a whole. */
  holdsMinute(startMs: number): boolean {
    if (startMs < this.fromMs || startMs + minuteMs > this.toMs) return false;
    return this.indexOf(startMs) === this.indexOf(startMs + minuteMs - 1);
  }
}

/** Touched patterns of a window and when they were touched. */
export function storedActivity(history: StoreEngine, query: ActivityQuery): StoredActivity {
  const grid = new Grid(Date.parse(isoMs(query.from)), Date.parse(isoMs(query.to)), query.buckets);
  const sums: Sums = {
    patterns: new Map(),
    buckets: Array.from({ length: query.buckets }, () => ({ touches: 0, errors: 0 })),
    touches: 0,
  };
  const minutesWithRows = addRollups(history, query, grid, sums);
  if (query.source === 'client') addCutMinutes(history, query, grid, sums);
  const ranked = [...sums.patterns]
    .map(([pattern, sum]): PatternCount => ({ pattern, ...sum }))
    .sort((a, b) => b.touches - a.touches || (a.pattern < b.pattern ? -1 : 1));
  const watched =
    query.source === 'client'
      ? watchedMinutes(history.read(), query, floorMinute(grid.fromMs), floorMinute(grid.toMs - 1) + 60)
      : { secondsByMinute: minutesWithRows, connections: 1 };
  const coverage = (fromMs: number, toMs: number): number => coverageOf(watched, fromMs, toMs);
  return {
    touches: sums.touches,
    patterns: ranked.slice(0, query.limit),
    nextTouches: ranked[query.limit]?.touches ?? 0,
    coverage: coverage(grid.fromMs, grid.toMs),
    buckets: sums.buckets.map((bucket, at) => ({ ...bucket, coverage: coverage(grid.edge(at), grid.edge(at + 1)) })),
  };
}

function floorMinute(ms: number): number {
  return Math.floor(ms / minuteMs) * 60;
}

function coverageOf(watched: WatchedMinutes, fromMs: number, toMs: number): number {
  const seconds = watchedSecondsIn(watched, fromMs, toMs);
  return Math.min(1, seconds / (((toMs - fromMs) / 1000) * watched.connections));
}

function add(sums: Sums, bucket: number, pattern: string, touches: number, errors: number, lastMs: number): void {
  const sum = sums.patterns.get(pattern);
  if (sum === undefined) sums.patterns.set(pattern, { touches, errors, lastTouchedMs: lastMs });
  else {
    sum.touches += touches;
    sum.errors += errors;
    sum.lastTouchedMs = Math.max(sum.lastTouchedMs, lastMs);
  }
  const into = sums.buckets[bucket];
  if (into !== undefined) {
    into.touches += touches;
    into.errors += errors;
  }
  sums.touches += touches;
}

/** Minutes from roll-ups. A watch has no rows: its minutes that an edge cuts count where their middle lies. */
function addRollups(history: StoreEngine, query: ActivityQuery, grid: Grid, sums: Sums): Map<number, number> {
  const where = allOf([
    {
      sql: 'start >= ? AND start < ? AND source = ?',
      params: [floorMinute(grid.fromMs), Math.ceil(grid.toMs / 1000), query.source],
    },
    inList('connection_id', query.connectionIds),
    inList('environment', query.environments),
  ]);
  const minutes = new Map<number, number>();
  const rows = history
    .read()
    .each(`SELECT start, pattern, touches, errors, last_ms FROM pattern_rollups WHERE ${where.sql}`, where.params);
  for (const [start, pattern, touches, errors, lastMs] of rows) {
    const startMs = Number(start) * 1000;
    if (query.source === 'client' && !grid.holdsMinute(startMs)) continue;
    minutes.set(Number(start), 60);
    const bucket = grid.indexOf(startMs + minuteMs / 2);
    add(sums, bucket, String(pattern), Number(touches), Number(errors), Number(lastMs));
  }
  return minutes;
}

/** The minutes that an edge cuts, from rows, so that every touch stands in its own bucket. */
function addCutMinutes(history: StoreEngine, query: ActivityQuery, grid: Grid, sums: Sums): void {
  const columns = 'timestamp, key_or_pattern, status';
  for (const [fromMs, toMs] of cutStretches(grid)) {
    for (const [timestamp, keyOrPattern, status] of eventsBetween(history, query, columns, fromMs, toMs)) {
      if (status === 'blocked' || keyOrPattern === '') continue;
      const ms = Date.parse(String(timestamp));
      const pattern = eventPattern({ keyOrPattern: String(keyOrPattern) });
      add(sums, grid.indexOf(ms), pattern, 1, status === 'error' ? 1 : 0, ms);
    }
  }
}

/** Stretches of the window made of minutes that no bucket holds as a whole; neighbours joined. */
function cutStretches(grid: Grid): [fromMs: number, toMs: number][] {
  const stretches: [number, number][] = [];
  for (let start = floorMinute(grid.fromMs) * 1000; start < grid.toMs; start += minuteMs) {
    if (grid.holdsMinute(start)) continue;
    const from = Math.max(start, grid.fromMs);
    const to = Math.min(start + minuteMs, grid.toMs);
    const last = stretches.at(-1);
    if (last !== undefined && last[1] === from) last[1] = to;
    else stretches.push([from, to]);
  }
  return stretches;
}
