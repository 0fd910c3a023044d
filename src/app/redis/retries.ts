import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure, type Failure } from '../../domain/failure.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { ActiveConnection, Sessions } from '../ports/sessions.ts';
import type { Attempt, Ended } from './operationRecord.ts';
import { decideRetry, RecentOutcomes, type RetryDecision } from './retry.ts';

/** Asks what stands in the way of an operation, and gives what sends it. */
export type Prepare<T> = (active: ActiveConnection) => Promise<{ go: () => Promise<T>; mayRepeat: boolean }>;

/** How an operation ended, after all of its attempts. */
export type Tried<T> = Ended & ({ readonly result: T; readonly failure?: never } | { readonly failure: Failure });

/** Runs operations as often as their connections say, and remembers of each connection how the last ones went. */
export class Retries {
  readonly #sessions: Sessions;
  readonly #clock: Clock;
  readonly #recent = new Map<string, RecentOutcomes>();

  constructor(sessions: Sessions, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /** Runs an operation until it succeeds, may not be repeated, or `signal` aborts. Never rejects. */
  async run<T>(connectionUid: string, signal: AbortSignal | undefined, prepare: Prepare<T>): Promise<Tried<T>> {
    const attempts: Attempt[] = [];
    let active: ActiveConnection | undefined;
    for (let attempt = 1; ; attempt++) {
      const at = isoTime(this.#clock);
      const started = this.#clock.monoMs();
      let mayRepeat = false;
      try {
        active = await this.#sessions.active(connectionUid);
        const prepared = await prepare(active);
        ({ mayRepeat } = prepared);
        const result = await prepared.go();
        attempts.push({ at, durationMs: this.#clock.monoMs() - started });
        this.weigh(connectionUid, undefined);
        return { active, attempts, result };
      } catch (error) {
        const failure = asFailure(error);
        const durationMs = this.#clock.monoMs() - started;
        const next = this.#next(connectionUid, failure, attempt, mayRepeat ? active?.definition : undefined);
        if (next.retry && signal?.aborted !== true) {
          attempts.push({ at, durationMs, errorCode: failure.code, delayMs: next.delayMs });
          await this.#pause(next.delayMs, signal);
          continue;
        }
        const stopReason = next.retry ? 'cancelled' : next.stopReason;
        attempts.push({ at, durationMs, errorCode: failure.code, stopReason });
        this.weigh(connectionUid, failure);
        return { active, attempts, failure };
      }
    }
  }

  /** Counts how an operation ended for the next decision whether to try again; `run` does so by itself. */
  weigh(connectionUid: string, failure: Failure | undefined): void {
    if (failure?.code === 'CANCELLED' || failure?.code === 'BLOCKED') return;
    this.#recentOf(connectionUid).add(failure !== undefined);
  }

  #next(
    connectionUid: string,
    failure: Failure,
    attempt: number,
    definition: ConnectionDefinition | undefined,
  ): RetryDecision {
    if (definition === undefined) return { retry: false, stopReason: 'nonRetryable' };
    return decideRetry(failure, attempt, definition.retry, this.#recentOf(connectionUid).errorRate());
  }

  #recentOf(connectionUid: string): RecentOutcomes {
    const known = this.#recent.get(connectionUid);
    if (known !== undefined) return known;
    const recent = new RecentOutcomes();
    this.#recent.set(connectionUid, recent);
    return recent;
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.dispose();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#clock.after(ms, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
