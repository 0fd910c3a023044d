import assert from 'node:assert/strict';
import { CommandTimesCounter } from '../../../../src/domain/observability/commandTimes.ts';
import type { CommandDelta } from '../../../../src/domain/observability/commandStats.ts';

const delta = (command: string, calls: number, usec: number): CommandDelta => ({
  command,
  calls,
  usec,
  rejected: 0,
  failed: 1,
});

describe('where the server’s time went', () => {
  it('adds samples up, the most time first, and draws time per call on a grid', () => {
    const counter = new CommandTimesCounter({ fromMs: 60_000, toMs: 180_000, stepMs: 60_000 });
    counter.add({ atMs: 90_000, periodSeconds: 30, commands: [delta('get', 100, 200), delta('keys', 1, 5000)] });
    counter.add({ atMs: 120_000, periodSeconds: 30, commands: [delta('get', 100, 600)] });
    counter.add({ atMs: 150_000, periodSeconds: 30, commands: [delta('keys', 1, 1000)] });
    const { commands, courses, coverage, watchedSeconds, startMs } = counter.result(10, 2);
    assert.deepEqual(
      commands.map(({ command, calls, usec, failed }) => [command, calls, usec, failed]),
      [
        ['keys', 2, 6000, 2],
        ['get', 200, 800, 2],
      ],
    );
    assert.deepEqual(courses, [
      { command: 'keys', usecPerCall: [5000, 1000] },
      { command: 'get', usecPerCall: [4, null] },
    ]);
    assert.deepEqual([watchedSeconds, startMs, coverage], [90, 60_000, [1, 0.5]]);
  });

  it('keeps to its bounds, and divides by nothing', () => {
    const counter = new CommandTimesCounter({ fromMs: 0, toMs: 60_000, stepMs: 60_000 });
    const many = Array.from({ length: 200 }, (_, n) => delta(`c${n}`, n, n));
    counter.add({ atMs: 30_000, periodSeconds: 30, commands: many });
    counter.add({ atMs: 9_000_000, periodSeconds: 30, commands: many });
    const { commands, courses } = counter.result(5, 3);
    assert.deepEqual([commands.length, courses.length, commands[0]?.command], [5, 3, 'c199']);
    assert.deepEqual(new CommandTimesCounter({ fromMs: 5, toMs: 5, stepMs: 1 }).result(5, 3).coverage, []);
    const rejected = new CommandTimesCounter({ fromMs: 0, toMs: 1000, stepMs: 1000 });
    rejected.add({ atMs: 1000, periodSeconds: 1, commands: [{ ...delta('set', 0, 0), rejected: 3 }] });
    assert.deepEqual(rejected.result(1, 1).courses, [{ command: 'set', usecPerCall: [null] }]);
  });
});
