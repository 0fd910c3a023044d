import { closed, flag, list, number, oneOf, Problems, text, type Problem, type Read } from '../connections/fields.ts';
import { Failure } from '../failure.ts';
import { alertSeverities } from './event.ts';
import { metricOf } from './metrics/registry.ts';
import { aggregations, looksUp, operators, type AlertRuleDraft, type RuleScope, type SilencePolicy } from './rule.ts';

export interface RuleSurroundings {
  /** Names of the other rules. */
  readonly otherNames: readonly string[];
  /** Seconds between two samples. */
  readonly sampleSeconds: number;
}

const day = 24 * 3600;
const finite: Read<number> = (value, path, problems) =>
  typeof value === 'number' && Number.isFinite(value) ? value : problems.add(path, 'must be a finite number');
const seconds = number({ min: 0, max: day, whole: true });
const connectionId = text({ max: 200 });

const environments = oneOf(['dev', 'staging', 'prod', 'unknown']);

function allOr<T>(item: Read<T>): Read<'*' | readonly T[]> {
  const some = list(item, { min: 1, max: 1000 });
  return (value, path, problems) => {
    if (value === '*') return value;
    if (Array.isArray(value) && value.length === 0) {
      return problems.add(path, 'must not be an empty list: use "*" for all');
    }
    return some(value, path, problems);
  };
}

const silence: Read<SilencePolicy> = (value, path, problems) =>
  typeof value === 'string' ? oneOf(['show', 'ok', 'alert'])(value, path, problems) : keepLast(value, path, problems);
const keepLast = closed<{ keepLastMinutes: number }>({ keepLastMinutes: number({ min: 1, max: 1440, whole: true }) }, [
  'keepLastMinutes',
]);

const shape = closed<AlertRuleDraft>(
  {
    name: text({ max: 80, pattern: /\S/, must: 'have a character that is not a space' }),
    metric: (value, path, problems) =>
      typeof value === 'string' && metricOf(value) !== undefined ? value : problems.add(path, 'is not a known metric'),
    aggregation: oneOf(aggregations),
    operator: oneOf(operators),
    threshold: finite,
    recoveryThreshold: finite,
    lookbackMinutes: number({ min: 1, max: 1440, whole: true }),
    forSeconds: seconds,
    keepFiringSeconds: seconds,
    severity: oneOf(alertSeverities),
    scope: closed<RuleScope>({ connections: allOr(connectionId), environments: allOr(environments) }, [
      'connections',
      'environments',
    ]),
    minSamples: number({ min: 1, max: 1_000_000_000, whole: true }),
    onNoData: silence,
    onError: silence,
    enabled: flag,
  },
  [
    'name',
    'metric',
    'aggregation',
    'operator',
    'threshold',
    'lookbackMinutes',
    'forSeconds',
    'severity',
    'scope',
    'enabled',
  ],
);

/** Reads a rule from anything: the rule, or what is wrong with it, field by field. Never throws. */
export function readRule(
  input: unknown,
  around: RuleSurroundings,
): { readonly rule: AlertRuleDraft } | { readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const rule = shape(input, '', problems);
  if (rule !== undefined) checkTogether(rule, around, problems);
  return rule !== undefined && problems.found.length === 0 ? { rule } : { problems: problems.found };
}

/** As `readRule`. @throws Failure VALIDATION_ERROR with the first field in `details.path` and all in `details.problems` */
export function ruleFrom(input: unknown, around: RuleSurroundings, prefix = ''): AlertRuleDraft {
  const read = readRule(input, around);
  if ('rule' in read) return read.rule;
  const [first] = read.problems;
  const path = `${prefix}${first?.path ?? ''}`;
  const where = path === '' ? 'The rule' : `\`${path}\``;
  throw new Failure('VALIDATION_ERROR', `${where} ${first?.rule ?? 'is not valid'}. Nothing was changed.`, {
    details: { path, problems: read.problems },
  });
}

/** Rules between fields. */
function checkTogether(rule: AlertRuleDraft, around: RuleSurroundings, problems: Problems): void {
  const metric = metricOf(rule.metric);
  if (metric === undefined) return;
  if (!metric.aggregations.includes(rule.aggregation)) {
    problems.add('aggregation', `must be ${metric.aggregations.join(' or ')} for this metric`);
  }
  checkRange(metric.unit, 'threshold', rule.threshold, problems);
  if (rule.recoveryThreshold !== undefined) {
    checkRange(metric.unit, 'recoveryThreshold', rule.recoveryThreshold, problems);
    checkRecovery(rule, rule.recoveryThreshold, problems);
  }
  if (rule.lookbackMinutes * 60 < 2 * around.sampleSeconds) {
    problems.add('lookbackMinutes', `must hold two samples: at least ${Math.ceil(around.sampleSeconds / 30)} minutes`);
  }
  if (metric.kind === 'quantile' && rule.minSamples !== undefined && rule.minSamples < 20) {
    problems.add('minSamples', 'must be at least 20 for a p95: of fewer, the highest one is the p95');
  }
  const name = rule.name.trim().toLowerCase();
  if (around.otherNames.some((other) => other.trim().toLowerCase() === name)) {
    problems.add('name', 'is the name of another rule');
  }
}

function checkRange(unit: string, field: string, value: number, problems: Problems): void {
  if (unit === 'ratio' || unit === 'state') {
    if (value < 0 || value > 1) problems.add(field, 'must be from 0 to 1: a share, not a percentage');
  } else if (value < 0) problems.add(field, 'must not be negative');
}

function checkRecovery({ operator, threshold }: AlertRuleDraft, recovery: number, problems: Problems): void {
  const isApart = operator === '>=' || operator === '<=' ? recovery !== threshold : true;
  const isBetter = looksUp(operator) ? recovery <= threshold : recovery >= threshold;
  if (isApart && isBetter) return;
  problems.add('recoveryThreshold', `must be ${looksUp(operator) ? 'below' : 'above'} the threshold`);
}
