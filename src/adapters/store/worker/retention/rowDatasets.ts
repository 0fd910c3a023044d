import type { FileUse } from '../../../../app/ports/retention.ts';
import type { KeptDataset } from '../../../../domain/retention/dataset.ts';
import type { Pin } from '../../../../domain/retention/pins.ts';
import type { Stretch } from '../../../../domain/retention/purge.ts';
import { allOf, marks, type Condition } from '../repositories/rows.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { HistoryDataset } from './historyParts.ts';

export type RowDataset = Exclude<KeptDataset, HistoryDataset>;

/** A dataset of the store `control`, which is kept and purged row by row. */
export interface RowTable {
  readonly table: string;
  /** Column with the time that a row's age counts from. */
  readonly time: string;
  /** SQL: about what a row takes, bytes. */
  readonly bytes: string;
  /** Rows of other tables that go with a row: their column that names it. */
  readonly children: readonly { readonly table: string; readonly of: string }[];
  /** SQL: whether a row may go at all. */
  readonly removable: string;
  /** Column that names the files of a row, and what several rows may share them by. */
  readonly files: string | null;
  /** Rows that a pin holds. */
  readonly heldBy: (pin: Pin) => Condition | undefined;
}

function named(column: string, ids: readonly string[] | undefined): Condition | undefined {
  if (ids === undefined || ids.length === 0) return undefined;
  // A comparison with NULL would be neither true nor false, and NOT of it neither.
  return { sql: `${column} IS NOT NULL AND ${column} IN ${marks(ids.length)}`, params: ids };
}

/** A run, and all runs that share its files: the lineage is one. */
export function runsOf(ids: readonly string[] | undefined): Condition | undefined {
  if (ids === undefined || ids.length === 0) return undefined;
  const list = marks(ids.length);
  return {
    sql: `id IN ${list} OR (spool_id <> '' AND spool_id IN (SELECT spool_id FROM workflow_executions WHERE id IN ${list}))`,
    params: [...ids, ...ids],
  };
}

export const rowTables: Readonly<Record<RowDataset, RowTable>> = {
  workflowHistory: {
    table: 'workflow_executions',
    time: 'started_at',
    bytes: `(400 + length(parameters_json) + length(step_results_json) + length(counts_json)
      + coalesce((SELECT sum(length(body_json) + 80) FROM workflow_events WHERE run_id = workflow_executions.id), 0))`,
    children: [{ table: 'workflow_events', of: 'run_id' }],
    removable: "status NOT IN ('running', 'pending')",
    files: 'spool_id',
    heldBy: (pin) => runsOf(pin.runIds),
  },
  incidentArtifacts: {
    table: 'incident_bundles',
    time: 'created_at',
    bytes: '(400 + length(connection_ids_json) + length(includes_json))',
    children: [],
    removable: '1',
    files: 'id',
    heldBy: (pin) => named('id', pin.bundleIds),
  },
  keySnapshots: {
    table: 'stored_key_snapshots',
    time: 'taken_at',
    bytes: '(300 + length(key) + sealed_bytes)',
    children: [],
    removable: '1',
    files: null,
    heldBy: (pin) => named('run_id', pin.runIds),
  },
};

/** Which rows go: those before the cutoff that were there when the plan was made and that nothing holds. Plain data. */
export interface RowVictims {
  readonly cutoff: string;
  /** Rows that came after the plan have higher numbers. */
  readonly lastRow: number;
  readonly pins: readonly Pin[];
  /** Spools of runs whose undo goes with them. */
  readonly undoOf?: readonly string[];
}

export function heldRows(table: RowTable, pins: readonly Pin[]): readonly Condition[] {
  return pins.flatMap((pin) => table.heldBy(pin) ?? []);
}

export function rowVictimsWhere(table: RowTable, { cutoff, lastRow, pins }: RowVictims): Condition {
  return allOf([
    { sql: `${table.time} < ? AND rowid <= ?`, params: [cutoff, lastRow] },
    { sql: table.removable, params: [] },
    ...heldRows(table, pins).map(({ sql, params }) => ({ sql: `NOT (${sql})`, params })),
  ]);
}

/** Each row as a stretch of its own; files count for the first row that has them. */
export function rowStretches(database: SqlDatabase, dataset: RowDataset, files: readonly FileUse[]): Stretch<number>[] {
  const table = rowTables[dataset];
  const own = files.filter((file) => file.dataset === dataset);
  const left = new Map(own.map(({ owner, bytes }) => [owner, bytes]));
  const owner = table.files ?? "''";
  const rows = database.each(
    `SELECT rowid, ${table.time}, ${table.bytes}, ${owner} FROM ${table.table} ORDER BY ${table.time}, rowid`,
  );
  const found: Stretch<number>[] = [];
  for (const [id, at, bytes, name] of rows) {
    const inFiles = left.get(String(name)) ?? 0;
    left.delete(String(name));
    const time = String(at);
    found.push({ id: Number(id), rows: 1, bytes: Number(bytes) + inFiles, from: time, to: time });
  }
  return found;
}
