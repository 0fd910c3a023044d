import { formatBytes, formatCounted } from '../format.ts';
import type { ClockJump } from './clockGuard.ts';
import type { KeptDataset } from './dataset.ts';
import type { Growth, UsageDay } from './growth.ts';
import { pinWords, type PinReason } from './pins.ts';
import { warnAt } from './policy.ts';
import type { PinnedRows } from './purge.ts';

/** What one dataset takes, against its limits. */
export interface DatasetReport {
  readonly dataset: KeptDataset;
  readonly rows: number;
  readonly bytes: number;
  readonly budgetBytes: number;
  readonly retentionDays: number;
  readonly autoPurgeOldest: boolean;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly growth: Growth | null;
  /** What it took per day, oldest first. */
  readonly days: readonly UsageDay[];
  readonly pinned: readonly PinnedRows[];
  readonly pinnedBytes: number;
}

/** A purge by age that waits for a person: it would take more than half of a dataset. */
export interface HeldPurge {
  readonly dataset: KeptDataset;
  readonly rows: number;
  readonly of: number;
}

/** A budget that could not be met. */
export interface UnmetBudget {
  readonly dataset: KeptDataset;
  readonly overBytes: number;
  readonly pins: readonly { readonly reason: PinReason; readonly count: number }[];
}

/** What enforcement found when it looked last. Plain data: it is stored, and every window reads it. */
export interface EnforcementStatus {
  readonly checkedAt: string | null;
  readonly clock: ClockJump | null;
  readonly held: readonly HeldPurge[];
  readonly unmet: readonly UnmetBudget[];
  /** Not collected at the moment, because a budget cannot be met. */
  readonly paused: KeptDataset | null;
}

export const unchecked: EnforcementStatus = { checkedAt: null, clock: null, held: [], unmet: [], paused: null };

/** A purge that can still be undone. */
export interface UndoablePurge {
  readonly purgeId: string;
  readonly dataset: KeptDataset;
  readonly rows: number;
  readonly bytes: number;
  readonly byPerson: boolean;
  readonly startedAt: string;
  readonly undoUntil: string;
}

export interface StorageReport {
  readonly generatedAt: string;
  readonly datasets: readonly DatasetReport[];
  /** All files of the store and of runs. */
  readonly fileBytes: number;
  readonly asideBytes: number;
  readonly rollupBytes: number;
  readonly undoable: readonly UndoablePurge[];
  readonly status: EnforcementStatus;
}

export function ratioOf({ bytes, budgetBytes }: Pick<DatasetReport, 'bytes' | 'budgetBytes'>): number {
  return budgetBytes === 0 ? (bytes === 0 ? 0 : Infinity) : bytes / budgetBytes;
}

export type UsageLevel = 'fine' | 'near' | 'over';

export function levelOf(dataset: Pick<DatasetReport, 'bytes' | 'budgetBytes'>): UsageLevel {
  const ratio = ratioOf(dataset);
  return ratio > 1 ? 'over' : ratio >= warnAt ? 'near' : 'fine';
}

/** `still over by 12 MB: 3 resumable runs`. */
export function unmetWords({ overBytes, pins }: Pick<UnmetBudget, 'overBytes' | 'pins'>): string {
  const why = pins.map(({ reason, count }) => formatCounted(count, ...pinWords[reason])).join(', ');
  return `still over by ${formatBytes(overBytes)}${why === '' ? '' : `: ${why}`}`;
}

/** `+1.2 MB per day, reaches its budget in about 40 days`; null when there is nothing to say yet. */
export function growthWords(growth: Growth | null): string | null {
  if (growth === null) return null;
  const { bytesPerDay, daysLeft } = growth;
  if (bytesPerDay < 1) return 'does not grow';
  const rate = `+${formatBytes(bytesPerDay)} per day`;
  if (daysLeft === null) return rate;
  return daysLeft > 3650
    ? `${rate}, no end in sight`
    : `${rate}, reaches its budget in about ${formatCounted(daysLeft, 'day')}`;
}

/** The report in short, as the API gives it. */
export interface StorageSummary {
  readonly generatedAt: string;
  /** All files of the store and of runs. */
  readonly totalBytes: number;
  readonly datasets: readonly {
    readonly dataset: KeptDataset;
    readonly rowCount: number;
    readonly totalBytes: number;
    readonly budgetBytes: number;
    readonly usageRatio: number;
    readonly overBudget: boolean;
    readonly oldestTimestamp?: string;
    readonly newestTimestamp?: string;
  }[];
}

export function summaryOf({ generatedAt, fileBytes, datasets }: StorageReport): StorageSummary {
  return {
    generatedAt,
    totalBytes: fileBytes,
    datasets: datasets.map((one) => ({
      dataset: one.dataset,
      rowCount: one.rows,
      totalBytes: one.bytes,
      budgetBytes: one.budgetBytes,
      usageRatio: ratioOf(one),
      overBudget: ratioOf(one) > 1,
      ...(one.oldest === null ? {} : { oldestTimestamp: one.oldest }),
      ...(one.newest === null ? {} : { newestTimestamp: one.newest }),
    })),
  };
}
