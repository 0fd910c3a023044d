import type { KeptDataset } from './dataset.ts';
import type { PinReason } from './pins.ts';

/**
 * A stretch of a dataset's rows in the order of time, as a purge sees it: a part of the history, or one row of what is kept
 * row by row. Stretches may overlap in time.
 */
export interface Stretch<Id = string | number> {
  readonly id: Id;
  readonly rows: number;
  readonly bytes: number;
  /** First and last time of its rows, UTC ISO-8601. */
  readonly from: string;
  readonly to: string;
}

/** How a cutoff meets a stretch: rows before it are victims unless something pins them. */
export type Reach = 'none' | 'some' | 'all';

export function reachOf({ from, to }: Pick<Stretch, 'from' | 'to'>, cutoff: string): Reach {
  if (from >= cutoff) return 'none';
  return to < cutoff ? 'all' : 'some';
}

/** Where a purge by size ends. */
export interface SizeCut<Id = string | number> {
  /** Everything up to the end of these stretches goes. */
  readonly whole: readonly Stretch<Id>[];
  /** … and of this one the oldest rows. */
  readonly partial: { readonly stretch: Stretch<Id>; readonly rows: number } | null;
}

/**
 * How far into the past a purge must go until `bytes` are free: the oldest first, by the end of the stretches. Pinned rows
 * (`pinnedOf` = how many of a stretch) stay, so that it goes further for them.
 */
export function sizeCut<Id>(
  stretches: readonly Stretch<Id>[],
  bytes: number,
  pinnedOf: (stretch: Stretch<Id>) => number,
): SizeCut<Id> {
  const whole: Stretch<Id>[] = [];
  let left = bytes;
  for (const stretch of stretches.toSorted(byEnd)) {
    if (left <= 0) return { whole, partial: null };
    const free = stretch.rows - pinnedOf(stretch);
    const perRow = stretch.rows === 0 ? 0 : stretch.bytes / stretch.rows;
    if (free * perRow > left && perRow > 0) {
      return { whole, partial: { stretch, rows: Math.ceil(left / perRow) } };
    }
    whole.push(stretch);
    left -= free * perRow;
  }
  return { whole, partial: null };
}

function byEnd(a: Stretch<unknown>, b: Stretch<unknown>): number {
  return a.to < b.to ? -1 : a.to > b.to ? 1 : 0;
}

/** How many bytes must go so that a dataset over its budget falls to `share` of it; 0 when it is not over. */
export function bytesOver(usedBytes: number, budgetBytes: number, share: number): number {
  return usedBytes <= budgetBytes ? 0 : Math.max(0, Math.ceil(usedBytes - budgetBytes * share));
}

/** Rows that stay although the cutoff meets them. */
export interface PinnedRows {
  readonly reason: PinReason;
  readonly label: string;
  readonly rows: number;
}

/** What a dry run found, as the API gives it. */
export interface PurgePlan {
  readonly planId: string;
  readonly dataset: KeptDataset;
  /** Rows before this moment go, unless pinned. UTC ISO-8601. */
  readonly cutoff: string;
  readonly rows: number;
  /** About what the files shrink by, once the time for undo is over. */
  readonly bytes: number;
  readonly pinned: readonly PinnedRows[];
  /** Bytes by which the dataset will still be over its budget. */
  readonly stillOverBy: number;
  readonly expiresAt: string;
}

/** What a purge did. */
export interface PurgeResult {
  readonly purgeId: string;
  readonly deletedRows: number;
  /** About what the files shrink by, once the time for undo is over. */
  readonly freedBytes: number;
  readonly failed: readonly { readonly message: string }[];
  readonly stillOverBy: number;
  /** Until then it can be undone; null = it cannot, since the disk has no room for that. */
  readonly undoUntil: string | null;
}

/** Whether a purge by age takes so much that a person is asked first. */
export function takesTooMuch(victims: number, rows: number): boolean {
  return victims * 2 > rows;
}
