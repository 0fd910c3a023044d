import type { ActivitySource, KeyspaceActivity, PatternActivity } from '../../domain/observability/activity.ts';
import { keyPattern } from '../../domain/observability/keyPattern.ts';
import { collapseWidePositions, TopPatterns, type PatternCount } from '../../domain/observability/topPatterns.ts';
import { windowMs } from '../../domain/observability/window.ts';
import { validationFailure } from '../../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { ActivityQuery, HistoryStore, StoreScope, TimeWindow } from '../ports/stores.ts';
import type { Gate } from '../redis/gate.ts';
import { findConnection, storeScope, type WatchedConnections } from './watched.ts';

export interface ActivityParts {
  readonly gate: Pick<Gate, 'run' | 'scan'>;
  readonly history: Pick<HistoryStore, 'activity'>;
  readonly connections: WatchedConnections;
  readonly clock: Clock;
}

export interface ActivityRequest extends TimeWindow, StoreScope {
  /** Default `client`. */
  readonly source?: ActivitySource;
  /** Equal stretches of the distribution, 1..1,000; default 60. */
  readonly buckets?: number;
  /** Patterns, 1..10,000; default 200. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** Patterns that the store is asked for before wide positions are merged. */
const readPatterns = 10_000;

/** Which keys were touched in a window, by pattern and over time, from one source. @throws Failure VALIDATION_ERROR */
export async function keyspaceActivity(parts: ActivityParts, request: ActivityRequest): Promise<KeyspaceActivity> {
  const { fromMs, toMs } = windowMs(request);
  const { source = 'client', buckets = 60, limit = 200, from, to } = request;
  if (!Number.isInteger(buckets) || buckets < 1 || buckets > 1000) {
    throw validationFailure('buckets', '`buckets` must be a whole number from 1 to 1,000.');
  }
  if (source === 'scan') return population(parts, request, limit);
  const query: ActivityQuery = {
    from,
    to,
    ...storeScope(parts.connections, request),
    source,
    buckets,
    limit: readPatterns,
  };
  const stored = await parts.history.activity(query);
  const edge = (index: number): string => new Date(fromMs + ((toMs - fromMs) * index) / buckets).toISOString();
  return {
    source,
    from,
    to,
    totalEvents: stored.touches,
    coverage: stored.coverage,
    topPatterns: ranked(stored.patterns, stored.nextTouches, limit),
    distribution: stored.buckets.map((bucket, at) => ({ from: edge(at), to: edge(at + 1), ...bucket })),
  };
}

/** Exact counts in order; equal neighbours, and what is not above all that was left out, are ties. */
function ranked(counts: readonly PatternCount[], leftOut: number, limit: number): PatternActivity[] {
  const order = collapseWidePositions(counts).sort((a, b) => b.touches - a.touches || (a.pattern < b.pattern ? -1 : 1));
  return order.slice(0, limit).map(({ pattern, touches, errors, lastTouchedMs }, at) => ({
    pattern,
    touches,
    maxOvercount: 0,
    errors,
    lastTouchedAt: new Date(lastTouchedMs).toISOString(),
    tie: touches <= Math.max(order[at + 1]?.touches ?? 0, leftOut),
  }));
}

/** A look at the keyspace ends after so many keys or so long, whatever comes first. */
const scanKeys = 200_000;
const scanMs = 10_000;

/** Which keys there are: a bounded walk over one connection's keyspace. Says nothing about use. */
async function population(parts: ActivityParts, request: ActivityRequest, limit: number): Promise<KeyspaceActivity> {
  const [connectionId, ...others] = request.connectionIds ?? [];
  if (connectionId === undefined || others.length > 0) {
    throw validationFailure('connectionIds', 'The keys of exactly one connection can be looked at.');
  }
  const { uid } = findConnection(parts.connections, connectionId);
  const operation = { action: 'observability.keyspaceActivity', keyOrPattern: '*' };
  const [size] = await parts.gate.run(uid, { ...operation, commands: [['DBSIZE']], record: false });
  const end = parts.clock.monoMs() + scanMs;
  const top = new TopPatterns(1_000);
  let looked = 0;
  let covered = false;
  const options = request.signal === undefined ? {} : { signal: request.signal };
  for await (const page of parts.gate.scan(uid, operation, options)) {
    for (let at = 0; at < page.keys.length; at++) top.add(keyPattern(page.keys.at(at)).pattern, 0);
    looked += page.keys.length;
    covered = page.cursor === undefined;
    if (looked >= scanKeys || parts.clock.monoMs() > end) break;
  }
  const total = typeof size === 'number' ? size : looked;
  return {
    source: 'scan',
    from: request.from,
    to: request.to,
    totalEvents: top.total,
    coverage: covered || total === 0 ? 1 : Math.min(1, looked / total),
    topPatterns: top
      .ranked(Math.min(limit, 1_000))
      .map(({ lastTouchedMs: _never, ...row }) => ({ ...row, lastTouchedAt: null })),
    distribution: [],
  };
}
