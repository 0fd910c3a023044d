import assert from 'node:assert/strict';
import { barAt, middleOfBar } from '../../../../webviews/charts/bars.ts';

/** Three bars of a minute; the axis begins within the first and ends within the last. */
const bars = { times: [0, 60, 120], from: 32, to: 152 };

describe('bars of a chart', () => {
  it('are pointed at from their beginning to the next one', () => {
    assert.deepEqual(
      [32, 59.9, 60, 110, 119.9, 120, 152].map((seconds) => barAt(bars, seconds)),
      [0, 0, 1, 1, 1, 2, 2],
    );
  });

  it('have the first one at whatever is before them, and none when there are none', () => {
    assert.equal(barAt(bars, -5), 0);
    assert.equal(barAt({ ...bars, times: [] }, 40), null);
  });

  it('have their middle where they are seen, also those that reach out of the axis', () => {
    assert.deepEqual(
      [0, 1, 2].map((index) => middleOfBar(bars, index)),
      [46, 90, 136],
    );
    assert.equal(middleOfBar({ times: [0], from: 10, to: 50 }, 0), 30);
  });

  it('are each found again at their middle', () => {
    for (const index of bars.times.keys()) assert.equal(barAt(bars, middleOfBar(bars, index)), index);
  });
});
