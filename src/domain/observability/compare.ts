import { rules, type ComparedMetric, type Rule } from './compareRules.ts';
import { factsOf, totalOf, type Facts, type PeriodFacts } from './periodFacts.ts';
import { holm } from './statistics.ts';

/**
 * Whether one period is worse than another (SPEC §9). A verdict needs statistical significance (p < 0.01, corrected
 * over command families) and practical significance (the floors below): "p95 up by more than 10 %" alone raises a
 * false alarm in 38 of 100 comparisons of equal periods with 100 operations each.
 */

export type Verdict = 'regressed' | 'improved' | 'no change detected' | 'inconclusive' | 'not comparable';

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
const goodOperations = 500;
/** From this share on, a change of the total is called a mix shift. */
const mixShare = 0.5;

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
