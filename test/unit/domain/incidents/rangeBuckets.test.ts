import assert from 'node:assert/strict';
import { rangeBucketMs, rangeBuckets } from '../../../../src/domain/incidents/rangeBuckets.ts';

const start = Date.UTC(2026, 5, 1, 10);
const minute = 60_000;

function row(minutes: number, counts: { success?: number; error?: number; blocked?: number }) {
  return { from: new Date(start + minutes * minute).toISOString(), success: 0, error: 0, blocked: 0, ...counts };
}

describe('the small chart of a range', () => {
  it('gives each minute a bar of its own, also when the range begins within one', () => {
    const rows = Array.from({ length: 11 }, (_, n) => row(n, { success: 6 }));
    const buckets = rangeBuckets(rows, start + 20_000, start + 10 * minute + 20_000);
    assert.deepEqual(
      buckets.map(({ success }) => success),
      Array.from({ length: 11 }, () => 6),
    );
  });

  it('counts what was refused with what failed, and leaves out what lies outside', () => {
    const rows = [row(-1, { success: 9 }), row(0, { success: 1, error: 2, blocked: 3 }), row(2, { success: 9 })];
    assert.deepEqual(rangeBuckets(rows, start, start + 2 * minute), [
      { success: 1, failed: 5 },
      { success: 0, failed: 0 },
    ]);
  });

  it('has at most 61 bars of whole minutes, however long the range', () => {
    for (const minutes of [1, 59, 61, 1440, 100_000]) {
      const toMs = start + minutes * minute + 1234;
      assert.equal(rangeBucketMs(start, toMs) % minute, 0);
      assert.ok(rangeBuckets([], start, toMs).length <= 61, String(minutes));
    }
  });
});
