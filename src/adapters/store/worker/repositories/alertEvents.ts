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

/** As long as roll-ups are kept, so that an alert's chart and its event end together. */
const keptMs = 400 * 24 * 3600_000;

export function forgetOldAlerts(transaction: Transaction, nowMs: number): void {
  transaction.run('DELETE FROM alert_events WHERE created_at < ?', [new Date(nowMs - keptMs).toISOString()]);
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

export function unreadAlerts(database: SqlDatabase): number {
  return Number(database.rows('SELECT count(*) FROM alert_events WHERE is_read = 0')[0]?.[0] ?? 0);
}

/** The event of an episode now has an end, and is shown no more. */
export function endEpisode(transaction: Transaction, id: string, to: string): void {
  transaction.run(
    "UPDATE alert_events SET episode_to = ?, toast = CASE toast WHEN 'due' THEN 'shown' ELSE toast END WHERE id = ?",
    [to, id],
  );
}

/** An event that nobody was told of, as a new one. */
export function tellEvent(transaction: Transaction, id: string, toastDueMs: number | null): void {
  transaction.run('UPDATE alert_events SET is_read = 0, toast = ?, toast_due_ms = ? WHERE id = ?', [
    toastDueMs === null ? '' : 'due',
    toastDueMs ?? 0,
    id,
  ]);
}

interface Claim {
  readonly holder: string;
  readonly nowMs: number;
  readonly takenBeforeMs: number;
  readonly gone: readonly string[];
}

/** Events that are due become this holder's to show. */
export function claimToasts(transaction: Transaction, { holder, nowMs, takenBeforeMs, gone }: Claim): AlertEvent[] {
  const rows = transaction.all(
    `SELECT ${columns} FROM alert_events WHERE (toast = 'due' AND toast_due_ms <= ?)
      OR (toast = 'claimed' AND (toast_at_ms <= ? OR toast_by IN ${marks(gone.length)})) ORDER BY created_at, id`,
    [nowMs, takenBeforeMs, ...gone],
  );
  const events = rows.map(alertEventOf);
  transaction.runMany(
    "UPDATE alert_events SET toast = 'claimed', toast_by = ?, toast_at_ms = ? WHERE id = ?",
    events.map(({ id }) => [holder, nowMs, id]),
  );
  return events;
}

export function toastHolders(database: SqlDatabase): string[] {
  return database
    .all("SELECT DISTINCT toast_by FROM alert_events WHERE toast = 'claimed'")
    .map((row) => text(row, 'toast_by'));
}

/** Whether a window has something to claim: asked before the claim, which costs a write. */
export function areToastsDue(database: SqlDatabase, { nowMs, takenBeforeMs, gone }: Claim): boolean {
  return (
    database.rows(
      `SELECT 1 FROM alert_events WHERE (toast = 'due' AND toast_due_ms <= ?)
        OR (toast = 'claimed' AND (toast_at_ms <= ? OR toast_by IN ${marks(gone.length)})) LIMIT 1`,
      [nowMs, takenBeforeMs, ...gone],
    ).length > 0
  );
}

export function toastsShown(transaction: Transaction, ids: readonly string[]): void {
  transaction.runMany(
    "UPDATE alert_events SET toast = 'shown' WHERE id = ? AND toast = 'claimed'",
    ids.map((id) => [id]),
  );
}

export function postponeToasts(transaction: Transaction, ids: readonly string[], untilMs: number): void {
  transaction.runMany(
    "UPDATE alert_events SET toast = 'due', toast_due_ms = ?, toast_by = '' WHERE id = ? AND toast = 'claimed'",
    ids.map((id) => [untilMs, id]),
  );
}
