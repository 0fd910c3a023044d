import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { Failure, validationFailure } from '../../../../domain/failure.ts';
import { codeOf } from '../../disk/fileSystem.ts';
import type { SqlDatabase, SqlEngine, SqlValue } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';

/** Never leave the store: values of keys, and rows that only mean something to running windows. */
const leftOut = new Set(['leases']);
const blanked: Readonly<Record<string, { readonly column: string; readonly value: SqlValue }>> = {
  stored_key_snapshots: { column: 'sealed', value: new Uint8Array() },
  key_snapshots: { column: 'value_text', value: null },
};
const batchRows = 2000;

/** Both stores as one plain SQLite database, without the values of key snapshots. */
export function combinedDatabase(sql: SqlEngine, control: StoreEngine, history: StoreEngine): SqlDatabase {
  const combined = sql.open();
  const main = control.read();
  const objects = main.rows(
    "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  );
  for (const [type, , statement] of objects) if (type === 'table') combined.run(String(statement));
  const tables = objects.filter(([type, name]) => type === 'table' && !leftOut.has(String(name)));
  const copyAll = (from: SqlDatabase, hidden: readonly string[] = []): void => {
    for (const [, name] of tables) if (!hidden.includes(String(name))) copyTable(from, combined, String(name));
  };
  copyAll(main);
  copyAll(history.read());
  for (const { hidden, open } of history.eventParts()) {
    const part = open();
    if (part !== undefined) copyAll(part, hidden);
  }
  for (const [type, , statement] of objects) if (type === 'index') combined.run(String(statement));
  combined.script(`PRAGMA user_version = ${Number(main.rows('PRAGMA user_version')[0]?.[0] ?? 0)}`);
  return combined;
}

function copyTable(from: SqlDatabase, to: SqlDatabase, table: string): void {
  const columns = to.rows(`PRAGMA table_info("${table}")`).map((row) => String(row[1]));
  const names = columns.map((column) => `"${column}"`).join(', ');
  const insert = `INSERT OR IGNORE INTO "${table}" (${names}) VALUES (${columns.map(() => '?').join(', ')})`;
  const blank = blanked[table];
  const at = blank === undefined ? -1 : columns.indexOf(blank.column);
  let batch: SqlValue[][] = [];
  const write = (): void => {
    to.run('BEGIN');
    to.runMany(insert, batch);
    to.run('COMMIT');
    batch = [];
  };
  for (const row of from.each(`SELECT ${names} FROM "${table}"`)) {
    if (blank !== undefined && at >= 0) row[at] = blank.value;
    batch.push(row);
    if (batch.length >= batchRows) write();
  }
  if (batch.length > 0) write();
}

/**
 * Writes bytes to a file that must not exist: under another name first, synced, then under its own.
 *
 * @throws Failure VALIDATION_ERROR when the target is not absolute, exists, or its folder does not; INTERNAL_ERROR
 */
export function writeNewFile(target: string, bytes: Uint8Array): void {
  checkTarget(target);
  const partial = `${target}.partial-${randomUUID().slice(0, 8)}`;
  try {
    const fd = fs.openSync(partial, 'wx', 0o600);
    try {
      for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at, Math.min(1 << 22, bytes.length - at));
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    checkTarget(target);
    fs.renameSync(partial, target);
  } catch (error) {
    fs.rmSync(partial, { force: true });
    if (error instanceof Failure) throw error;
    throw new Failure('INTERNAL_ERROR', `The file could not be written (${codeOf(error) || 'unknown'}).`, {
      details: { reason: codeOf(error) },
      nextAction: 'Choose another folder, or free some space.',
    });
  }
}

function checkTarget(target: string): void {
  if (!isAbsolute(target)) throw validationFailure('target', 'The target is not an absolute path.');
  if (fs.lstatSync(target, { throwIfNoEntry: false }) !== undefined) {
    throw validationFailure('target', 'The target exists. Nothing is overwritten: choose another name.');
  }
  let folder: string;
  try {
    folder = fs.realpathSync(dirname(target));
  } catch {
    throw validationFailure('target', 'The folder of the target does not exist.');
  }
  if (folder !== dirname(target)) throw validationFailure('target', 'The path of the target passes through a link.');
}
