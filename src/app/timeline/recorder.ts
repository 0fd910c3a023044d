import { asFailure } from '../../domain/failure.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { Log } from '../ports/environment.ts';
import type { HistoryStore } from '../ports/stores.ts';

/**
 * Puts rows into the timeline without making anybody wait: the store groups them, and reads that come later see them.
 * A store that cannot write shows its own state; here its failure is logged and the row counts as lost.
 */
export class TimelineRecorder {
  readonly #history: Pick<HistoryStore, 'append'>;
  readonly #log: Log;
  #lost = 0;

  constructor(history: Pick<HistoryStore, 'append'>, log: Log) {
    this.#history = history;
    this.#log = log;
  }

  /** Rows that the store refused since the start. */
  get lost(): number {
    return this.#lost;
  }

  record(event: HistoryEvent): void {
    this.#history.append([event]).catch((error: unknown) => {
      this.#lost += 1;
      this.#log.error('timeline row not stored', {
        action: event.action,
        code: asFailure(error).code,
        count: this.#lost,
      });
    });
  }
}
