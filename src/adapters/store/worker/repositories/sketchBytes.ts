import type { LatencySketch } from '../../../../domain/observability/latencySketch.ts';
import { ByteReader, ByteWriter } from '../../log/bytes.ts';

/** A latency sketch in few bytes: gaps between buckets and counts, in seven-bit groups. */
export function sketchToBytes(sketch: LatencySketch): Uint8Array {
  const out = new ByteWriter(256);
  const json = sketch.toJSON();
  let before = 0;
  for (let at = 0; at < json.length; at += 2) {
    const bucket = json[at] ?? 0;
    out.count(bucket - before);
    out.count(json[at + 1] ?? 0);
    before = bucket;
  }
  return new Uint8Array(out.bytes());
}

/** The stored form that `LatencySketch.mergeJson` takes. @throws RangeError when the bytes are no sketch */
export function sketchJson(bytes: Uint8Array): number[] {
  const input = new ByteReader(bytes);
  const json: number[] = [];
  let bucket = 0;
  while (!input.atEnd) {
    bucket += input.count();
    json.push(bucket, input.count());
  }
  return json;
}
