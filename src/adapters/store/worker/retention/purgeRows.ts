import type { FileOwner } from '../../../../app/ports/retention.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { Transaction } from '../../transaction.ts';
import { marks, number } from '../repositories/rows.ts';
import { sharedColumns, type Ask } from './conditions.ts';
import type { RowBody } from './planRows.ts';
import { setPurgeRows, setPurgeState, type StoredPurge } from './purgeRecords.ts';
import { sweepSealedValues } from '../repositories/sealedValues.ts';
import { putUndoBack, setUndoAside, undoAside } from './runUndo.ts';
import { rowTables, rowVictimsWhere, type RowDataset, type RowTable } from './rowDatasets.ts';

const sliceRows = 200;
/** A slice ends early when its rows are large. */
const sliceBytes = 4 << 20;

interface Slice {
  readonly done: boolean;
  readonly rows: number;
}

function tableOf(purge: StoredPurge): RowTable {
  // Only purges of rows are in the store `control`.
  return rowTables[purge.dataset as RowDataset];
}

function rowsAside(transaction: { all: Ask }, { table }: RowTable, purgeId: string): number {
  const [row] = transaction.all(`SELECT count(*) AS n FROM purged_${table} WHERE purge_id = ?`, [purgeId]);
  const undo = undoAside((sql, params) => transaction.all(sql, params), purgeId);
  return (row === undefined ? 0 : number(row, 'n')) + undo.length;
}

/** One slice of a purge: rows, with what belongs to them, are set aside (or removed, when there is no undo). */
export function purgeRowsStep(control: StoreEngine, purge: StoredPurge): Promise<Slice> {
  const { victims, undo } = purge.body as RowBody;
  const table = tableOf(purge);
  return control.commit((tx) => {
    const ids = nextIds(tx, table, rowVictimsWhere(table, victims));
    if (ids.length === 0) {
      setUndoAside(tx, purge.purgeId, victims.undoOf ?? [], victims.pins);
      const rows = undo ? rowsAside(tx, table, purge.purgeId) : purge.rows;
      setPurgeRows(tx, purge.purgeId, rows, purge.rows === 0 ? 0 : Math.round((purge.bytes * rows) / purge.rows));
      setPurgeState(tx, purge.purgeId, undo ? 'done' : 'sweeping');
      return { done: true, rows };
    }
    // Without undo the rows still stand aside until their files are removed; nothing of them is copied then.
    move(tx, table, ids, purge.purgeId, 'out');
    return { done: false, rows: rowsAside(tx, table, purge.purgeId) };
  }, true);
}

function nextIds(
  transaction: Transaction,
  table: RowTable,
  where: { sql: string; params: readonly (string | number | null | Uint8Array)[] },
): string[] {
  const ids: string[] = [];
  let bytes = 0;
  const rows = transaction.all(
    `SELECT id, ${table.bytes} AS bytes FROM ${table.table} WHERE ${where.sql} ORDER BY ${table.time}, rowid LIMIT ?`,
    [...where.params, sliceRows],
  );
  for (const row of rows) {
    if (ids.length > 0 && bytes > sliceBytes) break;
    bytes += number(row, 'bytes');
    ids.push(String(row['id']));
  }
  return ids;
}

/** Moves rows and their children between a table and what was purged from it. */
function move(
  transaction: Transaction,
  { table, children }: RowTable,
  ids: readonly string[],
  purgeId: string,
  direction: 'out' | 'back',
): void {
  const ask: Ask = (sql, params) => transaction.all(sql, params);
  for (const { table: name, of } of [...children, { table, of: 'id' }]) {
    const columns = sharedColumns(ask, name);
    const where = `${of} IN ${marks(ids.length)}`;
    if (direction === 'out') {
      transaction.run(
        `INSERT INTO purged_${name} (purge_id, ${columns}) SELECT ?, ${columns} FROM ${name} WHERE ${where}`,
        [purgeId, ...ids],
      );
      transaction.run(`DELETE FROM ${name} WHERE ${where}`, ids);
    } else {
      const own = `purge_id = ? AND ${where}`;
      transaction.run(`INSERT OR IGNORE INTO ${name} (${columns}) SELECT ${columns} FROM purged_${name} WHERE ${own}`, [
        purgeId,
        ...ids,
      ]);
      transaction.run(`DELETE FROM purged_${name} WHERE ${own}`, [purgeId, ...ids]);
    }
  }
}

/** One slice of taking a purge back. */
export function undoRowsStep(control: StoreEngine, purge: StoredPurge): Promise<Slice> {
  const table = tableOf(purge);
  return control.commit((tx) => {
    const rows = tx.all(`SELECT id FROM purged_${table.table} WHERE purge_id = ? LIMIT ?`, [purge.purgeId, sliceRows]);
    if (rows.length === 0) {
      putUndoBack(tx, purge.purgeId);
      setPurgeState(tx, purge.purgeId, 'undone');
      return { done: true, rows: purge.rows };
    }
    const ids = rows.map(({ id }) => String(id));
    move(tx, table, ids, purge.purgeId, 'back');
    return { done: false, rows: purge.rows - rowsAside(tx, table, purge.purgeId) };
  }, true);
}

/** Files of rows that a purge set aside and that no row has any more, and what it took from runs. */
export function filesToRemove(control: StoreEngine, purge: StoredPurge): FileOwner[] {
  const { table, files } = tableOf(purge);
  const { dataset, purgeId } = purge;
  const main = control.read();
  const undo = undoAside((sql, params) => main.all(sql, params), purgeId);
  const kept = undo.map((owner): FileOwner => ({ dataset: 'keySnapshots', owner }));
  if (files === null) return kept;
  return main
    .rows(
      `SELECT DISTINCT ${files} FROM purged_${table} WHERE purge_id = ? AND ${files} <> ''
        AND ${files} NOT IN (SELECT ${files} FROM ${table})`,
      [purgeId],
    )
    .map(([owner]) => ({ dataset, owner: String(owner) }));
}

export function beginSweepOfRows(control: StoreEngine, purge: StoredPurge): Promise<void> {
  return control.commit((tx) => setPurgeState(tx, purge.purgeId, 'sweeping'), true);
}

/** Lets go of what a purge set aside; its files are gone by then. */
export function sweepRows(control: StoreEngine, purge: StoredPurge): Promise<void> {
  const { table, children } = tableOf(purge);
  return control.commit((tx) => {
    for (const name of [...children.map((child) => child.table), table]) {
      tx.run(`DELETE FROM purged_${name} WHERE purge_id = ?`, [purge.purgeId]);
    }
    if (purge.dataset === 'keySnapshots') sweepSealedValues(tx, control);
    setPurgeState(tx, purge.purgeId, 'swept');
  }, true);
}
