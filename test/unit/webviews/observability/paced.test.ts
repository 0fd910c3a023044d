import assert from 'node:assert/strict';
import { paced, type PaceClock } from '../../../../webviews/observability/paced.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Time that moves only when told. */
function handClock(): PaceClock & { advance(ms: number): Promise<void> } {
  let now = 0;
  let due: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    after: (ms, run) => void due.push({ at: now + ms, run }),
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due = due.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.run();
        await settled();
      }
      now = end;
    },
  };
}

describe('pacing', () => {
  it('runs at once, then no more often than the gap, however often it is wanted', async () => {
    const clock = handClock();
    const runs: number[] = [];
    const want = paced(
      () => Promise.resolve(void runs.push(clock.now())),
      () => 1000,
      clock,
    );
    for (let ms = 0; ms < 2900; ms += 100) {
      want();
      await clock.advance(100);
    }
    assert.deepEqual(runs, [0, 1000, 2000]);
  });

  it('never runs twice at once, and spends at most a quarter of the time', async () => {
    const clock = handClock();
    let running = 0;
    const starts: number[] = [];
    const slow = async (): Promise<void> => {
      starts.push(clock.now());
      running += 1;
      assert.equal(running, 1);
      await new Promise<void>((resolve) => clock.after(2000, resolve));
      running -= 1;
    };
    const want = paced(slow, () => 1000, clock);
    for (let ms = 0; ms < 20_000; ms += 500) {
      want();
      await clock.advance(500);
    }
    assert.deepEqual(starts, [0, 8000, 16_000]);
  });

  it('does not run unless wanted, and does not lose a wish that came while it ran', async () => {
    const clock = handClock();
    let runs = 0;
    const want = paced(
      async () => {
        runs += 1;
        await new Promise<void>((resolve) => clock.after(100, resolve));
      },
      () => 1000,
      clock,
    );
    want();
    await clock.advance(50);
    want();
    await clock.advance(60_000);
    assert.equal(runs, 2);
  });
});
