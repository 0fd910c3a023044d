import * as z from 'zod/mini';
import type { Environment } from '../domain/connections/definition.ts';
import { validationFailure } from '../domain/failure.ts';
import type { EventStatus, HistoryEvent } from '../domain/timeline/event.ts';

/** The courses that Overview draws. */
export const panelCharts = ['load', 'operations', 'latency', 'memory', 'hits', 'clients', 'commands'] as const;
export type PanelChart = (typeof panelCharts)[number];

interface Window {
  /** UTC. */
  readonly from: string;
  readonly to: string;
}

/** What another surface (an alert, a run, a key, a bundle) wants the Observability panel to show; all of it optional. */
export interface PanelLink extends Partial<Window> {
  /** Of one connection: the panel is turned to it. Of several: the timeline lists them, the other tabs show the first. */
  readonly connectionIds?: readonly string[];
  readonly environments?: readonly Environment[];
  readonly text?: string;
  readonly pattern?: string;
  readonly statuses?: readonly EventStatus[];
  readonly actions?: readonly string[];
  readonly runId?: string;
  readonly source?: HistoryEvent['source'];
  /** The event that is opened: in the timeline, or among the failures. */
  readonly event?: { readonly id: string; readonly timestamp: string };
  /** The chart that is scrolled to. */
  readonly metric?: PanelChart;
  /** What [from, to) is compared with; without it, the same stretch just before. */
  readonly baseline?: Window;
}

const id = z.string().check(z.minLength(1), z.maxLength(200));
const instant = z.iso.datetime();

const panelLink = z.strictObject({
  from: z.optional(instant),
  to: z.optional(instant),
  connectionId: z.optional(id),
  connectionIds: z.optional(z.array(id).check(z.minLength(1), z.maxLength(500))),
  environments: z.optional(z.array(z.enum(['dev', 'staging', 'prod', 'unknown'] satisfies Environment[]))),
  text: z.optional(z.string().check(z.maxLength(1000))),
  pattern: z.optional(z.string().check(z.maxLength(8000))),
  statuses: z.optional(z.array(z.enum(['success', 'error', 'blocked'] satisfies EventStatus[]))),
  actions: z.optional(z.array(z.string().check(z.maxLength(100))).check(z.maxLength(50))),
  runId: z.optional(id),
  source: z.optional(z.enum(['app', 'engine'] satisfies HistoryEvent['source'][])),
  // An event may be given whole, as a list of them has it.
  event: z.optional(z.object({ id, timestamp: instant })),
  metric: z.optional(z.enum(panelCharts)),
  baseline: z.optional(z.strictObject({ from: instant, to: instant })),
});

/**
 * The argument of a `cachify.observability.open…` command. `connectionId` is short for one of `connectionIds`.
 * @throws Failure VALIDATION_ERROR with the wrong field in `details.path`
 */
export function parsePanelLink(argument: unknown): PanelLink {
  const parsed = panelLink.safeParse(argument);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
    const path = [...(issue?.path ?? []), ...unknown.slice(0, 1)].join('.');
    throw validationFailure(path, `The panel cannot be opened there: \`${path}\` is not valid.`);
  }
  const { connectionId, ...link } = parsed.data;
  if ((link.from === undefined) !== (link.to === undefined)) {
    throw validationFailure(link.from === undefined ? 'from' : 'to', 'A time range needs both `from` and `to`.');
  }
  needOrder('to', link.from, link.to);
  needOrder('baseline.to', link.baseline?.from, link.baseline?.to);
  const given = connectionId === undefined ? link : { connectionIds: [connectionId], ...link };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function needOrder(path: string, from: string | undefined, to: string | undefined): void {
  if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from)) {
    throw validationFailure(path, `\`${path}\` must be later than its \`from\`.`);
  }
}
