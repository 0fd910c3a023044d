import { Failure } from '../../../../domain/failure.ts';
import type { RowKind } from '../../generations/manifest.ts';
import type { PartContent } from '../../parts.ts';
import type { SqlDatabase, SqlValue } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { EventPart } from '../../storeOptions.ts';
import type { CountKinds } from '../../storeState.ts';
import type { Transaction } from '../../transaction.ts';
import { marks } from './rows.ts';

// Large sealed values of key snapshots: in parts of the store `control`, which are written once and read when asked for.

/** A longer value stands in a part, a shorter one in its row. */
export const inlineBytes = 4096;
const mostIds = 500;
const idsPerQuery = 500;

export function addSealedValues(
  transaction: Transaction,
  values: readonly { readonly id: string; readonly sealed: Uint8Array }[],
): void {
  const rows = values.map(({ id, sealed }): SqlValue[] => [id, sealed]);
  transaction.runMany('INSERT OR REPLACE INTO sealed_values (id, sealed) VALUES (?, ?)', rows, 'part');
}

/** @throws Failure INTERNAL_ERROR when the file that held it was damaged */
export function sealedValue(control: StoreEngine, id: string): Uint8Array {
  for (const { kinds, open } of control.eventParts()) {
    if (kinds !== undefined && !kinds.some(([, other]) => other === id)) continue;
    const value = open()?.rows('SELECT sealed FROM sealed_values WHERE id = ?', [id])[0]?.[0];
    if (value instanceof Uint8Array) return value;
  }
  throw new Failure('INTERNAL_ERROR', 'The previous value cannot be read: the file that held it was damaged.', {
    nextAction: 'Choose another snapshot.',
  });
}

/** Takes away the values whose snapshots are gone for good; a part that holds no other goes as a whole, unread. */
export function sweepSealedValues(transaction: Transaction, control: StoreEngine): void {
  for (const part of control.eventParts()) {
    const ids = idsOf(part);
    const dead = deadOf(transaction, ids);
    if (dead.length === 0) continue;
    if (typeof part.id === 'number' && dead.length === ids.length) transaction.dropPart(part.id);
    else deleteFrom(transaction, part, dead);
  }
}

function deleteFrom(transaction: Transaction, { id, open }: EventPart, dead: readonly string[]): void {
  if (open() === undefined) return;
  const rows = dead.map((value): SqlValue[] => [value]);
  transaction.runMany('DELETE FROM sealed_values WHERE id = ?', rows, id);
}

function idsOf({ kinds, open }: EventPart): string[] {
  if (kinds !== undefined) return kinds.map(([, id]) => id ?? '');
  return (open()?.rows('SELECT id FROM sealed_values') ?? []).map(([id]) => String(id));
}

function deadOf(transaction: Transaction, ids: readonly string[]): string[] {
  const alive = new Set<SqlValue | undefined>();
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const some = ids.slice(at, at + idsPerQuery);
    for (const table of ['stored_key_snapshots', 'purged_stored_key_snapshots']) {
      const found = transaction.all(`SELECT id FROM ${table} WHERE id IN ${marks(some.length)}`, some);
      for (const { id } of found) alive.add(id);
    }
  }
  return ids.filter((id) => !alive.has(id));
}

function hasTable(part: SqlDatabase): boolean {
  return part.rows("SELECT 1 FROM sqlite_schema WHERE name = 'sealed_values'").length > 0;
}

/** What a part of the store `control` holds. Also asked of schemas from before there were any. */
export function sealedContent(part: SqlDatabase): PartContent {
  const rows = hasTable(part) ? Number(part.rows('SELECT count(*) FROM sealed_values')[0]?.[0] ?? 0) : 0;
  return { rows, from: null, to: null };
}

/** The ids of a part's values, so that one is found without reading the others. */
export const sealedIds: CountKinds = (part) => {
  const ids = hasTable(part) ? part.rows('SELECT id FROM sealed_values LIMIT ?', [mostIds + 1]) : [];
  return Promise.resolve(ids.length > mostIds ? undefined : ids.map(([id]): RowKind => [1, String(id)]));
};
