import type { Clock } from '../../../app/ports/clock.ts';
import type { ObservabilitySnapshot } from '../../../domain/observability/snapshot.ts';
import type { HistoryEvent } from '../../../domain/timeline/event.ts';

/** Telemetry waits so long for company before it is written in one transaction. The promise is a second. */
const groupMs = 200;
/** … or until so many rows wait. */
const groupRows = 2000;

export interface TelemetryGroup {
  readonly events: readonly HistoryEvent[];
  readonly samples: readonly ObservabilitySnapshot[];
}

/** Gathers events and samples and writes them in groups: one sync per group instead of one per row. */
export class TelemetryQueue {
  private readonly clock: Clock;
  private readonly write: (group: TelemetryGroup) => Promise<void>;
  private events: HistoryEvent[] = [];
  private samples: ObservabilitySnapshot[] = [];
  private next: { readonly done: Promise<void>; readonly start: () => void } | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(clock: Clock, write: (group: TelemetryGroup) => Promise<void>) {
    this.clock = clock;
    this.write = write;
  }

  /** Resolves when these rows are durable. Rejects with the failure of their group. */
  add(events: readonly HistoryEvent[], samples: readonly ObservabilitySnapshot[]): Promise<void> {
    for (const event of events) this.events.push(event);
    for (const sample of samples) this.samples.push(sample);
    this.next ??= this.schedule();
    const { done, start } = this.next;
    if (this.events.length + this.samples.length >= groupRows) start();
    return done;
  }

  /** Writes what waits now; resolves when everything added before is durable or has failed. */
  async flush(): Promise<void> {
    const { next } = this;
    next?.start();
    await (next?.done ?? this.last);
  }

  /** Resolves when what was given before is written, or could not be: whoever reads next sees all there is. Never rejects. */
  async settled(): Promise<void> {
    // Whoever gave the rows hears of the failure, and the store's health shows it.
    await this.flush().catch(() => undefined);
  }

  private schedule(): { done: Promise<void>; start: () => void } {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const timer = this.clock.after(groupMs, () => begin());
    const before = this.last;
    const done = begun.then(async () => {
      timer.dispose();
      // Its givers heard of it; this group is another one.
      await before.catch(() => undefined);
      const group = { events: this.events, samples: this.samples };
      this.events = [];
      this.samples = [];
      this.next = undefined;
      await this.write(group);
    });
    this.last = done;
    // Each giver hears of it by its own promise; the next group does not depend on this one.
    done.catch(() => undefined);
    return { done, start: begin };
  }
}
