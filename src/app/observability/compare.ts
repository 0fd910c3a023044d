import { compareMetric, type CompareUpdate, type MetricComparison } from '../../domain/observability/compare.ts';
import { comparedMetrics } from '../../domain/observability/compareRules.ts';
import { LatencySketch } from '../../domain/observability/latencySketch.ts';
import type { FamilyFacts, PeriodFacts } from '../../domain/observability/periodFacts.ts';
import { windowMs, type WindowMs } from '../../domain/observability/window.ts';
import { Failure, validationFailure } from '../../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { HistoryStore, PeriodOperations, StoreScope, TimeWindow } from '../ports/stores.ts';
import { confoundersOf, type ConfounderParts } from './confounders.ts';
import { storeScope, type WatchedConnections } from './watched.ts';

export interface CompareParts extends ConfounderParts {
  readonly history: Pick<HistoryStore, 'families' | 'timeline'>;
  readonly connections: WatchedConnections;
  readonly clock: Clock;
}

export interface CompareRequest extends StoreScope {
  readonly baseline: TimeWindow;
  readonly compare: TimeWindow;
  readonly signal?: AbortSignal;
}

/** Latencies are read in so many slices per period: each can be cancelled and shows progress. */
const slices = 4;
/** The page's clock and ours may differ by this much. */
const clockSlackMs = 2_000;

/**
 * Compares two periods. Results come as they are computed, the most important metric first; ending the iteration or
 * aborting `signal` stops the reading. @throws Failure VALIDATION_ERROR, CANCELLED
 */
export async function* compare(
  parts: CompareParts,
  request: CompareRequest,
): AsyncGenerator<CompareUpdate, void, undefined> {
  const spans = validated(parts.clock, request);
  const scope = storeScope(parts.connections, request);
  const read = (window: TimeWindow, sketches: boolean): Promise<PeriodOperations> => {
    if (request.signal?.aborted === true) throw new Failure('CANCELLED', 'The comparison was cancelled.');
    return parts.history.families({ from: window.from, to: window.to, ...scope, sketches });
  };
  const counts = { baseline: await read(request.baseline, false), compare: await read(request.compare, false) };
  const facts = { baseline: factsOf(counts.baseline), compare: factsOf(counts.compare) };
  const metrics: MetricComparison[] = [compareMetric('errorRate', facts.baseline, facts.compare)];
  const found = (progress: number, done = false): CompareUpdate => ({
    progress,
    done,
    metrics: [...metrics],
    confounders: known,
  });
  let known: readonly string[] = [];
  yield found(0.1);

  known = await confoundersOf(parts, scope, {
    baseline: { ...spans.baseline, coverage: counts.baseline.coverage },
    compare: { ...spans.compare, coverage: counts.compare.coverage },
  });
  let step = 0;
  for (const side of ['baseline', 'compare'] as const) {
    for (const slice of slicesOf(spans[side])) {
      addSketches(facts[side], await read(slice, true));
      step += 1;
      if (step < 2 * slices) yield found(0.1 + (0.8 * step) / (2 * slices));
    }
  }
  for (const metric of comparedMetrics.slice(1)) {
    metrics.push(compareMetric(metric, facts.baseline, facts.compare));
    const done = metrics.length === comparedMetrics.length;
    yield found(done ? 1 : 0.9, done);
    if (!done && request.signal?.aborted === true) throw new Failure('CANCELLED', 'The comparison was cancelled.');
  }
}

function validated(clock: Clock, request: CompareRequest): { readonly baseline: WindowMs; readonly compare: WindowMs } {
  const baseline = windowIn('baseline', request.baseline);
  const compared = windowIn('compare', request.compare);
  for (const [path, span] of [
    ['baseline.to', baseline],
    ['compare.to', compared],
  ] as const) {
    if (span.toMs > clock.wallMs() + clockSlackMs) {
      throw validationFailure(path, `\`${path}\` lies in the future: only what has happened can be compared.`);
    }
  }
  if (baseline.fromMs < compared.toMs && compared.fromMs < baseline.toMs) {
    throw validationFailure(
      'compare',
      'The two periods overlap: operations in both would be compared with themselves.',
    );
  }
  return { baseline, compare: compared };
}

function windowIn(path: string, window: TimeWindow): WindowMs {
  try {
    return windowMs(window);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw validationFailure(`${path}.${error.details?.path ?? ''}`, error.message);
  }
}

function factsOf(period: PeriodOperations): PeriodFacts {
  const families = new Map<string, FamilyFacts>();
  for (const { family, sketch: _later, ...facts } of period.families) {
    families.set(family, { ...facts, latency: new LatencySketch() });
  }
  return { coveredSeconds: period.watchedSeconds, families };
}

function addSketches(facts: PeriodFacts, slice: PeriodOperations): void {
  for (const { family, sketch } of slice.families) facts.families.get(family)?.latency.mergeJson(sketch);
}

/** Stretches of a period, cut at whole minutes, so that only its own ends are read from rows. */
function slicesOf({ fromMs, toMs }: WindowMs): TimeWindow[] {
  const edges = Array.from({ length: slices + 1 }, (_, at) => {
    if (at === 0) return fromMs;
    if (at === slices) return toMs;
    const edge = Math.round((fromMs + ((toMs - fromMs) * at) / slices) / 60_000) * 60_000;
    return Math.min(Math.max(edge, fromMs), toMs);
  });
  const windows: TimeWindow[] = [];
  edges.slice(1).forEach((to, at) => {
    const from = edges[at] ?? fromMs;
    if (to > from) windows.push({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  });
  return windows;
}
