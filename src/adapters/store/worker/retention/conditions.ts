import type { Pin } from '../../../../domain/retention/pins.ts';
import type { SqlDatabase, SqlRow, SqlValue } from '../../sql/driver.ts';
import { sampleTable } from '../partContent.ts';
import { allOf, marks, type Condition } from '../repositories/rows.ts';

/** Which rows of the history's parts a purge takes: those before the cutoff that nothing holds. Plain data: it is stored. */
export interface HistoryVictims {
  readonly table: string;
  readonly cutoff: string;
  readonly pins: readonly Pin[];
  /** Per connection the time of its newest sample, which stays. */
  readonly newest: Readonly<Record<string, string>>;
  /** Ids of rows that came after the plan was made. */
  readonly except: readonly string[];
}

/** Rows that one pin holds. */
export function heldBy(pin: Pin, table: string): Condition {
  const conditions: Condition[] = (pin.windows ?? []).map(({ from, to, connectionIds }) => ({
    sql: `timestamp >= ? AND timestamp < ?${connectionIds === undefined ? '' : ` AND connection_id IN ${marks(connectionIds.length)}`}`,
    params: [from, to, ...(connectionIds ?? [])],
  }));
  if (table !== sampleTable && (pin.runIds ?? []).length > 0) {
    // A comparison with NULL would be neither true nor false, and NOT of it neither.
    conditions.push({
      sql: `run_id IS NOT NULL AND run_id IN ${marks(pin.runIds?.length ?? 0)}`,
      params: pin.runIds ?? [],
    });
  }
  if (conditions.length === 0) return { sql: '0', params: [] };
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' OR '),
    params: conditions.flatMap(({ params }) => params),
  };
}

function heldAsNewest(newest: Readonly<Record<string, string>>): Condition {
  const entries = Object.entries(newest);
  if (entries.length === 0) return { sql: '0', params: [] };
  return {
    sql: entries.map(() => '(connection_id = ? AND timestamp = ?)').join(' OR '),
    params: entries.flat(),
  };
}

function not({ sql, params }: Condition): Condition | undefined {
  return sql === '0' ? undefined : { sql: `NOT (${sql})`, params };
}

/** The rows of a part that go. */
export function victimsWhere({ table, cutoff, pins, newest, except }: HistoryVictims): Condition {
  return allOf([
    { sql: 'timestamp < ?', params: [cutoff] },
    ...pins.map((pin) => not(heldBy(pin, table))),
    table === sampleTable ? not(heldAsNewest(newest)) : undefined,
    except.length === 0 ? undefined : { sql: `id NOT IN ${marks(except.length)}`, params: except },
  ]);
}

/** The rows before the cutoff that stay because of one pin. */
export function heldWhere(victims: HistoryVictims, pin: Pin): Condition {
  return allOf([{ sql: 'timestamp < ?', params: [victims.cutoff] }, heldBy(pin, victims.table)]);
}

export function countWhere(database: SqlDatabase, table: string, where: Condition): number {
  return Number(database.rows(`SELECT count(*) FROM ${table} WHERE ${where.sql}`, where.params)[0]?.[0] ?? 0);
}

/** What can be asked inside a transaction and outside of one. */
export type Ask = (sql: string, params?: readonly SqlValue[]) => SqlRow[];

/** The columns of a table that the table of what was purged from it has too, for moving rows between the two. */
export function sharedColumns(ask: Ask, table: string): string {
  return ask("SELECT name FROM pragma_table_info(?) WHERE name <> 'purge_id' ORDER BY cid", [`purged_${table}`])
    .map(({ name }) => String(name))
    .join(', ');
}
