import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { collapseWidePositions, TopPatterns } from '../../../../src/domain/observability/topPatterns.ts';

describe('domain/observability/topPatterns', () => {
  it('counts exactly while everything fits', () => {
    const top = new TopPatterns(10);
    for (let i = 0; i < 30; i++) top.add('a:*', i, i % 3 === 0 ? 1 : 0);
    for (let i = 0; i < 20; i++) top.add('b:*', 100 + i);
    top.add('c', 5);
    assert.deepEqual(top.ranked(2), [
      { pattern: 'a:*', touches: 30, maxOvercount: 0, errors: 10, lastTouchedMs: 29, tie: false },
      { pattern: 'b:*', touches: 20, maxOvercount: 0, errors: 0, lastTouchedMs: 119, tie: false },
    ]);
    assert.equal(top.total, 51);
  });

  it('says that equal counts are a tie', () => {
    const top = new TopPatterns(10);
    for (const pattern of ['a', 'b', 'c', 'a', 'b']) top.add(pattern, 0);
    assert.deepEqual(
      top.ranked(3).map((row) => [row.pattern, row.tie]),
      [
        ['a', true],
        ['b', false],
        ['c', false],
      ],
    );
  });

  it('never counts too low, never more than maxOvercount too high, and finds every heavy one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 2000 }), fc.integer({ min: 1, max: 40 }), (stream, k) => {
        const top = new TopPatterns(k);
        const truth = new Map<string, number>();
        for (const n of stream) {
          // Skewed: low numbers are frequent.
          const pattern = `p${Math.floor((n * n) / 60)}`;
          top.add(pattern, 0);
          truth.set(pattern, (truth.get(pattern) ?? 0) + 1);
        }
        const rows = top.ranked(k);
        const names = new Set(rows.map((row) => row.pattern));
        for (const row of rows) {
          const count = truth.get(row.pattern) ?? 0;
          assert.ok(row.touches >= count && row.touches - row.maxOvercount <= count);
        }
        for (const [pattern, count] of truth) if (count > stream.length / k) assert.ok(names.has(pattern));
        rows.forEach((row, index) => {
          // What is ranked without a tie really stands above all that come after it.
          if (row.tie) return;
          for (const later of rows.slice(index + 1)) {
            assert.ok((truth.get(row.pattern) ?? 0) > (truth.get(later.pattern) ?? 0));
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a capacity outside 1..1,000', () => {
    for (const capacity of [0, 1.5, -1, 1001, Number.NaN]) assert.throws(() => new TopPatterns(capacity), RangeError);
  });

  it('collapses a position with more than 50 names and keeps the totals', () => {
    const counts = Array.from({ length: 60 }, (_, i) => ({
      pattern: `user:name${i}x:${i % 2 === 0 ? 'cart' : 'seen'}`,
      touches: 2,
      errors: i === 7 ? 1 : 0,
      lastTouchedMs: i,
    }));
    const few = Array.from({ length: 50 }, (_, i) => ({
      pattern: `team:t${i}x`,
      touches: 1,
      errors: 0,
      lastTouchedMs: 1,
    }));
    const merged = collapseWidePositions([...counts, ...few]);
    assert.equal(merged.length, 52);
    assert.deepEqual(merged.slice(0, 2), [
      { pattern: 'user:*:cart', touches: 60, errors: 0, lastTouchedMs: 58 },
      { pattern: 'user:*:seen', touches: 60, errors: 1, lastTouchedMs: 59 },
    ]);
  });

  it('never collapses the first position: 60 flat names are 60 kinds', () => {
    const counts = Array.from({ length: 60 }, (_, i) => ({
      pattern: `n${i}x`,
      touches: 1,
      errors: 0,
      lastTouchedMs: 0,
    }));
    assert.equal(collapseWidePositions(counts).length, 60);
  });
});
