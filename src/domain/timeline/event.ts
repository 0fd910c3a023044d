import type { Environment } from '../connections/definition.ts';
import type { FailureCode } from '../failure.ts';

export type EventStatus = 'success' | 'error' | 'blocked';

/** One row of `history_events` (SPEC §6). Values of keys never stand here: types, sizes and counts do. */
export interface HistoryEvent {
  readonly id: string;
  /** UTC ISO-8601, with milliseconds. */
  readonly timestamp: string;
  /** `app`: something Cachify or its user did; `engine`: something the Redis server reports. */
  readonly source: 'app' | 'engine';
  /** `uid` of the connection. */
  readonly connectionId: string;
  readonly environment: Environment;
  /** The API method (`keys.write`), or the automatic act (`connections.relock`). */
  readonly action: string;
  /** A key or pattern, made safe by `display()`; empty when none applies. */
  readonly keyOrPattern: string;
  readonly durationMs: number;
  readonly status: EventStatus;
  readonly errorCode?: FailureCode;
  readonly retryable?: boolean;
  /** Which try this was, from 1. */
  readonly attempt?: number;
  readonly correlationId?: string;
  readonly runId?: string;
  /** One line: type, sizes, counts. */
  readonly redactedDiff?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What policies decided about an act stands in the timeline, and is no operation on a server. */
export const decisionAction = 'governance.decision';

/** Whether an event is an operation of ours, which counts and has a latency. */
export function isOperation({ source, action }: Pick<HistoryEvent, 'source' | 'action'>): boolean {
  return source === 'app' && action !== decisionAction;
}
