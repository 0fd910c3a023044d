import * as z from 'zod/mini';
import type { AlertRuleDraft, RuleOrigin } from '../domain/alerts/rule.ts';
import type { AlertState, Backtest } from '../domain/alerts/views.ts';
import type { Environment } from '../domain/connections/definition.ts';
import type { Problem } from '../domain/connections/fields.ts';
import { event, request } from './contract.ts';

/** A connection that a rule may be for. `name` is safe to show. */
export interface RuleConnection {
  readonly id: string;
  readonly name: string;
  readonly environment: Environment;
}

/** Everything that the page shows of a rule; each one is whole. */
export interface RuleSnapshot {
  /** null = a new rule, not saved yet. */
  readonly id: string | null;
  readonly draft: AlertRuleDraft;
  readonly origin: RuleOrigin;
  readonly connections: readonly RuleConnection[];
  readonly otherNames: readonly string[];
  readonly sampleSeconds: number;
  /** Where it stands on each connection, when it is not plainly normal. */
  readonly states: readonly AlertState[];
  /** The host's time, UTC: in a remote window the page's clock may differ. */
  readonly now: string;
}

export const backtestRanges = ['1h', '6h', '24h', '7d', '30d'] as const;
export type BacktestRange = (typeof backtestRanges)[number];

export interface RuleTest extends Backtest {
  readonly from: string;
  readonly to: string;
}

export type RuleSaved = { readonly id: string } | { readonly problems: readonly Problem[] };

export const ruleActs = ['duplicateRule', 'removeRule', 'openSettings', 'newRule'] as const;
export type RuleAct = (typeof ruleActs)[number];

const id = z.string().check(z.minLength(1), z.maxLength(200));
/** What a rule must be stands in domain/alerts/validate.ts; a form that is half filled is no rule. */
const draft = z.record(z.string().check(z.maxLength(100)), z.unknown());

export const alertRuleContract = {
  requests: {
    /** First of all, and again whenever the page becomes visible. `ruleId` = what it showed before a reload. */
    ready: request<RuleSnapshot | null>()(z.strictObject({ ruleId: z.nullable(id) })),
    /** What the rule would have done. @throws Failure VALIDATION_ERROR when it is not valid */
    test: request<RuleTest>()(z.strictObject({ draft, range: z.enum(backtestRanges) })),
    save: request<RuleSaved>()(z.strictObject({ id: z.nullable(id), draft })),
    act: request<void>()(z.strictObject({ id: z.nullable(id), act: z.enum(ruleActs) })),
    /** The chart, failures or bundle of an episode. */
    openEpisode: request<void>()(
      z.strictObject({
        connectionId: id,
        from: z.iso.datetime(),
        to: z.iso.datetime(),
        what: z.enum(['chart', 'failures', 'compare', 'bundle']),
      }),
    ),
  },
  events: {
    /** null = the rule is gone. */
    snapshot: event<RuleSnapshot | null>(),
  },
} as const;

export type AlertRuleContract = typeof alertRuleContract;
