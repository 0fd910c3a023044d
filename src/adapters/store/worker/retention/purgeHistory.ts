import { sampleTable } from '../partContent.ts';
import { samplesWhere } from '../repositories/observabilitySamples.ts';
import { removeSampleRollups, rollUpSamples } from '../repositories/sampleRollups.ts';
import { number, type Condition } from '../repositories/rows.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { EventPart } from '../../storeOptions.ts';
import type { Transaction } from '../../transaction.ts';
import { sharedColumns, victimsWhere, type Ask } from './conditions.ts';
import type { HistoryBody } from './planHistory.ts';
import { setPurgeRows, setPurgeState, type StoredPurge } from './purgeRecords.ts';

/** Rows that one slice moves: some milliseconds of the worker, so that writes beside it are not delayed. */
const sliceRows = 500;
/** Parts that one slice takes as a whole, without reading them. */
const sliceParts = 8;

/** Rows that move out of a part so that it can go as a whole. */
const mostMoved = 5000;

interface Slice {
  readonly done: boolean;
  /** Rows of this purge so far. */
  readonly rows: number;
}

interface Work {
  readonly history: StoreEngine;
  readonly purge: StoredPurge;
  readonly body: HistoryBody;
  readonly table: string;
}

function workOf(history: StoreEngine, purge: StoredPurge): Work {
  // The store wrote it itself, and a store that was changed is noticed before.
  const body = purge.body as HistoryBody;
  return { history, purge, body, table: body.victims.table };
}

function partOf(history: StoreEngine, id: number): EventPart | undefined {
  return history.eventParts().find((part) => part.id === id);
}

function rowsSoFar(transaction: { all: Ask }, purgeId: string): number {
  const [row] = transaction.all('SELECT coalesce(sum(row_count), 0) AS n FROM purged_parts WHERE purge_id = ?', [
    purgeId,
  ]);
  return row === undefined ? 0 : number(row, 'n');
}

/** Adds to what the purge took from a part; parts whose rows move in slices add up. */
function noteRows(transaction: Transaction, purgeId: string, part: number, rows: number): void {
  transaction.run(
    `INSERT INTO purged_parts (purge_id, part, row_count) VALUES (?, ?, ?)
      ON CONFLICT (purge_id, part) DO UPDATE SET row_count = row_count + excluded.row_count`,
    [purgeId, part, rows],
  );
}

/** One slice of a purge: some whole parts are hidden, or some rows of one part are set aside. Repeating it changes nothing. */
export async function purgeHistoryStep(history: StoreEngine, purge: StoredPurge): Promise<Slice> {
  const work = workOf(history, purge);
  const { body, table } = work;
  const touched = new Set(partsTaken(history, purge.purgeId));
  const whole = body.parts.filter(({ part, reach }) => reach === 'all' && !touched.has(part));
  // Samples are read, to be rolled up: one part at a time.
  if (whole.length > 0) {
    const slice = await takeWhole(work, whole.slice(0, table === sampleTable || !body.undo ? 1 : sliceParts));
    if (!body.undo) await history.removeDroppedFiles();
    return slice;
  }
  for (const { part } of body.parts.filter(({ reach }) => reach === 'some')) {
    const moved = await takeSlice(work, part);
    if (moved !== undefined) return moved;
  }
  return history.commit((tx) => {
    const rows = rowsSoFar(tx, purge.purgeId);
    setPurgeRows(tx, purge.purgeId, rows, purge.rows === 0 ? 0 : Math.round((purge.bytes * rows) / purge.rows));
    setPurgeState(tx, purge.purgeId, body.undo ? 'done' : 'swept');
    return { done: true, rows };
  }, true);
}

function partsTaken(history: StoreEngine, purgeId: string): number[] {
  return history
    .read()
    .rows('SELECT part FROM purged_parts WHERE purge_id = ?', [purgeId])
    .map(([part]) => Number(part));
}

function isTaken(transaction: Transaction, purgeId: string, part: number): boolean {
  return transaction.all('SELECT 1 FROM purged_parts WHERE purge_id = ? AND part = ?', [purgeId, part]).length > 0;
}

