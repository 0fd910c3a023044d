import type { SqlDatabase } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { numberOrNull } from '../repositories/rows.ts';

/** Tables by minute or hour, with the time of their stretch in epoch seconds. */
const rollups = [
  'operation_rollups',
  'action_rollups',
  'family_rollups',
  'pattern_rollups',
  'engine_rollups',
  'sample_rollups',
];
/** What one slice deletes at most of a table. */
const sliceSeconds = 7 * 86_400;

/** About what the roll-ups take: the main database of the history holds little else. */
export function rollupBytes(history: SqlDatabase): number {
  const pragma = (name: string): number => Number(history.rows(`PRAGMA ${name}`)[0]?.[0] ?? 0);
  const rows = rollups.reduce((sum, table) => sum + Number(history.rows(`SELECT count(*) FROM ${table}`)[0]?.[0]), 0);
  return rows === 0 ? 0 : (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}

/** One slice of deleting what stands before a time. */
export function trimRollups(transaction: Transaction, before: number): { done: boolean } {
  for (const table of rollups) {
    const [row] = transaction.all(`SELECT min(start) AS first FROM ${table}`);
    const first = row === undefined ? null : numberOrNull(row, 'first');
    if (first === null || first >= before) continue;
    transaction.run(`DELETE FROM ${table} WHERE start < ?`, [Math.min(before, first + sliceSeconds)]);
    return { done: false };
  }
  return { done: true };
}
