import * as z from 'zod/mini';
import type { Environment } from '../domain/connections/definition.ts';
import type { ConnectionCharts } from '../domain/observability/charts.ts';
import type { LiveUpdate } from '../domain/observability/live.ts';
import type { EventStatus, HistoryEvent } from '../domain/timeline/event.ts';
import { event, request } from './contract.ts';

/** A connection as the panel's picker shows it. `name` is safe to show. */
export interface PanelConnection {
  readonly id: string;
  readonly name: string;
  readonly environment: Environment;
  readonly readOnly: boolean;
  readonly state: 'disconnected' | 'connecting' | 'ready' | 'reconnecting' | 'failed';
  readonly cause?: string;
}

export type PanelTab = 'overview' | 'timeline';

/** Where a command wants the panel to look. */
export interface PanelFocus {
  readonly tab?: PanelTab;
  readonly connectionId?: string;
  /** Both or none; UTC. */
  readonly from?: string;
  readonly to?: string;
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

export const observabilityContract = {
  requests: {
    /** First of all, and again whenever the page becomes visible. */
    ready: request<PanelContext>()(z.strictObject({})),
    /** What to push `live` for; null = nothing. */
    watch: request<void>()(z.strictObject({ connectionId: z.nullable(id), live: z.boolean() })),
    overview: request<ConnectionCharts>()(z.strictObject({ connectionId: id, ...window })),
    timeline: request<TimelineRows>()(
      z.strictObject({
        ...window,
        connectionId: z.nullable(id),
        statuses: z.optional(statuses),
        actions: z.optional(z.array(z.string().check(z.maxLength(100))).check(z.maxLength(50))),
        text: z.optional(z.string().check(z.maxLength(1000))),
        cursor: z.optional(z.string().check(z.maxLength(1000))),
        limit: z.int().check(z.gte(1), z.lte(500)),
      }),
    ),
    /** One of the few acts that the panel offers. */
    act: request<void>()(
      z.discriminatedUnion('act', [
        z.strictObject({ act: z.literal('addConnection') }),
        z.strictObject({ act: z.literal('manageTrust') }),
        z.strictObject({ act: z.literal('connect'), connectionId: id }),
        z.strictObject({ act: z.literal('sampleNow'), connectionId: id }),
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
  },
} as const;

export type ObservabilityContract = typeof observabilityContract;
