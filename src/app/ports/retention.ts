import type { KeptDataset } from '../../domain/retention/dataset.ts';
import type { Pin } from '../../domain/retention/pins.ts';
import type { RetentionPolicy } from '../../domain/retention/policy.ts';
import type { PinnedRows, PurgePlan } from '../../domain/retention/purge.ts';

/** Files outside the store; `owner` is the spool of a run, or the id of a bundle. */
export interface FileOwner {
  readonly dataset: KeptDataset;
  readonly owner: string;
}

export interface FileUse extends FileOwner {
  readonly bytes: number;
}

export interface DatasetUsage {
  readonly dataset: KeptDataset;
  readonly rows: number;
  /** About what they take in files. */
  readonly bytes: number;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly pinned: readonly PinnedRows[];
  readonly pinnedBytes: number;
}

export interface UsageDayRow {
  readonly day: string;
  readonly dataset: KeptDataset;
  readonly bytes: number;
}

export interface StoreUsage {
  readonly datasets: readonly DatasetUsage[];
  /** Purged, but kept while the purge can be undone. */
  readonly asideBytes: number;
  /** Roll-ups, which stay when rows go. */
  readonly rollupBytes: number;
  /** All files of both stores on disk. */
  readonly fileBytes: number;
  /** The last 60 days, oldest first. */
  readonly days: readonly UsageDayRow[];
}

export interface PlanRequest {
  readonly dataset: KeptDataset;
  /** Rows before it go; null = by size only. UTC ISO-8601. */
  readonly cutoff: string | null;
  /** When the dataset is larger than the budget, its oldest rows go until it is at this share of it. */
  readonly budgetBytes: number;
  readonly downTo: number | null;
  readonly pins: readonly Pin[];
  readonly files: readonly FileUse[];
}

export type PurgeState = 'running' | 'done' | 'undoing' | 'undone' | 'sweeping' | 'swept';

export interface PurgeRecord {
  readonly purgeId: string;
  readonly dataset: KeptDataset;
  readonly state: PurgeState;
  readonly cutoff: string;
  /** Planned rows while it runs, then those that went. */
  readonly rows: number;
  readonly bytes: number;
  readonly byPerson: boolean;
  readonly startedAt: string;
  /** Until then it can be undone; equal to `startedAt` when it never could. */
  readonly undoUntil: string;
}

export interface PurgeProgress {
  readonly done: boolean;
  readonly rows: number;
}

/** Rows that leave the store, and what is remembered about that. Every step is one slice: short, durable, repeatable. */
export interface RetentionStore {
  /** Those that were saved. */
  policies(): Promise<readonly RetentionPolicy[]>;
  savePolicy(policy: RetentionPolicy): Promise<void>;
  usage(query: { readonly pins: readonly Pin[]; readonly files: readonly FileUse[] }): Promise<StoreUsage>;
  /** Remembers what the datasets take today. */
  noteDay(day: string, datasets: readonly Pick<DatasetUsage, 'dataset' | 'rows' | 'bytes'>[]): Promise<void>;
  /** A dry run. The plan is good for ten minutes, in this window. */
  plan(request: PlanRequest): Promise<PurgePlan>;
  /**
   * Makes a plan a purge of the same id: durable, so that it goes on after a crash; one that was begun already is answered as
   * it is. `undoMs` = 0 when there is no room to keep rows aside.
   * @throws Failure CONFLICT when the plan is unknown or too old
   */
  begin(query: {
    readonly planId: string;
    readonly byPerson: boolean;
    readonly undoMs: number;
    readonly pins: readonly Pin[];
  }): Promise<PurgeRecord>;
  /** One slice of a purge; what is done already is not done again. */
  step(purgeId: string): Promise<PurgeProgress>;
  /** One slice of taking a purge back. @throws Failure CONFLICT when the time for it is over */
  undoStep(purgeId: string): Promise<PurgeProgress>;
  /**
   * One slice of letting go of what purges set aside whose time for undo is over, or of all when `now`. `files` are to be
   * removed before the next slice.
   */
  sweepStep(query: {
    readonly now: boolean;
  }): Promise<{ readonly done: boolean; readonly files: readonly FileOwner[] }>;
  /** Purges of the last days, newest first. */
  purges(): Promise<readonly PurgeRecord[]>;
  /** Gives the space of rows that are gone back to the disk now; `diskIsFull` = also where there is no room to do so. */
  giveBack(diskIsFull: boolean): Promise<void>;
  /** One slice of deleting roll-ups of before a time, epoch seconds. */
  trimRollups(before: number): Promise<{ readonly done: boolean }>;
  /** Deletes everything from both stores, for all windows. */
  reset(): Promise<void>;
  state(name: string): Promise<unknown>;
  saveState(name: string, value: unknown): Promise<void>;
}

/** Files outside the store that rows of a dataset own. */
export interface KeptFiles {
  readonly dataset: KeptDataset;
  list(): Promise<readonly Omit<FileUse, 'dataset'>[]>;
  /** Removes these files of an owner; missing ones are no error. */
  remove(owner: string): Promise<void>;
}
