import type { FailureCode } from '../failure.ts';
import type { PlanSummary, RetryPolicy, RunCounts, RunState, ServerMark, StopCause } from './definition.ts';
import type { CarriedState } from './state.ts';
import type { Ranges } from './ranges.ts';

/** What a run remembers. Its state is a fold over these (`apply`); they are stored before anybody acts on them. */

/** An item that failed, with what the server or the network said, made safe. */
export interface FailedItem {
  readonly index: number;
  readonly code: FailureCode;
  readonly message: string;
  readonly retryable: boolean;
}

export interface ConflictItem {
  readonly index: number;
  readonly reason: string;
}

export type UndoMode = 'full' | 'partial' | 'off';

export type RunEvent = { readonly at: string } & (
  | { readonly kind: 'planned'; readonly plan: PlanSummary }
  /** First event of a run that goes on with another one's plan. */
  | {
      readonly kind: 'carriedOn';
      readonly plan: PlanSummary;
      readonly fromRunId: string;
      readonly carried: CarriedState;
    }
  | {
      readonly kind: 'started';
      readonly retry: RetryPolicy;
      readonly undo: UndoMode;
      readonly server: ServerMark;
      /** What differs from the server that the plan was made on, in words; absent = nothing. */
      readonly serverDrift?: string;
    }
  /** Before anything is written: exactly these items, of which these were found missing or different. */
  | {
      readonly kind: 'intended';
      readonly batch: number;
      readonly items: Ranges;
      /** Whether the items were looked at while watched; if not, `missing` and `conflicts` say nothing. */
      readonly looked: boolean;
      readonly missing: Ranges;
      readonly conflicts: readonly ConflictItem[];
    }
  /** Values for undo that are now on disk. */
  | { readonly kind: 'snapshotTaken'; readonly batch: number; readonly items: number; readonly bytes: number }
  | {
      readonly kind: 'settled';
      readonly batch: number;
      readonly items: Ranges;
      readonly missing: Ranges;
      readonly conflicts: readonly ConflictItem[];
      readonly failed: readonly FailedItem[];
      /** Items of the intent that this does not settle: they were not written, or nobody knows (`doubtful`). */
      readonly left?: { readonly items: Ranges; readonly doubtful: boolean };
      /** Milliseconds from reading to the last answer. */
      readonly ms: number;
      /** Not before this instant may a failed item be tried again. */
      readonly retryAtMs: number;
    }
  | { readonly kind: 'checkpointed'; readonly batch: number; readonly next: number; readonly nonce: string }
  /** Nothing of the batch in flight was written. */
  | {
      readonly kind: 'released';
      readonly batch: number;
      readonly why: 'changed' | 'tooLarge' | 'refused' | 'notSent';
      readonly cause?: StopCause;
      readonly retryAtMs: number;
    }
  /** The batch in flight was sent and no answer came. */
  | { readonly kind: 'doubted'; readonly batch: number; readonly cause: StopCause; readonly retryAtMs: number }
  /** Waits for a window of the policy to open; `confirm` is what was typed beforehand. */
  | { readonly kind: 'scheduled'; readonly forAt: string; readonly confirm: string | null; readonly cause: StopCause }
  | { readonly kind: 'doubtResolved'; readonly choice: 'treatAsDone' | 'redo' | 'stop' }
  | {
      readonly kind: 'stopped';
      readonly state: Exclude<RunState, 'planned' | 'running' | 'completed'>;
      readonly cause?: StopCause;
    }
  | { readonly kind: 'completed' }
  /** Another run took this one's checkpoint. */
  | { readonly kind: 'resumedBy'; readonly runId: string }
  | { readonly kind: 'undoBegan' }
  | {
      readonly kind: 'undoSettled';
      /** How many blocks of the undo file are done with. */
      readonly blocks: number;
      readonly restored: number;
      readonly expired: number;
      readonly conflicts: readonly ConflictItem[];
    }
  | { readonly kind: 'undone' }
);

/** A stored event: its place in the run's history. */
export interface StoredRunEvent {
  readonly sequence: number;
  readonly event: RunEvent;
}

export function emptyCounts(planned: number): RunCounts {
  return { planned, done: 0, skipped: 0, skippedMissing: 0, skippedConflict: 0, failed: 0, inDoubt: 0 };
}
