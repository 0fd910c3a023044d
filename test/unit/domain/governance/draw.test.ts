import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkPack } from '../../../../src/domain/governance/checkPack.ts';
import { drawn, windowsOfSet } from '../../../../src/domain/governance/draw.ts';
import { minutesOfWindows, minutesPerWeek, union, type Stretch } from '../../../../src/domain/governance/week.ts';

const anyStretch = fc
  .tuple(fc.integer({ min: 0, max: minutesPerWeek - 1 }), fc.integer({ min: 1, max: 3000 }))
  .map(([from, length]): Stretch => [from, Math.min(minutesPerWeek, from + length)]);

describe('drawing windows', () => {
  it('gives windows that cover exactly what was drawn, and that a pack takes', () => {
    fc.assert(
      fc.property(fc.array(anyStretch, { minLength: 1, maxLength: 6 }), (stretches) => {
        const set = union(stretches);
        const windows = windowsOfSet(set);
        assert.deepEqual(minutesOfWindows(windows), set);
        const pack = { name: 'p', environments: ['dev'], maxWorkflowItems: 1, maxRetryAttempts: 0, enabled: true };
        checkPack({ ...pack, schedulingEnabled: true, executionWindows: windows });
      }),
      { numRuns: 3000 },
    );
  });

  it('adds and takes away minute by minute', () => {
    const inside = (set: readonly Stretch[], minute: number): boolean =>
      set.some(([from, to]) => minute >= from && minute < to);
    fc.assert(
      fc.property(
        fc.array(anyStretch, { maxLength: 4 }),
        fc.array(anyStretch, { maxLength: 3 }),
        fc.boolean(),
        (a, b, add) => {
          const set = union(a);
          const result = drawn(set, b, add);
          for (let minute = 0; minute < minutesPerWeek; minute += 13) {
            const wanted = add ? inside(set, minute) || inside(b, minute) : inside(set, minute) && !inside(b, minute);
            assert.equal(inside(result, minute), wanted);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('puts days with the same times together and keeps their id', () => {
    const before = windowsOfSet([[480, 960]]);
    const after = windowsOfSet(drawn(minutesOfWindows(before), [[1440 + 480, 1440 + 960]], true), before);
    assert.deepEqual(after, [
      { id: 'w1', weekdays: ['mon', 'tue'], startTime: '08:00', endTime: '16:00', timezone: 'UTC' },
    ]);
    const night = windowsOfSet([[1320, 1800]], after);
    assert.deepEqual(night, [{ id: 'w1', weekdays: ['mon'], startTime: '22:00', endTime: '06:00', timezone: 'UTC' }]);
    const sunday = windowsOfSet([
      [0, 360],
      [minutesPerWeek - 120, minutesPerWeek],
    ]);
    assert.deepEqual(
      sunday.map(({ weekdays, startTime, endTime }) => [weekdays.join(), startTime, endTime]),
      [['sun', '22:00', '06:00']],
    );
  });
});
