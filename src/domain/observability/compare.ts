import { LatencySketch, mixedQuantile } from './latencySketch.ts';
import { detectableMean, detectableShare, fisherGreater, holm, mannWhitneyGreater, smallest } from './statistics.ts';

/**
 * Whether one period is worse than another (SPEC §9). A verdict needs statistical significance (p < 0.01, corrected
 * over command families) and practical significance (the floors below): "p95 up by more than 10 %" alone raises a
 * false alarm in 38 of 100 comparisons of equal periods with 100 operations each.
 */

export const comparedMetrics = ['errorRate', 'latencyP95Ms', 'slowOpCount', 'operationCount'] as const;
/** The most important first: in this order results appear. */
export type ComparedMetric = (typeof comparedMetrics)[number];

export type Verdict = 'regressed' | 'improved' | 'no change detected' | 'inconclusive' | 'not comparable';

/** Operations of one command family in one period. */
export interface FamilyFacts {
  readonly operations: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly slow: number;
  /** Latencies of what succeeded, milliseconds. */
  readonly latency: LatencySketch;
  /** Per watched whole minute of the period, zeros included. */
  readonly operationsPerMinute: readonly number[];
  readonly slowPerMinute: readonly number[];
}

export interface PeriodFacts {
  /** Seconds of the period in which the connections were watched. */
  readonly coveredSeconds: number;
  readonly families: ReadonlyMap<string, FamilyFacts>;
}

interface Comparison {
  /** Rates 0..1, milliseconds, or counts, by metric; null = nothing to measure. */
  readonly baseline: number | null;
  readonly compare: number | null;
  readonly delta: number | null;
  /** Percent of the baseline; null when that is 0 or missing. Counts are compared per watched second. */
  readonly deltaPercent: number | null;
  readonly verdict: Verdict;
  /** What was counted: operations, or watched minutes for the two counts. */
  readonly samples: { readonly baseline: number; readonly compare: number };
  /** One-sided, in the direction of the change, corrected; null when nothing was tested. */
  readonly pValue: number | null;
  /** The least value in the compare period that would have been called regressed with 80 % probability. */
  readonly detectable: number | null;
  /** Fewer than 500 operations on a side: only large changes can be seen. */
  readonly lowPower: boolean;
  /** More than 5 % timed out: the p95 is at least the timeout, whatever was measured. */
  readonly timedOut: boolean;
}

export interface FamilyComparison extends Comparison {
  readonly family: string;
}

export interface MetricComparison extends Comparison {
  readonly metric: ComparedMetric;
  /** Share of the total's change that only comes from another mix of commands, when it matters. */
  readonly mixShift: number | null;
  /** Those that changed first, then the busiest. */
  readonly families: readonly FamilyComparison[];
}

/** What is known so far; the last update has `done: true`. */
export interface CompareUpdate {
  /** 0..1 */
  readonly progress: number;
  readonly done: boolean;
  /** In order of importance; those that are not computed yet are missing. */
  readonly metrics: readonly MetricComparison[];
  /** What else differs between the periods, as sentences. */
  readonly confounders: readonly string[];
}

const level = 0.01;
const minOperations = 200;
const goodOperations = 500;
const minMinutes = 20;
/** From this share on, a change of the total is called a mix shift. */
const mixShare = 0.5;

interface Facts extends FamilyFacts {
  readonly coveredSeconds: number;
}

