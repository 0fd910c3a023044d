import { formatCount, formatDuration, formatPercent } from '../../src/domain/format.ts';
import type { FamilyComparison, MetricComparison, Verdict } from '../../src/domain/observability/compare.ts';
import type { ComparedMetric } from '../../src/domain/observability/compareRules.ts';

/** What is compared, as a heading. */
export const metricNames: Readonly<Record<ComparedMetric, string>> = {
  errorRate: 'Error rate',
  latencyP95Ms: 'Latency p95',
  slowOpCount: 'Slow operations',
  operationCount: 'Operations',
};

type Comparison = MetricComparison | FamilyComparison;

const said: Readonly<Record<ComparedMetric, (value: number) => string>> = {
  errorRate: formatPercent,
  latencyP95Ms: formatDuration,
  slowOpCount: (value) => formatCount(value),
  operationCount: (value) => formatCount(value),
};

export function valueText(metric: ComparedMetric, value: number | null): string {
  return value === null ? '–' : said[metric](value);
}

export function percentText(percent: number | null): string {
  if (percent === null || !Number.isFinite(percent)) return '';
  const rounded = Math.abs(percent) >= 10 ? Math.round(percent) : Math.round(percent * 10) / 10;
  return `${rounded > 0 ? '+' : rounded < 0 ? '−' : '±'}${formatCount(Math.abs(rounded), Math.abs(rounded) < 10 ? 1 : 0)} %`;
}

const worse: Readonly<Record<ComparedMetric, string>> = {
  errorRate: 'fails more often',
  latencyP95Ms: 'got slower',
  slowOpCount: 'has more slow operations',
  operationCount: 'did fewer',
};
const better: Readonly<Record<ComparedMetric, string>> = {
  errorRate: 'fails less often',
  latencyP95Ms: 'got faster',
  slowOpCount: 'has fewer slow operations',
  operationCount: 'did more',
};

function change(metric: ComparedMetric, { baseline, compare, deltaPercent }: Comparison): string {
  const percent = percentText(deltaPercent);
  const name = metric === 'latencyP95Ms' ? 'p95 ' : '';
  return `${name}${valueText(metric, baseline)} → ${valueText(metric, compare)}${percent === '' ? '' : `, ${percent}`}`;
}

function sampleWords({ samples }: Comparison): string {
  return `n = ${formatCount(samples.baseline)} / ${formatCount(samples.compare)}`;
}

/** A sentence per finding: the command families that changed, else the metric as a whole. */
export function findings(metric: MetricComparison): { readonly verdict: Verdict; readonly text: string }[] {
  const { metric: name, verdict, families } = metric;
  const moved = name === 'operationCount' ? [] : families.filter((each) => isMove(each.verdict));
  if (moved.length === 0) return [{ verdict, text: finding(metric) }];
  return moved.map((family, at) => ({
    verdict: family.verdict,
    text: `${family.family} ${(family.verdict === 'regressed' ? worse : better)[name]}: ${change(name, family)}, sure (${sampleWords(family)}).${
      at === 0 ? mixWords(metric) : ''
    }`,
  }));
}

function isMove(verdict: Verdict): boolean {
  return verdict === 'regressed' || verdict === 'improved';
}

/** The metric as a whole: what was found, how sure, and what could have been seen. */
function finding(metric: MetricComparison): string {
  const { metric: name } = metric;
  const subject = metricNames[name];
  switch (metric.verdict) {
    case 'regressed':
    case 'improved': {
      const moved =
        name === 'operationCount'
          ? metric.verdict === 'regressed'
            ? 'fewer than before'
            : 'more than before'
          : metric.verdict === 'regressed'
            ? 'worse'
            : 'better';
      return `${subject}: ${moved}, ${change(name, metric)}, sure (${sampleWords(metric)}).${mixWords(metric)}`;
    }
    case 'no change detected':
      return `${subject}: no change detected (${change(name, metric)}).${mixWords(metric)}${detectableWords(metric)}`;
    case 'inconclusive':
      return `${subject}: not enough data to judge (${change(name, metric)}; ${needed(name, metric)}).`;
    case 'not comparable':
      return metric.timedOut
        ? `${subject}: more than 5 % timed out, so the true p95 is at least the timeout.`
        : `${subject}: nothing to compare; a period has no operation, or nobody watched.`;
  }
}

function mixWords({ mixShift, verdict }: MetricComparison): string {
  if (mixShift === null) return '';
  const share = formatPercent(mixShift);
  return verdict === 'no change detected'
    ? ` The total moved, yet no command did: ${share} of it comes from another mix of commands.`
    : ` ${share} of the total’s change comes from another mix of commands.`;
}

function detectableWords({ metric, detectable, lowPower }: MetricComparison): string {
  if (detectable === null) return '';
  const direction =
    metric === 'operationCount' ? 'A steady fall' : metric === 'slowOpCount' ? 'A steady rise' : 'A rise';
  const power = lowPower ? ' Few operations: only large changes can be seen.' : '';
  return ` ${direction} to ${valueText(metric, detectable)} would have been seen.${power}`;
}

function needed(metric: ComparedMetric, { samples }: Comparison): string {
  return metric === 'errorRate' || metric === 'latencyP95Ms'
    ? `${formatCount(samples.baseline)} and ${formatCount(samples.compare)} operations, 200 each are needed`
    : `${formatCount(samples.baseline)} and ${formatCount(samples.compare)} watched minutes, 20 each are needed`;
}
