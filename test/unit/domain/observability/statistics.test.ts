import assert from 'node:assert/strict';
import {
  detectableMean,
  detectableShare,
  fisherGreater,
  holm,
  mannWhitneyGreater,
  normalTail,
} from '../../../../src/domain/observability/statistics.ts';

function near(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

/** The definition, with exact integers. */
function fisherByDefinition(hits: number, n: number, otherHits: number, otherN: number): number {
  const choose = (from: number, k: number): bigint => {
    if (k < 0 || k > from) return 0n;
    let result = 1n;
    for (let i = 0; i < k; i++) result = (result * BigInt(from - i)) / BigInt(i + 1);
    return result;
  };
  const allHits = hits + otherHits;
  let favourable = 0n;
  for (let k = hits; k <= Math.min(n, allHits); k++) favourable += choose(n, k) * choose(otherN, allHits - k);
  return Number((favourable * 10n ** 15n) / choose(n + otherN, allHits)) / 1e15;
}

describe('domain/observability/statistics', () => {
  it('agrees with the definition of Fisher’s test', () => {
    // The lady tasting tea: 3 of 4 right is 17/70.
    near(fisherGreater(3, 4, 1, 4), 17 / 70, 1e-12);
    for (const [a, n, b, m] of [
      [0, 10, 0, 10],
      [10, 10, 0, 10],
      [0, 10, 10, 10],
      [5, 40, 1, 60],
      [1, 40, 9, 60],
      [30, 200, 11, 200],
      [12, 500, 25, 700],
    ] as const) {
      near(fisherGreater(a, n, b, m), fisherByDefinition(a, n, b, m), 1e-9);
    }
  });

  it('is quick and finite on a million operations', () => {
    const p = fisherGreater(50_400, 1_000_000, 50_000, 1_000_000);
    assert.ok(p > 0.05 && p < 0.15, String(p));
    near(fisherGreater(100_000, 1_000_000, 50_000, 1_000_000), 0);
    near(fisherGreater(50_000, 1_000_000, 100_000, 1_000_000), 1);
    assert.equal(fisherGreater(1, 1, 0, 0), 1);
  });

  it('knows the normal distribution', () => {
    near(normalTail(0), 0.5);
    near(normalTail(1.959_964), 0.025);
    near(normalTail(-1.644_854), 0.95);
    near(normalTail(3.090_232), 0.001);
  });

  it('ranks with ties', () => {
    // By hand: U = 24.5 of 25 with one tie, mean 12.5, variance 22.7; z = 2.414.
    near(mannWhitneyGreater([5, 6, 7, 8, 9], [1, 2, 3, 4, 5]), 0.0079, 5e-4);
    assert.equal(mannWhitneyGreater([3, 3, 3], [3, 3, 3]), 1);
    assert.equal(mannWhitneyGreater([], [1]), 1);
    assert.ok(mannWhitneyGreater([1, 2, 3], [7, 8, 9]) > 0.95);
  });

  it('corrects by Holm', () => {
    assert.deepEqual(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
    assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
    assert.deepEqual(holm([]), []);
  });

  it('says what could have been seen', () => {
    // 1 % errors, 2,000 each: about 1.01 + 3.168 * sqrt(…) points.
    near(detectableShare(0.01, 2000, 2000), 0.0222, 5e-4);
    assert.ok(detectableShare(0.01, 200, 200) > detectableShare(0.01, 20_000, 20_000));
    near(
      detectableMean(
        Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 90 : 110)),
        60,
      ),
      105.97,
      0.1,
    );
    assert.equal(detectableMean([1], 60), Number.POSITIVE_INFINITY);
  });
});
