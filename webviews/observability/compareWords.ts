import { formatCount, formatDuration, formatPercent } from '../../src/domain/format.ts';
import type { ComparedMetric, FamilyComparison, MetricComparison } from '../../src/domain/observability/compare.ts';

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
  operationCount: 'did less',
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

/** One sentence per metric: what was found, how sure, and what could have been seen. */
export function finding(metric: MetricComparison): string {
  const { metric: name } = metric;
  const subject = metricNames[name];
  const mix = mixWords(metric);
  const moved = metric.families.filter(({ verdict }) => verdict === metric.verdict).map(({ family }) => family);
  const who = moved.length > 0 && name !== 'operationCount' ? listed(moved) : subject;
  switch (metric.verdict) {
    case 'regressed':
      return `${who} ${who === subject ? 'got worse' : worse[name]}: ${change(name, metric)}, sure (${sampleWords(metric)}).${mix}`;
    case 'improved':
      return `${who} ${who === subject ? 'got better' : better[name]}: ${change(name, metric)}, sure (${sampleWords(metric)}).${mix}`;
    case 'no change detected':
      return `${subject}: no change detected (${change(name, metric)}).${mix}${detectableWords(metric)}`;
    case 'inconclusive':
      return `${subject}: not enough data to judge (${change(name, metric)}; ${needed(name, metric)}).`;
    case 'not comparable':
      return metric.timedOut
        ? `${subject}: more than 5 % timed out, so the true p95 is at least the timeout.`
        : `${subject}: nothing to compare; a period has no operation, or nobody watched.`;
  }
}

function listed(families: readonly string[]): string {
  const shown = families.slice(0, 3).join(', ');
  return families.length > 3 ? `${shown} and ${families.length - 3} more` : shown;
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
  const direction = metric === 'operationCount' ? 'A fall' : 'A rise';
  const power = lowPower ? ' Few operations: only large changes can be seen.' : '';
  return ` ${direction} to ${valueText(metric, detectable)} would have been seen.${power}`;
}

function needed(metric: ComparedMetric, { samples }: Comparison): string {
  return metric === 'errorRate' || metric === 'latencyP95Ms'
    ? `${formatCount(samples.baseline)} and ${formatCount(samples.compare)} operations, 200 each are needed`
    : `${formatCount(samples.baseline)} and ${formatCount(samples.compare)} watched minutes, 20 each are needed`;
}
