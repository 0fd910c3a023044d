import assert from 'node:assert/strict';
import { minutesOfWindows } from '../../../../src/domain/governance/week.ts';
import {
  actOfKey,
  cellAtShare,
  covers,
  moved,
  rangeWords,
  stretchesOf,
} from '../../../../webviews/policyPack/selection.ts';

const now = Date.parse('2026-01-15T12:00:00Z');

describe('selecting on the week', () => {
  it('gives the same hours of each day that is touched, whichever way it was drawn', () => {
    const corner = { from: { day: 2, column: 31 }, to: { day: 0, column: 16 } };
    assert.deepEqual(stretchesOf(corner), [
      [480, 960],
      [1440 + 480, 1440 + 960],
      [2880 + 480, 2880 + 960],
    ]);
    assert.match(rangeWords(corner, now), /^Mon to Wed 08:00 to 16:00 UTC, /);
  });

  it('moves by keys within the week, and by whole hours with Control', () => {
    const right = actOfKey('ArrowRight', true);
    assert.deepEqual(right, { do: 'move', days: 0, columns: 2 });
    assert.deepEqual(moved({ day: 6, column: 47 }, { days: 3, columns: 9 }), { day: 6, column: 47 });
    assert.deepEqual(moved({ day: 3, column: 5 }, { days: -7, columns: -48 }), { day: 0, column: 0 });
    assert.deepEqual(actOfKey(' ', false), { do: 'toggle' });
    assert.deepEqual(actOfKey('Delete', false), { do: 'close' });
    assert.equal(actOfKey('a', false), null);
  });

  it('finds the cell under the pointer, also beyond the edges', () => {
    assert.deepEqual(cellAtShare(0.5, 0.5), { day: 3, column: 24 });
    assert.deepEqual(cellAtShare(-1, 9), { day: 6, column: 0 });
    assert.deepEqual(cellAtShare(1, 1), { day: 6, column: 47 });
  });

  it('knows which cells are open', () => {
    const set = minutesOfWindows([{ weekdays: ['tue'], startTime: '08:00', endTime: '16:00' }]);
    assert.equal(covers(set, { day: 1, column: 16 }), true);
    assert.equal(covers(set, { day: 1, column: 32 }), false);
    assert.equal(covers(set, { day: 0, column: 16 }), false);
  });
});
