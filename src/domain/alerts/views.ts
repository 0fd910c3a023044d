import type { Episode, Point } from './backtest.ts';
import type { AlertStateName } from './state.ts';

/** One rule on one connection, as it stands. Times UTC ISO-8601. */
export interface AlertState {
  readonly ruleId: string;
  readonly connectionId: string;
  readonly state: AlertStateName;
  readonly overlay?: 'noData' | 'error';
  readonly value?: number;
  readonly since: string;
  /** Why there is an overlay: a sentence. */
  readonly reason?: string;
  /** Id of the rule because of which nobody is told. */
  readonly mutedBy?: string;
  readonly snoozedUntil?: string;
  /** It fired then, and nobody has looked since. */
  readonly unverifiedSince?: string;
  readonly flapping?: true;
  /** When the episode that goes on became bad. */
  readonly episodeFrom?: string;
}

/** What a rule would have done. */
export interface Backtest {
  /** Newest first. */
  readonly episodes: readonly Episode[];
  /** 0..1: watched share of the range. */
  readonly coverage: number;
  /** At most 720; of several connections at each time the value nearest to the bad side. */
  readonly series: readonly Point[];
  /** Connections that were seen in the range. */
  readonly connectionIds: readonly string[];
  /** Of these, the ones whose server lacks the metric. */
  readonly notAvailableOn: readonly string[];
}
