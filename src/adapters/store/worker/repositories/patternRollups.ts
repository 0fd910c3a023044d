import type { ActivityRecord } from '../../../../app/ports/stores.ts';
import { eventPattern } from '../../../../domain/observability/failures.ts';
import type { HistoryEvent } from '../../../../domain/timeline/event.ts';
import type { SqlValue } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { minuteStarts } from './minuteStarts.ts';

const add = `INSERT INTO pattern_rollups (start, source, connection_id, environment, pattern, touches, errors, last_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET touches = touches + excluded.touches, errors = errors + excluded.errors,
    last_ms = max(last_ms, excluded.last_ms)`;

interface PatternSum {
  readonly key: readonly SqlValue[];
  touches: number;
  errors: number;
  /** The latest time of a touch, UTC ISO-8601. */
  last: string;
}

/** Whether an event of ours reached keys; a refused one did not. */
export function touchesKeys(event: Pick<HistoryEvent, 'source' | 'status' | 'keyOrPattern'>): boolean {
  return event.source === 'app' && event.status !== 'blocked' && event.keyOrPattern !== '';
}

/** Adds the keys that our own operations touched to the minutes of their patterns. */
export function rollUpPatterns(transaction: Transaction, events: readonly HistoryEvent[]): void {
  const sums = new Map<string, PatternSum>();
  const minuteOf = minuteStarts();
  for (const event of events) {
    if (!touchesKeys(event)) continue;
    const start = minuteOf(event.timestamp);
    const pattern = eventPattern(event);
    const name = `${start} ${event.environment} ${event.connectionId} ${pattern}`;
    let sum = sums.get(name);
    if (sum === undefined) {
      const key = [start, 'client', event.connectionId, event.environment, pattern];
      sums.set(name, (sum = { key, touches: 0, errors: 0, last: '' }));
    }
    sum.touches += 1;
    if (event.status === 'error') sum.errors += 1;
    if (event.timestamp > sum.last) sum.last = event.timestamp;
  }
  transaction.runMany(
    add,
    [...sums.values()].map(({ key, touches, errors, last }): SqlValue[] => [...key, touches, errors, Date.parse(last)]),
  );
}

/** Adds what a watch counted. */
export function addActivity(transaction: Transaction, record: ActivityRecord): void {
  transaction.runMany(
    add,
    record.rows.map((row): SqlValue[] => [
      Math.floor(row.minuteMs / 60_000) * 60,
      record.source,
      record.connectionId,
      record.environment,
      row.pattern,
      row.touches,
      row.errors,
      Math.floor(row.lastMs),
    ]),
  );
}
