import { LatencySketch, mixedQuantile } from './latencySketch.ts';
import { sum, totalOf, type Facts, type FamilyFacts, type PeriodFacts } from './periodFacts.ts';
import { detectableMean, detectableShare, fisherGreater, mannWhitneyGreater, smallest } from './statistics.ts';

export const comparedMetrics = ['errorRate', 'latencyP95Ms', 'slowOpCount', 'operationCount'] as const;
/** The most important first: in this order results appear. */
export type ComparedMetric = (typeof comparedMetrics)[number];

const minOperations = 200;
const minMinutes = 20;

/** One side of a test: what is compared, and how likely that is by chance. */
export interface Rule {
  value(facts: Facts): number | null;
  samples(facts: Facts): number;
  enough(facts: Facts): boolean;
  /** p that `worse` is worse than `better` by chance. */
  pWorse(worse: Facts, better: Facts): number;
  /** Whether the difference matters to a person. */
  matters(worse: Facts, better: Facts): boolean;
  detectable(baseline: Facts, compare: Facts): number | null;
  /** The total's value, had only the mix of commands changed. */
  mixOnly(baseline: PeriodFacts, compare: PeriodFacts): number | null;
}

const errorRate = (facts: FamilyFacts): number | null =>
  facts.operations === 0 ? null : facts.errors / facts.operations;

const errorRateRule: Rule = {
  value: errorRate,
  samples: (facts) => facts.operations,
  enough: (facts) => facts.operations >= minOperations,
  pWorse: (worse, better) => fisherGreater(worse.errors, worse.operations, better.errors, better.operations),
  matters: (worse, better) => beyond(errorRate(worse) ?? 0, errorRate(better) ?? 0, 1.5, 0.001),
  detectable: (baseline, compare) => {
    const rate = errorRate(baseline) ?? 0;
    return Math.min(
      1,
      Math.max(detectableShare(rate, baseline.operations, compare.operations), rate * 1.5, rate + 0.001),
    );
  },
  mixOnly: (baseline, compare) => {
    const operations = totalOf(compare).operations;
    if (operations === 0) return null;
    // A command that is new has no baseline: its share counts as mix, errors and all.
    return sum(
      [...compare.families].map(([family, facts]) => {
        const before = baseline.families.get(family);
        const rate = (before === undefined ? null : errorRate(before)) ?? errorRate(facts) ?? 0;
        return (rate * facts.operations) / operations;
      }),
    );
  },
};

const p95 = (facts: FamilyFacts): number | null => facts.latency.quantile(0.95);

const latencyRule: Rule = {
  value: p95,
  samples: (facts) => facts.latency.count,
  enough: (facts) => facts.latency.count >= minOperations,
  pWorse: (worse, better) => {
    const pooled = new LatencySketch();
    pooled.merge(worse.latency);
    pooled.merge(better.latency);
    const edge = pooled.quantile(0.95) ?? 0;
    return fisherGreater(
      worse.latency.countAbove(edge),
      worse.latency.count,
      better.latency.countAbove(edge),
      better.latency.count,
    );
  },
  matters: (worse, better) => beyond(p95(worse) ?? 0, p95(better) ?? 0, 1.1, 0.5),
  detectable: (baseline, compare) => detectableP95(baseline.latency, compare.latency.count),
  mixOnly: (baseline, compare) =>
    mixedQuantile(
      [...compare.families].map(([family, facts]) => {
        const before = baseline.families.get(family)?.latency;
        return {
          sketch: before === undefined || before.count === 0 ? facts.latency : before,
          weight: facts.latency.count,
        };
      }),
      0.95,
    ),
};

/** For counts per minute; `sign` -1 turns "more is worse" into "less is worse". */
function countRule(
  count: (facts: FamilyFacts) => number,
  perMinute: (facts: FamilyFacts) => readonly number[],
  sign: 1 | -1,
): Rule {
  const rate = (facts: Facts): number => (facts.coveredSeconds > 0 ? count(facts) / facts.coveredSeconds : 0);
  return {
    value: count,
    samples: (facts) => perMinute(facts).length,
    enough: (facts) => perMinute(facts).length >= minMinutes,
    pWorse: (worse, better) =>
      sign === 1
        ? mannWhitneyGreater(perMinute(worse), perMinute(better))
        : mannWhitneyGreater(perMinute(better), perMinute(worse)),
    matters: (worse, better) => {
      const [more, less] = sign === 1 ? [worse, better] : [better, worse];
      return rate(more) >= rate(less) * 1.25 && count(more) - rate(less) * more.coveredSeconds >= 5;
    },
    detectable: (baseline, compare) => {
      const values = perMinute(baseline);
      const mean = sum(values) / Math.max(1, values.length);
      const seen = detectableMean(values, perMinute(compare).length);
      if (!Number.isFinite(seen)) return null;
      const perMinuteSeen = sign === 1 ? Math.max(seen, mean * 1.25) : Math.min(2 * mean - seen, mean / 1.25);
      return perMinuteSeen < 0 ? null : (perMinuteSeen * compare.coveredSeconds) / 60;
    },
    mixOnly: () => null,
  };
}

/** How each metric is judged. */
export const rules: Readonly<Record<ComparedMetric, Rule>> = {
  errorRate: errorRateRule,
  latencyP95Ms: latencyRule,
  slowOpCount: countRule(
    (facts) => facts.slow,
    (facts) => facts.slowPerMinute,
    1,
  ),
  // Less work done is the side that needs a look; more is called improved.
  operationCount: countRule(
    (facts) => facts.operations,
    (facts) => facts.operationsPerMinute,
    -1,
  ),
};

function beyond(more: number, less: number, ratio: number, difference: number): boolean {
  // Floors are met by equality; binary fractions of decimal figures must not decide.
  const hair = 1e-9;
  return more >= less * ratio - hair && more - less >= difference - hair;
}

/**
 * The p95 that a uniformly slower period of `count` operations would need to be noticed: baseline latencies stretched
 * by a factor, and the exceedance test's power at the pooled p95 of both. Null when no factor up to 100 is enough.
 */
function detectableP95(baseline: LatencySketch, count: number): number | null {
  const before = baseline.quantile(0.95);
  if (before === null || count === 0) return null;
  const share = baseline.shareAbove();
  const all = baseline.count + count;
  const isSeen = (factor: number): boolean => {
    const above = (ms: number): number => (baseline.count * share(ms) + count * share(ms / factor)) / all;
    const edge = smallest(0, before * factor * 2, (ms) => above(ms) <= 0.05);
    const own = share(edge);
    return share(edge / factor) >= detectableShare(own, baseline.count, count);
  };
  const factor = smallest(1, 100, isSeen);
  if (!isSeen(factor)) return null;
  return Math.max(before * factor, before * 1.1, before + 0.5);
}
