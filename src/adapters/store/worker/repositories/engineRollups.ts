import type { EngineFacts, EngineLook } from '../../../../domain/alerts/engineFacts.ts';
import { noEngineFacts, packEngineFacts, unpackEngineFacts, withLook } from '../../../../domain/alerts/engineFacts.ts';
import { lookOfSample } from '../../../../domain/alerts/engineLook.ts';
import type { ObservabilitySnapshot } from '../../../../domain/observability/snapshot.ts';
import type { Transaction } from '../../transaction.ts';

const select = 'SELECT facts FROM engine_rollups WHERE start = ? AND connection_id = ?';
const upsert = 'INSERT OR REPLACE INTO engine_rollups (start, connection_id, facts) VALUES (?, ?, ?)';

export interface TimedLook {
  readonly connectionId: string;
  readonly atMs: number;
  readonly look: EngineLook;
}

/** Adds looks to the minutes in which they were taken. */
export function rollUpLooks(transaction: Transaction, looks: readonly TimedLook[]): void {
  const changed = new Map<string, { readonly start: number; readonly connectionId: string; facts: EngineFacts }>();
  for (const { connectionId, atMs, look } of looks) {
    const start = Math.floor(atMs / 60_000) * 60;
    const key = `${start} ${connectionId}`;
    const known = changed.get(key) ?? { start, connectionId, facts: stored(transaction, start, connectionId) };
    known.facts = withLook(known.facts, look);
    changed.set(key, known);
  }
  const rows = [...changed.values()].map(({ start, connectionId, facts }) => [
    start,
    connectionId,
    packEngineFacts(facts),
  ]);
  transaction.runMany(upsert, rows);
}

function stored(transaction: Transaction, start: number, connectionId: string): EngineFacts {
  const bytes = transaction.all(select, [start, connectionId])[0]?.['facts'];
  return bytes instanceof Uint8Array ? unpackEngineFacts(bytes) : noEngineFacts;
}

/** What samples say about their servers. */
export function rollUpEngine(transaction: Transaction, samples: readonly ObservabilitySnapshot[]): void {
  rollUpLooks(
    transaction,
    samples.map((sample) => ({
      connectionId: sample.connectionId,
      atMs: Date.parse(sample.timestamp),
      look: lookOfSample(sample),
    })),
  );
}
