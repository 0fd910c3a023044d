import type { Bytes } from '../bytes.ts';
import type { FailureCode, FailureShape } from '../failure.ts';

/** What a workflow is, in values: kinds, parameters, plans, outcomes. SPEC §7. */

export const workflowKinds = ['deleteByPattern', 'ttlNormalize', 'warmupSet'] as const;
export type WorkflowKind = (typeof workflowKinds)[number];

export const runStates = [
  'planned',
  'running',
  'paused_user',
  'paused_window',
  'paused_policy',
  'interrupted',
  'in_doubt',
  'failed',
  'stopped_limit',
  'completed',
  'aborted',
] as const;
export type RunState = (typeof runStates)[number];

export const resumableStates: ReadonlySet<RunState> = new Set<RunState>([
  'paused_user',
  'paused_window',
  'paused_policy',
  'interrupted',
  'failed',
  'stopped_limit',
]);

export interface RetryPolicy {
  /** Tries after the first. */
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly strategy: 'fixed' | 'exponential';
  /** 0..1: the run stops when this share of its recent items failed; 1 = only when all of them did. */
  readonly abortOnErrorRate: number;
}

/** Why an item ended as it did. `done` and the two `skipped_*` are final; `failed` may be tried again. */
export type ItemOutcome = 'done' | 'skipped_missing' | 'skipped_conflict' | 'failed';

export interface RunCounts {
  /** Items of the plan, without what a policy cut off. */
  readonly planned: number;
  readonly done: number;
  /** Missing and conflicting items together. */
  readonly skipped: number;
  readonly skippedMissing: number;
  readonly skippedConflict: number;
  readonly failed: number;
  /** Items sent whose answer never came; 0 after they were repeated or decided on. */
  readonly inDoubt: number;
}

/** One item that did not end as `done`, for people. */
export interface ItemProblem {
  /** Position in the plan. */
  readonly index: number;
  readonly outcome: Exclude<ItemOutcome, 'done'>;
  /** A word or a failure's code. */
  readonly reason: string;
  /** Finished text. */
  readonly message: string;
}

/** What the plan was made on; compared before an item is touched. */
export interface ServerMark {
  /** `run_id` of INFO server, a new one per process; null where INFO is denied. */
  readonly runId: string | null;
  /** `master_replid` and `master_replid2` of INFO replication. */
  readonly replicationId: string | null;
  readonly previousReplicationId: string | null;
  readonly role: string | null;
  readonly db: number;
  readonly user: string;
  /** `host:port` or a socket's path, as the definition says. */
  readonly destination: string;
  /** The masters of a cluster, whose own marks then count instead of those above; absent = one server. */
  readonly nodes?: readonly NodeMark[];
}

/** Who a master of a cluster is; as in `ServerMark`. */
export interface NodeMark {
  /** `host:port`. */
  readonly node: string;
  readonly runId: string | null;
  readonly replicationId: string | null;
  readonly previousReplicationId: string | null;
}

export interface Count {
  readonly name: string;
  readonly count: number;
}

/** Everything about a plan but its items, which lie in the spool under `hash`. */
export interface PlanSummary {
  readonly kind: WorkflowKind;
  /** Parameters as given, checked. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Relative times of the parameters, made absolute when the plan was made: milliseconds since the epoch. */
  readonly plannedAtMs: number;
  readonly count: number;
  /** Items beyond the policy's cap, which are not part of the plan. */
  readonly truncatedByPolicy: number;
  /** SHA-256 of the spooled item list, lower-case hex. */
  readonly hash: string;
  /** By Redis type; `typesExact` says whether every item was asked or a sample was. */
  readonly byType: readonly Count[];
  readonly typesExact: boolean;
  /** Items from the beginning of the list whose type is known. */
  readonly typed: number;
  /** By the folder below the pattern's fixed part, largest first, at most 50; the rest is `folderOthers`. */
  readonly byFolder: readonly Count[];
  readonly folderOthers: number;
  /** Matched but left out, by reason (`has an expiry`, `exists already`, …). */
  readonly leftOut: readonly Count[];
  /** First items, as `display()` shows them. */
  readonly sample: readonly { readonly key: string; readonly type: string }[];
  readonly estimatedMs: number;
  /** How long planning took. */
  readonly plannedInMs: number;
  /** Estimate of what undo will take in the store; null = no undo for this connection. */
  readonly snapshotBytes: number | null;
  readonly server: ServerMark;
}

/** An item of a plan as the spool holds it. */
export interface SpooledItem {
  readonly index: number;
  readonly key: Bytes;
  /** Redis type at plan time: empty = not asked, `none` = did not exist. */
  readonly type: string;
  /** Kind's own bytes (a warm-up value); empty for most kinds. */
  readonly payload: Bytes;
}

export interface StopCause {
  readonly code: FailureCode;
  readonly message: string;
  readonly nextAction?: string;
  readonly details?: FailureShape['details'];
}
