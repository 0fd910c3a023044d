import type { Clock } from '../app/ports/clock.ts';

/** Calls something at most once per `everyMs`, that long after the first of the requests that came meanwhile. */
export class Coalesced {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #run: () => void;
  #due: { dispose(): void } | undefined;

  constructor(clock: Clock, everyMs: number, run: () => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#run = run;
  }

  soon(): void {
    this.#due ??= this.#clock.after(this.#everyMs, () => {
      this.#due = undefined;
      this.#run();
    });
  }

  dispose(): void {
    this.#due?.dispose();
  }
}
