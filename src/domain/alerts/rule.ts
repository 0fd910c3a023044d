import type { Environment } from '../connections/definition.ts';
import type { AlertSeverity } from './event.ts';

/** How the minutes of the lookback become one value. */
export const aggregations = ['last', 'avg', 'min', 'max', 'sum', 'rate', 'ratio', 'p95'] as const;
export type Aggregation = (typeof aggregations)[number];

export const operators = ['>', '>=', '<', '<='] as const;
export type Operator = (typeof operators)[number];

/**
 * What silence means: it is shown and the state stays; all is well; it counts as bad; or the state stays as it is for
 * a while, and then it is shown.
 */
export type SilencePolicy = 'show' | 'ok' | 'alert' | { readonly keepLastMinutes: number };

export interface RuleScope {
  /** Ids or uids; `*` = all. */
  readonly connections: '*' | readonly string[];
  readonly environments: '*' | readonly Environment[];
}

/** What a person writes, and what the API takes. A connection is in scope when both parts of the scope name it. */
export interface AlertRuleDraft {
  readonly name: string;
  /** Id of a metric, see `metrics/registry.ts`. */
  readonly metric: string;
  readonly aggregation: Aggregation;
  readonly operator: Operator;
  /** In the metric's own unit; ratios 0..1. */
  readonly threshold: number;
  /** The value that it must reach again before the alert is over; absent = no longer bad. */
  readonly recoveryThreshold?: number;
  readonly lookbackMinutes: number;
  /** How long it must be bad, without a break, before it fires. */
  readonly forSeconds: number;
  /** How long it must be good before it is over; 0 when absent. */
  readonly keepFiringSeconds?: number;
  readonly severity: AlertSeverity;
  readonly scope: RuleScope;
  /** Operations, lookups or samples that the lookback must hold; the metric's own when absent. */
  readonly minSamples?: number;
  /** `show` when absent. */
  readonly onNoData?: SilencePolicy;
  /** What a failed evaluation means; `show` when absent. */
  readonly onError?: SilencePolicy;
  readonly enabled: boolean;
}

/** Where a rule stands: made here, shipped with the product, or in the settings of a workspace. */
export type RuleOrigin = 'own' | 'starter' | 'settings';

export interface AlertRule extends AlertRuleDraft {
  readonly id: string;
  readonly origin: RuleOrigin;
  /** UTC ISO-8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Rules are evaluated at whole multiples of this, UTC; those that look back further than an hour less often. */
export function slotMsOf({ lookbackMinutes }: Pick<AlertRuleDraft, 'lookbackMinutes'>): number {
  return lookbackMinutes > 60 ? 5 * 60_000 : 30_000;
}

/** Equal for two versions of a rule that judge alike; a change begins anew, quietly. `for` is not among it. */
export function judgementOf(rule: AlertRuleDraft): string {
  const known = judgements.get(rule);
  if (known !== undefined) return known;
  const judgement = judgementText(rule);
  judgements.set(rule, judgement);
  return judgement;
}

/** Rules never change in place; a thousand connections ask for the same one. */
const judgements = new WeakMap<AlertRuleDraft, string>();

function judgementText(rule: AlertRuleDraft): string {
  const { metric, aggregation, operator, threshold, recoveryThreshold, lookbackMinutes, scope, minSamples } = rule;
  return JSON.stringify([
    metric,
    aggregation,
    operator,
    threshold,
    recoveryThreshold ?? null,
    lookbackMinutes,
    minSamples ?? null,
    scope.connections,
    scope.environments,
  ]);
}

export function isBreach({ operator, threshold }: AlertRuleDraft, value: number): boolean {
  switch (operator) {
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
  }
}

/** Whether a value is so good that the alert may end: the recovery threshold itself counts. */
export function isRecovered(rule: AlertRuleDraft, value: number): boolean {
  if (isBreach(rule, value)) return false;
  const { recoveryThreshold, operator } = rule;
  if (recoveryThreshold === undefined) return true;
  return looksUp(operator) ? value <= recoveryThreshold : value >= recoveryThreshold;
}

/** Whether high values are the bad ones. */
export function looksUp(operator: Operator): boolean {
  return operator === '>' || operator === '>=';
}

/** Whether a rule is for a connection. */
export function isInScope(
  { scope }: Pick<AlertRuleDraft, 'scope'>,
  connection: { readonly id: string; readonly uid: string; readonly environment: Environment },
): boolean {
  const { connections, environments } = scope;
  const named = connections === '*' || connections.includes(connection.uid) || connections.includes(connection.id);
  return named && (environments === '*' || environments.includes(connection.environment));
}
