import { LatencySketch } from '../../../../domain/observability/latencySketch.ts';
import { familyOf, slowOperationMs } from '../../../../domain/observability/family.ts';
import { isOperation, type HistoryEvent } from '../../../../domain/timeline/event.ts';
import type { SqlValue } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { number } from './rows.ts';
import { sketchJson, sketchToBytes } from './sketchBytes.ts';

/** Operations of one command family, in a minute or in all. */
export interface FamilySum {
  operations: number;
  errors: number;
  timeouts: number;
  slow: number;
  readonly sketch: LatencySketch;
}

export function emptyFamilySum(): FamilySum {
  return { operations: 0, errors: 0, timeouts: 0, slow: 0, sketch: new LatencySketch() };
}

/** What of an event the sums are made of. */
export type CountedEvent = Pick<HistoryEvent, 'status' | 'errorCode' | 'durationMs'>;

export function addToFamily(sum: FamilySum, event: CountedEvent): void {
  sum.operations += 1;
  if (event.status === 'error') sum.errors += 1;
  if (event.errorCode === 'TIMEOUT') sum.timeouts += 1;
  if (event.durationMs >= slowOperationMs) sum.slow += 1;
  if (event.status === 'success') sum.sketch.add(event.durationMs);
}

const select = `SELECT operations, errors, timeouts, slow, sketch FROM family_rollups
  WHERE start = ? AND connection_id = ? AND environment = ? AND family = ?`;
const upsert = `INSERT OR REPLACE INTO family_rollups
  (start, connection_id, environment, family, operations, errors, timeouts, slow, sketch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Adds our own operations to the minutes of their command families. */
export function rollUpFamilies(transaction: Transaction, events: readonly HistoryEvent[]): void {
  const changed = new Map<string, { readonly key: readonly SqlValue[]; readonly sum: FamilySum }>();
  for (const event of events) {
    // A refused operation never reached Redis: there is nothing to compare.
    if (!isOperation(event) || event.status === 'blocked') continue;
    const start = Math.floor(Date.parse(event.timestamp) / 60_000) * 60;
    const key = [start, event.connectionId, event.environment, familyOf(event)];
    const name = key.join('\n');
    let entry = changed.get(name);
    if (entry === undefined) changed.set(name, (entry = { key, sum: load(transaction, key) }));
    addToFamily(entry.sum, event);
  }
  const rows = [...changed.values()].map(({ key, sum }): SqlValue[] => [
    ...key,
    sum.operations,
    sum.errors,
    sum.timeouts,
    sum.slow,
    sum.sketch.count === 0 ? null : sketchToBytes(sum.sketch),
  ]);
  if (rows.length > 0) transaction.runMany(upsert, rows);
}

function load(transaction: Transaction, key: readonly SqlValue[]): FamilySum {
  const sum = emptyFamilySum();
  const [row] = transaction.all(select, key);
  if (row === undefined) return sum;
  sum.operations = number(row, 'operations');
  sum.errors = number(row, 'errors');
  sum.timeouts = number(row, 'timeouts');
  sum.slow = number(row, 'slow');
  if (row['sketch'] instanceof Uint8Array) sum.sketch.mergeJson(sketchJson(row['sketch']));
  return sum;
}
