import { formatCount, formatDuration, formatPercent } from '../format.ts';
import type { AlertMetric } from './metrics/metric.ts';
import { metricOf } from './metrics/registry.ts';
import { looksUp, type AlertRuleDraft, type Operator } from './rule.ts';

/** A value of a metric as people say it. */
export function valueText(metric: Pick<AlertMetric, 'unit'>, value: number): string {
  switch (metric.unit) {
    case 'ratio':
      return formatPercent(value);
    case 'ms':
      return formatDuration(value);
    case 'count':
      return formatCount(value, value < 10 && !Number.isInteger(value) ? 2 : 0);
    case 'factor':
      return formatCount(value, 2);
    case 'state':
      return value >= 1 ? 'yes' : value <= 0 ? 'no' : `${formatPercent(value)} of the time`;
  }
}

const comparisons: Readonly<Record<Operator, string>> = {
  '>': 'above',
  '>=': 'at or above',
  '<': 'below',
  '<=': 'at or below',
};

const spans: Readonly<Record<AlertRuleDraft['aggregation'], string>> = {
  last: '',
  avg: 'average ',
  min: 'lowest ',
  max: 'highest ',
  sum: '',
  rate: '',
  ratio: '',
  p95: '',
};

/** The rule in one sentence: "Fires when p95 latency of prod stays above 25 ms for 2 min." */
export function ruleSentence(rule: AlertRuleDraft, nameOf: (connectionId: string) => string): string {
  const metric = metricOf(rule.metric);
  if (metric === undefined) return 'Never fires: its metric is not known.';
  const scope = scopeText(rule, nameOf);
  const { forSeconds, recoveryThreshold } = rule;
  const duration = ruleDuration(forSeconds);
  const over =
    recoveryThreshold === undefined
      ? ''
      : ` It is over once it is ${looksUp(rule.operator) ? 'down to' : 'up to'} ${valueText(metric, recoveryThreshold)}.`;
  if (metric.unit === 'state' && rule.operator === '>=' && rule.threshold === 1) {
    return `Fires ${forSeconds === 0 ? 'as soon as' : 'when'} ${scope} has ${article(metric.phrase)}${forSeconds === 0 ? '' : ` for ${duration}`}.`;
  }
  const perSecond = rule.aggregation === 'rate' ? ' per second' : '';
  const within =
    metric.kind === 'count' && rule.aggregation === 'sum' ? ` within ${ruleDuration(rule.lookbackMinutes * 60)}` : '';
  const subject = `the ${spans[rule.aggregation]}${metric.phrase} of ${scope}`.replace(/^the p95/, 'p95');
  const limit = `${comparisons[rule.operator]} ${valueText(metric, rule.threshold)}${perSecond}`;
  return forSeconds === 0
    ? `Fires as soon as ${subject} is ${limit}${within}.${over}`
    : `Fires when ${subject}${within} stays ${limit} for ${duration}.${over}`;
}

function article(phrase: string): string {
  if (phrase.startsWith('absence')) return 'no memory limit';
  return phrase.startsWith('failing') ? phrase : `a ${phrase}`;
}

/** Seconds as a rule says them: whole units. */
export function ruleDuration(seconds: number): string {
  for (const [unit, name] of [
    [3600, 'hour'],
    [60, 'minute'],
  ] as const) {
    if (seconds >= unit && seconds % unit === 0) return `${seconds / unit} ${name}${seconds === unit ? '' : 's'}`;
  }
  return `${formatCount(seconds)} second${seconds === 1 ? '' : 's'}`;
}

/** "prod", "Shop prod and Shop eu", "any connection". */
export function scopeText({ scope }: Pick<AlertRuleDraft, 'scope'>, nameOf: (connectionId: string) => string): string {
  const { connections, environments } = scope;
  const named = connections === '*' ? null : connections.map(nameOf);
  const where =
    environments === '*' ? null : environments.map((each) => (each === 'unknown' ? 'unnamed environments' : each));
  if (named === null && where === null) return 'any connection';
  if (named === null) return joined(where ?? []);
  const list = named.length > 3 ? `${named.length} connections` : joined(named);
  return where === null ? list : `${list} (${joined(where)})`;
}

function joined(parts: readonly string[]): string {
  return parts.length <= 1 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`;
}

const reasons: Readonly<Record<string, string>> = {
  notCollected: 'not watched for long enough to judge',
  nothingHappened: 'nothing happened that could be judged',
  tooFewSamples: 'too few samples to judge',
  connectionDown: 'waits until the connection is back',
  notWatched: 'the connection is not open',
};

/** Why an alert cannot be judged. */
export function silenceText(reason: string, metric: Pick<AlertMetric, 'lacking'> | undefined): string {
  if (reason === 'notAvailable') return `not available here: ${metric?.lacking ?? ''}`;
  return reasons[reason] ?? reason;
}
