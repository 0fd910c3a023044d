import type { StoreScope } from '../../../../app/ports/stores.ts';
import { decisionAction } from '../../../../domain/timeline/event.ts';
import type { SqlValue } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import { allOf, inList } from './rows.ts';

/** Rows of our own operations in [fromMs, toMs), in no order: for the ends of windows that are no whole minutes. */
export function* eventsBetween(
  history: StoreEngine,
  scope: StoreScope,
  columns: string,
  fromMs: number,
  toMs: number,
): Generator<SqlValue[]> {
  if (toMs <= fromMs) return;
  const from = new Date(fromMs).toISOString();
  const to = new Date(toMs).toISOString();
  const where = allOf([
    { sql: "timestamp >= ? AND timestamp < ? AND source = 'app' AND action <> ?", params: [from, to, decisionAction] },
    inList('connection_id', scope.connectionIds),
    inList('environment', scope.environments),
  ]);
  for (const { content, open } of history.eventParts('history_events')) {
    if (content !== undefined && content.from !== null && content.from >= to) continue;
    if (content !== undefined && content.to !== null && content.to < from) continue;
    const part = open();
    if (part !== undefined) yield* part.each(`SELECT ${columns} FROM history_events WHERE ${where.sql}`, where.params);
  }
}
