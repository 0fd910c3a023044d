import type { Environment } from '../../src/domain/connections/definition.ts';
import type { EventStatus } from '../../src/domain/timeline/event.ts';
import type { PanelTab } from '../../src/protocol/observability.ts';

/** The last minutes up to now, or a stretch that stands still; UTC milliseconds. */
export type TimeRange =
  | { readonly kind: 'last'; readonly minutes: number }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number };

export interface TimelineFilter {
  readonly text: string;
  /** Empty = all. */
  readonly statuses: readonly EventStatus[];
  /** Empty = any. */
  readonly actions: readonly string[];
  readonly allConnections: boolean;
  /** Those that a link named, instead of the chosen one; empty = the chosen one. */
  readonly connectionIds: readonly string[];
  /** Empty = any. */
  readonly environments: readonly Environment[];
  /** Events of one run; empty = any. */
  readonly runId: string;
  /** A key pattern that a ranking led from; empty = any. */
  readonly pattern: string;
  /** Whose events; empty = both. */
  readonly source: '' | 'app' | 'engine';
}

/** What a person chose on the page: kept over hiding, reloading and restarting. */
export interface KeptState {
  readonly tab: PanelTab;
  readonly connectionId: string | null;
  readonly range: TimeRange;
  readonly live: boolean;
  readonly filter: TimelineFilter;
}

const panelTabs = [
  'overview',
  'keyspace',
  'failures',
  'compare',
  'slow',
  'timeline',
] as const satisfies readonly PanelTab[];
export const allEnvironments: readonly Environment[] = ['prod', 'staging', 'dev', 'unknown'];
export const eventStatuses: readonly EventStatus[] = ['success', 'error', 'blocked'];

export const noFilter: TimelineFilter = {
  text: '',
  statuses: [],
  actions: [],
  allConnections: false,
  connectionIds: [],
  environments: [],
  runId: '',
  pattern: '',
  source: '',
};

const initial: KeptState = {
  tab: 'overview',
  connectionId: null,
  range: { kind: 'last', minutes: 60 },
  live: true,
  filter: noFilter,
};

/** Reads what an earlier version may have kept: what is missing or strange becomes the default. */
export function parseKeptState(kept: unknown): KeptState {
  const { tab, connectionId, range, live, filter } = fieldsOf(kept);
  return {
    tab: panelTabs.find((each) => each === tab) ?? initial.tab,
    connectionId: typeof connectionId === 'string' ? connectionId : null,
    range: parseRange(range),
    live: typeof live === 'boolean' ? live : initial.live,
    filter: parseFilter(filter),
  };
}

function parseRange(value: unknown): TimeRange {
  const { kind, minutes, fromMs, toMs } = fieldsOf(value);
  if (kind === 'last' && typeof minutes === 'number' && minutes >= 1 && minutes <= 10_080) return { kind, minutes };
  if (kind === 'fixed' && typeof fromMs === 'number' && typeof toMs === 'number' && toMs > fromMs) {
    return { kind, fromMs, toMs };
  }
  return initial.range;
}

function parseFilter(value: unknown): TimelineFilter {
  const { text, statuses, actions, allConnections, connectionIds, environments, runId, pattern, source } =
    fieldsOf(value);
  return {
    text: textIn(text),
    statuses: Array.isArray(statuses) ? eventStatuses.filter((status) => statuses.includes(status)) : [],
    actions: textsIn(actions),
    allConnections: allConnections === true,
    connectionIds: textsIn(connectionIds),
    environments: Array.isArray(environments) ? allEnvironments.filter((each) => environments.includes(each)) : [],
    runId: textIn(runId),
    pattern: textIn(pattern),
    source: source === 'app' || source === 'engine' ? source : '',
  };
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
