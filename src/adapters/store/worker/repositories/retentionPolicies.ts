import type { DatasetUsage } from '../../../../app/ports/retention.ts';
import { datasets } from '../../../../domain/retention/dataset.ts';
import type { RetentionPolicy } from '../../../../domain/retention/policy.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { marks, number, oneOf, text } from './rows.ts';

/** Stores of the desktop program may hold policies of datasets that are none here. */
export function savedPolicies(database: SqlDatabase): RetentionPolicy[] {
  return database
    .all(`SELECT * FROM retention_policies WHERE dataset IN ${marks(datasets.length)}`, [...datasets])
    .map((row) => ({
      dataset: oneOf(row, 'dataset', datasets),
      retentionDays: number(row, 'retention_days'),
      storageBudgetMb: number(row, 'storage_budget_mb'),
      autoPurgeOldest: number(row, 'auto_purge_oldest') !== 0,
    }));
}

export function saveRetentionPolicy(transaction: Transaction, policy: RetentionPolicy): void {
  transaction.run(
    `INSERT OR REPLACE INTO retention_policies (dataset, retention_days, storage_budget_mb, auto_purge_oldest)
      VALUES (?, ?, ?, ?)`,
    [policy.dataset, policy.retentionDays, policy.storageBudgetMb, Number(policy.autoPurgeOldest)],
  );
}

export function saveUsageDay(
  transaction: Transaction,
  day: string,
  used: readonly Pick<DatasetUsage, 'dataset' | 'rows' | 'bytes'>[],
): void {
  transaction.runMany(
    'INSERT OR REPLACE INTO storage_days (day, dataset, row_count, bytes) VALUES (?, ?, ?, ?)',
    used.map(({ dataset, rows, bytes }) => [day, dataset, rows, bytes]),
  );
  transaction.run("DELETE FROM storage_days WHERE day < date(?, '-400 days')", [day]);
}

/** @returns null when nothing was saved under the name */
export function retentionState(database: SqlDatabase, name: string): unknown {
  const [row] = database.all('SELECT value_json FROM retention_state WHERE name = ?', [name]);
  return row === undefined ? null : (JSON.parse(text(row, 'value_json')) as unknown);
}

export function saveRetentionState(transaction: Transaction, name: string, value: unknown): void {
  transaction.run('INSERT OR REPLACE INTO retention_state (name, value_json) VALUES (?, ?)', [
    name,
    JSON.stringify(value),
  ]);
}