/** One side of a test: what is compared, and how likely that is by chance. */
interface Rule {
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

const rules: Readonly<Record<ComparedMetric, Rule>> = {
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

/**
 * Compares one metric of two periods, in all and per command family. The verdict of the whole comes from the families
 * (a changed mix of commands changes totals although nothing got slower); p-values are Holm-corrected over them.
 */
export function compareMetric(metric: ComparedMetric, baseline: PeriodFacts, compare: PeriodFacts): MetricComparison {
  const rule = rules[metric];
  const names = [...new Set([...baseline.families.keys(), ...compare.families.keys()])];
  const pairs = names.map((family) => ({ family, before: factsOf(baseline, family), after: factsOf(compare, family) }));
  const testable = pairs.filter(({ before, after }) => rule.enough(before) && rule.enough(after));
  const worse = holm(testable.map(({ before, after }) => rule.pWorse(after, before)));
  const better = holm(testable.map(({ before, after }) => rule.pWorse(before, after)));
  const families = pairs.map((pair) => {
    const at = testable.indexOf(pair);
    const p = at < 0 ? null : { worse: worse[at] ?? 1, better: better[at] ?? 1 };
    return { family: pair.family, ...compareFacts(metric, pair.before, pair.after, p) };
  });
  const total = compareTotal(metric, baseline, compare);
  return {
    metric,
    ...total,
    // Work moves between commands all day; only the whole says whether more or less was done.
    ...(metric === 'operationCount'
      ? { mixShift: null }
      : headline(total, families, mixShiftOf(rule, total, baseline, compare))),
    families: families.sort((a, b) => rank(a) - rank(b) || b.samples.compare - a.samples.compare),
  };
}

function compareTotal(metric: ComparedMetric, baseline: PeriodFacts, compare: PeriodFacts): Comparison {
  const rule = rules[metric];
  const before = { ...totalOf(baseline), coveredSeconds: baseline.coveredSeconds };
  const after = { ...totalOf(compare), coveredSeconds: compare.coveredSeconds };
  const p =
    rule.enough(before) && rule.enough(after)
      ? { worse: rule.pWorse(after, before), better: rule.pWorse(before, after) }
      : null;
  return compareFacts(metric, before, after, p);
}

function compareFacts(
  metric: ComparedMetric,
  before: Facts,
  after: Facts,
  p: { readonly worse: number; readonly better: number } | null,
): Comparison {
  const rule = rules[metric];
  const baseline = rule.value(before);
  const compare = rule.value(after);
  const timedOut =
    metric === 'latencyP95Ms' && [before, after].some((facts) => facts.timeouts > facts.operations * 0.05);
  return {
    baseline,
    compare,
    delta: baseline === null || compare === null ? null : compare - baseline,
    deltaPercent: percentOf(metric, before, after, baseline, compare),
    verdict: verdictOf(rule, before, after, p, timedOut),
    samples: { baseline: rule.samples(before), compare: rule.samples(after) },
    pValue: p === null ? null : Math.min(p.worse, p.better),
    detectable: p === null ? null : rule.detectable(before, after),
    lowPower:
      p !== null &&
      (metric === 'errorRate' || metric === 'latencyP95Ms') &&
      Math.min(rule.samples(before), rule.samples(after)) < goodOperations,
    timedOut,
  };
}

function verdictOf(
  rule: Rule,
  before: Facts,
  after: Facts,
  p: { readonly worse: number; readonly better: number } | null,
  timedOut: boolean,
): Verdict {
  const watched = before.coveredSeconds > 0 && after.coveredSeconds > 0;
  if (!watched || rule.value(before) === null || rule.value(after) === null || timedOut) return 'not comparable';
  if (p === null) return 'inconclusive';
  if (p.worse < level && rule.matters(after, before)) return 'regressed';
  if (p.better < level && rule.matters(before, after)) return 'improved';
  return 'no change detected';
}

/** Counts of periods that were not watched equally long are compared per second. */
function percentOf(
  metric: ComparedMetric,
  before: Facts,
  after: Facts,
  baseline: number | null,
  compare: number | null,
): number | null {
  if (baseline === null || compare === null || baseline === 0) return null;
  const isCount = metric === 'slowOpCount' || metric === 'operationCount';
  if (!isCount) return (compare / baseline - 1) * 100;
  if (before.coveredSeconds <= 0 || after.coveredSeconds <= 0) return null;
  return ((compare * before.coveredSeconds) / (baseline * after.coveredSeconds) - 1) * 100;
}

function mixShiftOf(rule: Rule, total: Comparison, baseline: PeriodFacts, compare: PeriodFacts): number | null {
  if (total.verdict !== 'regressed' && total.verdict !== 'improved') return null;
  const mixed = rule.mixOnly(baseline, compare);
  if (mixed === null || total.baseline === null || total.delta === null || total.delta === 0) return null;
  const share = Math.min(1, Math.max(0, (mixed - total.baseline) / total.delta));
  return share >= 0.2 ? share : null;
}

function headline(
  total: Comparison,
  families: readonly FamilyComparison[],
  mixShift: number | null,
): { readonly verdict: Verdict; readonly mixShift: number | null } {
  for (const verdict of ['regressed', 'improved'] as const) {
    if (families.some((family) => family.verdict === verdict)) return { verdict, mixShift };
  }
  // The total changed, no command did: either the mix, or a little of everything.
  const verdict = mixShift !== null && mixShift >= mixShare ? 'no change detected' : total.verdict;
  return { verdict, mixShift };
}

function rank(family: FamilyComparison): number {
  return ['regressed', 'improved', 'no change detected', 'inconclusive', 'not comparable'].indexOf(family.verdict);
}

function beyond(more: number, less: number, ratio: number, difference: number): boolean {
  // Floors are met by equality; binary fractions of decimal figures must not decide.
  const hair = 1e-9;
  return more >= less * ratio - hair && more - less >= difference - hair;
}

function factsOf(period: PeriodFacts, family: string): Facts {
  return { ...(period.families.get(family) ?? noFacts(period)), coveredSeconds: period.coveredSeconds };
}

/** A family that did not occur: zeros in as many minutes as the others have. */
function noFacts(period: PeriodFacts): FamilyFacts {
  const minutes = Math.max(0, ...[...period.families.values()].map((facts) => facts.operationsPerMinute.length));
  const zeros = Array.from({ length: minutes }, () => 0);
  return {
    operations: 0,
    errors: 0,
    timeouts: 0,
    slow: 0,
    latency: new LatencySketch(),
    operationsPerMinute: zeros,
    slowPerMinute: zeros,
  };
}

/** All families of a period together. */
export function totalOf(period: PeriodFacts): FamilyFacts {
  const all = [...period.families.values()];
  const latency = new LatencySketch();
  for (const facts of all) latency.merge(facts.latency);
  return {
    operations: sum(all.map((facts) => facts.operations)),
    errors: sum(all.map((facts) => facts.errors)),
    timeouts: sum(all.map((facts) => facts.timeouts)),
    slow: sum(all.map((facts) => facts.slow)),
    latency,
    operationsPerMinute: sumByIndex(all.map((facts) => facts.operationsPerMinute)),
    slowPerMinute: sumByIndex(all.map((facts) => facts.slowPerMinute)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumByIndex(rows: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...rows.map((row) => row.length));
  const total = Array.from({ length }, () => 0);
  for (const row of rows) row.forEach((value, at) => (total[at] = (total[at] ?? 0) + value));
  return total;
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
