import type { AlertMetric } from '../../src/domain/alerts/metrics/metric.ts';
import { metricOf } from '../../src/domain/alerts/metrics/registry.ts';
import type { AlertRuleDraft, SilencePolicy } from '../../src/domain/alerts/rule.ts';

/** The form as it is typed: numbers are text until they are numbers. */
export interface RuleForm {
  readonly name: string;
  readonly metric: string;
  readonly aggregation: string;
  readonly operator: string;
  readonly threshold: string;
  readonly recovery: string;
  readonly lookback: string;
  readonly lasts: string;
  readonly keeps: string;
  readonly severity: string;
  readonly connections: '*' | readonly string[];
  readonly environments: '*' | readonly string[];
  readonly minSamples: string;
  readonly onNoData: 'show' | 'ok' | 'alert' | 'keepLast';
  readonly keepLastMinutes: string;
  readonly onError: SilencePolicy | undefined;
  readonly enabled: boolean;
}

/** Ratios are typed as percent, everything else as it is. */
export function factorOf(metric: Pick<AlertMetric, 'unit'> | undefined): number {
  return metric?.unit === 'ratio' ? 100 : 1;
}

/** What stands behind the field. */
export function unitOf(metric: Pick<AlertMetric, 'unit'> | undefined, aggregation: string): string {
  const perSecond = aggregation === 'rate' ? 'per second' : '';
  switch (metric?.unit) {
    case 'ratio':
      return '%';
    case 'ms':
      return 'ms';
    case 'factor':
      return '×';
    case 'count':
      return perSecond;
    default:
      return '';
  }
}

export function formOf(draft: AlertRuleDraft): RuleForm {
  const factor = factorOf(metricOf(draft.metric));
  const typed = (value: number | undefined): string => (value === undefined ? '' : plain(value * factor));
  const { onNoData = 'show' } = draft;
  return {
    name: draft.name,
    metric: draft.metric,
    aggregation: draft.aggregation,
    operator: draft.operator,
    threshold: typed(draft.threshold),
    recovery: typed(draft.recoveryThreshold),
    lookback: String(draft.lookbackMinutes),
    lasts: String(draft.forSeconds),
    keeps: draft.keepFiringSeconds === undefined ? '' : String(draft.keepFiringSeconds),
    severity: draft.severity,
    connections: draft.scope.connections,
    environments: draft.scope.environments,
    minSamples: draft.minSamples === undefined ? '' : String(draft.minSamples),
    onNoData: typeof onNoData === 'object' ? 'keepLast' : onNoData,
    keepLastMinutes: typeof onNoData === 'object' ? String(onNoData.keepLastMinutes) : '15',
    onError: draft.onError,
    enabled: draft.enabled,
  };
}

/** The draft that the form says; what is no number comes out as it was typed, and the rule's own checks name the field. */
export function draftOfForm(form: RuleForm): Record<string, unknown> {
  const factor = factorOf(metricOf(form.metric));
  const scaled = (text: string): unknown => {
    const value = numberOf(text);
    return typeof value === 'number' ? Number((value / factor).toPrecision(12)) : value;
  };
  return {
    name: form.name,
    metric: form.metric,
    aggregation: form.aggregation,
    operator: form.operator,
    threshold: scaled(form.threshold),
    ...optional('recoveryThreshold', form.recovery, scaled),
    lookbackMinutes: numberOf(form.lookback),
    forSeconds: numberOf(form.lasts),
    ...optional('keepFiringSeconds', form.keeps, numberOf),
    severity: form.severity,
    scope: { connections: form.connections, environments: form.environments },
    ...optional('minSamples', form.minSamples, numberOf),
    ...(form.onNoData === 'show' ? {} : { onNoData: silence(form) }),
    ...(form.onError === undefined ? {} : { onError: form.onError }),
    enabled: form.enabled,
  };
}

function silence({ onNoData, keepLastMinutes }: RuleForm): unknown {
  return onNoData === 'keepLast' ? { keepLastMinutes: numberOf(keepLastMinutes) } : onNoData;
}

function optional(name: string, text: string, read: (text: string) => unknown): Record<string, unknown> {
  return text.trim() === '' ? {} : { [name]: read(text) };
}

/** A number as people type it: `0,5` and `1 000` too. */
export function numberOf(text: string): unknown {
  const bare = text.replaceAll(/[\s\u00a0']/g, '').replace(',', '.');
  return bare !== '' && Number.isFinite(Number(bare)) ? Number(bare) : text;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** The form with another metric: its own limits, since those of the old one mean nothing. */
export function withMetric(form: RuleForm, id: string): RuleForm {
  const metric = metricOf(id);
  if (metric === undefined || id === form.metric) return form;
  const { operator, threshold, recoveryThreshold, lookbackMinutes, forSeconds } = metric.suggestion;
  const factor = factorOf(metric);
  return {
    ...form,
    metric: id,
    aggregation: metric.aggregations[0],
    operator,
    threshold: plain(threshold * factor),
    recovery: recoveryThreshold === undefined ? '' : plain(recoveryThreshold * factor),
    lookback: String(lookbackMinutes),
    lasts: String(forSeconds),
    minSamples: '',
  };
}

/** Which field of the form a problem of the draft belongs to. */
export function fieldOf(path: string): keyof RuleForm | '' {
  const fields: Readonly<Record<string, keyof RuleForm>> = {
    name: 'name',
    metric: 'metric',
    aggregation: 'aggregation',
    operator: 'operator',
    threshold: 'threshold',
    recoveryThreshold: 'recovery',
    lookbackMinutes: 'lookback',
    forSeconds: 'lasts',
    keepFiringSeconds: 'keeps',
    severity: 'severity',
    'scope.connections': 'connections',
    'scope.environments': 'environments',
    minSamples: 'minSamples',
    onNoData: 'onNoData',
    'onNoData.keepLastMinutes': 'keepLastMinutes',
    enabled: 'enabled',
  };
  return fields[path.replace(/\[\d+\]$/, '')] ?? '';
}
