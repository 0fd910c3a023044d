import type { Bytes } from '../../domain/bytes.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import type { RunCounts, RunState, SpooledItem, StopCause, WorkflowKind } from '../../domain/workflows/definition.ts';
import type { StoredRunEvent } from '../../domain/workflows/events.ts';
import type { Before } from '../../domain/workflows/kinds/kind.ts';
import type { Ranges } from '../../domain/workflows/ranges.ts';

export interface StoredTemplate {
  readonly id: string;
  readonly name: string;
  readonly kind: WorkflowKind;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One row of `workflow_executions`: what lists show of a run without reading its history. */
export interface RunRow {
  readonly id: string;
  readonly name: string;
  readonly kind: WorkflowKind;
  readonly templateId: string | null;
  /** `uid` of the connection. */
  readonly connectionId: string;
  readonly state: RunState;
  /** When the plan was made, or the resume began. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly retryCount: number;
  /** As the kind remembers them: no values of keys. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly counts: RunCounts;
  readonly cause: StopCause | null;
  readonly checkpointToken: string | null;
  readonly policyPackIds: readonly string[];
  readonly scheduleWindowId: string | null;
  readonly resumedFromExecutionId: string | null;
  /** The run that took this one's checkpoint. */
  readonly resumedBy: string | null;
  /** The first run of the lineage: plan and undo files carry its id. */
  readonly spoolId: string;
  /** Equal for runs that would do the same on the same connection. */
  readonly sameness: string;
  readonly undone: boolean;
  /** What it kept for its undo was purged. */
  readonly undoPurged: boolean;
}

/**
 * Runs, their histories and templates, in the store `control`: durable before a promise resolves. A run's history is
 * written only by who holds its lease.
 */
export interface WorkflowStore {
  templates(): Promise<readonly StoredTemplate[]>;
  saveTemplate(template: StoredTemplate): Promise<void>;
  removeTemplate(id: string): Promise<boolean>;
  run(id: string): Promise<RunRow | null>;
  /** Newest first. */
  runs(query: {
    readonly connectionId?: string;
    readonly states?: readonly RunState[];
    readonly sameness?: string;
    readonly limit: number;
  }): Promise<readonly RunRow[]>;
  /** Spools of runs that still have what they kept for their undo. */
  spoolsWithUndo(): Promise<readonly string[]>;
  /** In order of sequence. */
  events(runId: string): Promise<readonly StoredRunEvent[]>;
  create(row: RunRow, events: readonly StoredRunEvent[]): Promise<void>;
  /**
   * Adds to a run's history and updates its row, in one transaction.
   * @throws Failure CONFLICT when `fence` is no longer that of the run's lease, or a sequence exists already
   */
  append(row: RunRow, events: readonly StoredRunEvent[], fence: number): Promise<void>;
  /**
   * In one transaction: the old run is marked as resumed and the new one created. Only one resume of a run succeeds.
   * @throws Failure CONFLICT with `details.resumedBy` when another one came first
   */
  resume(
    old: { readonly row: RunRow; readonly event: StoredRunEvent },
    row: RunRow,
    events: readonly StoredRunEvent[],
  ): Promise<void>;
  removeRun(id: string): Promise<void>;
}

/** A stretch of a plan. Columns are parallel to `keys`. */
export interface PlanBlock {
  readonly keys: KeyList;
  /** Position in `typeNames` per key. */
  readonly types: Uint8Array;
  readonly typeNames: readonly string[];
  /** The kind's own bytes per key; null = none. */
  readonly payloads: KeyList | null;
}

export interface PlanWriter {
  add(block: PlanBlock): Promise<void>;
  /** Makes the plan durable. */
  finish(): Promise<{ readonly hash: string; readonly count: number }>;
  discard(): Promise<void>;
}

export interface PlanReader {
  readonly count: number;
  /** Items in the order of `ranges`. */
  items(ranges: Ranges): Promise<readonly SpooledItem[]>;
  /** Position of a key, -1 when the plan does not hold it. Reads the list from its beginning. */
  indexOf(key: Bytes): Promise<number>;
  close(): Promise<void>;
}

/** The exact item lists of plans, as bytes on disk. */
export interface PlanSpool {
  /** `secret` = payloads hold values: they are encrypted at rest. */
  create(spoolId: string, options: { readonly secret: boolean }): Promise<PlanWriter>;
  /** @throws Failure CONFLICT when the file is gone or not the one that `hash` was taken of */
  open(spoolId: string, hash: string): Promise<PlanReader>;
}

export interface UndoRecord {
  readonly index: number;
  readonly before: Before;
}

export interface UndoBlock {
  readonly batch: number;
  /** Opaque place in the file. */
  readonly at: number;
}

/** Values from before a run's writes, encrypted, in the order of its batches. */
export interface UndoSpool {
  /** Durable when it resolves; the bytes that it took on disk. */
  append(spoolId: string, batch: number, records: readonly UndoRecord[]): Promise<number>;
  /** Whole blocks in order; a torn last one is left out. */
  blocks(spoolId: string): Promise<readonly UndoBlock[]>;
  read(spoolId: string, block: UndoBlock): Promise<readonly UndoRecord[]>;
  /** Lets go of a run's file after the last append. */
  close(spoolId: string): Promise<void>;
}

/** What the files of a run take. */
export interface RunFileUse {
  readonly spoolId: string;
  readonly planBytes: number;
  readonly undoBytes: number;
}

/** Plan and undo files of runs. */
export interface RunFiles {
  readonly plans: PlanSpool;
  readonly undo: UndoSpool;
  /** Removes all files of a run. */
  remove(spoolId: string): Promise<void>;
  /** Removes what a run kept for its undo. */
  removeUndo(spoolId: string): Promise<void>;
  usage(): Promise<readonly RunFileUse[]>;
}

/** A warm-up file. */
export interface EntryFiles {
  /** @throws Failure VALIDATION_ERROR when it cannot be read or is larger than 64 MiB */
  read(uri: string): Promise<{ readonly name: string; readonly bytes: Bytes }>;
}
