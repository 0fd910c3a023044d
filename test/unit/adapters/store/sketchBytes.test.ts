import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mergedSketches, SketchDelta, sketchJson } from '../../../../src/adapters/store/sql/sketchBytes.ts';
import { LatencySketch } from '../../../../src/domain/observability/latencySketch.ts';

const latencies = fc.array(fc.double({ min: 0.0001, max: 5_000_000, noNaN: true }), { minLength: 1, maxLength: 300 });

function bytesOf(values: readonly number[]): Uint8Array {
  const delta = new SketchDelta();
  for (const value of values) delta.add(value);
  const bytes = delta.toBytes();
  assert.ok(bytes);
  return bytes;
}

function jsonOf(values: readonly number[]): readonly number[] {
  const sketch = new LatencySketch();
  for (const value of values) sketch.add(value);
  return sketch.toJSON();
}

describe('sketches as bytes', () => {
  it('come back as they went, alone and merged', () => {
    fc.assert(
      fc.property(latencies, latencies, (one, other) => {
        assert.deepEqual(sketchJson(bytesOf(one)), jsonOf(one));
        assert.deepEqual(sketchJson(mergedSketches(bytesOf(one), bytesOf(other))), jsonOf([...one, ...other]));
      }),
    );
  });

  it('hold counts of several groups', () => {
    const many = Array.from({ length: 20_000 }, () => 1);
    assert.deepEqual(sketchJson(bytesOf(many)), jsonOf(many));
  });

  it('are refused when they end too early or a number has no end', () => {
    const bytes = bytesOf([0.5, 300, 9000]);
    assert.deepEqual(sketchJson(new Uint8Array()), []);
    assert.throws(() => sketchJson(bytes.subarray(0, 1)), RangeError);
    assert.throws(() => sketchJson(bytes.subarray(0, bytes.length - 1)), RangeError);
    assert.throws(() => sketchJson(new Uint8Array(20).fill(0xff)), RangeError);
  });
});
