import type { ActivityRecord } from '../../../../app/ports/stores.ts';
import { eventPattern } from '../../../../domain/observability/failures.ts';
import type { HistoryEvent } from '../../../../domain/timeline/event.ts';
import type { SqlValue } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';

const add = `INSERT INTO pattern_rollups (start, source, connection_id, environment, pattern, touches, errors, last_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET touches = touches + excluded.touches, errors = errors + excluded.errors,
    last_ms = max(last_ms, excluded.last_ms)`;

/** Whether an event of ours reached keys; a refused one did not. */
export function touchesKeys(event: Pick<HistoryEvent, 'source' | 'status' | 'keyOrPattern'>): boolean {
  return event.source === 'app' && event.status !== 'blocked' && event.keyOrPattern !== '';
}

/** Adds the keys that our own operations touched to the minutes of their patterns. */
export function rollUpPatterns(transaction: Transaction, events: readonly HistoryEvent[]): void {
  const sums = new Map<
    string,
    { readonly key: readonly SqlValue[]; touches: number; errors: number; lastMs: number }
  >();
  for (const event of events) {
    if (!touchesKeys(event)) continue;
    const ms = Date.parse(event.timestamp);
    const key = [Math.floor(ms / 60_000) * 60, 'client', event.connectionId, event.environment, eventPattern(event)];
    const name = key.join('\n');
    let sum = sums.get(name);
    if (sum === undefined) sums.set(name, (sum = { key, touches: 0, errors: 0, lastMs: 0 }));
    sum.touches += 1;
    if (event.status === 'error') sum.errors += 1;
    sum.lastMs = Math.max(sum.lastMs, ms);
  }
  if (sums.size === 0) return;
  transaction.runMany(
    add,
    [...sums.values()].map(({ key, touches, errors, lastMs }): SqlValue[] => [...key, touches, errors, lastMs]),
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
