import type { PanelLink } from '../../src/protocol/panelLink.ts';
import { noFilter, type TimelineFilter } from './keptState.ts';

/** UTC milliseconds. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Periods {
  readonly baseline: Period;
  readonly compare: Period;
}

/** The filter that a link asks for; null when it says nothing about it, so that a person's own one stays. */
export function filterOfLink(link: PanelLink): TimelineFilter | null {
  const { connectionIds = [], environments = [], text, pattern, statuses, actions, runId, source } = link;
  const several = connectionIds.length > 1 ? connectionIds : [];
  const filter: TimelineFilter = {
    ...noFilter,
    text: text ?? '',
    pattern: pattern ?? '',
    statuses: statuses ?? [],
    actions: actions ?? [],
    runId: runId ?? '',
    source: source ?? '',
    connectionIds: several,
    environments,
    // A run, or the connections of an environment, may be any; one that is named is turned to.
    allConnections: connectionIds.length === 0 && (environments.length > 0 || runId !== undefined),
  };
  return isFiltered(filter) || filter.allConnections ? filter : null;
}

/** Whether it hides anything of the connections that it is about. */
export function isFiltered(filter: TimelineFilter): boolean {
  const { text, pattern, statuses, actions, runId, source, connectionIds, environments } = filter;
  const lists = [statuses, actions, connectionIds, environments];
  return [text, pattern, runId, source].some((each) => each !== '') || lists.some((each) => each.length > 0);
}

export type FilterScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'chosen' }
  | { readonly kind: 'some'; readonly connectionIds: readonly string[] };

/** Whose events the filter lets through: of all connections, of the chosen one, or of those that a link named. */
export function scopeOfFilter({ allConnections, connectionIds }: TimelineFilter): FilterScope {
  if (allConnections) return { kind: 'all' };
  return connectionIds.length === 0 ? { kind: 'chosen' } : { kind: 'some', connectionIds };
}

/** What a link wants compared: its range against its baseline, or against as much time just before. */
export function periodsOfLink({ from, to, baseline }: PanelLink): Periods | null {
  if (from === undefined || to === undefined) return null;
  const compare = { fromMs: Date.parse(from), toMs: Date.parse(to) };
  if (baseline === undefined)
    return { compare, baseline: { fromMs: 2 * compare.fromMs - compare.toMs, toMs: compare.fromMs } };
  return { compare, baseline: { fromMs: Date.parse(baseline.from), toMs: Date.parse(baseline.to) } };
}
