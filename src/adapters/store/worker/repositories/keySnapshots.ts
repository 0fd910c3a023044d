import type { StoredKeySnapshot } from '../../../../app/ports/stores.ts';
import type { SnapshotReason } from '../../../../domain/keys/types.ts';
import type { SqlDatabase, SqlRow } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { Transaction } from '../../transaction.ts';
import { allOf, blob, marks, number, oneOf, text, textOrNull } from './rows.ts';
import { addSealedValues, inlineBytes, sealedValue, sweepSealedValues } from './sealedValues.ts';

const reasons: readonly SnapshotReason[] = ['set', 'delete', 'rename', 'restore', 'workflow'];
const columns = 'id, connection_id, key, type, taken_at, expires_at, bytes, reason, run_id';
const insert = `INSERT INTO stored_key_snapshots (${columns}, sealed_bytes, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function addKeySnapshots(transaction: Transaction, snapshots: readonly StoredKeySnapshot[]): void {
  const rows = snapshots.map((s) => [
    s.id,
    s.connectionId,
    s.key,
    s.type,
    s.takenAt,
    s.expiresAt,
    s.bytes,
    s.reason,
    s.runId ?? null,
    s.sealed.length,
    s.sealed.length > inlineBytes ? new Uint8Array() : s.sealed,
  ]);
  transaction.runMany(insert, rows);
  addSealedValues(
    transaction,
    snapshots.filter(({ sealed }) => sealed.length > inlineBytes),
  );
}

export function removeKeySnapshots(transaction: Transaction, control: StoreEngine, ids: readonly string[]): void {
  transaction.runMany(
    'DELETE FROM stored_key_snapshots WHERE id = ?',
    ids.map((id) => [id]),
  );
  sweepSealedValues(transaction, control);
}

function listed(row: SqlRow): Omit<StoredKeySnapshot, 'sealed'> {
  const runId = textOrNull(row, 'run_id');
  return {
    id: text(row, 'id'),
    connectionId: text(row, 'connection_id'),
    key: blob(row, 'key'),
    type: text(row, 'type'),
    takenAt: text(row, 'taken_at'),
    expiresAt: textOrNull(row, 'expires_at'),
    bytes: number(row, 'bytes'),
    reason: oneOf(row, 'reason', reasons),
    ...(runId === null ? {} : { runId }),
  };
}

/** Newest first, without the sealed bytes. */
export function listKeySnapshots(
  database: SqlDatabase,
  query: { readonly connectionId: string; readonly key?: Uint8Array; readonly limit: number },
): Omit<StoredKeySnapshot, 'sealed'>[] {
  const where = allOf([
    { sql: 'connection_id = ?', params: [query.connectionId] },
    query.key === undefined ? undefined : { sql: 'key = ?', params: [query.key] },
  ]);
  return database
    .all(`SELECT ${columns} FROM stored_key_snapshots WHERE ${where.sql} ORDER BY taken_at DESC, rowid DESC LIMIT ?`, [
      ...where.params,
      query.limit,
    ])
    .map(listed);
}

/** @throws Failure INTERNAL_ERROR when the file that held its value was damaged */
export function keySnapshot(control: StoreEngine, id: string): StoredKeySnapshot | null {
  const [row] = control
    .read()
    .all(`SELECT ${columns}, sealed, sealed_bytes FROM stored_key_snapshots WHERE id = ?`, [id]);
  if (row === undefined) return null;
  const inRow = blob(row, 'sealed');
  const sealed = inRow.length === number(row, 'sealed_bytes') ? inRow : sealedValue(control, id);
  return { ...listed(row), sealed };
}

export function keySnapshotBytes(database: SqlDatabase, connectionId: string | undefined): number {
  const where = connectionId === undefined ? '' : `WHERE connection_id IN ${marks(1)}`;
  const params = connectionId === undefined ? [] : [connectionId];
  const [row] = database.all(
    `SELECT coalesce(sum(sealed_bytes), 0) AS used FROM stored_key_snapshots ${where}`,
    params,
  );
  return row === undefined ? 0 : number(row, 'used');
}
