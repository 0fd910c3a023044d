import type { RunRow } from '../../../../app/ports/workflows.ts';
import { Failure } from '../../../../domain/failure.ts';
import {
  runStates,
  workflowKinds,
  type RunCounts,
  type RunState,
  type StopCause,
} from '../../../../domain/workflows/definition.ts';
import { emptyCounts, type RunEvent, type StoredRunEvent } from '../../../../domain/workflows/events.ts';
import type { SqlDatabase, SqlRow, SqlValue } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { requireLease } from './leases.ts';
import { allOf, inList, number, oneOf, text, textOrNull } from './rows.ts';

const columns = `id, workflow_template_id, workflow_name, workflow_kind, connection_id, started_at, finished_at, status,
  retry_count, parameters_json, error_message, checkpoint_token, policy_pack_id, schedule_window_id,
  resumed_from_execution_id, counts_json, cause_json, policy_pack_ids_json, resumed_by_execution_id, spool_id, sameness,
  undone, step_results_json`;
const upsert = `INSERT INTO workflow_executions (${columns})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at, status = excluded.status,
    retry_count = excluded.retry_count, error_message = excluded.error_message,
    checkpoint_token = excluded.checkpoint_token, policy_pack_id = excluded.policy_pack_id,
    schedule_window_id = excluded.schedule_window_id, counts_json = excluded.counts_json, cause_json = excluded.cause_json,
    policy_pack_ids_json = excluded.policy_pack_ids_json, resumed_by_execution_id = excluded.resumed_by_execution_id,
    undone = excluded.undone, step_results_json = excluded.step_results_json`;
/** What a purge took is in a column that a run itself never writes. */
const read = `${columns}, undo_purge_id`;
const insertEvent = 'INSERT INTO workflow_events (run_id, seq, at, kind, body_json) VALUES (?, ?, ?, ?, ?)';

export function createRun(transaction: Transaction, row: RunRow, events: readonly StoredRunEvent[]): void {
  saveRow(transaction, row);
  addEvents(transaction, row.id, events);
}

/** @throws Failure CONFLICT when the lease or a sequence is another's by now */
export function appendToRun(
  transaction: Transaction,
  row: RunRow,
  events: readonly StoredRunEvent[],
  fence: number,
): void {
  requireLease(transaction, `run:${row.id}`, fence);
  const [last] = transaction.all('SELECT max(seq) AS last FROM workflow_events WHERE run_id = ?', [row.id]);
  const next = typeof last?.['last'] === 'number' ? last['last'] + 1 : 0;
  if (events.length > 0 && events[0]?.sequence !== next) throw overtaken();
  saveRow(transaction, row);
  addEvents(transaction, row.id, events);
}

/** @throws Failure CONFLICT with `details.resumedBy` when another resume came first */
export function resumeRun(
  transaction: Transaction,
  old: { readonly row: RunRow; readonly event: StoredRunEvent },
  row: RunRow,
  events: readonly StoredRunEvent[],
): void {
  const [found] = transaction.all('SELECT status, resumed_by_execution_id FROM workflow_executions WHERE id = ?', [
    old.row.id,
  ]);
  const resumedBy = found === undefined ? null : textOrNull(found, 'resumed_by_execution_id');
  if (resumedBy !== null) {
    throw new Failure('CONFLICT', 'This run was resumed already; its checkpoint is used up. Nothing was begun twice.', {
      details: { rule: 'resumedBy', resumedBy },
      nextAction: 'Look at the run that goes on with it.',
    });
  }
  if (found !== undefined && text(found, 'status') === 'running') throw overtaken();
  const [last] = transaction.all('SELECT max(seq) AS last FROM workflow_events WHERE run_id = ?', [old.row.id]);
  const sequence = typeof last?.['last'] === 'number' ? last['last'] + 1 : 0;
  saveRow(transaction, { ...old.row, resumedBy: row.id });
  addEvents(transaction, old.row.id, [{ ...old.event, sequence }]);
  createRun(transaction, row, events);
}

export function removeRun(transaction: Transaction, id: string): void {
  transaction.run('DELETE FROM workflow_events WHERE run_id = ?', [id]);
  transaction.run('DELETE FROM workflow_executions WHERE id = ?', [id]);
}

export function runById(database: SqlDatabase, id: string): RunRow | null {
  const [row] = database.all(`SELECT ${read} FROM workflow_executions WHERE id = ?`, [id]);
  return row === undefined ? null : rowOf(row);
}

