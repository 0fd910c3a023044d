import type { GovernanceStore } from '../../../../app/ports/governance.ts';
import { policyRules, type RecordedDecision, type Violation } from '../../../../domain/governance/decision.ts';
import type { SqlDatabase, SqlRow } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { allOf, number, text, textOrNull, type Condition } from './rows.ts';

/** Decisions that are kept; the oldest go, a tenth at a time. */
const kept = 50_000;

export function recordDecisions(transaction: Transaction, decisions: readonly RecordedDecision[]): void {
  transaction.runMany(
    `INSERT OR IGNORE INTO governance_decisions (id, at, connection_id, environment, action, items, run_id, allowed,
      violations_json, packs_json, next_opening, window_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    decisions.map((decision) => [
      decision.id,
      decision.at,
      decision.connectionId,
      decision.environment,
      decision.action,
      decision.items,
      decision.runId ?? null,
      decision.allowed ? 1 : 0,
      JSON.stringify(decision.violations),
      JSON.stringify(decision.packs),
      decision.nextOpening ?? null,
      decision.windowId ?? null,
    ]),
  );
  const [row] = transaction.all('SELECT max(rowid) - min(rowid) AS span FROM governance_decisions');
  if (row === undefined || typeof row['span'] !== 'number' || row['span'] < kept) return;
  transaction.run(
    'DELETE FROM governance_decisions WHERE rowid IN (SELECT rowid FROM governance_decisions ORDER BY rowid LIMIT ?)',
    [kept / 10],
  );
}

export function decisionsOf(
  database: SqlDatabase,
  query: Parameters<GovernanceStore['decisions']>[0],
): RecordedDecision[] {
  const where = allOf([
    equals('connection_id', query.connectionId),
    equals('run_id', query.runId),
    query.from === undefined ? undefined : { sql: 'at >= ?', params: [query.from] },
    query.to === undefined ? undefined : { sql: 'at < ?', params: [query.to] },
  ]);
  return database
    .all(`SELECT * FROM governance_decisions WHERE ${where.sql} ORDER BY at DESC, rowid DESC LIMIT ?`, [
      ...where.params,
      query.limit,
    ])
    .map(decisionOf);
}

function equals(column: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : { sql: `${column} = ?`, params: [value] };
}

function decisionOf(row: SqlRow): RecordedDecision {
  const runId = textOrNull(row, 'run_id');
  const nextOpening = textOrNull(row, 'next_opening');
  const windowId = textOrNull(row, 'window_id');
  return {
    id: text(row, 'id'),
    connectionId: text(row, 'connection_id'),
    environment: text(row, 'environment'),
    action: text(row, 'action'),
    items: number(row, 'items'),
    allowed: number(row, 'allowed') !== 0,
    violations: listOf(row, 'violations_json').filter(isViolation),
    packs: listOf(row, 'packs_json').filter(isPackVersion),
    at: text(row, 'at'),
    ...(runId === null ? {} : { runId }),
    ...(nextOpening === null ? {} : { nextOpening }),
    ...(windowId === null ? {} : { windowId }),
  };
}

function listOf(row: SqlRow, column: string): readonly unknown[] {
  const value: unknown = JSON.parse(text(row, column));
  return Array.isArray(value) ? value : [];
}

function isViolation(value: unknown): value is Violation {
  if (typeof value !== 'object' || value === null) return false;
  const { packId, packName, rule, message } = value as Partial<Record<keyof Violation, unknown>>;
  const texts = [packId, packName, message].every((each) => typeof each === 'string');
  return texts && policyRules.some((known) => known === rule);
}

function isPackVersion(value: unknown): value is { id: string; version: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { id, version } = value as { id?: unknown; version?: unknown };
  return typeof id === 'string' && typeof version === 'number';
}
