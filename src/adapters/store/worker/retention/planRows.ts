import type { PlanRequest } from '../../../../app/ports/retention.ts';
import { bytesOver, sizeCut, type PinnedRows, type Stretch } from '../../../../domain/retention/purge.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import { allOf, type Condition } from '../repositories/rows.ts';
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
  const stretches = rowStretches(control, table, request.files);
  const usedBytes = stretches.reduce((sum, { bytes }) => sum + bytes, 0);
  const lastRow = Number(control.rows(`SELECT coalesce(max(rowid), 0) FROM ${table.table}`)[0]?.[0]);
  const { pins } = request;
  const free = idsWhere(control, table, rowVictimsWhere(table, { cutoff: never, lastRow, pins }));
  const victims: RowVictims = { cutoff: cutoffOf(stretches, free, usedBytes, request), lastRow, pins };
  const going = stretches.filter(({ id, to }) => to < victims.cutoff && free.has(id));
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
      const before: Condition = { sql: `${table.time} < ?`, params: [victims.cutoff] };
      const { size } = idsWhere(control, table, allOf([before, held]));
      return size === 0 ? [] : [{ reason: pin.reason, label: pin.label, rows: size }];
    }),
  };
}

function idsWhere(control: SqlDatabase, { table }: RowTable, where: Condition): ReadonlySet<number> {
  const rows = control.rows(`SELECT rowid FROM ${table} WHERE ${where.sql}`, where.params);
  return new Set(rows.map(([id]) => Number(id)));
}

function cutoffOf(
  stretches: readonly Stretch<number>[],
  free: ReadonlySet<number>,
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
