import { familyOf, slowOperationMs } from '../../../../domain/observability/family.ts';
import { isOperation, type HistoryEvent } from '../../../../domain/timeline/event.ts';
import type { SqlValue } from '../../sql/driver.ts';
import { SketchDelta } from '../../sql/sketchBytes.ts';
import type { Transaction } from '../../transaction.ts';
import { minuteStarts } from './minuteStarts.ts';

/** Operations of one command family, in a minute or in all. */
export interface FamilySum<Sketch extends { add(ms: number): unknown }> {
  operations: number;
  errors: number;
  timeouts: number;
  slow: number;
  /** Of what succeeded. */
  readonly sketch: Sketch;
}

export function emptyFamilySum<Sketch extends { add(ms: number): unknown }>(sketch: Sketch): FamilySum<Sketch> {
  return { operations: 0, errors: 0, timeouts: 0, slow: 0, sketch };
}

/** What of an event the sums are made of. */
export type CountedEvent = Pick<HistoryEvent, 'status' | 'errorCode' | 'durationMs'>;

export function addToFamily(sum: FamilySum<{ add(ms: number): unknown }>, event: CountedEvent): void {
  sum.operations += 1;
  if (event.status === 'error') sum.errors += 1;
  if (event.errorCode === 'TIMEOUT') sum.timeouts += 1;
  if (event.durationMs >= slowOperationMs) sum.slow += 1;
  if (event.status === 'success') sum.sketch.add(event.durationMs);
}

const upsert = `INSERT INTO family_rollups
  (start, connection_id, environment, family, operations, errors, timeouts, slow, sketch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET operations = operations + excluded.operations, errors = errors + excluded.errors,
    timeouts = timeouts + excluded.timeouts, slow = slow + excluded.slow, sketch = merge_sketches(sketch, excluded.sketch)`;

/** Adds our own operations to the minutes of their command families. */
export function rollUpFamilies(transaction: Transaction, events: readonly HistoryEvent[]): void {
  const additions = new Map<string, { readonly key: readonly SqlValue[]; readonly sum: FamilySum<SketchDelta> }>();
  const minuteOf = minuteStarts();
  for (const event of events) {
    // A refused operation never reached Redis: there is nothing to compare.
    if (!isOperation(event) || event.status === 'blocked') continue;
    const start = minuteOf(event.timestamp);
    const family = familyOf(event);
    const name = `${start} ${family} ${event.environment} ${event.connectionId}`;
    let entry = additions.get(name);
    if (entry === undefined) {
      const key = [start, event.connectionId, event.environment, family];
      additions.set(name, (entry = { key, sum: emptyFamilySum(new SketchDelta()) }));
    }
    addToFamily(entry.sum, event);
  }
  transaction.runMany(
    upsert,
    [...additions.values()].map(({ key, sum }): SqlValue[] => [
      ...key,
      sum.operations,
      sum.errors,
      sum.timeouts,
      sum.slow,
      sum.sketch.toBytes(),
    ]),
  );
}
