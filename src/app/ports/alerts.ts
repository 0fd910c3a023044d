import type { Episode, Point } from '../../domain/alerts/backtest.ts';
import type { AlertEvent } from '../../domain/alerts/event.ts';
import type { AlertRule, AlertRuleDraft } from '../../domain/alerts/rule.ts';
import type { AlertStateName, Overlay } from '../../domain/alerts/state.ts';

/** A rule with the connections that it is for, when that was settled elsewhere: by the window whose settings hold it. */
export interface StoredRule extends AlertRule {
  /** `uid`s; absent = the scope says it. */
  readonly appliesTo?: readonly string[];
}

/** One rule on one connection, as the last evaluation left it. Times in milliseconds since the epoch. */
export interface StateRow {
  readonly ruleId: string;
  /** `uid` of the connection. */
  readonly connectionId: string;
  readonly state: AlertStateName;
  readonly sinceMs: number;
  readonly value: number | null;
  readonly overlay: Overlay | null;
  /** Evaluated time that it has been bad. */
  readonly elapsedMs: number;
  readonly unverifiedSinceMs: number | null;
  readonly flapping: boolean;
  /** Id of the rule because of which nobody is told. */
  readonly mutedBy: string | null;
  readonly snoozedUntilMs: number | null;
  /** The episode that is going on: id of its event, and when it became bad. */
  readonly episode: { readonly eventId: string; readonly fromMs: number; readonly firedMs: number } | null;
}

export interface EvaluationRequest {
  readonly nowMs: number;
  /** Fence of the lease `alerts`; null = look only, write nothing. */
  readonly fence: number | null;
  /** A connection without a sample for so long is not open anywhere. */
  readonly goneAfterMs: number;
  /** Also rules that are in order and rules that are not due. */
  readonly all: boolean;
}

export interface Evaluation {
  /** The slot of rules with the shortest interval. */
  readonly slotMs: number;
  /** All that is not normal, and of what only cannot be judged up to 25 connections per rule; with `all`, everything. */
  readonly states: readonly StateRow[];
  /** Whether events were added. */
  readonly told: boolean;
  /** Whether anything was written. */
  readonly changed: boolean;
  /** What it took in the worker, milliseconds. */
  readonly workMs: number;
}

export interface BacktestRequest {
  readonly rule: AlertRuleDraft;
  /** `uid`s in scope. */
  readonly connectionIds: readonly string[];
  /** UTC; whole minutes are used. */
  readonly from: string;
  readonly to: string;
  readonly mostPoints: number;
}

export interface StoredBacktest {
  readonly episodes: readonly Episode[];
  /** 0..1, on average over the connections that were seen. */
  readonly coverage: number;
  readonly series: readonly Point[];
  /** Connections that were seen in the range. */
  readonly seen: readonly string[];
  /** Of these, the ones whose server lacks the metric. */
  readonly lacking: readonly string[];
}

/** Rules, their states and the alert history, in the store `control`: durable before a promise resolves. */
export interface AlertStore {
  /** false = the same one was raised after `sameSince` and is still unread. A critical one is due to be shown. */
  raise(event: AlertEvent, sameSince: string): Promise<boolean>;
  /** Newest first. */
  events(query: { readonly unreadOnly?: boolean; readonly limit: number }): Promise<readonly AlertEvent[]>;
  /** How many are unread. */
  unread(): Promise<number>;
  markRead(ids: readonly string[] | 'all'): Promise<void>;
  /** In the order of their names. */
  rules(): Promise<readonly StoredRule[]>;
  /** Adds or changes them, all or none. */
  saveRules(rules: readonly AlertRule[]): Promise<void>;
  /** false = there was none. Its states end with the next evaluation. */
  removeRule(id: string): Promise<boolean>;
  /** Adds them unless that was done before in this store; false = it was. */
  installStarters(rules: readonly AlertRule[]): Promise<boolean>;
  /** The rules of one settings file are these now; true = that changed something. */
  publishRules(root: string, rules: readonly StoredRule[]): Promise<boolean>;
  /** One evaluation of every rule on every connection that is watched. @throws Failure CONFLICT when the lease is lost */
  evaluate(request: EvaluationRequest): Promise<Evaluation>;
  backtest(request: BacktestRequest): Promise<StoredBacktest>;
  /** `connectionId` null = on all connections; an `untilMs` in the past ends it. An alert that fires is shown again then. */
  snooze(request: {
    readonly ruleId: string;
    readonly connectionId: string | null;
    readonly untilMs: number;
    readonly nowMs: number;
  }): Promise<void>;
  /** Snoozes that have not ended. */
  snoozes(
    nowMs: number,
  ): Promise<readonly { readonly ruleId: string; readonly connectionId: string | null; readonly untilMs: number }[]>;
  /**
   * The events that are due to be shown, now this window's to show. Those that another window took and did not show
   * within `takenBeforeMs`, or whose window `gone` names, are due again.
   */
  claimToasts(request: {
    readonly holder: string;
    readonly nowMs: number;
    readonly takenBeforeMs: number;
    readonly gone: readonly string[];
  }): Promise<readonly AlertEvent[]>;
  /** Windows that have taken events and not said that they showed them. */
  toastHolders(): Promise<readonly string[]>;
  /** They were shown and are not due again, unless somebody snoozes them. */
  toastsShown(ids: readonly string[]): Promise<void>;
  /** Due again then. */
  postponeToasts(ids: readonly string[], untilMs: number): Promise<void>;
  /** These connections were open and do not answer, at a moment. */
  markDown(connectionIds: readonly string[], atMs: number): Promise<void>;
}
