import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LatencySketch, latencySketchFrom } from '../../../../src/domain/observability/latencySketch.ts';

function sketchOf(values: readonly number[]): LatencySketch {
  const sketch = new LatencySketch();
  for (const value of values) assert.ok(sketch.add(value));
  return sketch;
}

const latency = fc.double({ min: 0.001, max: 3_600_000, noNaN: true });

describe('latency sketch', () => {
  it('answers every quantile within 1 % of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
          const answered = sketchOf(values).quantile(q) ?? 0;
          assert.ok(Math.abs(answered - exact) <= exact * 0.01, `${answered} for ${exact}`);
        },
      ),
    );
  });

  it('merges exactly, also through its stored form', () => {
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency), (one, other) => {
        const together = sketchOf([...one, ...other]);
        const merged = sketchOf(one);
        merged.merge(sketchOf(other));
        assert.deepEqual(merged.toJSON(), together.toJSON());
        const stored: unknown = JSON.parse(JSON.stringify(together));
        assert.deepEqual(latencySketchFrom(stored)?.toJSON(), together.toJSON());
        assert.equal(merged.count, one.length + other.length);
      }),
    );
  });

  it('takes back what was merged, and forgets: what is left answers as if nothing else had been there', () => {
    const list = fc.array(latency, { maxLength: 60 });
    fc.assert(
      fc.property(list, list, fc.double({ min: 0, max: 1, noNaN: true }), (kept, gone, q) => {
        const sketch = sketchOf(gone);
        assert.ok(sketch.mergeJson(sketchOf(kept).toJSON()) && sketch.subtractJson(sketchOf(gone).toJSON()));
        assert.equal(sketch.quantile(q), sketchOf(kept).quantile(q));
        sketch.clear();
        assert.deepEqual(sketch.toJSON(), []);
        for (const ms of gone) sketch.add(ms);
        assert.equal(sketch.quantile(q), sketchOf(gone).quantile(q));
      }),
    );
  });

  it('keeps extremes within its range and refuses what is no latency', () => {
    const sketch = new LatencySketch();
    for (const wrong of [Number.NaN, -1, Infinity, -Infinity]) assert.equal(sketch.add(wrong), false);
    assert.equal(sketch.count, 0);
    assert.equal(sketch.quantile(0.5), null);
    assert.ok(sketch.add(0) && sketch.add(1e12));
    assert.ok((sketch.quantile(0) ?? 1) < 0.0011);
    assert.ok((sketch.quantile(1) ?? 0) > 4_000_000);
  });

  it('counts what lies above a limit', () => {
    const sketch = sketchOf([1, 2, 3, 100, 200]);
    assert.equal(sketch.countAbove(50), 2);
    assert.equal(sketch.countAbove(1000), 0);
  });

  it('refuses stored forms that are damaged', () => {
    for (const wrong of [null, {}, [1], [1, 0], [1, -1], [5, 1, 4, 1], [1, 1, 1, 1], [1e9, 1], [0.5, 1], ['1', 1]]) {
      assert.equal(latencySketchFrom(wrong), null, JSON.stringify(wrong));
    }
    assert.equal(latencySketchFrom([])?.count, 0);
  });
});
