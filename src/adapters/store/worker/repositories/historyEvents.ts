import type { TimelineQuery } from '../../../../app/ports/stores.ts';
import { failureCodes } from '../../../../domain/failure.ts';
import type { EventStatus, HistoryEvent } from '../../../../domain/timeline/event.ts';
import type { PartContent } from '../../parts.ts';
import type { SqlDatabase, SqlRow, SqlValue } from '../../sql/driver.ts';
import type { EventPart } from '../../storeOptions.ts';
import type { Transaction } from '../../transaction.ts';
import { environments } from './environments.ts';
import { allOf, inList, number, numberOrNull, oneOf, text, textOrNull, type Condition } from './rows.ts';

const statuses: readonly EventStatus[] = ['success', 'error', 'blocked'];
const sources = ['app', 'engine'] as const;

const columns = `id, timestamp, source, connection_id, environment, action, key_or_pattern, duration_ms, status, redacted_diff,
  error_code, retryable, details_json, attempt, correlation_id, run_id`;
const insert = `INSERT OR IGNORE INTO history_events (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** An event that is there already (by id, in the current part) is not added again. */
export function appendEvents(transaction: Transaction, events: readonly HistoryEvent[]): void {
  transaction.runMany(insert, events.map(rowOf), 'part');
}

function rowOf(event: HistoryEvent): SqlValue[] {
  return [
    event.id,
    event.timestamp,
    event.source,
    event.connectionId,
    event.environment,
    event.action,
    event.keyOrPattern,
    event.durationMs,
    event.status,
    event.redactedDiff ?? null,
    event.errorCode ?? null,
    event.retryable === undefined ? null : Number(event.retryable),
    event.details === undefined ? null : JSON.stringify(event.details),
    event.attempt ?? null,
    event.correlationId ?? null,
    event.runId ?? null,
  ];
}

function eventOf(row: SqlRow): HistoryEvent {
  const diff = textOrNull(row, 'redacted_diff');
  const retryable = numberOrNull(row, 'retryable');
  const details = textOrNull(row, 'details_json');
  const attempt = numberOrNull(row, 'attempt');
  const correlationId = textOrNull(row, 'correlation_id');
  const runId = textOrNull(row, 'run_id');
  return {
    id: text(row, 'id'),
    timestamp: text(row, 'timestamp'),
    source: oneOf(row, 'source', sources),
    connectionId: text(row, 'connection_id'),
    environment: oneOf(row, 'environment', environments),
    action: text(row, 'action'),
    keyOrPattern: text(row, 'key_or_pattern'),
    durationMs: number(row, 'duration_ms'),
    status: oneOf(row, 'status', statuses),
    ...(row['error_code'] === null ? {} : { errorCode: oneOf(row, 'error_code', failureCodes) }),
    ...(retryable === null ? {} : { retryable: retryable !== 0 }),
    ...(attempt === null ? {} : { attempt }),
    ...(correlationId === null ? {} : { correlationId }),
    ...(runId === null ? {} : { runId }),
    ...(diff === null ? {} : { redactedDiff: diff }),
    ...(details === null ? {} : { details: JSON.parse(details) as Record<string, unknown> }),
  };
}

/** Where a page ended: the time and id of its last event. */
export interface EventPosition {
  readonly timestamp: string;
  readonly id: string;
}

type Filter = Omit<TimelineQuery, 'cursor' | 'limit'>;

const searchedColumns = ['action', 'key_or_pattern', 'error_code', 'run_id', 'correlation_id'];

/** Text that LIKE takes as it stands. */
function literal(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

function isFailed({ statuses }: Filter): boolean {
  return statuses !== undefined && !statuses.includes('success');
}

function isRare(query: Filter): boolean {
  return query.slow === true || query.source === 'engine' || query.runId !== undefined || isFailed(query);
}

function filterOf(query: Filter): Condition {
  const pattern = query.text === undefined || query.text === '' ? undefined : `%${literal(query.text)}%`;
  return allOf([
    { sql: 'timestamp >= ? AND timestamp < ?', params: [query.from, query.to] },
    // What has a partial index of its own is rare: that index, not the connection's, shall be walked. `+` says so.
    inList(isRare(query) ? '+connection_id' : 'connection_id', query.connectionIds),
    inList('environment', query.environments),
    inList('action', query.actions),
    inList('status', query.statuses),
    isFailed(query) ? { sql: "status <> 'success'", params: [] } : undefined,
    // Word for word as in the partial indexes: SQLite recognises them by that.
    query.source === undefined
      ? undefined
      : { sql: `source = '${query.source === 'engine' ? 'engine' : 'app'}'`, params: [] },
    query.pattern === undefined
      ? undefined
      : {
          // The cheap test first: it looks at the literal beginning only.
          sql: "key_or_pattern LIKE ? ESCAPE '\\' AND of_pattern(key_or_pattern, ?)",
          params: [`${literal(query.pattern.split('*')[0] ?? '')}%`, query.pattern],
        },
    query.runId === undefined ? undefined : { sql: 'run_id = ?', params: [query.runId] },
    query.slow === true ? { sql: "duration_ms >= 100 OR action = 'engine.slowCommand'", params: [] } : undefined,
    pattern === undefined
      ? undefined
      : {
          sql: searchedColumns.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR '),
          params: searchedColumns.map(() => pattern),
        },
  ]);
}

/** Events of one part, newest first, after `position`. */
export function eventsOfPart(
  part: SqlDatabase,
  query: Filter,
  position: EventPosition | undefined,
  limit: number,
): HistoryEvent[] {
  const where = allOf([
    filterOf(query),
    position === undefined ? undefined : { sql: '(timestamp, id) < (?, ?)', params: [position.timestamp, position.id] },
  ]);
  return part
    .all(`SELECT ${columns} FROM history_events WHERE ${where.sql} ORDER BY timestamp DESC, id DESC LIMIT ?`, [
      ...where.params,
      limit,
    ])
    .map(eventOf);
}

export function countOfPart(part: SqlDatabase, query: Filter): number {
  const where = filterOf(query);
  return Number(part.rows(`SELECT count(*) FROM history_events WHERE ${where.sql}`, where.params)[0]?.[0] ?? 0);
}

function holdsOnlyEventsBefore(content: PartContent | undefined, before: string): boolean {
  if (content?.tables === undefined || content.to === null || content.to >= before) return false;
  return content.rows === content.tables['history_events']?.rows;
}

/** Deletes the events before a time, in whatever part they are. */
export function deleteEventsBefore(transaction: Transaction, parts: readonly EventPart[], before: string): void {
  for (const { id, content, open } of parts) {
    if (content !== undefined && content.from !== null && content.from >= before) continue;
    if (typeof id === 'number' && holdsOnlyEventsBefore(content, before)) {
      transaction.dropPart(id);
      continue;
    }
    if (open() !== undefined) transaction.run('DELETE FROM history_events WHERE timestamp < ?', [before], id);
  }
}
