import type { PurgeRecord, PurgeState } from '../../../../app/ports/retention.ts';
import { keptDatasets } from '../../../../domain/retention/dataset.ts';
import type { SqlDatabase, SqlRow } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { number, oneOf, text } from '../repositories/rows.ts';

const states: readonly PurgeState[] = ['running', 'done', 'undoing', 'undone', 'sweeping', 'swept'];
const shown = 200;

/** What a purge takes, in the form that is stored: enough to go on after a crash. */
export interface StoredPurge extends PurgeRecord {
  readonly body: unknown;
}

export function insertPurge(transaction: Transaction, purge: StoredPurge): void {
  transaction.run(
    `INSERT INTO purges (id, dataset, state, plan_json, by_person, started_at, undo_until, row_count, bytes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      purge.purgeId,
      purge.dataset,
      purge.state,
      JSON.stringify({ cutoff: purge.cutoff, body: purge.body }),
      Number(purge.byPerson),
      purge.startedAt,
      purge.undoUntil,
      purge.rows,
      purge.bytes,
    ],
  );
}

export function setPurgeState(transaction: Transaction, purgeId: string, state: PurgeState): void {
  transaction.run('UPDATE purges SET state = ? WHERE id = ?', [state, purgeId]);
}

/** How much went, when it turned out other than planned. */
export function setPurgeRows(transaction: Transaction, purgeId: string, rows: number, bytes: number): void {
  transaction.run('UPDATE purges SET row_count = ?, bytes = ? WHERE id = ?', [rows, bytes, purgeId]);
}

function purgeOf(row: SqlRow): StoredPurge {
  const { cutoff, body } = JSON.parse(text(row, 'plan_json')) as { readonly cutoff: string; readonly body: unknown };
  return {
    purgeId: text(row, 'id'),
    dataset: oneOf(row, 'dataset', keptDatasets),
    state: oneOf(row, 'state', states),
    cutoff,
    body,
    rows: number(row, 'row_count'),
    bytes: number(row, 'bytes'),
    byPerson: number(row, 'by_person') !== 0,
    startedAt: text(row, 'started_at'),
    undoUntil: text(row, 'undo_until'),
  };
}

export function purgeById(database: SqlDatabase, purgeId: string): StoredPurge | undefined {
  const [row] = database.all('SELECT * FROM purges WHERE id = ?', [purgeId]);
  return row === undefined ? undefined : purgeOf(row);
}

/** Newest first. */
export function purgesIn(database: SqlDatabase): StoredPurge[] {
  return database.all('SELECT * FROM purges ORDER BY started_at DESC, id DESC LIMIT ?', [shown]).map(purgeOf);
}

/** Those that are not over and should be let go of: their time for undo is over, or `all`. Oldest first. */
export function purgesToSweep(database: SqlDatabase, now: string, all: boolean): StoredPurge[] {
  return database
    .all(
      `SELECT * FROM purges WHERE state = 'sweeping' OR (state = 'done' AND (? OR undo_until <= ?))
        ORDER BY started_at, id`,
      [Number(all), now],
    )
    .map(purgeOf);
}

/** The record of a purge is kept a year. */
export function forgetOldPurges(transaction: Transaction, before: string): void {
  transaction.run("DELETE FROM purges WHERE started_at < ? AND state IN ('undone', 'swept')", [before]);
}
