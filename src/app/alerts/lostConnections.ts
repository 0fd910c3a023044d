import { asFailure } from '../../domain/failure.ts';
import type { WatchedConnections } from '../observability/watched.ts';
import type { AlertStore } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disposable, Log } from '../ports/environment.ts';

const markEveryMs = 15_000;

export interface LostConnectionsParts {
  readonly store: Pick<AlertStore, 'markDown'>;
  readonly connections: WatchedConnections;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Says, for every evaluating window to read, which connections were open here and do not answer. One that was closed on
 * purpose, or never opened, is not lost.
 */
export class LostConnections implements Disposable {
  readonly #parts: LostConnectionsParts;
  readonly #wasReady = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #watching: Disposable;
  #timer: { dispose(): void } | undefined;

  constructor(parts: LostConnectionsParts) {
    this.#parts = parts;
    this.#watching = parts.connections.onDidChange(() => this.#look());
    this.#look();
  }

  dispose(): void {
    this.#watching.dispose();
    this.#timer?.dispose();
  }

  #look(): void {
    const present = new Set<string>();
    const before = this.#lost.size;
    for (const { summary } of this.#parts.connections.views()) {
      const { uid, state } = summary;
      present.add(uid);
      if (state === 'ready') this.#wasReady.add(uid);
      if (state === 'disconnected') this.#wasReady.delete(uid);
      const isLost = this.#wasReady.has(uid) && (state === 'reconnecting' || state === 'failed');
      if (!isLost && state !== 'connecting') this.#lost.delete(uid);
      if (isLost) this.#lost.add(uid);
    }
    for (const uid of this.#lost) if (!present.has(uid)) this.#lost.delete(uid);
    if (this.#lost.size > before) this.#mark();
  }

  #mark(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (this.#lost.size === 0) return;
    const { store, clock, log } = this.#parts;
    store.markDown([...this.#lost], clock.wallMs()).catch((error: unknown) => {
      log.warn('lost connection not recorded', { code: asFailure(error).code });
    });
    this.#timer = clock.after(markEveryMs, () => this.#mark());
  }
}
