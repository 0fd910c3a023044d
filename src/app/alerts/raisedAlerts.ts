import { asFailure } from '../../domain/failure.ts';
import type { AlertEvents, RaisedAlert } from '../ports/alertEvents.ts';
import type { AlertStore } from '../ports/alerts.ts';
import { isoAt, type Clock } from '../ports/clock.ts';
import type { Digest, Disposable, Log } from '../ports/environment.ts';

/** The same alert again within this time is the same alert. */
const sameWithinMs = 10 * 60_000;

export interface RaisedAlertsParts {
  readonly store: Pick<AlertStore, 'raise'>;
  readonly clock: Clock;
  readonly digest: Pick<Digest, 'uuid'>;
  readonly log: Log;
}

/** Alerts that features raise, kept in the store; whoever shows them hears of new ones at once. */
export class RaisedAlerts implements AlertEvents {
  readonly #parts: RaisedAlertsParts;
  readonly #listeners = new Set<() => void>();

  constructor(parts: RaisedAlertsParts) {
    this.#parts = parts;
  }

  async raise(alert: RaisedAlert): Promise<void> {
    const { store, clock, digest, log } = this.#parts;
    const nowMs = clock.wallMs();
    const event = { id: digest.uuid(), ...alert, createdAt: isoAt(nowMs), read: false };
    try {
      const isNew = await store.raise(event, isoAt(nowMs - sameWithinMs));
      if (isNew) for (const listener of this.#listeners) listener();
    } catch (error) {
      log.warn('alert not stored', { kind: alert.source, code: asFailure(error).code });
    }
  }

  onDidRaise(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }
}
