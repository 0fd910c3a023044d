import type { Clock } from '../../src/app/ports/clock.ts';

/** A clock that moves only when told; due timers run in order while it moves. */
export interface ManualClock extends Clock {
  /** Moves both clocks and runs what is due. */
  advance(ms: number): void;
  /** Sets the wall clock alone, as a person or NTP does. */
  setWall(ms: number): void;
}

export function manualClock(startWallMs = Date.UTC(2026, 10, 22, 3, 0, 0)): ManualClock {
  let wall = startWallMs;
  let mono = 1000;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const nextDue = (end: number) => timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  return {
    wallMs: () => wall,
    monoMs: () => mono,
    after(ms, run) {
      const timer = { at: mono + ms, run };
      timers.push(timer);
      return { dispose: () => (timers = timers.filter((other) => other !== timer)) };
    },
    advance(ms) {
      const end = mono + ms;
      for (let due = nextDue(end); due !== undefined; due = nextDue(end)) {
        const timer = due;
        timers = timers.filter((other) => other !== timer);
        wall += timer.at - mono;
        mono = timer.at;
        timer.run();
      }
      wall += end - mono;
      mono = end;
    },
    setWall(ms) {
      wall = ms;
    },
  };
}
