import {
  engineBits,
  unpackEngineFacts,
  type EngineFacts,
  type EngineName,
} from '../../../domain/alerts/engineFacts.ts';
import type { MinuteFacts } from '../../../domain/alerts/minuteFacts.ts';
import type { LatencySketchJson } from '../../../domain/observability/latencySketch.ts';
import type { SqlDatabase, SqlValue } from '../sql/driver.ts';
import { sketchJson } from '../sql/sketchBytes.ts';

/** What rules read; the rest is not loaded. */
export interface MinuteNeeds {
  readonly sketches: boolean;
  readonly slow: boolean;
  /** What of the engine facts; nothing = none of them. */
  readonly engine: readonly EngineName[];
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
  if (query.engine.length > 0 || query.lost) loading.engine(database);
  return loading.found();
}

const minuteSeconds = 60;

class Loading {
  readonly #query: MinuteQuery;
  readonly #fromSeconds: number;
  readonly #toSeconds: number;
  /** Of each connection, minutes by their distance from the beginning of the range. */
  readonly #connections = new Map<string, (Minute | undefined)[]>();

  constructor(query: MinuteQuery) {
    this.#query = query;
    this.#fromSeconds = Math.floor(query.fromMs / 1000);
    this.#toSeconds = Math.ceil(query.toMs / 1000);
  }

  operations(database: SqlDatabase): void {
    const columns = `success, error, watched_seconds${this.#query.sketches ? ', sketch' : ''}`;
    const where = 'operation_rollups WHERE span = 60 AND';
    this.#each(database, columns, where, (minute, [, success, error, watched, sketch]) => {
      minute.success += Number(success);
      minute.error += Number(error);
      minute.watchedSeconds += Number(watched);
      if (sketch instanceof Uint8Array) minute.sketch = joined(minute.sketch, sketchJson(sketch));
    });
  }

  slow(database: SqlDatabase): void {
    this.#each(database, 'slow', 'family_rollups WHERE slow > 0 AND', (minute, [, slow]) => {
      minute.slow += Number(slow);
    });
  }

  engine(database: SqlDatabase): void {
    const wanted = engineBits(this.#query.engine);
    const columns = wanted === 0 ? '1' : 'facts';
    this.#each(database, columns, 'engine_rollups WHERE', (minute, [, facts]) => {
      minute.engine = facts instanceof Uint8Array ? unpackEngineFacts(facts, wanted) : asked;
    });
  }

  found(): Map<string, MinuteFacts[]> {
    const all = new Map<string, MinuteFacts[]>();
    for (const [connection, minutes] of this.#connections) {
      all.set(
        connection,
        minutes.filter((minute) => minute !== undefined),
      );
    }
    return all;
  }

  /** Calls `read` with each row of the range and the minute that it is about; the columns come after its start. */
  #each(
    database: SqlDatabase,
    columns: string,
    where: string,
    read: (minute: Minute, row: readonly SqlValue[]) => void,
  ): void {
    const { connectionId } = this.#query;
    const range = [this.#fromSeconds, this.#toSeconds];
    if (connectionId !== undefined) {
      const sql = `SELECT start, ${columns} FROM ${where} start >= ? AND start < ? AND connection_id = ?`;
      let minutes: (Minute | undefined)[] | null = null;
      for (const row of database.each(sql, [...range, connectionId])) {
        minutes ??= this.#minutes(connectionId);
        read(this.#minute(minutes, Number(row[0])), row);
      }
      return;
    }
    const sql = `SELECT start, ${columns}, connection_id FROM ${where} start >= ? AND start < ?`;
    for (const row of database.each(sql, range)) {
      read(this.#minute(this.#minutes(String(row.at(-1))), Number(row[0])), row);
    }
  }

  #minutes(connection: string): (Minute | undefined)[] {
    const known = this.#connections.get(connection);
    if (known !== undefined) return known;
    const minutes: (Minute | undefined)[] = [];
    this.#connections.set(connection, minutes);
    return minutes;
  }

  #minute(minutes: (Minute | undefined)[], start: number): Minute {
    const at = Math.floor((start - this.#fromSeconds) / minuteSeconds);
    const known = minutes[at];
    if (known !== undefined) return known;
    const startMs = start * 1000;
    const minute: Minute = { startMs, watchedSeconds: 0, success: 0, error: 0, slow: 0, sketch: null, engine: null };
    while (minutes.length < at) minutes.push(undefined);
    return (minutes[at] = minute);
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
