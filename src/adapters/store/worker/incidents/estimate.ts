import type { CutQuery } from '../../../../app/ports/incidents.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import { allOf, inList } from '../repositories/rows.ts';

/**
 * How many events and samples lie in a window, about, without reading a part: our own operations from the roll-ups of
 * whole minutes; what else the parts hold by the share of their time that lies in the window.
 */
export function estimatedRows(
  history: StoreEngine,
  query: CutQuery,
): { readonly timeline: number; readonly metrics: number } {
  const fromMs = Date.parse(query.from);
  const toMs = Date.parse(query.to);
  const where = allOf([
    { sql: 'span = 60 AND start >= ? AND start < ?', params: [Math.floor(fromMs / 1000), Math.ceil(toMs / 1000)] },
    inList('connection_id', query.connectionIds),
  ]);
  const sum = 'sum(success + error + blocked)';
  const [row] = history.read().rows(`SELECT ${sum} FROM operation_rollups WHERE ${where.sql}`, where.params);
  const timeline = Number(row?.[0] ?? 0);
  let all = 0;
  for (const { content } of history.eventParts()) {
    if (content?.from === null || content?.to === null || content === undefined) continue;
    const partFrom = Date.parse(content.from);
    const partTo = Date.parse(content.to) + 1;
    const share = (Math.min(partTo, toMs) - Math.max(partFrom, fromMs)) / (partTo - partFrom);
    all += content.rows * Math.min(1, Math.max(0, share));
  }
  return { timeline, metrics: Math.max(0, Math.round(all) - timeline) };
}