/** Newest first. */
export function listRuns(
  database: SqlDatabase,
  query: {
    readonly connectionId?: string;
    readonly states?: readonly RunState[];
    readonly sameness?: string;
    readonly limit: number;
  },
): RunRow[] {
  const where = allOf([
    query.connectionId === undefined ? undefined : { sql: 'connection_id = ?', params: [query.connectionId] },
    query.sameness === undefined ? undefined : { sql: 'sameness = ?', params: [query.sameness] },
    inList('status', query.states),
  ]);
  return database
    .all(`SELECT ${read} FROM workflow_executions WHERE ${where.sql} ORDER BY started_at DESC, rowid DESC LIMIT ?`, [
      ...where.params,
      query.limit,
    ])
    .map(rowOf);
}

export function spoolsWithUndo(database: SqlDatabase): string[] {
  return database
    .rows("SELECT DISTINCT spool_id FROM workflow_executions WHERE spool_id <> '' AND undo_purge_id IS NULL")
    .map(([spoolId]) => String(spoolId));
}

export function runEvents(database: SqlDatabase, runId: string): StoredRunEvent[] {
  return database
    .all('SELECT seq, body_json FROM workflow_events WHERE run_id = ? ORDER BY seq', [runId])
    .map((row) => ({ sequence: number(row, 'seq'), event: JSON.parse(text(row, 'body_json')) as RunEvent }));
}

function overtaken(): Failure {
  return new Failure('CONFLICT', 'Another window goes on with this run.', {
    details: { rule: 'lease' },
    nextAction: 'Look at the run there.',
  });
}

function addEvents(transaction: Transaction, runId: string, events: readonly StoredRunEvent[]): void {
  transaction.runMany(
    insertEvent,
    events.map(({ sequence, event }) => [runId, sequence, event.at, event.kind, JSON.stringify(event)]),
  );
}

function saveRow(transaction: Transaction, row: RunRow): void {
  const values: SqlValue[] = [
    row.id,
    row.templateId,
    row.name,
    row.kind,
    row.connectionId,
    row.startedAt,
    row.finishedAt,
    row.state,
    row.retryCount,
    JSON.stringify(row.parameters),
    row.cause?.message ?? null,
    row.checkpointToken,
    row.policyPackIds[0] ?? null,
    row.scheduleWindowId,
    row.resumedFromExecutionId,
    JSON.stringify(row.counts),
    row.cause === null ? null : JSON.stringify(row.cause),
    JSON.stringify(row.policyPackIds),
    row.resumedBy,
    row.spoolId,
    row.sameness,
    row.undone ? 1 : 0,
    JSON.stringify([{ step: 'apply', ...row.counts }]),
  ];
  transaction.run(upsert, values);
}

/** States of the desktop program's rows, which have no history here. */
const formerStates: Readonly<Record<string, RunState>> = {
  success: 'completed',
  error: 'failed',
  running: 'interrupted',
  pending: 'interrupted',
};

function rowOf(row: SqlRow): RunRow {
  const former = text(row, 'spool_id') === '' ? formerStates[text(row, 'status')] : undefined;
  const cause = textOrNull(row, 'cause_json');
  const message = textOrNull(row, 'error_message');
  return {
    id: text(row, 'id'),
    name: text(row, 'workflow_name'),
    kind: oneOf(row, 'workflow_kind', workflowKinds),
    templateId: textOrNull(row, 'workflow_template_id'),
    connectionId: text(row, 'connection_id'),
    state: former ?? oneOf(row, 'status', runStates),
    startedAt: text(row, 'started_at'),
    finishedAt: textOrNull(row, 'finished_at'),
    retryCount: number(row, 'retry_count'),
    parameters: JSON.parse(text(row, 'parameters_json')) as Record<string, unknown>,
    counts: { ...emptyCounts(0), ...(JSON.parse(text(row, 'counts_json')) as Partial<RunCounts>) },
    cause:
      cause !== null ? (JSON.parse(cause) as StopCause) : message === null ? null : { code: 'INTERNAL_ERROR', message },
    checkpointToken: textOrNull(row, 'checkpoint_token'),
    policyPackIds: JSON.parse(text(row, 'policy_pack_ids_json')) as string[],
    scheduleWindowId: textOrNull(row, 'schedule_window_id'),
    resumedFromExecutionId: textOrNull(row, 'resumed_from_execution_id'),
    resumedBy: textOrNull(row, 'resumed_by_execution_id'),
    spoolId: text(row, 'spool_id'),
    sameness: text(row, 'sameness'),
    undone: number(row, 'undone') !== 0,
    undoPurged: textOrNull(row, 'undo_purge_id') !== null,
  };
}
