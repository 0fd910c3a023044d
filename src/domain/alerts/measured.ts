import { isBreach, isRecovered, looksUp, type AlertRuleDraft } from './rule.ts';
import type { AlertMetric } from './metrics/metric.ts';

/** Why there is no value: nobody watched, there was nothing to divide by, or too little to judge by. */
export type NoDataReason = 'notCollected' | 'nothingHappened' | 'tooFewSamples' | 'connectionDown';

/** What the lookback says at one moment. */
export type Measured =
  | {
      readonly kind: 'value';
      readonly value: number;
      readonly samples: number;
      /** 0..1 of the lookback. */
      readonly coverage: number;
    }
  | { readonly kind: 'noData'; readonly reason: NoDataReason }
  /** The server lacks it. */
  | { readonly kind: 'notAvailable' }
  /** The connection is not open anywhere. */
  | { readonly kind: 'gone' }
  /** It could not be read. */
  | { readonly kind: 'error'; readonly reason: string };

/** What that means for a rule. `between` = no longer bad, not yet good. */
export type Verdict =
  | { readonly kind: 'breach' | 'between' | 'clear'; readonly value: number }
  | Exclude<Measured, { readonly kind: 'value' }>;

/** Below this share of a watched lookback a value says too little. */
export const minCoverage = 0.5;

/** Judges a measured lookback. What is known by half is only believed where more could not change the verdict. */
export function verdictOf(rule: AlertRuleDraft, metric: AlertMetric, measured: Measured): Verdict {
  if (measured.kind !== 'value') return measured;
  const { value, samples, coverage } = measured;
  if (samples < (rule.minSamples ?? metric.minSamples)) return { kind: 'noData', reason: 'tooFewSamples' };
  const breach = isBreach(rule, value);
  if (coverage < minCoverage) {
    const need = coverageNeed(metric, rule.aggregation);
    const isCertain = need === 'none' || (need === 'lowerBound' && breach && looksUp(rule.operator));
    if (!isCertain) return { kind: 'noData', reason: 'notCollected' };
  }
  if (breach) return { kind: 'breach', value };
  return { kind: isRecovered(rule, value) ? 'clear' : 'between', value };
}

/**
 * What the unwatched part of a lookback could change. Our own operations do not happen unwatched; counts can only be
 * higher; what stands at a moment stands whatever was before.
 */
function coverageNeed(metric: AlertMetric, aggregation: AlertRuleDraft['aggregation']): 'none' | 'lowerBound' | 'half' {
  if (metric.kind === 'count') return 'lowerBound';
  if (metric.source !== 'engine' || aggregation === 'last' || metric.kind === 'fall') return 'none';
  return 'half';
}
