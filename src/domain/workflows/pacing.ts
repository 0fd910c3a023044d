/**
 * How many items the next batch takes and how long to rest before it. A batch begins at 100 items; it grows while
 * batches are quick, shrinks when one is slow, and the run rests when the server answers slower than it did at first.
 */
export interface Pace {
  readonly size: number;
  /** Quick batches in a row. */
  readonly quick: number;
  /** Milliseconds per item, smoothed; null before the first batch. */
  readonly itemMs: number | null;
  /** The best smoothed value so far: what this server can do when nobody else needs it. */
  readonly bestItemMs: number | null;
}

export const firstBatch = 100;
const smallest = 10;
/** Most items of a batch that is written without looking first. */
export const largestBlindBatch = 5000;
/**
 * Most keys that one connection watches: WATCH compares each key with all that are watched already, so 2,000 of them
 * hold the server for 28 ms (seen on 7.0), 250 for less than one.
 */
export const watchedByOneLine = 200;
/** Most items of a batch whose keys are watched, by several connections. */
export const largestWatchedBatch = 8 * watchedByOneLine;
/** A batch never aims at more than this; a tenth of the 2 s that a batch may take at most. */
const aimMs = 200;
const quickMs = 60;
const longestRestMs = 1000;

export const freshPace: Pace = { size: firstBatch, quick: 0, itemMs: null, bestItemMs: null };

/** The pace after a batch of `items` items that took `ms` on the server's side of the wire. */
export function paceAfter(pace: Pace, items: number, ms: number): Pace {
  if (items === 0) return pace;
  const now = ms / items;
  const itemMs = pace.itemMs === null ? now : pace.itemMs * 0.7 + now * 0.3;
  const bestItemMs = pace.bestItemMs === null ? itemMs : Math.min(pace.bestItemMs, itemMs);
  if (ms > aimMs) return { size: Math.max(smallest, Math.floor(pace.size / 2)), quick: 0, itemMs, bestItemMs };
  const quick = ms <= quickMs ? pace.quick + 1 : 0;
  // Growth needs a few quick batches in a row, so that one lucky answer does not decide.
  const size = quick >= 4 ? Math.min(largestBlindBatch, pace.size * 2) : pace.size;
  return { size, quick: size === pace.size ? quick : 2, itemMs, bestItemMs };
}

/** Milliseconds to rest before the next batch: as long again as the last one when the server became 3 times slower. */
export function restMs(pace: Pace): number {
  if (pace.itemMs === null || pace.bestItemMs === null) return 0;
  const slower = pace.itemMs / Math.max(pace.bestItemMs, 0.001);
  // Below a tenth of a millisecond per item, noise of this machine looks like a slow server.
  if (slower < 3 || pace.itemMs < 0.1) return 0;
  return Math.min(longestRestMs, Math.round(pace.itemMs * pace.size));
}
