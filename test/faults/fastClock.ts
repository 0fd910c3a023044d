import type { Clock } from '../../src/app/ports/clock.ts';

/** How much faster than the machine's clock this one runs. */
export const speed = 5;

/** A clock on which minutes pass in seconds, the same in every process of a test. */
export const fastClock: Clock = {
  wallMs: () => Date.now() * speed,
  monoMs: () => performance.now() * speed,
  after(ms, run) {
    const timer = setTimeout(run, ms / speed);
    return { dispose: () => clearTimeout(timer) };
  },
};
