import type { TimelineQuery } from '../../../app/ports/stores.ts';
import type { RowKind } from '../generations/manifest.ts';
import type { EventPart } from '../storeOptions.ts';
import type { CountKinds } from '../storeState.ts';

/** More kinds than this would make every manifest large: the rows are counted when they are asked for. */
const mostKinds = 500;
const rowsPerSlice = 10_000;

/** Counts the events of a part by connection, environment, action, status and source, in slices of time. */
export const kindsOf: CountKinds = async (part, giveWay, isOpen) => {
  const counts = new Map<string, { readonly values: readonly string[]; rows: number }>();
  for (let from = ''; ;) {
    const next = part.rows(
      'SELECT timestamp FROM history_events WHERE timestamp > ? ORDER BY timestamp LIMIT 1 OFFSET ?',
      [from, rowsPerSlice],
    )[0]?.[0];
    const to = typeof next === 'string' ? next : 'later';
    for (const [count, ...values] of part.rows(
      `SELECT count(*), connection_id, environment, action, status, source FROM history_events
       WHERE timestamp > ? AND timestamp <= ? GROUP BY 2, 3, 4, 5, 6`,
      [from, to],
    )) {
      const texts = values.map(String);
      const kind = counts.get(texts.join('\n'));
      if (kind === undefined) counts.set(texts.join('\n'), { values: texts, rows: Number(count) });
      else kind.rows += Number(count);
    }
    if (counts.size > mostKinds) return undefined;
    if (typeof next !== 'string') return [...counts.values()].map(({ rows, values }): RowKind => [rows, ...values]);
    from = next;
    await giveWay();
    if (!isOpen()) return undefined;
  }
};

type Filter = Omit<TimelineQuery, 'cursor' | 'limit'>;

/**
 * How many events of a finished part match, as its manifest tells without reading it; undefined when only its rows can
 * tell. No event matches where no kind does.
 */
export function countByKinds({ kinds, content }: EventPart, filter: Filter): number | undefined {
  if (kinds === undefined || content === undefined) return undefined;
  const wanted = [filter.connectionIds, filter.environments, filter.actions, filter.statuses];
  let count = 0;
  for (const [rows, ...values] of kinds) {
    if (filter.source !== undefined && values[4] !== filter.source) continue;
    if (
      wanted.every((list: readonly string[] | undefined, at) => list === undefined || list.includes(values[at] ?? ''))
    )
      count += rows;
  }
  if (count === 0) return 0;
  const isFiner =
    filter.slow === true || filter.pattern !== undefined || filter.runId !== undefined || (filter.text ?? '') !== '';
  const { from, to } = content;
  const isWhole = from !== null && to !== null && from >= filter.from && to < filter.to;
  return isWhole && !isFiner ? count : undefined;
}
