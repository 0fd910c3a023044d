import type { Decision } from '../governance/decision.ts';
import type { Key } from '../keys/key.ts';
import type { Count, ItemProblem, RunCounts, RunState, StopCause, WorkflowKind } from './definition.ts';

/** What the API, trees and panels show of workflows. */

export interface WorkflowPlan {
  readonly runId: string;
  readonly kind: WorkflowKind;
  readonly name: string;
  readonly connectionId: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly count: number;
  readonly truncatedByPolicy: number;
  readonly byType: readonly Count[];
  readonly typesExact: boolean;
  readonly byFolder: readonly Count[];
  readonly folderOthers: number;
  readonly leftOut: readonly Count[];
  readonly sample: readonly PlanItem[];
  readonly hash: string;
  readonly decision: Decision;
  readonly estimatedMs: number;
  /** Estimate, and what is left for it; null = no undo on this connection. */
  readonly snapshots: { readonly neededBytes: number; readonly roomBytes: number } | null;
  /** What starting asks a person to type, and why; absent = nothing. */
  readonly confirm?: string;
  readonly confirmReasons: readonly string[];
  readonly guarantee: string;
  readonly plannedAt: string;
  readonly plannedInMs: number;
}

export interface PlanItem {
  readonly key: Key;
  /** As `display()` shows it. */
  readonly name: string;
  /** Redis type at plan time; absent = not asked. */
  readonly type?: string;
}

export interface RunAttempt {
  readonly runId: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly state: RunState;
  /** Lineage total when it ended. */
  readonly done: number;
  readonly error?: StopCause;
}

export interface StepResult {
  readonly step: 'plan' | 'apply' | 'undo';
  readonly status: 'pending' | 'running' | 'done' | 'stopped';
  readonly message: string;
}

export interface WorkflowRun {
  readonly id: string;
  readonly name: string;
  readonly kind: WorkflowKind;
  readonly templateId?: string;
  readonly connectionId: string;
  readonly state: RunState;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Totals of the lineage. */
  readonly counts: RunCounts;
  readonly checkpointToken?: string;
  readonly policyPackIds: readonly string[];
  readonly scheduleWindowId?: string;
  readonly resumedFromExecutionId?: string;
  /** The run that goes on with this one. */
  readonly resumedByExecutionId?: string;
  readonly stepResults: readonly StepResult[];
  readonly attempts: readonly RunAttempt[];
  readonly problems: readonly ItemProblem[];
  readonly error?: StopCause;
  readonly can: RunAbilities;
  readonly undone: boolean;
}

/** What would be accepted now. */
export interface RunAbilities {
  readonly start: boolean;
  readonly pause: boolean;
  readonly cancel: boolean;
  readonly resume: boolean;
  readonly rerun: boolean;
  readonly undo: boolean;
  readonly resolveInDoubt: boolean;
}
