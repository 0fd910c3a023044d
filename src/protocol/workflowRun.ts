import * as z from 'zod/mini';
import type { Environment } from '../domain/connections/definition.ts';
import type { WorkflowPlan, WorkflowRun } from '../domain/workflows/views.ts';
import { event, request } from './contract.ts';

/** How far a run was at a moment, for the progress chart. */
export interface ProgressPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly settled: number;
}

/** Everything that the page shows; each one is whole. */
export interface RunSnapshot {
  readonly trusted: boolean;
  readonly run: WorkflowRun;
  readonly plan: WorkflowPlan | null;
  /** Why the plan cannot be shown; null = it can, or there is none. */
  readonly planProblem: string | null;
  readonly connection: { readonly name: string; readonly environment: Environment; readonly readOnly: boolean };
  readonly progress: readonly ProgressPoint[];
  readonly snapshotBytes: number;
  /** What it kept for undo was purged since. */
  readonly undoPurged: boolean;
  /** Notable events, newest first. */
  readonly happenings: readonly { readonly at: string; readonly text: string }[];
  readonly problems: readonly { readonly name: string; readonly outcome: string; readonly message: string }[];
  readonly guarantee: string;
  readonly verb: string;
  /** What policies say, in one sentence, when nothing of them is violated; else when it opens. */
  readonly ruling: string;
}

export const runActs = [
  'start',
  'pause',
  'resume',
  'cancel',
  'undo',
  'rerun',
  'report',
  'timeline',
  'resolveInDoubt',
  'schedule',
  'why',
] as const;
export type RunAct = (typeof runActs)[number];

export const workflowRunContract = {
  requests: {
    /** First of all, and again whenever the page becomes visible. `runId` = what the page showed before a reload. */
    ready: request<RunSnapshot | null>()(z.strictObject({ runId: z.nullable(z.string().check(z.maxLength(100))) })),
    items: request<{
      readonly items: readonly { readonly name: string; readonly type?: string }[];
      readonly cursor?: string;
    }>()(
      z.strictObject({
        runId: z.string().check(z.maxLength(100)),
        cursor: z.optional(z.string().check(z.maxLength(20))),
        limit: z.int().check(z.gte(1), z.lte(1000)),
      }),
    ),
    act: request<void>()(z.strictObject({ runId: z.string().check(z.maxLength(100)), act: z.enum(runActs) })),
  },
  events: {
    snapshot: event<RunSnapshot | null>(),
  },
} as const;

export type WorkflowRunContract = typeof workflowRunContract;
