import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import type { ConnectionCharts } from '../../domain/observability/charts.ts';
import type { ConnectionHealth, HeatmapCell, OperationBucket, Overview } from '../../domain/observability/overview.ts';
import type { SampleCourse } from '../../domain/observability/sampleCourse.ts';
import { ratioOf, stepSeconds } from '../../domain/observability/series.ts';
import { bucketSecondsFor, windowMs } from '../../domain/observability/window.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { Settings } from '../ports/environment.ts';
import type { HistoryStore, StoreScope, TimeWindow } from '../ports/stores.ts';
import { findConnection, idsByUid, storeScope, type WatchedConnections } from './watched.ts';

export interface OverviewParts {
  readonly history: Pick<HistoryStore, 'timeline' | 'sampleCourse' | 'operations'>;
  readonly connections: WatchedConnections;
  readonly settings: Pick<Settings, 'number'>;
}

const MAX_BUCKETS = 120;
const MAX_SLOTS = 360;
/** The slowest operations are searched among this many of the window. */
const LOOKED_AT = { overview: 10_000, charts: 1000 } as const;

/** Health, trend, errors and slowest operations of a window. @throws Failure VALIDATION_ERROR */
export async function overview(parts: OverviewParts, request: TimeWindow & StoreScope): Promise<Overview> {
  const scope = storeScope(parts.connections, request);
  const [whole, slowOperations] = await Promise.all([
    allConnections(parts, request),
    slowest(parts, { from: request.from, to: request.to }, scope, { among: LOOKED_AT.overview, count: 20 }),
  ]);
  return { ...whole, slowOperations };
}

/** The same without single operations, which are read from rows instead of roll-ups. @throws Failure VALIDATION_ERROR */
export async function allConnections(
  parts: OverviewParts,
  request: TimeWindow & StoreScope,
): Promise<Omit<Overview, 'slowOperations'>> {
  const span = windowMs(request);
  const window = { from: request.from, to: request.to };
  const scope = storeScope(parts.connections, request);
  const bucketSeconds = bucketSecondsFor(span, MAX_BUCKETS);
  const stepMs = span.toMs - span.fromMs;
  const courseOf = async (
    summary: ConnectionSummary,
  ): Promise<{ summary: ConnectionSummary; course: SampleCourse }> => ({
    summary,
    course: await parts.history.sampleCourse({ ...window, connectionId: summary.uid, stepMs }),
  });
  const [buckets, courses] = await Promise.all([
    parts.history.operations({ ...window, ...scope, bucketSeconds }),
    Promise.all(inScope(parts.connections, scope).map(courseOf)),
  ]);
  const idOf = idsByUid(parts.connections);
  return {
    ...window,
    coverage: courses.length === 0 ? 0 : total(courses.map(({ course }) => course.coverage)) / courses.length,
    health: courses.map(({ summary, course }) => healthOf(summary, course, buckets)),
    trend: buckets.map((bucket) => ({ ...bucket, connectionId: idOf(bucket.connectionId) })),
    bucketSeconds,
    heatmap: buckets.flatMap((bucket) => heatmapCell(bucket, idOf)),
  };
}

/** The slowest operations of one connection, slowest first, at most 10. @throws Failure VALIDATION_ERROR */
export async function slowestOperations(
  parts: Pick<OverviewParts, 'history' | 'connections'>,
  request: TimeWindow & { readonly connectionId: string },
): Promise<HistoryEvent[]> {
  windowMs(request);
  const scope = { connectionIds: [findConnection(parts.connections, request.connectionId).uid] };
  return slowest(parts, { from: request.from, to: request.to }, scope, { among: LOOKED_AT.charts, count: 10 });
}

/** What the panel draws of one connection. @throws Failure VALIDATION_ERROR */
export async function connectionCharts(
  parts: OverviewParts,
  request: TimeWindow & { readonly connectionId: string },
): Promise<ConnectionCharts> {
  const span = windowMs(request);
  const window = { from: request.from, to: request.to };
  const summary = findConnection(parts.connections, request.connectionId);
  const scope = { connectionIds: [summary.uid] };
  const bucketSeconds = bucketSecondsFor(span, MAX_BUCKETS);
  const sampleSeconds = parts.settings.number('observability.sampleSeconds');
  const stepMs = stepSeconds(span.toMs - span.fromMs, sampleSeconds, MAX_SLOTS) * 1000;
  const [buckets, course] = await Promise.all([
    parts.history.operations({ ...window, ...scope, bucketSeconds }),
    parts.history.sampleCourse({ ...window, connectionId: summary.uid, stepMs }),
  ]);
  return {
    ...window,
    coverage: course.coverage,
    health: healthOf(summary, course, buckets),
    bucketSeconds,
    operations: buckets.map((bucket) => ({ ...bucket, connectionId: summary.id })),
    samples: course.series,
  };
}

function inScope(connections: WatchedConnections, scope: StoreScope): ConnectionSummary[] {
  return connections
    .views()
    .map((view) => view.summary)
    .filter(({ uid, environment }) => {
      const named = scope.connectionIds === undefined || scope.connectionIds.includes(uid);
      return named && (scope.environments === undefined || scope.environments.includes(environment));
    });
}

/**
 * Our slowest operations: among all that counted as slow, and where those are too few, among the newest of the rest.
 */
async function slowest(
  parts: Pick<OverviewParts, 'history' | 'connections'>,
  window: TimeWindow,
  scope: StoreScope,
  { among, count }: { readonly among: number; readonly count: number },
): Promise<HistoryEvent[]> {
  const query = { ...window, ...scope, source: 'app', limit: among } as const;
  const slow = (await parts.history.timeline({ ...query, slow: true })).events;
  const others = slow.length >= count ? [] : (await parts.history.timeline(query)).events;
  const byId = new Map([...slow, ...others].map((event) => [event.id, event]));
  const idOf = idsByUid(parts.connections);
  return [...byId.values()]
    .filter((event) => event.durationMs > 0)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, count)
    .map((event) => ({ ...event, connectionId: idOf(event.connectionId) }));
}

function healthOf(
  summary: ConnectionSummary,
  { latest, hits, misses }: SampleCourse,
  buckets: readonly OperationBucket[],
): ConnectionHealth {
  const operations = buckets.filter((bucket) => bucket.connectionId === summary.uid);
  const errors = total(operations.map((bucket) => bucket.error));
  const attempts = errors + total(operations.map((bucket) => bucket.success));
  const newest = operations.findLast((bucket) => bucket.p95Ms !== null);
  return {
    connectionId: summary.id,
    name: display(summary.name),
    environment: summary.environment,
    state: summary.state,
    opsPerSecond: latest?.opsPerSecond ?? null,
    latencyP50Ms: newest?.p50Ms ?? null,
    latencyP95Ms: newest?.p95Ms ?? null,
    errorRate: attempts === 0 ? null : errors / attempts,
    usedMemoryBytes: latest?.usedMemoryBytes ?? null,
    maxMemoryBytes: latest?.maxMemoryBytes ?? null,
    hitRatio: ratioOf(hits, misses),
    connectedClients: latest?.connectedClients ?? null,
    sampledAt: latest?.timestamp ?? null,
  };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function heatmapCell(bucket: OperationBucket, idOf: (uid: string) => string): HeatmapCell[] {
  const operations = bucket.success + bucket.error + bucket.blocked;
  if (operations === 0) return [];
  const { from, to } = bucket;
  return [{ from, to, connectionId: idOf(bucket.connectionId), operations, errorRate: bucket.error / operations }];
}
