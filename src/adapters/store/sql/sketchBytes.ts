import { latencyBucket } from '../../../domain/observability/latencySketch.ts';
import { ByteWriter } from '../log/bytes.ts';

// A latency sketch in few bytes: gaps between its buckets and their counts, in seven-bit groups.

/** Gathers latencies for a sketch that is only to be stored: no bucket takes room that no latency fell into. */
export class SketchDelta {
  private readonly buckets: number[] = [];

  /** Adds one latency in milliseconds; what is not a number ≥ 0 is left out. */
  add(ms: number): void {
    const bucket = latencyBucket(ms);
    if (bucket !== undefined) this.buckets.push(bucket);
  }

  /** null when nothing was added. */
  toBytes(): Uint8Array | null {
    if (this.buckets.length === 0) return null;
    const sorted = Uint16Array.from(this.buckets).sort();
    const out = new ByteWriter(256);
    let before = 0;
    for (let at = 0; at < sorted.length;) {
      const bucket = sorted[at] ?? 0;
      let end = at + 1;
      while (end < sorted.length && sorted[end] === bucket) end++;
      out.count(bucket - before);
      out.count(end - at);
      before = bucket;
      at = end;
    }
    return new Uint8Array(out.bytes());
  }
}

/** No number has as many groups: `ByteReader` reads eight. */
const unitAfterLast = 0x80 ** 8;

/**
 * The stored form that `LatencySketch.mergeJson` takes. In one pass over the bytes: a month has tens of thousands of them,
 * and a reader for each costs more than what it reads.
 *
 * @throws RangeError when the bytes are no sketch
 */
export function sketchJson(bytes: Uint8Array): number[] {
  const json: number[] = [];
  let bucket = 0;
  let isGap = true;
  let value = 0;
  let unit = 1;
  for (const byte of bytes) {
    value += (byte & 0x7f) * unit;
    if (byte >= 0x80) {
      unit *= 0x80;
      if (unit === unitAfterLast) throw new RangeError('A number is too long');
      continue;
    }
    if (isGap) bucket += value;
    json.push(isGap ? bucket : value);
    isGap = !isGap;
    value = 0;
    unit = 1;
  }
  if (!isGap || unit > 1) throw new RangeError('The bytes end too early');
  return json;
}

/** The sketch of both together, exactly. @throws RangeError when either is no sketch */
export function mergedSketches(one: Uint8Array, other: Uint8Array): Uint8Array {
  const a = sketchJson(one);
  const b = sketchJson(other);
  const out = new ByteWriter(one.length + other.length + 16);
  let before = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const left = a[i] ?? Infinity;
    const right = b[j] ?? Infinity;
    const bucket = Math.min(left, right);
    const count = (left === bucket ? (a[i + 1] ?? 0) : 0) + (right === bucket ? (b[j + 1] ?? 0) : 0);
    if (left === bucket) i += 2;
    if (right === bucket) j += 2;
    out.count(bucket - before);
    out.count(count);
    before = bucket;
  }
  return new Uint8Array(out.bytes());
}
