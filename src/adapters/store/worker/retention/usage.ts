import type { DatasetUsage, FileUse, StoreUsage } from '../../../../app/ports/retention.ts';
import { keptDatasets, type KeptDataset } from '../../../../domain/retention/dataset.ts';
import type { Pin } from '../../../../domain/retention/pins.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import { oneOf, number, text } from '../repositories/rows.ts';
import { isHistoryDataset, partsWith, tableOf, type HistoryDataset } from './historyParts.ts';
import { planHistory } from './planHistory.ts';
import { keptStretches, planRows } from './planRows.ts';
import { purgesIn } from './purgeRecords.ts';
import { rollupBytes } from './rollups.ts';
import type { RowDataset } from './rowDatasets.ts';

interface Query {
  readonly pins: readonly Pin[];
  readonly files: readonly FileUse[];
}

const shownDays = 60;
const never = '~';
/** What is kept, dataset by dataset. */
export function usageOf(control: StoreEngine, history: StoreEngine, query: Query): Omit<StoreUsage, 'fileBytes'> {
  const main = control.read();
  return {
    datasets: keptDatasets.map((dataset) =>
      isHistoryDataset(dataset) ? historyUsage(history, dataset, query) : rowUsage(main, dataset, query),
    ),
    asideBytes: [...purgesIn(main), ...purgesIn(history.read())]
      .filter(({ state }) => state === 'done' || state === 'sweeping' || state === 'undoing')
      .reduce((sum, { bytes }) => sum + bytes, 0),
    rollupBytes: rollupBytes(history.read()),
    days: usageDays(main),
  };
}

/** A plan that would take everything says what pins hold. */
function everything(dataset: KeptDataset, { pins, files }: Query): Parameters<typeof planRows>[2] {
  return { dataset, cutoff: never, budgetBytes: 0, downTo: null, pins, files };
}

function historyUsage(history: StoreEngine, dataset: HistoryDataset, query: Query): DatasetUsage {
  const parts = partsWith(history, tableOf(dataset)).map(({ stretch }) => stretch);
  const { rows, bytes, pinned } = planHistory(history, dataset, everything(dataset, query));
  const used = parts.reduce((sum, one) => sum + one.bytes, 0);
  return {
    dataset,
    rows: parts.reduce((sum, one) => sum + one.rows, 0),
    bytes: used,
    oldest: lowest(parts.map(({ from }) => from)),
    newest: highest(parts.map(({ to }) => to)),
    pinned: pinned.filter(({ reason }) => reason !== 'newestSnapshot'),
    pinnedBytes: rows === 0 ? used : Math.max(0, used - bytes),
  };
}

function rowUsage(control: SqlDatabase, dataset: RowDataset, query: Query): DatasetUsage {
  const stretches = keptStretches(control, dataset, query.files);
  const { bytes, pinned } = planRows(control, dataset, everything(dataset, query));
  const used = stretches.reduce((sum, one) => sum + one.bytes, 0);
  return {
    dataset,
    rows: stretches.length,
    bytes: used,
    oldest: stretches[0]?.from ?? null,
    newest: stretches.at(-1)?.to ?? null,
    pinned,
    pinnedBytes: Math.max(0, used - bytes),
  };
}

function lowest(times: readonly string[]): string | null {
  return times.reduce<string | null>((low, at) => (low === null || at < low ? at : low), null);
}

function highest(times: readonly string[]): string | null {
  return times.reduce<string | null>((high, at) => (high === null || at > high ? at : high), null);
}

function usageDays(control: SqlDatabase): StoreUsage['days'] {
  return control
    .all(
      `SELECT day, dataset, bytes FROM storage_days
        WHERE day >= coalesce((SELECT date(max(day), ?) FROM storage_days), '') ORDER BY day`,
      [`-${shownDays} days`],
    )
    .map((row) => ({
      day: text(row, 'day'),
      dataset: oneOf(row, 'dataset', keptDatasets),
      bytes: number(row, 'bytes'),
    }));
}
