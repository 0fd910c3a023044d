// Rows are validated where they leave SQL: a column of the wrong kind is a damaged or foreign store, never a wrong value
// further on.
import { Failure } from '../../../../domain/failure.ts';
import type { SqlRow, SqlValue } from '../../sql/driver.ts';

function wrong(column: string, expected: string): Failure {
  return new Failure('INTERNAL_ERROR', `A row of the store holds no ${expected} in ${column}.`, {
    details: { column },
  });
}

export function text(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(column, 'text');
  return value;
}

export function textOrNull(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function number(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw wrong(column, 'number');
  return value;
}

export function numberOrNull(row: SqlRow, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

export function blob(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrong(column, 'bytes');
  return value;
}

/** One of a closed set of texts. */
export function oneOf<T extends string>(row: SqlRow, column: string, allowed: readonly T[]): T {
  const value = text(row, column);
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw wrong(column, `known value (${value})`);
  return found;
}

/** `(?, ?, ?)` for a list, for `IN`. */
export function marks(count: number): string {
  return `(${Array.from({ length: count }, () => '?').join(', ')})`;
}

export interface Condition {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/** Conditions joined by AND; `1` when there are none. */
export function allOf(conditions: readonly (Condition | undefined)[]): Condition {
  const present = conditions.filter((condition) => condition !== undefined);
  if (present.length === 0) return { sql: '1', params: [] };
  return {
    sql: present.map(({ sql }) => `(${sql})`).join(' AND '),
    params: present.flatMap(({ params }) => params),
  };
}

export function inList(column: string, values: readonly string[] | undefined): Condition | undefined {
  return values === undefined ? undefined : { sql: `${column} IN ${marks(values.length)}`, params: values };
}