function takeWhole({ history, purge, body, table }: Work, parts: HistoryBody['parts']): Promise<Slice> {
  return history.commit((tx) => {
    for (const { part: id, rows } of parts) {
      // Another window may have gone on with the same purge.
      if (isTaken(tx, purge.purgeId, id)) continue;
      const part = partOf(history, id);
      if (part !== undefined && table === sampleTable) rollUpPart(tx, purge.purgeId, part, victimsWhere(body.victims));
      if (part !== undefined && body.undo) tx.hideRows(id, [...new Set([...part.hidden, table])]);
      else if (part !== undefined) removeWhole(tx, part, table);
      noteRows(tx, purge.purgeId, id, part === undefined ? 0 : rows);
    }
    return { done: false, rows: rowsSoFar(tx, purge.purgeId) };
  }, true);
}

function rollUpPart(transaction: Transaction, purgeId: string, part: EventPart, where: Condition): void {
  const database = part.open();
  if (database !== undefined) rollUpSamples(transaction, purgeId, samplesWhere(database, where));
}

/**
 * Takes all rows of a table out of a part. When little else is in it, that moves to the part that grows and the part goes as
 * a whole: its file need not be written anew, which a full disk would not allow.
 */
function removeWhole(transaction: Transaction, part: EventPart, table: string): void {
  if (typeof part.id !== 'number') return;
  const others = survivorsOf(part, table);
  if (others === undefined) {
    if (part.open() !== undefined) transaction.run(`DELETE FROM ${table}`, [], part.id);
    return;
  }
  const database = others.length === 0 ? undefined : part.open();
  for (const name of database === undefined ? [] : others) {
    const ask: Ask = (sql, params) => transaction.all(sql, params, part.id);
    const columns = sharedColumns(ask, name);
    const marked = columns.replaceAll(/[^,]+/g, '?');
    transaction.runMany(
      `INSERT OR IGNORE INTO ${name} (${columns}) VALUES (${marked})`,
      database?.rows(`SELECT ${columns} FROM ${name}`) ?? [],
      'part',
    );
  }
  transaction.dropPart(part.id);
}

/** Other tables with rows in a part that is to go as a whole; undefined when it must stay. */
function survivorsOf({ content, hidden }: EventPart, table: string): string[] | undefined {
  const { tables, rows } = content ?? {};
  if (tables === undefined || rows === undefined) return undefined;
  const held = Object.values(tables).reduce((sum, one) => sum + one.rows, 0);
  // What other purges set aside, or hide, must stay until their time is over.
  if (rows !== held || hidden.some((name) => name !== table)) return undefined;
  const others = Object.entries(tables).filter(([name, one]) => name !== table && one.rows > 0);
  const left = others.reduce((sum, [, one]) => sum + one.rows, 0);
  return left > mostMoved ? undefined : others.map(([name]) => name);
}

/** @returns undefined when nothing is left to move in this part */
function takeSlice({ history, purge, body, table }: Work, id: number): Promise<Slice | undefined> {
  const part = partOf(history, id);
  const database = part?.open();
  if (part === undefined || database === undefined) return Promise.resolve(undefined);
  return history.commit((tx) => {
    const ask: Ask = (sql, params) => tx.all(sql, params, id);
    const where = sliceOf(ask, table, victimsWhere(body.victims));
    if (where === undefined) return undefined;
    const { n } = ask(`SELECT count(*) AS n FROM ${table} WHERE ${where.sql}`, where.params)[0] ?? {};
    if (table === sampleTable) rollUpPart(tx, purge.purgeId, part, where);
    const columns = sharedColumns(ask, table);
    if (body.undo) {
      tx.run(
        `INSERT INTO purged_${table} (purge_id, ${columns}) SELECT ?, ${columns} FROM ${table} WHERE ${where.sql}`,
        [purge.purgeId, ...where.params],
        id,
      );
    }
    tx.run(`DELETE FROM ${table} WHERE ${where.sql}`, where.params, id);
    noteRows(tx, purge.purgeId, id, Number(n));
    return { done: false, rows: rowsSoFar(tx, purge.purgeId) };
  }, true);
}

