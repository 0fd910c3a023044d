import type { FileUse, PlanRequest } from '../../../../app/ports/retention.ts';
import { bytesOver, sizeCut, type PinnedRows, type Stretch } from '../../../../domain/retention/purge.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import { allOf, type Condition } from '../repositories/rows.ts';
import { freeUndo, heldUndo, undoStretches } from './runUndo.ts';
import {
  rowStretches,
  rowTables,
  rowVictimsWhere,
  type RowDataset,
  type RowTable,
  type RowVictims,
} from './rowDatasets.ts';

/** What is stored of a purge of rows, so that it can go on. */
export interface RowBody {
  readonly victims: RowVictims;
  readonly undo: boolean;
}

export interface RowPlan {
  readonly kind: 'rows';
  readonly dataset: RowDataset;
  readonly victims: RowVictims;
  readonly rows: number;
  readonly bytes: number;
  readonly usedBytes: number;
  readonly pinned: readonly PinnedRows[];
}

const never = '~';

export function planRows(control: SqlDatabase, dataset: RowDataset, request: PlanRequest): RowPlan {
  const table = rowTables[dataset];
  const stretches = keptStretches(control, dataset, request.files);
  const usedBytes = stretches.reduce((sum, { bytes }) => sum + bytes, 0);
  const lastRow = Number(control.rows(`SELECT coalesce(max(rowid), 0) FROM ${table.table}`)[0]?.[0]);
  const { pins } = request;
  const rows = idsWhere(control, table, rowVictimsWhere(table, { cutoff: never, lastRow, pins }));
  const free = new Set<RowId>([...rows, ...(dataset === 'keySnapshots' ? freeUndo(control, pins) : [])]);
  const cutoff = cutoffOf(stretches, free, usedBytes, request);
  const going = stretches.filter(({ id, to }) => to < cutoff && free.has(id));
  const undoOf = going.flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
  const victims: RowVictims = { cutoff, lastRow, pins, undoOf };
  return {
    kind: 'rows',
    dataset,
    victims,
    rows: going.length,
    bytes: going.reduce((sum, { bytes }) => sum + bytes, 0),
    usedBytes,
    pinned: pins.flatMap((pin) => {
      const held = table.heldBy(pin);
      if (held === undefined) return [];
      const before: Condition = { sql: `${table.time} < ?`, params: [cutoff] };
      const { size } = idsWhere(control, table, allOf([before, held]));
      const undo = new Set<RowId>(dataset === 'keySnapshots' ? heldUndo(control, pin) : []);
      const heldRows = size + stretches.filter(({ id, to }) => to < cutoff && undo.has(id)).length;
      return heldRows === 0 ? [] : [{ reason: pin.reason, label: pin.label, rows: heldRows }];
    }),
  };
}

/** The number of a row; the spool of runs, for what they keep for their undo. */
type RowId = number | string;

/** What a dataset keeps, in the order of time. */
export function keptStretches(control: SqlDatabase, dataset: RowDataset, files: readonly FileUse[]): Stretch<RowId>[] {
  const rows = rowStretches(control, dataset, files);
  if (dataset !== 'keySnapshots') return rows;
  const all: Stretch<RowId>[] = [...rows, ...undoStretches(control, files)];
  return all.sort((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : 0));
}

function idsWhere(control: SqlDatabase, { table }: RowTable, where: Condition): ReadonlySet<number> {
  const rows = control.rows(`SELECT rowid FROM ${table} WHERE ${where.sql}`, where.params);
  return new Set(rows.map(([id]) => Number(id)));
}

function cutoffOf(
  stretches: readonly Stretch<RowId>[],
  free: ReadonlySet<RowId>,
  usedBytes: number,
  { cutoff, budgetBytes, downTo }: PlanRequest,
): string {
  const byAge = cutoff ?? '';
  const over = downTo === null ? 0 : bytesOver(usedBytes, budgetBytes, downTo);
  if (over === 0) return byAge;
  const { whole, partial } = sizeCut(stretches, over, ({ id }) => (free.has(id) ? 0 : 1));
  const last = partial?.stretch.to ?? whole.at(-1)?.to;
  const bySize = last === undefined ? '' : new Date(Date.parse(last) + 1).toISOString();
  return bySize > byAge ? bySize : byAge;
}
