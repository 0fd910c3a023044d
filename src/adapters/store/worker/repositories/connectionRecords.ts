import type { ConnectionRecord } from '../../../../app/ports/stores.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { environments } from './environments.ts';
import { oneOf, text } from './rows.ts';

const upsert = `INSERT INTO connection_profiles
  (id, definition_id, scope, name, destination, environment, engine, host, port, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, 'redis', '', 0, ?, ?)
  ON CONFLICT (id) DO UPDATE SET definition_id = excluded.definition_id, scope = excluded.scope, name = excluded.name,
    destination = excluded.destination, environment = excluded.environment, updated_at = excluded.updated_at`;

export function saveConnectionRecord(transaction: Transaction, record: ConnectionRecord, now: string): void {
  const { uid, id, scope, name, destination, environment } = record;
  transaction.run(upsert, [uid, id, scope, name, destination, environment, now, now]);
}

export function connectionRecords(database: SqlDatabase): ConnectionRecord[] {
  return database
    .all('SELECT id, definition_id, scope, name, destination, environment FROM connection_profiles ORDER BY name, id')
    .map((row) => ({
      uid: text(row, 'id'),
      id: text(row, 'definition_id'),
      scope: text(row, 'scope'),
      name: text(row, 'name'),
      destination: text(row, 'destination'),
      environment: oneOf(row, 'environment', environments),
    }));
}
