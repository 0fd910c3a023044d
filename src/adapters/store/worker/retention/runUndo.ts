// Values that runs keep for their undo: previous values of keys in files of their own, one for each lineage of runs. A purge
// names itself at the runs; their files go when it cannot be undone any more.
import type { FileUse } from '../../../../app/ports/retention.ts';
import type { Pin } from '../../../../domain/retention/pins.ts';
import type { Stretch } from '../../../../domain/retention/purge.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { allOf, type Condition } from '../repositories/rows.ts';
import type { Ask } from './conditions.ts';
import { runsOf } from './rowDatasets.ts';

const here: Condition = { sql: "spool_id <> '' AND undo_purge_id IS NULL", params: [] };
const atRest: Condition = {
  sql: "spool_id NOT IN (SELECT spool_id FROM workflow_executions WHERE status IN ('running', 'pending'))",
  params: [],
};

/** What each lineage keeps as a stretch of one row, at the time when the last of its runs ended. */
export function undoStretches(database: SqlDatabase, files: readonly FileUse[]): Stretch<string>[] {
  const bytesOf = new Map(
    files.filter(({ dataset }) => dataset === 'keySnapshots').map(({ owner, bytes }) => [owner, bytes]),
  );
  return database
    .rows(
      `SELECT spool_id, max(coalesce(finished_at, started_at)) FROM workflow_executions
        WHERE ${here.sql} GROUP BY spool_id`,
    )
    .flatMap(([spoolId, at]) => {
      const id = String(spoolId);
      const bytes = bytesOf.get(id) ?? 0;
      return bytes === 0 ? [] : [{ id, rows: 1, bytes, from: String(at), to: String(at) }];
    });
}

/** Spools whose undo nothing holds. */
export function freeUndo(database: SqlDatabase, pins: readonly Pin[]): string[] {
  return spoolsWhere((sql, params) => database.all(sql, params), freeWhere(pins));
}

/** Spools whose undo a pin holds. */
export function heldUndo(database: SqlDatabase, pin: Pin): string[] {
  const held = runsOf(pin.runIds);
  return held === undefined ? [] : spoolsWhere((sql, params) => database.all(sql, params), allOf([here, held]));
}

function freeWhere(pins: readonly Pin[]): Condition {
  const held = pins.flatMap((pin) => runsOf(pin.runIds) ?? []);
  return allOf([here, atRest, ...held.map(({ sql, params }) => ({ sql: `NOT (${sql})`, params }))]);
}

function spoolsWhere(ask: Ask, { sql, params }: Condition): string[] {
  return ask(`SELECT DISTINCT spool_id FROM workflow_executions WHERE ${sql}`, params).map((row) =>
    String(row['spool_id']),
  );
}

/** Takes the undo of these spools from their runs, but for what is held by now. */
export function setUndoAside(
  transaction: Transaction,
  purgeId: string,
  spools: readonly string[],
  pins: readonly Pin[],
): void {
  if (spools.length === 0) return;
  const where = allOf([
    { sql: 'spool_id IN (SELECT value FROM json_each(?))', params: [JSON.stringify(spools)] },
    freeWhere(pins),
  ]);
  transaction.run(`UPDATE workflow_executions SET undo_purge_id = ? WHERE ${where.sql}`, [purgeId, ...where.params]);
}

/** Gives back what a purge took. */
export function putUndoBack(transaction: Transaction, purgeId: string): void {
  for (const table of ['workflow_executions', 'purged_workflow_executions'])
    transaction.run(`UPDATE ${table} SET undo_purge_id = NULL WHERE undo_purge_id = ?`, [purgeId]);
}

/** Spools whose undo a purge took, also of runs that were purged themselves since. */
export function undoAside(ask: Ask, purgeId: string): string[] {
  return ask(
    `SELECT spool_id FROM workflow_executions WHERE undo_purge_id = ?
      UNION SELECT spool_id FROM purged_workflow_executions WHERE undo_purge_id = ?`,
    [purgeId, purgeId],
  ).map((row) => String(row['spool_id']));
}
