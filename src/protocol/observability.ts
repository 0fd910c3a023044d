import * as z from 'zod/mini';
import type { Environment } from '../domain/connections/definition.ts';
import { activitySources, type KeyspaceActivity } from '../domain/observability/activity.ts';
import type { ConnectionCharts } from '../domain/observability/charts.ts';
import type { CommandTimes } from '../domain/observability/commandTimes.ts';
import type { CompareUpdate } from '../domain/observability/compare.ts';
import type { ExportFormat } from '../domain/observability/export.ts';
import type { FailedOperation, FailureGroup } from '../domain/observability/failures.ts';
import type { LiveUpdate } from '../domain/observability/live.ts';
import type { Overview } from '../domain/observability/overview.ts';
import type { EventStatus, HistoryEvent } from '../domain/timeline/event.ts';
import { event, request } from './contract.ts';
import type { PanelLink } from './panelLink.ts';

/** A connection as the panel's picker shows it. `name` is safe to show. */
export interface PanelConnection {
  readonly id: string;
  readonly name: string;
  readonly environment: Environment;
  readonly readOnly: boolean;
  readonly state: 'disconnected' | 'connecting' | 'ready' | 'reconnecting' | 'failed';
  readonly cause?: string;
}

export type PanelTab = 'overview' | 'keyspace' | 'failures' | 'compare' | 'slow' | 'timeline';

/** Where a command wants the panel to look. */
export interface PanelFocus extends PanelLink {
  readonly tab?: PanelTab;
}

/** What is exported or listed of the timeline. */
export interface TimelineSelection {
  readonly from: string;
  readonly to: string;
  /** Absent = all. */
  readonly connectionIds?: string[];
  readonly environments?: Environment[];
  readonly statuses?: EventStatus[];
  readonly actions?: string[];
  readonly runId?: string;
  readonly text?: string;
  readonly pattern?: string;
  readonly source?: HistoryEvent['source'];
  readonly slow?: boolean;
}

export interface FailureGroups {
  readonly groups: readonly FailureGroup[];
  readonly events: readonly HistoryEvent[];
  readonly total: number;
}

/** One step of a comparison that was asked for with `token`. */
export interface Compared {
  readonly token: string;
  readonly update: CompareUpdate;
}

/** Everything about the panel that is not a query: pulled on `ready`, pushed when it changes. */
export interface PanelContext {
  readonly trusted: boolean;
  readonly connections: readonly PanelConnection[];
  /** Why history cannot be read or is not being written; absent = all is well. */
  readonly storeProblem?: string;
  readonly sampleSeconds: number;
  /** The host's time, UTC: in a remote window the page's clock may differ. */
  readonly now: string;
  readonly focus?: PanelFocus;
}

export interface TimelineRows {
  readonly events: readonly HistoryEvent[];
  readonly cursor?: string;
  readonly total: number;
}

const id = z.string().check(z.minLength(1), z.maxLength(200));
const instant = z.iso.datetime();
const window = { from: instant, to: instant };
const statuses = z.array(z.enum(['success', 'error', 'blocked'] satisfies EventStatus[])).check(z.maxLength(3));

const selection = {
  ...window,
  connectionIds: z.optional(z.array(id).check(z.minLength(1), z.maxLength(500))),
  environments: z.optional(z.array(z.enum(['dev', 'staging', 'prod', 'unknown'] satisfies Environment[]))),
  statuses: z.optional(statuses),
  runId: z.optional(id),
  actions: z.optional(z.array(z.string().check(z.maxLength(100))).check(z.maxLength(50))),
  text: z.optional(z.string().check(z.maxLength(1000))),
  pattern: z.optional(z.string().check(z.maxLength(8000))),
  source: z.optional(z.enum(['app', 'engine'] satisfies HistoryEvent['source'][])),
  slow: z.optional(z.boolean()),
};

export const observabilityContract = {
  requests: {
    /** First of all, and again whenever the page becomes visible. */
    ready: request<PanelContext>()(z.strictObject({})),
    /** What to push `live` for; null = nothing. */
    watch: request<void>()(z.strictObject({ connectionId: z.nullable(id), live: z.boolean() })),
    /** Of a connection; null = of the one that is shown when nobody chose. */
    overview: request<ConnectionCharts>()(z.strictObject({ connectionId: z.nullable(id), ...window })),
    timeline: request<TimelineRows>()(
      z.strictObject({
        ...selection,
        cursor: z.optional(z.string().check(z.maxLength(1000))),
        limit: z.int().check(z.gte(1), z.lte(500)),
      }),
    ),
    /** The slowest of the connection's operations, at most 10; under 100 ms only among the newest 1,000. */
    slowest: request<readonly HistoryEvent[]>()(z.strictObject({ connectionId: id, ...window })),
    commandTimes: request<CommandTimes>()(z.strictObject({ connectionId: id, ...window })),
    /** All connections: health and errors over time. */
    all: request<Omit<Overview, 'slowOperations'>>()(z.strictObject(window)),
    activity: request<KeyspaceActivity>()(
      z.strictObject({
        ...window,
        connectionId: id,
        source: z.enum(activitySources),
        buckets: z.int().check(z.gte(1), z.lte(1000)),
        limit: z.int().check(z.gte(1), z.lte(1000)),
      }),
    ),
    failureGroups: request<FailureGroups>()(z.strictObject({ ...window, connectionId: z.nullable(id) })),
    failure: request<FailedOperation | null>()(z.strictObject({ id, timestamp: instant })),
    /** Answers when it is finished; `compared` tells each step. Cancel the request to stop. */
    compare: request<void>()(
      z.strictObject({
        token: id,
        connectionId: z.nullable(id),
        baseline: z.strictObject(window),
        compare: z.strictObject(window),
      }),
    ),
    /** Asks for a file and writes the rows into it; null when the person chose none. */
    exportRows: request<{ readonly rows: number; readonly file: string } | null>()(
      z.strictObject({ ...selection, format: z.enum(['jsonl', 'csv'] satisfies ExportFormat[]) }),
    ),
    /** One of the few acts that the panel offers. */
    act: request<void>()(
      z.discriminatedUnion('act', [
        z.strictObject({ act: z.literal('addConnection') }),
        z.strictObject({ act: z.literal('manageTrust') }),
        z.strictObject({ act: z.literal('connect'), connectionId: id }),
        z.strictObject({ act: z.literal('sampleNow'), connectionId: id }),
        z.strictObject({ act: z.literal('watchActivity'), connectionId: id }),
        z.strictObject({ act: z.literal('openRun'), runId: id }),
        z.strictObject({
          act: z.literal('openIncident'),
          ...window,
          connectionIds: z.optional(z.array(id).check(z.minLength(1), z.maxLength(500))),
        }),
        z.strictObject({ act: z.literal('copy'), text: z.string().check(z.maxLength(1_000_000)) }),
        z.strictObject({
          act: z.literal('openKey'),
          connectionId: id,
          keyOrPattern: z.string().check(z.maxLength(100_000)),
        }),
      ]),
    ),
  },
  events: {
    context: event<PanelContext>(),
    live: event<LiveUpdate>(),
    focus: event<PanelFocus>(),
    compared: event<Compared>(),
  },
} as const;

export type ObservabilityContract = typeof observabilityContract;
