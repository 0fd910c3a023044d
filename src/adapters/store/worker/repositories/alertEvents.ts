import { alertSeverities, type AlertEvent, type AlertSource } from '../../../../domain/alerts/event.ts';
import type { SqlDatabase, SqlRow } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { marks, number, text, textOrNull } from './rows.ts';

const columns = `id, created_at, connection_id, severity, title, message, source, is_read, rule_id, episode_from, episode_to`;
const insert = `INSERT OR IGNORE INTO alert_events (${columns}, toast, toast_due_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** `toastDueMs` null = nobody is shown a message of its own. An event whose id is there already stays as it is. */
export function addAlertEvent(transaction: Transaction, event: AlertEvent, toastDueMs: number | null): void {
  transaction.run(insert, [
    event.id,
    event.createdAt,
    event.connectionId ?? null,
    event.severity,
    event.title,
    event.message,
    event.source,
    event.read ? 1 : 0,
    event.ruleId ?? null,
    event.episodeFrom ?? null,
    event.episodeTo ?? null,
    toastDueMs === null ? '' : 'due',
    toastDueMs ?? 0,
  ]);
}

/** false = the same one is there, unread and not older than `sameSince`. */
export function raiseAlert(transaction: Transaction, event: AlertEvent, sameSince: string): boolean {
  const { source, title, message, connectionId = '', severity } = event;
  const same = transaction.all(
    `SELECT id FROM alert_events WHERE is_read = 0 AND created_at >= ? AND source = ? AND title = ? AND message = ?
      AND ifnull(connection_id, '') = ? LIMIT 1`,
    [sameSince, source, title, message, connectionId],
  );
  if (same.length > 0) return false;
  addAlertEvent(transaction, event, severity === 'critical' ? Date.parse(event.createdAt) : null);
  return true;
}

/** Newest first. */
export function alertEvents(
  database: SqlDatabase,
  { unreadOnly = false, limit }: { readonly unreadOnly?: boolean; readonly limit: number },
): AlertEvent[] {
  const where = unreadOnly ? 'WHERE is_read = 0' : '';
  return database
    .all(`SELECT ${columns} FROM alert_events ${where} ORDER BY created_at DESC, id DESC LIMIT ?`, [limit])
    .map(alertEventOf);
}

export function markAlertsRead(transaction: Transaction, ids: readonly string[] | 'all'): void {
  if (ids === 'all') transaction.run('UPDATE alert_events SET is_read = 1 WHERE is_read = 0');
  else if (ids.length > 0) transaction.run(`UPDATE alert_events SET is_read = 1 WHERE id IN ${marks(ids.length)}`, ids);
}

/** What the desktop program called its sources. */
const sources: Readonly<Record<string, AlertSource>> = {
  rule: 'rule',
  policy: 'policy',
  workflow: 'workflow',
  storage: 'storage',
  observability: 'rule',
  app: 'workflow',
};

export function alertEventOf(row: SqlRow): AlertEvent {
  const connectionId = textOrNull(row, 'connection_id');
  const ruleId = textOrNull(row, 'rule_id');
  const episodeFrom = textOrNull(row, 'episode_from');
  const episodeTo = textOrNull(row, 'episode_to');
  const severity = text(row, 'severity');
  return {
    id: text(row, 'id'),
    ...(ruleId === null ? {} : { ruleId }),
    ...(connectionId === null ? {} : { connectionId }),
    severity: alertSeverities.find((known) => known === severity) ?? 'warning',
    title: text(row, 'title'),
    message: text(row, 'message'),
    source: sources[text(row, 'source')] ?? 'rule',
    createdAt: text(row, 'created_at'),
    read: number(row, 'is_read') !== 0,
    ...(episodeFrom === null ? {} : { episodeFrom }),
    ...(episodeTo === null ? {} : { episodeTo }),
  };
}
