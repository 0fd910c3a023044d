import type { Clock } from '../../app/ports/clock.ts';
import type { Log } from '../../app/ports/environment.ts';
import { asFailure } from '../../domain/failure.ts';
import { Coalesced } from '../coalesced.ts';

/** A page that is told what it shows as a whole. */
export interface SnapshotPage<Snapshot> {
  emit(name: 'snapshot', snapshot: Snapshot): void;
  isVisible(): boolean;
}

export interface SnapshotPushOptions<Snapshot> {
  readonly clock: Clock;
  readonly log: Log;
  /** Name of the panel, for the log. */
  readonly panel: string;
  /** Changes that come faster are told together; default 250. */
  readonly everyMs?: number;
  snapshot(): Promise<Snapshot>;
}

/** Tells the open page of a panel what it shows, while it is visible. A hidden one asks when it shows again. */
export class SnapshotPush<Snapshot> {
  readonly #options: SnapshotPushOptions<Snapshot>;
  #page: SnapshotPage<Snapshot> | undefined;
  readonly #telling: Coalesced;

  constructor(options: SnapshotPushOptions<Snapshot>) {
    this.#options = options;
    this.#telling = new Coalesced(options.clock, options.everyMs ?? 250, () => void this.now());
  }

  get isOpen(): boolean {
    return this.#page !== undefined;
  }

  attach(page: SnapshotPage<Snapshot>): void {
    this.#page = page;
  }

  /** Of a page that was closed; a newer one stays. */
  detach(page: SnapshotPage<Snapshot>): void {
    if (this.#page === page) this.#page = undefined;
  }

  async now(): Promise<void> {
    if (this.#page?.isVisible() !== true) return;
    try {
      const snapshot = await this.#options.snapshot();
      this.#page?.emit('snapshot', snapshot);
    } catch (error) {
      this.#options.log.warn('panel could not be filled', { kind: this.#options.panel, code: asFailure(error).code });
    }
  }

  soon(): void {
    this.#telling.soon();
  }

  dispose(): void {
    this.#telling.dispose();
  }
}
