import type { Failure } from '../../domain/failure.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { ActiveConnection } from '../ports/sessions.ts';
import type { Operation } from './gate.ts';

/** What one try of an operation came to, for the record. */
export interface Attempt {
  readonly at: string;
  readonly durationMs: number;
  readonly errorCode?: string;
  readonly delayMs?: number;
  readonly stopReason?: string;
}

/** What an operation says of itself, besides what it sends. */
export type Recorded = Omit<Operation, 'commands'>;

/** How an operation ended, or one of its trips, after all attempts. */
export interface Ended {
  /** Absent when there was no connection to be had. */
  readonly active: ActiveConnection | undefined;
  /** At least one. */
  readonly attempts: readonly Attempt[];
  readonly failure?: Failure | undefined;
}

/** One try that began `at` and lasted `durationMs`. */
export function attemptOf(at: string, durationMs: number, failure: Failure | undefined): Attempt {
  return { at, durationMs, ...(failure === undefined ? {} : { errorCode: failure.code }) };
}

/** The attempts of an act of several trips: every one that was repeated, and a last one that lasted as long as all that were not. */
export function ofAllTrips(trips: readonly Ended[]): readonly Attempt[] {
  const repeated = trips.flatMap(({ attempts }) => attempts.slice(0, -1));
  const ends = trips.flatMap(({ attempts }) => attempts.slice(-1));
  const [first, last] = [ends[0], ends.at(-1)];
  if (first === undefined || last === undefined) return repeated;
  const durationMs = ends.reduce((sum, each) => sum + each.durationMs, 0);
  return [...repeated, { ...last, at: repeated.length === 0 ? first.at : last.at, durationMs }];
}

/** The timeline row of an operation that ended, without who it was for. */
export function recordOf(
  operation: Recorded,
  { attempts, failure }: Ended,
  now: string,
): Omit<HistoryEvent, 'id' | 'connectionId' | 'environment'> {
  const { correlationId, runId, redactedDiff } = operation;
  const details = {
    ...operation.details,
    ...(failure === undefined ? {} : { failure: failure.message, ...factsOf(failure) }),
    ...(attempts.length > 1 ? { attempts } : {}),
  };
  return {
    timestamp: attempts[0]?.at ?? now,
    source: 'app',
    action: operation.action,
    keyOrPattern: operation.keyOrPattern,
    durationMs: attempts.at(-1)?.durationMs ?? 0,
    status: failure === undefined ? 'success' : failure.code === 'BLOCKED' ? 'blocked' : 'error',
    attempt: attempts.length,
    ...(failure === undefined ? {} : { errorCode: failure.code, retryable: failure.retryable }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(runId === undefined ? {} : { runId }),
    ...(redactedDiff === undefined ? {} : { redactedDiff }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** Facts of a failure worth a row of the timeline: never arguments. */
function factsOf(failure: Failure): Record<string, unknown> {
  const { rule, prefix, command, user, unknown, acknowledged, notDone } = failure.details ?? {};
  const facts = { rule, prefix, command, user, unknown, acknowledged, notDone };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
