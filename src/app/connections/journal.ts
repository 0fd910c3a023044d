import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure, type Failure } from '../../domain/failure.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { Digest, Log } from '../ports/environment.ts';
import type { HistoryStore } from '../ports/stores.ts';

export interface JournalStore {
  readonly history: Pick<HistoryStore, 'append'>;
}

type About = Pick<ConnectionDefinition, 'uid' | 'environment'>;

/** Timeline rows about connections themselves: who was let in when, what failed, what was unlocked and why. */
export class ConnectionJournal {
  readonly #stores: JournalStore;
  readonly #digest: Digest;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(stores: JournalStore, digest: Digest, clock: Clock, log: Log) {
    this.#stores = stores;
    this.#digest = digest;
    this.#clock = clock;
    this.#log = log;
  }

  /** Records an act that succeeded; `details` holds facts, never a secret. */
  done(about: About, action: string, details?: Readonly<Record<string, unknown>>, durationMs = 0): void {
    this.#append(about, { action, durationMs, status: 'success', ...(details === undefined ? {} : { details }) });
  }

  failed(about: About, action: string, failure: Failure, durationMs = 0): void {
    this.#append(about, {
      action,
      durationMs,
      status: failure.code === 'BLOCKED' ? 'blocked' : 'error',
      errorCode: failure.code,
      retryable: failure.retryable,
      details: { cause: failure.message },
    });
  }

  #append(about: About, rest: Pick<HistoryEvent, 'action' | 'durationMs' | 'status'> & Partial<HistoryEvent>): void {
    const event: HistoryEvent = {
      id: this.#digest.uuid(),
      timestamp: isoTime(this.#clock),
      source: 'app',
      connectionId: about.uid,
      environment: about.environment,
      keyOrPattern: '',
      ...rest,
    };
    // A store that cannot write must not keep anybody from a server at 3 a.m.; it shows its own state.
    this.#stores.history.append([event]).catch((error: unknown) => {
      this.#log.error('timeline row not stored', { action: rest.action, code: asFailure(error).code });
    });
  }
}
