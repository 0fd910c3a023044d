import type { StoreEngine } from '../../storeEngine.ts';
import type { Transaction } from '../../transaction.ts';
import { eventTable, sampleTable } from '../partContent.ts';

/** Takes every row out of a store. The schema stays, and leases, whose fences only grow. */
export function deleteAll(transaction: Transaction, store: StoreEngine): void {
  const tables = transaction.all(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      AND name NOT IN ('schema_migrations', 'leases')`,
  );
  for (const { name } of tables) transaction.run(`DELETE FROM ${String(name)}`);
  for (const { id } of store.eventParts()) {
    if (typeof id === 'number') transaction.dropPart(id);
    else if (id === 'part') {
      for (const table of [eventTable, sampleTable]) {
        transaction.run(`DELETE FROM ${table}`, [], id);
        transaction.run(`DELETE FROM purged_${table}`, [], id);
      }
    }
  }
}
