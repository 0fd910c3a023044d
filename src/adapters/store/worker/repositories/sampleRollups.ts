import {
  hourOfSample,
  mergedHours,
  sampleOfHour,
  type SampleHour,
} from '../../../../domain/observability/sampleHour.ts';
import type { ObservabilitySnapshot } from '../../../../domain/observability/snapshot.ts';
import type { SqlDatabase, SqlValue } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { allOf, inList, number, text } from './rows.ts';

const hourMs = 3_600_000;

/** Keeps what samples said per hour, as the part of one purge: undoing it takes it back as a whole. */
export function rollUpSamples(
  transaction: Transaction,
  purgeId: string,
  samples: readonly ObservabilitySnapshot[],
): void {
  const hours = new Map<string, { readonly start: number; readonly connectionId: string; hour: SampleHour }>();
  for (const sample of samples) {
    const { connectionId } = sample;
    // A sample covers the time before it: one at the full hour belongs to the hour that ended.
    const start = (Math.ceil(Date.parse(sample.timestamp) / hourMs) - 1) * (hourMs / 1000);
    const key = `${start} ${connectionId}`;
    const known = hours.get(key);
    const one = hourOfSample(sample);
    if (known === undefined) hours.set(key, { start, connectionId, hour: one });
    else known.hour = mergedHours(known.hour, one);
  }
  const rows: SqlValue[][] = [];
  for (const { start, connectionId, hour } of hours.values()) {
    const [row] = transaction.all(
      'SELECT facts_json FROM sample_rollups WHERE start = ? AND connection_id = ? AND purge_id = ?',
      [start, connectionId, purgeId],
    );
    const stored = row === undefined ? null : (JSON.parse(text(row, 'facts_json')) as SampleHour);
    rows.push([start, connectionId, purgeId, JSON.stringify(stored === null ? hour : mergedHours(stored, hour))]);
  }
  transaction.runMany(
    'INSERT OR REPLACE INTO sample_rollups (start, connection_id, purge_id, facts_json) VALUES (?, ?, ?, ?)',
    rows,
  );
}

export function removeSampleRollups(transaction: Transaction, purgeId: string): void {
  transaction.run('DELETE FROM sample_rollups WHERE purge_id = ?', [purgeId]);
}

/** Hours whose samples were purged, each as one sample, oldest first. */
export function rolledUpSamples(
  database: SqlDatabase,
  query: { readonly from: string; readonly to: string; readonly connectionIds?: readonly string[] },
): ObservabilitySnapshot[] {
  const where = allOf([
    {
      sql: 'start >= ? AND start < ?',
      params: [(Math.floor(Date.parse(query.from) / hourMs) - 1) * 3600, Date.parse(query.to) / 1000],
    },
    inList('connection_id', query.connectionIds),
  ]);
  const hours = new Map<string, { readonly connectionId: string; hour: SampleHour }>();
  for (const row of database.all(
    `SELECT start, connection_id, facts_json FROM sample_rollups WHERE ${where.sql}`,
    where.params,
  )) {
    const connectionId = text(row, 'connection_id');
    const id = `hour-${number(row, 'start')}-${connectionId}`;
    const hour = JSON.parse(text(row, 'facts_json')) as SampleHour;
    const known = hours.get(id);
    hours.set(id, { connectionId, hour: known === undefined ? hour : mergedHours(known.hour, hour) });
  }
  return [...hours]
    .map(([id, { connectionId, hour }]) => sampleOfHour(id, connectionId, hour))
    .filter(({ timestamp }) => timestamp >= query.from && timestamp < query.to);
}
