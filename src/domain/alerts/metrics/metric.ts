import type { LatencySketchJson } from '../../observability/latencySketch.ts';
import type { EngineName, Gauge } from '../engineFacts.ts';
import type { MinuteFacts } from '../minuteFacts.ts';
import type { Aggregation, AlertRuleDraft } from '../rule.ts';

interface MetricCommon {
  readonly id: string;
  readonly title: string;
  /** As it stands within a sentence: "p95 latency". */
  readonly phrase: string;
  readonly unit: 'ratio' | 'ms' | 'count' | 'factor' | 'state';
  /** What is watched for it: our own operations, INFO of the server, or the connection itself. */
  readonly source: 'client' | 'engine' | 'connection';
  readonly aggregations: readonly [Aggregation, ...Aggregation[]];
  /** One sentence for the person who builds a rule. */
  readonly explanation: string;
  /** Why a server may not have it. */
  readonly lacking: string;
  /** Samples that the lookback must hold, unless the rule says how many; what is counted is `sampleNoun`. */
  readonly minSamples: number;
  readonly sampleNoun: string;
  /** What `read` looks at of the engine facts: nothing else of them has to be there. */
  readonly reads: readonly EngineName[];
  /** What a new rule begins with. */
  readonly suggestion: Pick<AlertRuleDraft, 'operator' | 'threshold' | 'lookbackMinutes' | 'forSeconds'> & {
    readonly recoveryThreshold?: number;
  };
}

/** A share: all parts of the lookback over all wholes. */
export interface RatioMetric extends MetricCommon {
  readonly kind: 'ratio';
  /** null = the minute says nothing about it. */
  read(minute: MinuteFacts): { readonly part: number; readonly whole: number } | null;
}

/** How often something happened. */
export interface CountMetric extends MetricCommon {
  readonly kind: 'count';
  read(minute: MinuteFacts): number | null;
}

/** Something that stands at every moment. */
export interface GaugeMetric extends MetricCommon {
  readonly kind: 'gauge';
  read(minute: MinuteFacts): Gauge | null;
}

/** How far something has fallen below the most that it was in the lookback. */
export interface FallMetric extends MetricCommon {
  readonly kind: 'fall';
  read(minute: MinuteFacts): Gauge | null;
}

/** A quantile of latencies. */
export interface QuantileMetric extends MetricCommon {
  readonly kind: 'quantile';
  readonly q: number;
  read(minute: MinuteFacts): LatencySketchJson | null;
}

/** One metric per file of this folder; `registry.ts` lists them. */
export type AlertMetric = RatioMetric | CountMetric | GaugeMetric | FallMetric | QuantileMetric;

/** Our own operations are known in every watched minute; a minute with operations was watched. */
export function ourMinute({ success, error, watchedSeconds }: MinuteFacts): boolean {
  return watchedSeconds > 0 || success + error > 0;
}
