import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import type { ConnectionCharts } from '../../domain/observability/charts.ts';
import type { ConnectionHealth, HeatmapCell, OperationBucket, Overview } from '../../domain/observability/overview.ts';
import { ratioOf, sampleSeries, stepSeconds } from '../../domain/observability/series.ts';
import type { ObservabilitySnapshot } from '../../domain/observability/snapshot.ts';
import { bucketSecondsFor, windowMs, type WindowMs } from '../../domain/observability/window.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { Settings } from '../ports/environment.ts';
import type { HistoryStore, StoreScope, TimeWindow } from '../ports/stores.ts';
import { findConnection, idsByUid, storeScope, type WatchedConnections } from './watched.ts';

export interface OverviewParts {
  readonly history: Pick<HistoryStore, 'timeline' | 'samples' | 'operations'>;
  readonly connections: WatchedConnections;
  readonly settings: Pick<Settings, 'number'>;
}

const MAX_BUCKETS = 120;
const MAX_SLOTS = 360;
const SAMPLES_PER_PAGE = 10_000;
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
  const summaries = inScope(parts.connections, scope);
  const [buckets, samples] = await Promise.all([
    parts.history.operations({ ...window, ...scope, bucketSeconds }),
    allSamples(parts.history, window, scope),
  ]);
  const idOf = idsByUid(parts.connections);
  const coverages = summaries.map(({ uid }) => coverageOf(samples, uid, span));
  return {
    ...window,
    coverage: coverages.length === 0 ? 0 : coverages.reduce((sum, each) => sum + each, 0) / coverages.length,
    health: summaries.map((summary) => healthOf(summary, samples, buckets)),
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
  const [buckets, samples] = await Promise.all([
    parts.history.operations({ ...window, ...scope, bucketSeconds }),
    allSamples(parts.history, window, scope),
  ]);
  return {
    ...window,
    coverage: coverageOf(samples, summary.uid, span),
    health: healthOf(summary, samples, buckets),
    bucketSeconds,
    operations: buckets.map((bucket) => ({ ...bucket, connectionId: summary.id })),
    samples: sampleSeries(samples, span.fromMs, span.toMs, stepMs),
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

/** Every sample of the window, oldest first, however many pages of the store that takes. */
async function allSamples(
  history: Pick<HistoryStore, 'samples'>,
  window: TimeWindow,
  scope: StoreScope,
): Promise<readonly ObservabilitySnapshot[]> {
  const all = new Map<string, ObservabilitySnapshot>();
  let { from } = window;
  for (;;) {
    const page = await history.samples({ ...scope, from, to: window.to });
    const before = all.size;
    for (const sample of page) all.set(sample.id, sample);
    const last = page.at(-1);
    // A page begins with the instant that ended the one before, which samples of several connections may share.
    if (last === undefined || page.length < SAMPLES_PER_PAGE || all.size === before) return [...all.values()];
    from = last.timestamp;
  }
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

/** Watched share of the window, 0..1: the stretches that samples cover, none counted twice. */
function coverageOf(samples: readonly ObservabilitySnapshot[], uid: string, { fromMs, toMs }: WindowMs): number {
  let covered = 0;
  let reached = fromMs;
  for (const sample of samples) {
    if (sample.connectionId !== uid) continue;
    const end = Math.min(Date.parse(sample.timestamp), toMs);
    const start = Math.max(Date.parse(sample.timestamp) - sample.periodSeconds * 1000, reached);
    if (end > start) covered += end - start;
    reached = Math.max(reached, end);
  }
  return covered / (toMs - fromMs);
}

function healthOf(
  summary: ConnectionSummary,
  samples: readonly ObservabilitySnapshot[],
  buckets: readonly OperationBucket[],
): ConnectionHealth {
  const own = samples.filter((sample) => sample.connectionId === summary.uid);
  const latest = own.at(-1);
  const operations = buckets.filter((bucket) => bucket.connectionId === summary.uid);
  const errors = total(operations.map((bucket) => bucket.error));
  const attempts = errors + total(operations.map((bucket) => bucket.success));
  const newest = operations.findLast((bucket) => bucket.p95Ms !== null);
  const looked = own.filter((sample) => sample.keyspaceHits !== null && sample.keyspaceMisses !== null);
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
    hitRatio: ratioOf(
      total(looked.map((sample) => sample.keyspaceHits ?? 0)),
      total(looked.map((sample) => sample.keyspaceMisses ?? 0)),
    ),
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
