import type { TableContent } from '../generations/manifest.ts';
import type { PartContent } from '../parts.ts';
import type { SqlDatabase } from '../sql/driver.ts';

/** The tables of a part that hold what happened. */
export const eventTable = 'history_events';
export const sampleTable = 'observability_snapshots';

/** Rows that are looked at to know how long one is. */
const looked = 200;
/** What a row takes besides its columns: its cells in the table and in the indexes, bytes. */
const rowOverhead = 130;

/** What a part holds, events and samples alike. What a purge set aside counts as rows too: a part that has it must stay. */
export function contentOf(part: SqlDatabase): PartContent {
  const tables = { [eventTable]: tableContent(part, eventTable), [sampleTable]: tableContent(part, sampleTable) };
  const times = Object.values(tables).filter(({ rows }) => rows > 0);
  return {
    rows: times.reduce((sum, { rows }) => sum + rows, 0) + asideRows(part),
    from: times.reduce<string | null>((low, { from }) => (low === null || (from ?? low) < low ? from : low), null),
    to: times.reduce<string | null>((high, { to }) => (high === null || (to ?? high) > high ? to : high), null),
    tables,
  };
}

function tableContent(part: SqlDatabase, table: string): TableContent {
  const [row = []] = part.rows(`SELECT count(*), min(timestamp), max(timestamp) FROM ${table}`);
  const [rows, from, to] = row;
  const content = {
    rows: Number(rows),
    from: typeof from === 'string' ? from : null,
    to: typeof to === 'string' ? to : null,
    bytes: Math.round(Number(rows) * (averageLength(part, table) + rowOverhead)),
  };
  return table === sampleTable ? { ...content, newest: newestOf(part) } : content;
}

function averageLength(part: SqlDatabase, table: string): number {
  const columns = part.rows('SELECT name FROM pragma_table_info(?)', [table]).map(([name]) => String(name));
  const sum = columns.map((name) => `coalesce(length(${name}), 1)`).join(' + ');
  return Number(part.rows(`SELECT coalesce(avg(${sum}), 0) FROM (SELECT * FROM ${table} LIMIT ${looked})`)[0]?.[0]);
}

/** The time of each connection's newest sample. */
function newestOf(part: SqlDatabase): Record<string, string> {
  const rows = part.rows(`SELECT connection_id, max(timestamp) FROM ${sampleTable} GROUP BY connection_id`);
  return Object.fromEntries(rows.map(([id, at]) => [String(id), String(at)]));
}

/** Also asked of states from before there were purges, while a log is followed. */
function asideRows(part: SqlDatabase): number {
  const tables = part.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?)", [
    `purged_${eventTable}`,
    `purged_${sampleTable}`,
  ]);
  return tables.reduce((sum, [name]) => sum + Number(part.rows(`SELECT count(*) FROM ${String(name)}`)[0]?.[0]), 0);
}
