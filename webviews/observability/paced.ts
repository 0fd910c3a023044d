/** Time as the pacing needs it; a test has its own. */
export interface PaceClock {
  now(): number;
  after(ms: number, run: () => void): void;
}

const pageClock: PaceClock = {
  now: () => performance.now(),
  after: (ms, run) => void setTimeout(run, ms),
};

/** An answer that took long is asked for more seldom: at most this share of the time goes into asking. */
const SHARE = 1 / 4;

/**
 * Calls `run` soon after it is wanted, however often that is: never two at once, at least `gapMs()` apart, and more
 * when answers take long. What is wanted while it runs is run once more afterwards.
 */
export function paced(run: () => Promise<void>, gapMs: () => number, clock: PaceClock = pageClock): () => void {
  let isWanted = false;
  let isBusy = false;
  let earliest = -Infinity;

  async function turn(): Promise<void> {
    isWanted = false;
    const start = clock.now();
    await run();
    const end = clock.now();
    earliest = Math.max(start + gapMs(), end + (end - start) * (1 / SHARE - 1));
    isBusy = false;
    if (isWanted) schedule();
  }

  function schedule(): void {
    isBusy = true;
    clock.after(Math.max(0, earliest - clock.now()), () => void turn());
  }

  return () => {
    isWanted = true;
    if (!isBusy) schedule();
  };
}
