import { unpackEngineFacts, type EngineFacts } from '../../../domain/alerts/engineFacts.ts';
import type { MinuteFacts } from '../../../domain/alerts/minuteFacts.ts';
import type { LatencySketchJson } from '../../../domain/observability/latencySketch.ts';
import type { SqlDatabase, SqlValue } from '../sql/driver.ts';
import { sketchJson } from '../sql/sketchBytes.ts';

/** What rules read; the rest is not loaded. */
export interface MinuteNeeds {
  readonly sketches: boolean;
  readonly slow: boolean;
  readonly engine: boolean;
  /** Also minutes of which nothing is known but that the connection was lost. */
  readonly lost: boolean;
}

export interface MinuteQuery extends MinuteNeeds {
  readonly fromMs: number;
  readonly toMs: number;
  /** Absent = all. */
  readonly connectionId?: string;
}

type Minute = {
  -readonly [Field in keyof MinuteFacts]: MinuteFacts[Field];
};

/** The minutes of each connection in a range, ascending. A minute that nobody watched is not there. */
export function minutesByConnection(database: SqlDatabase, query: MinuteQuery): Map<string, MinuteFacts[]> {
  const loading = new Loading(query);
  loading.operations(database);
  if (query.slow) loading.slow(database);
  // Lost connections stand here too: they are minutes of their own.
  if (query.engine || query.lost) loading.engine(database);
  return loading.sorted();
}

class Loading {
  readonly #query: MinuteQuery;
  readonly #connections = new Map<string, Map<number, Minute>>();

  constructor(query: MinuteQuery) {
    this.#query = query;
  }

  operations(database: SqlDatabase): void {
    const { sketches } = this.#query;
    const columns = `start, connection_id, success, error, watched_seconds${sketches ? ', sketch' : ''}`;
    for (const [start, connection, success, error, watched, sketch] of this.#rows(
      database,
      `SELECT ${columns} FROM operation_rollups WHERE span = 60 AND`,
    )) {
      const minute = this.#minute(String(connection), Number(start));
      minute.success += Number(success);
      minute.error += Number(error);
      minute.watchedSeconds += Number(watched);
      if (sketch instanceof Uint8Array) minute.sketch = joined(minute.sketch, sketchJson(sketch));
    }
  }

  slow(database: SqlDatabase): void {
    const sql = 'SELECT start, connection_id, slow FROM family_rollups WHERE slow > 0 AND';
    for (const [start, connection, slow] of this.#rows(database, sql)) {
      this.#minute(String(connection), Number(start)).slow += Number(slow);
    }
  }

  engine(database: SqlDatabase): void {
    const sql = 'SELECT start, connection_id, facts FROM engine_rollups WHERE';
    for (const [start, connection, facts] of this.#rows(database, sql)) {
      if (facts instanceof Uint8Array) {
        this.#minute(String(connection), Number(start)).engine = this.#query.engine ? unpackEngineFacts(facts) : asked;
      }
    }
  }

  sorted(): Map<string, MinuteFacts[]> {
    const all = new Map<string, MinuteFacts[]>();
    for (const [connection, minutes] of this.#connections) {
      all.set(
        connection,
        [...minutes.values()].sort((a, b) => a.startMs - b.startMs),
      );
    }
    return all;
  }

  #rows(database: SqlDatabase, select: string): Iterable<SqlValue[]> {
    const { fromMs, toMs, connectionId } = this.#query;
    const range = [Math.floor(fromMs / 1000), Math.ceil(toMs / 1000)];
    return connectionId === undefined
      ? database.each(`${select} start >= ? AND start < ?`, range)
      : database.each(`${select} start >= ? AND start < ? AND connection_id = ?`, [...range, connectionId]);
  }

  #minute(connection: string, start: number): Minute {
    let minutes = this.#connections.get(connection);
    if (minutes === undefined) this.#connections.set(connection, (minutes = new Map()));
    let minute = minutes.get(start);
    if (minute === undefined) {
      minute = { startMs: start * 1000, watchedSeconds: 0, success: 0, error: 0, slow: 0, sketch: null, engine: null };
      minutes.set(start, minute);
    }
    return minute;
  }
}

const asked: EngineFacts = { gauges: {}, counters: {} };

/** Sketches of one minute under two environments. */
function joined(before: LatencySketchJson | null, more: LatencySketchJson): LatencySketchJson {
  if (before === null) return more;
  const counts = new Map<number, number>();
  for (const json of [before, more]) {
    for (let at = 0; at < json.length; at += 2) {
      const bucket = json[at] ?? 0;
      counts.set(bucket, (counts.get(bucket) ?? 0) + (json[at + 1] ?? 0));
    }
  }
  return [...counts].sort(([a], [b]) => a - b).flat();
}
