import type { StoreScope } from '../../../../app/ports/stores.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import { allOf, inList } from './rows.ts';

/** Which minutes connections were watched in: by samples that cover them, or by operations that prove it. */
export interface WatchedMinutes {
  /** Seconds per minute (epoch seconds), added up over connections. */
  readonly secondsByMinute: ReadonlyMap<number, number>;
  /** How many connections were seen; at least 1. */
  readonly connections: number;
}

/** `from` and `to` in epoch seconds, whole minutes. */
export function watchedMinutes(database: SqlDatabase, scope: StoreScope, from: number, to: number): WatchedMinutes {
  const where = allOf([
    { sql: 'span = 60 AND start >= ? AND start < ?', params: [from, to] },
    inList('connection_id', scope.connectionIds),
    inList('environment', scope.environments === undefined ? undefined : [...scope.environments, '']),
  ]);
  const perConnection = new Map<string, Map<number, { watched: number; used: boolean }>>();
  for (const [start, connection, watched, operations, environment] of database.each(
    `SELECT start, connection_id, watched_seconds, success + error, environment FROM operation_rollups WHERE ${where.sql}`,
    where.params,
  )) {
    const minutes = minutesOf(perConnection, String(connection));
    const minute = minutes.get(Number(start)) ?? { watched: 0, used: false };
    if (environment === '') minute.watched += Number(watched);
    if (Number(operations) > 0) minute.used = true;
    minutes.set(Number(start), minute);
  }
  const inEnvironments = [...perConnection.values()].filter(
    (minutes) => scope.environments === undefined || [...minutes.values()].some(({ used }) => used),
  );
  const secondsByMinute = new Map<number, number>();
  for (const minutes of inEnvironments) {
    for (const [start, { watched, used }] of minutes) {
      // An operation proves the connection; how long before and after it stood, nobody knows: the minute counts.
      const seconds = used ? 60 : Math.min(60, watched);
      if (seconds > 0) secondsByMinute.set(start, (secondsByMinute.get(start) ?? 0) + seconds);
    }
  }
  return { secondsByMinute, connections: Math.max(1, inEnvironments.length) };
}

function minutesOf<T>(all: Map<string, Map<number, T>>, connection: string): Map<number, T> {
  const known = all.get(connection);
  if (known !== undefined) return known;
  const minutes = new Map<number, T>();
  all.set(connection, minutes);
  return minutes;
}

/** Watched seconds in [fromMs, toMs), added up over connections; a minute cut by an end counts by its share. */
export function watchedSecondsIn(watched: WatchedMinutes, fromMs: number, toMs: number): number {
  let seconds = 0;
  const first = Math.floor(fromMs / 60_000) * 60;
  for (let start = first; start * 1000 < toMs; start += 60) {
    const overlap = Math.min(toMs, (start + 60) * 1000) - Math.max(fromMs, start * 1000);
    seconds += ((watched.secondsByMinute.get(start) ?? 0) * overlap) / 60_000;
  }
  return seconds;
}
