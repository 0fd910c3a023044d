import {
  failedOperation,
  groupFailures,
  relatedPatternMs,
  type FailedOperation,
  type FailureGroup,
} from '../../domain/observability/failures.ts';
import { windowMs } from '../../domain/observability/window.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { HistoryStore, StoreScope, TimeWindow } from '../ports/stores.ts';
import { idsByUid, storeScope, type WatchedConnections } from './watched.ts';

export interface FailuresParts {
  readonly history: Pick<HistoryStore, 'timeline' | 'sampleAt'>;
  readonly connections: WatchedConnections;
}

export interface GroupedFailures {
  readonly groups: readonly FailureGroup[];
  /** The events that the groups name. */
  readonly events: readonly HistoryEvent[];
  /** Failures in all; only the newest 10,000 are grouped. */
  readonly total: number;
}

export interface FailuresRequest extends TimeWindow, StoreScope {
  /** Newest ones at most, 1..10,000; default 200. */
  readonly limit?: number;
}

/** Events read around a failure at most; beyond them the count of what was left out is a lower bound. */
const readAround = 10_000;
/** Failures that are grouped at most: the newest. */
const readGrouped = 10_000;
/** Events of each group that are given with it: the newest. */
const newestOfGroup = 50;

/**
 * Failed operations of ours, newest first, each with its attempts, what is related and why, and the newest sample at
 * or before it. @throws Failure VALIDATION_ERROR
 */
export async function failures(parts: FailuresParts, request: FailuresRequest): Promise<FailedOperation[]> {
  const failed = await failedEvents(parts, request, request.limit ?? 200);
  return explained(parts, failed.events);
}

/** One failure with everything around it; null when the event is gone or is no failure. */
export async function failure(
  parts: FailuresParts,
  request: { readonly id: string; readonly timestamp: string },
): Promise<FailedOperation | null> {
  const at = Date.parse(request.timestamp);
  if (!Number.isFinite(at)) return null;
  const window = { from: new Date(at).toISOString(), to: new Date(at + 1).toISOString() };
  const { events } = await failedEvents(parts, window, 1_000);
  const event = events.find(({ id }) => id === request.id);
  return event === undefined ? null : ((await explained(parts, [event]))[0] ?? null);
}

/** Failures of a window by what failed, the most recent first; `total` says how many there were in all. */
export async function failureGroups(parts: FailuresParts, request: FailuresRequest): Promise<GroupedFailures> {
  const { events, total } = await failedEvents(parts, request, readGrouped);
  const idOf = idsByUid(parts.connections);
  const groups = groupFailures(events);
  const shownIds = new Set(groups.flatMap(({ eventIds }) => eventIds.slice(0, newestOfGroup)));
  return {
    groups: groups.map((group) => ({
      ...group,
      connectionId: idOf(group.connectionId),
      eventIds: group.eventIds.slice(0, newestOfGroup),
    })),
    events: events
      .filter(({ id }) => shownIds.has(id))
      .map((event) => ({ ...event, connectionId: idOf(event.connectionId) })),
    total,
  };
}

async function failedEvents(
  parts: FailuresParts,
  request: FailuresRequest,
  limit: number,
): Promise<{ readonly events: readonly HistoryEvent[]; readonly total: number }> {
  windowMs(request);
  const { from, to } = request;
  const scope = storeScope(parts.connections, request);
  return parts.history.timeline({ from, to, ...scope, statuses: ['error'], source: 'app', limit });
}

async function explained(parts: FailuresParts, failed: readonly HistoryEvent[]): Promise<FailedOperation[]> {
  const idOf = idsByUid(parts.connections);
  const shown = (event: HistoryEvent): HistoryEvent => ({ ...event, connectionId: idOf(event.connectionId) });
  const around = await eventsAround(parts, failed);
  const ofRuns = await eventsOfRuns(parts, failed);
  return Promise.all(
    failed.map(async (event) => {
      const sample = await parts.history.sampleAt({ connectionId: event.connectionId, at: event.timestamp });
      const near = around(event);
      const known = new Set(near.map(({ id }) => id));
      const run = (ofRuns.get(event.runId ?? '') ?? []).filter(({ id }) => !known.has(id));
      const operation = failedOperation(event, [...near, ...run], sample);
      return {
        ...operation,
        event: shown(event),
        related: operation.related.map(({ event: other, why }) => ({ event: shown(other), why })),
        ...(operation.snapshot === undefined
          ? {}
          : { snapshot: { ...operation.snapshot, connectionId: idOf(operation.snapshot.connectionId) } }),
      };
    }),
  );
}

/** What happened on the connections within a minute of their failures, read once per stretch, not per failure. */
async function eventsAround(
  parts: FailuresParts,
  failed: readonly HistoryEvent[],
): Promise<(event: HistoryEvent) => HistoryEvent[]> {
  const stretches: { readonly connectionId: string; readonly fromMs: number; toMs: number }[] = [];
  const ascending = [...failed].sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
  for (const { connectionId, timestamp } of ascending) {
    const at = Date.parse(timestamp);
    const last = stretches.findLast((each) => each.connectionId === connectionId);
    if (last !== undefined && last.toMs >= at - relatedPatternMs) last.toMs = at + relatedPatternMs + 1;
    else stretches.push({ connectionId, fromMs: at - relatedPatternMs, toMs: at + relatedPatternMs + 1 });
  }
  const read = await Promise.all(
    stretches.map(async ({ connectionId, fromMs, toMs }) => {
      const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
      const page = await parts.history.timeline({ from, to, connectionIds: [connectionId], limit: readAround });
      return { connectionId, events: page.events };
    }),
  );
  return (event) => {
    const at = Date.parse(event.timestamp);
    const [from, to] = [at - relatedPatternMs, at + relatedPatternMs].map((ms) => new Date(ms).toISOString());
    return read
      .filter(({ connectionId }) => connectionId === event.connectionId)
      .flatMap(({ events }) => events.filter(({ timestamp }) => timestamp >= (from ?? '') && timestamp <= (to ?? '')));
  };
}

/** The newest events of the workflow runs that failures belong to, however far away in time. */
async function eventsOfRuns(
  parts: FailuresParts,
  failed: readonly HistoryEvent[],
): Promise<ReadonlyMap<string, readonly HistoryEvent[]>> {
  const runs = new Set(failed.flatMap(({ runId }) => (runId === undefined ? [] : [runId])));
  const always = { from: '1970-01-01T00:00:00.000Z', to: '9999-12-31T00:00:00.000Z' };
  return new Map(
    await Promise.all(
      [...runs].map(async (runId): Promise<[string, readonly HistoryEvent[]]> => {
        const page = await parts.history.timeline({ ...always, runId, limit: 200 });
        return [runId, page.events];
      }),
    ),
  );
}
