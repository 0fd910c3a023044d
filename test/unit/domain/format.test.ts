import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatPercent,
  formatRate,
} from '../../../src/domain/format.ts';

describe('format', () => {
  it('says durations as people do', () => {
    const said: [number, string][] = [
      [0, '0 ms'],
      [0.0001, '1 µs'],
      [0.84, '840 µs'],
      [0.9996, '1 ms'],
      [2.1, '2.1 ms'],
      [9.96, '10 ms'],
      [210.4, '210 ms'],
      [999.6, '1 s'],
      [3000, '3 s'],
      [59_600, '1 min'],
      [240_000, '4 min'],
      [7_200_000, '2 h'],
      [7_500_000, '2 h 5 min'],
      [86_390_000, '1 d'],
      [273_600_000, '3 d 4 h'],
      [-1500, '−1.5 s'],
      [Number.NaN, '–'],
    ];
    for (const [ms, text] of said) assert.equal(formatDuration(ms), text, String(ms));
  });

  it('groups thousands and drops useless zeros', () => {
    assert.equal(formatCount(1204), '1,204');
    assert.equal(formatCount(-1234567), '-1,234,567');
    assert.equal(formatCount(1234.5, 2), '1,234.5');
    assert.equal(formatCount(100), '100');
    assert.equal(formatCount(-0.001, 1), '0');
    assert.equal(formatCounted(1, 'key'), '1 key');
    assert.equal(formatCounted(1204, 'key'), '1,204 keys');
  });

  it('says sizes in steps of 1024', () => {
    assert.equal(formatBytes(0), '0 B');
    assert.equal(formatBytes(1023), '1,023 B');
    assert.equal(formatBytes(1536), '1.5 KB');
    assert.equal(formatBytes(38 * 1024 * 1024), '38 MB');
    assert.equal(formatBytes(1023.7 * 1024), '1 MB');
  });

  it('never rounds something to nothing or all', () => {
    assert.equal(formatPercent(0), '0 %');
    assert.equal(formatPercent(0.003), '0.3 %');
    assert.equal(formatPercent(0.94), '94 %');
    assert.equal(formatPercent(1), '100 %');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true, maxExcluded: true }), (ratio) => {
        assert.notEqual(formatPercent(ratio), '0 %');
        assert.notEqual(formatPercent(ratio), '100 %');
      }),
    );
    assert.equal(formatRate(0.024), '0.024');
    assert.equal(formatRate(1204.4), '1,204');
  });

  it('never shows a value of the next unit in the smaller one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        assert.doesNotMatch(formatDuration(ms), /^(1,?000 (µs|ms)|60 (s|min)|24 h)/);
      }),
    );
  });
});