/** The oldest of the rows of a condition, about as many as a slice takes; undefined when there are none. */
function sliceOf(ask: Ask, table: string, where: Condition): Condition | undefined {
  const at = (offset: number): unknown =>
    ask(`SELECT timestamp FROM ${table} WHERE ${where.sql} ORDER BY timestamp LIMIT 1 OFFSET ?`, [
      ...where.params,
      offset,
    ])[0]?.['timestamp'];
  const last = at(sliceRows - 1);
  if (typeof last === 'string') return { sql: `(${where.sql}) AND timestamp <= ?`, params: [...where.params, last] };
  return typeof at(0) === 'string' ? where : undefined;
}

/** One slice of taking a purge back. */
export async function undoHistoryStep(history: StoreEngine, purge: StoredPurge): Promise<Slice> {
  const { purgeId } = purge;
  const { body, table } = workOf(history, purge);
  const hidden = body.parts.filter(({ part, reach }) => reach === 'all' && isHidden(history, part, table));
  if (hidden.length > 0) {
    return history.commit((tx) => {
      for (const { part: id } of hidden) {
        const part = partOf(history, id);
        if (part !== undefined)
          tx.hideRows(
            id,
            part.hidden.filter((name) => name !== table),
          );
      }
      return { done: false, rows: 0 };
    }, true);
  }
  for (const { part: id, reach } of body.parts) {
    if (reach === 'some' && (await restoreSlice(history, purgeId, table, id))) return { done: false, rows: 0 };
  }
  return history.commit((tx) => {
    const rows = rowsSoFar(tx, purgeId);
    removeSampleRollups(tx, purgeId);
    tx.run('DELETE FROM purged_parts WHERE purge_id = ?', [purgeId]);
    setPurgeState(tx, purgeId, 'undone');
    return { done: true, rows };
  }, true);
}

function isHidden(history: StoreEngine, id: number, table: string): boolean {
  return partOf(history, id)?.hidden.includes(table) === true;
}

async function restoreSlice(history: StoreEngine, purgeId: string, table: string, id: number): Promise<boolean> {
  if (partOf(history, id)?.open() === undefined) return false;
  return history.commit((tx) => {
    const ask: Ask = (sql, params) => tx.all(sql, params, id);
    const aside = sliceOf(ask, `purged_${table}`, { sql: 'purge_id = ?', params: [purgeId] });
    if (aside === undefined) return false;
    const columns = sharedColumns(ask, table);
    tx.run(
      `INSERT OR IGNORE INTO ${table} (${columns}) SELECT ${columns} FROM purged_${table} WHERE ${aside.sql}`,
      aside.params,
      id,
    );
    tx.run(`DELETE FROM purged_${table} WHERE ${aside.sql}`, aside.params, id);
    return true;
  }, true);
}

/** One slice of letting go of what a purge set aside; its parts one by one. */
export async function sweepHistoryStep(history: StoreEngine, purge: StoredPurge): Promise<boolean> {
  const { purgeId } = purge;
  const { body, table } = workOf(history, purge);
  const [next] = partsTaken(history, purgeId);
  return history.commit((tx) => {
    if (next === undefined) {
      setPurgeState(tx, purgeId, 'swept');
      return true;
    }
    if (purge.state !== 'sweeping') setPurgeState(tx, purgeId, 'sweeping');
    const part = partOf(history, next);
    if (part !== undefined && part.hidden.includes(table)) {
      removeWhole(tx, part, table);
      tx.hideRows(
        next,
        part.hidden.filter((name) => name !== table),
      );
    } else if (part !== undefined && part.open() !== undefined && body.undo) {
      tx.run(`DELETE FROM purged_${table} WHERE purge_id = ?`, [purgeId], next);
    }
    tx.run('DELETE FROM purged_parts WHERE purge_id = ? AND part = ?', [purgeId, next]);
    return false;
  }, true);
}
