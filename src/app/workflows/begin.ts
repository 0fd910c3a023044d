import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { Failure } from '../../domain/failure.ts';
import type { Ruling } from '../../domain/governance/decision.ts';
import { requireAllowed } from '../../domain/governance/refusal.ts';
import type { PlanSummary, RetryPolicy, ServerMark } from '../../domain/workflows/definition.ts';
import type { UndoMode } from '../../domain/workflows/events.ts';
import { requireConfirmation } from '../../domain/workflows/guardrails.ts';
import { cappedRetry } from '../../domain/workflows/retry.ts';
import type { ServerChange } from '../../domain/workflows/serverMark.ts';
import { isoTime } from '../ports/clock.ts';
import type { ClusterView } from '../ports/redis.ts';
import type { PlanReader } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';
import { requireWritable } from './plan.ts';
import { undoBytes } from './runSnapshots.ts';
import { judgeServer, serverNow, type ServerNow } from './server.ts';

export interface Beginning {
  readonly definition: ConnectionDefinition;
  readonly reader: PlanReader;
  readonly server: ServerNow;
  readonly serverDrift: string | undefined;
  readonly undo: UndoMode;
  readonly undoRoom: number;
  readonly ruling: Ruling;
  /** Absent = one server. */
  readonly cluster?: ClusterView;
}

export interface BeginRequest {
  readonly action: 'workflows.start' | 'workflows.resume' | 'workflows.undo';
  readonly runId: string;
  readonly connectionUid: string;
  readonly spoolId: string;
  readonly plan: PlanSummary;
  /** The server that was accepted last. */
  readonly server: ServerMark;
  /** First item that is not settled. */
  readonly next: number;
  readonly confirm: string | undefined;
}

const nouns = { 'workflows.start': 'The run', 'workflows.resume': 'The resume', 'workflows.undo': 'The undo' } as const;

/**
 * Everything that stands between a plan and its first (or next) batch, in order: the connection may be written, policies
 * allow it now, the plan's file is the one that was planned, the server is the same, a person typed what is asked.
 * Nothing is changed when it rejects.
 */
export async function beforeBatches(parts: WorkflowParts, request: BeginRequest): Promise<Beginning> {
  const { action, plan, next, connectionUid, runId } = request;
  const definition = parts.definitionOf(connectionUid);
  const { readOnlyNow, session } = await parts.sessions.active(definition.uid);
  requireWritable(definition, readOnlyNow);
  const at = isoTime(parts.clock);
  // A resume is stopped by the cap while it runs; it needs room for one item more to begin.
  const items = action === 'workflows.start' ? plan.count : Math.min(next + 1, plan.count);
  const ruling = await parts.governance.rule({ connectionUid: definition.uid, action, items, runId, at });
  requireAllowed(ruling, { connectionUid: definition.uid, action });
  const reader = await parts.files.plans.open(request.spoolId, plan.hash);
  try {
    const server = await serverNow(parts, definition, action);
    const change = await judgeServer(parts, definition, { known: request.server, next, now: server.mark, reader });
    requireSameServer(change);
    const dump = session.capabilities.dump;
    const undoRoom = await roomForUndo(parts);
    const perItem = plan.count === 0 ? 0 : (plan.snapshotBytes ?? 0) / plan.count;
    const undoDoubt = definition.undo && !dump.available && plan.kind !== 'ttlNormalize' ? dump.reason : null;
    const snapshots = definition.undo ? { needed: Math.round(perItem * (plan.count - next)), room: undoRoom } : null;
    const pattern = plan.parameters['pattern'];
    requireConfirmation(
      {
        connectionName: definition.name,
        environment: definition.environment,
        count: plan.count - next,
        pattern: typeof pattern === 'string' ? pattern : null,
        snapshots,
        undoDoubt,
        serverDoubt: change.kind === 'unproven' ? change.words : null,
      },
      request.confirm,
      nouns[action],
    );
    const fits = snapshots !== null && snapshots.needed <= snapshots.room;
    const undo = snapshots === null || undoDoubt !== null ? 'off' : fits ? 'full' : 'partial';
    const serverDrift =
      change.kind === 'same' ? undefined : change.kind === 'succeeded' ? change.words : `${change.words}; confirmed`;
    const { cluster } = session;
    const beginning = { definition, reader, server, serverDrift, undo, undoRoom, ruling } as const;
    return cluster === undefined ? beginning : { ...beginning, cluster };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** The event with which a run begins, or goes on, under what was found. */
export function startedEvent({ undo, server, serverDrift, ruling }: Beginning, retry: RetryPolicy) {
  return {
    kind: 'started',
    retry: cappedRetry(retry, ruling.maxRetryAttempts),
    undo,
    server: server.mark,
    ...(serverDrift === undefined ? {} : { serverDrift }),
  } as const;
}

/** Bytes that values for undo may still take, all connections together. */
export async function roomForUndo(parts: WorkflowParts): Promise<number> {
  const budget = parts.settings.number('keys.snapshotBudgetMb') * (1 << 20);
  const used = (await parts.snapshots.usedBytes()) + (await undoBytes(parts));
  return Math.max(0, budget - used);
}

function requireSameServer(change: ServerChange): void {
  if (change.kind !== 'different') return;
  throw new Failure('CONFLICT', `Nothing was touched: ${change.words}.`, {
    details: { rule: 'server' },
    nextAction: 'Plan the same again on the server that is meant.',
  });
}
