import { isFailure } from '../../domain/failure.ts';
import type { Ruling } from '../../domain/governance/decision.ts';
import { keyOf } from '../../domain/keys/key.ts';
import { display } from '../../domain/display.ts';
import { canResume } from '../../domain/workflows/decide.ts';
import type { PlanSummary, SpooledItem } from '../../domain/workflows/definition.ts';
import type { StoredRunEvent } from '../../domain/workflows/events.ts';
import { confirmReasons } from '../../domain/workflows/guardrails.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import type { RunProgress } from '../../domain/workflows/state.ts';
import type {
  PlanItem,
  RunAbilities,
  RunAttempt,
  StepResult,
  WorkflowPlan,
  WorkflowRun,
} from '../../domain/workflows/views.ts';
import type { PlanReader, RunRow } from '../ports/workflows.ts';
import { roomForUndo } from './begin.ts';
import type { WorkflowParts } from './parts.ts';

/** What people and programs see of plans and runs, from rows and histories. */

/** The connection as the API names it; its uid when its definition is gone. */
export function connectionIdOf(parts: WorkflowParts, uid: string): string {
  try {
    return parts.definitionOf(uid).id;
  } catch (error) {
    if (isFailure(error)) return uid;
    throw error;
  }
}

export function planItemOf({ key, type }: SpooledItem): PlanItem {
  return { key: keyOf(key), name: display(key), ...(type === '' ? {} : { type }) };
}

export async function readAndClose(reader: PlanReader, from: number, to: number): Promise<readonly SpooledItem[]> {
  try {
    return await reader.items([[from, to]]);
  } finally {
    await reader.close();
  }
}

const shownItems = 50;

export async function planView(
  parts: WorkflowParts,
  row: RunRow,
  plan: PlanSummary,
  ruling: Ruling,
): Promise<WorkflowPlan> {
  const definition = parts.definitionOf(row.connectionId);
  const roomBytes = await roomForUndo(parts);
  const snapshots = plan.snapshotBytes === null ? null : { neededBytes: plan.snapshotBytes, roomBytes };
  const pattern = plan.parameters['pattern'];
  const reasons = confirmReasons({
    connectionName: definition.name,
    environment: definition.environment,
    count: plan.count,
    pattern: typeof pattern === 'string' ? pattern : null,
    snapshots: snapshots === null ? null : { needed: snapshots.neededBytes, room: roomBytes },
    undoDoubt: null,
    serverDoubt: null,
  });
  const { hash } = plan;
  const reader = await parts.files.plans.open(row.spoolId, hash);
  const sample = await readAndClose(reader, 0, Math.min(shownItems, plan.count));
  const { kind, parameters, count, truncatedByPolicy, byType, typesExact, byFolder, folderOthers, leftOut } = plan;
  return {
    runId: row.id,
    kind,
    name: row.name,
    connectionId: definition.id,
    parameters,
    count,
    truncatedByPolicy,
    byType,
    typesExact,
    byFolder,
    folderOthers,
    leftOut,
    sample: sample.map(planItemOf),
    hash,
    decision: ruling.decision,
    estimatedMs: plan.estimatedMs,
    snapshots,
    ...(reasons.length === 0 ? {} : { confirm: definition.name }),
    confirmReasons: reasons,
    guarantee: kindOf(kind).guarantee,
    plannedAt: row.startedAt,
    plannedInMs: plan.plannedInMs,
  };
}

export interface RunHistory {
  readonly row: RunRow;
  readonly events: readonly StoredRunEvent[];
  readonly run: RunProgress | undefined;
}

/** `lineage`: the runs before this one, oldest first, then itself. */
export function runView(
  parts: WorkflowParts,
  history: Pick<RunHistory, 'row' | 'run'>,
  lineage: readonly RunRow[],
): WorkflowRun {
  const { row, run } = history;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    ...(row.templateId === null ? {} : { templateId: row.templateId }),
    connectionId: connectionIdOf(parts, row.connectionId),
    state: row.state,
    startedAt: row.startedAt,
    ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt }),
    parameters: row.parameters,
    counts: row.counts,
    ...(row.checkpointToken === null ? {} : { checkpointToken: row.checkpointToken }),
    policyPackIds: row.policyPackIds,
    ...(row.scheduleWindowId === null ? {} : { scheduleWindowId: row.scheduleWindowId }),
    ...(row.resumedFromExecutionId === null ? {} : { resumedFromExecutionId: row.resumedFromExecutionId }),
    ...(row.resumedBy === null ? {} : { resumedByExecutionId: row.resumedBy }),
    stepResults: stepsOf(row, run),
    attempts: lineage.map(attemptOf),
    problems: run?.problems ?? [],
    ...(row.cause === null ? {} : { error: row.cause }),
    can: abilitiesOf(row, run),
    undone: row.undone,
  };
}

function attemptOf(row: RunRow): RunAttempt {
  return {
    runId: row.id,
    startedAt: row.startedAt,
    ...(row.finishedAt === null ? {} : { endedAt: row.finishedAt }),
    state: row.state,
    done: row.counts.done,
    ...(row.cause === null ? {} : { error: row.cause }),
  };
}

function stepsOf(row: RunRow, run: RunProgress | undefined): StepResult[] {
  const { counts, state } = row;
  const n = (count: number): string => count.toLocaleString('en-US');
  const steps: StepResult[] = [{ step: 'plan', status: 'done', message: `${n(counts.planned)} items` }];
  const applied = `${n(counts.done)} done, ${n(counts.skipped)} skipped, ${n(counts.failed)} failed, ${n(counts.inDoubt)} in doubt`;
  const status =
    state === 'planned' ? 'pending' : state === 'running' ? 'running' : state === 'completed' ? 'done' : 'stopped';
  steps.push({ step: 'apply', status, message: applied });
  const undo = run?.undoState;
  if (undo) {
    const message = `${n(undo.restored)} restored, ${n(undo.expired)} expired since, ${n(undo.conflicts.length)} conflicts`;
    steps.push({ step: 'undo', status: undo.finished ? 'done' : 'running', message });
  }
  return steps;
}

/** What the buttons may offer: exactly what the use cases would begin with. */
function abilitiesOf(row: RunRow, run: RunProgress | undefined): RunAbilities {
  const running = row.state === 'running';
  const touched = row.counts.done > 0 || row.counts.inDoubt > 0;
  const keptUndo = run !== undefined && run.snapshotBytes > 0;
  return {
    start: row.state === 'planned' && row.counts.planned > 0 && run !== undefined,
    pause: running,
    cancel: running || row.state.startsWith('paused_') || row.state === 'in_doubt' || row.state === 'interrupted',
    resume: run !== undefined && row.resumedBy === null && canResume(run),
    rerun: run !== undefined,
    undo:
      !running &&
      row.state !== 'planned' &&
      row.resumedBy === null &&
      touched &&
      keptUndo &&
      !row.undone &&
      !row.undoPurged,
    resolveInDoubt: row.state === 'in_doubt',
  };
}
