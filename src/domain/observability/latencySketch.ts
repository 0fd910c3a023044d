/**
 * A mergeable record of latencies that answers any quantile within 1 % of the true value.
 *
 * Buckets are log-linear: the exponent and the upper six bits of the mantissa of the double, so that each power of
 * two is cut into 64 equal parts (the idea of HDR histograms; the bits are read, nothing is computed). A value is
 * answered by the middle of its bucket, which is at most 1/128 = 0.78 % away from it.
 */

const partsPerOctave = 64;
/** 2^-10 ms ≈ 1 µs; what is shorter counts as this. */
const shortestMs = 2 ** -10;
/** 2^22 ms ≈ 70 min; what is longer counts as the last bucket. */
const octaves = 32;
const bucketCount = octaves * partsPerOctave;
const mantissaShift = 20 - 6;
const firstBits = (1023 - 10) * partsPerOctave;

const view = new DataView(new ArrayBuffer(8));

function bucketOf(ms: number): number {
  if (ms <= shortestMs) return 0;
  view.setFloat64(0, ms);
  return Math.min((view.getUint32(0) >>> mantissaShift) - firstBits, bucketCount - 1);
}

/** The bucket that a sketch counts a latency (milliseconds) in; undefined for what is not a number ≥ 0. */
export function latencyBucket(ms: number): number | undefined {
  return ms >= 0 && ms !== Infinity ? bucketOf(ms) : undefined;
}

/** The middle of a bucket, in milliseconds. */
function middleOf(bucket: number): number {
  const octave = Math.floor(bucket / partsPerOctave);
  const part = bucket % partsPerOctave;
  return shortestMs * 2 ** octave * (1 + (part + 0.5) / partsPerOctave);
}

/** Plain data: bucket, count, bucket, count, …, buckets ascending and counts positive. */
export type LatencySketchJson = readonly number[];

export class LatencySketch {
  private readonly counts = new Uint32Array(bucketCount);
  /** Sums of `counts`, so that a rank is found without going through every bucket below it. */
  private readonly perOctave = new Float64Array(octaves);
  private total = 0;

  /** How many latencies were added. */
  get count(): number {
    return this.total;
  }

  /** Adds one latency in milliseconds; what is not a number ≥ 0 is refused (false) and changes nothing. */
  add(ms: number): boolean {
    if (!(ms >= 0) || ms === Infinity) return false;
    const bucket = bucketOf(ms);
    this.change(bucket, 1);
    return true;
  }

  /** Adds everything that `other` holds: the result is the sketch of both together, exactly. */
  merge(other: LatencySketch): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const more = other.counts[bucket] ?? 0;
      if (more > 0) this.change(bucket, more);
    }
  }

  /** As `merge`, from the stored form; false (and nothing added) when `json` is no such form. */
  mergeJson(json: unknown): boolean {
    if (!isSketchJson(json)) return false;
    for (let at = 0; at < json.length; at += 2) this.change(json[at] ?? 0, json[at + 1] ?? 0);
    return true;
  }

  /** Takes back what `mergeJson` added; false (and nothing taken) when `json` is no such form or holds more than is here. */
  subtractJson(json: unknown): boolean {
    if (!isSketchJson(json)) return false;
    for (let at = 0; at < json.length; at += 2) {
      if ((this.counts[json[at] ?? 0] ?? 0) < (json[at + 1] ?? 0)) return false;
    }
    for (let at = 0; at < json.length; at += 2) this.change(json[at] ?? 0, -(json[at + 1] ?? 0));
    return true;
  }

  clear(): void {
    for (let octave = 0; octave < octaves && this.total > 0; octave++) {
      if (this.perOctave[octave] === 0) continue;
      this.counts.fill(0, octave * partsPerOctave, (octave + 1) * partsPerOctave);
      this.perOctave[octave] = 0;
    }
    this.total = 0;
  }

  private change(bucket: number, by: number): void {
    const octave = Math.floor(bucket / partsPerOctave);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + by;
    this.perOctave[octave] = (this.perOctave[octave] ?? 0) + by;
    this.total += by;
  }

  /** The latency in milliseconds below which a share `q` (0..1) lies, by nearest rank; null when empty. */
  quantile(q: number): number | null {
    if (this.total === 0) return null;
    const rank = Math.max(1, Math.ceil(Math.min(Math.max(q, 0), 1) * this.total));
    let seen = 0;
    let octave = 0;
    while (octave < octaves && seen + (this.perOctave[octave] ?? 0) < rank) seen += this.perOctave[octave++] ?? 0;
    for (let bucket = octave * partsPerOctave; bucket < bucketCount; bucket++) {
      seen += this.counts[bucket] ?? 0;
      if (seen >= rank) return middleOf(bucket);
    }
    return null;
  }

  /** How many of the added latencies lie above `ms` (to the bucket's width). */
  countAbove(ms: number): number {
    let above = 0;
    for (let bucket = bucketOf(ms) + 1; bucket < bucketCount; bucket++) above += this.counts[bucket] ?? 0;
    return above;
  }

  /** The share (0..1) of latencies above a value, prepared once for many questions; to the bucket's width. */
  shareAbove(): (ms: number) => number {
    const above = new Float64Array(bucketCount + 1);
    for (let bucket = bucketCount - 1; bucket >= 0; bucket--) {
      above[bucket] = (above[bucket + 1] ?? 0) + (this.counts[bucket] ?? 0);
    }
    const total = this.total;
    return (ms) => (total === 0 ? 0 : (above[bucketOf(ms) + 1] ?? 0) / total);
  }

  toJSON(): LatencySketchJson {
    const json: number[] = [];
    this.counts.forEach((count, bucket) => {
      if (count > 0) json.push(bucket, count);
    });
    return json;
  }
}

function isSketchJson(json: unknown): json is LatencySketchJson {
  if (!Array.isArray(json) || json.length % 2 !== 0) return false;
  let before = -1;
  for (let at = 0; at < json.length; at += 2) {
    const bucket: unknown = json[at];
    const count: unknown = json[at + 1];
    if (!Number.isInteger(bucket) || !Number.isSafeInteger(count)) return false;
    if (Number(bucket) <= before || Number(bucket) >= bucketCount) return false;
    if (Number(count) <= 0 || Number(count) > 0xffff_ffff) return false;
    before = Number(bucket);
  }
  return true;
}

/** The sketch of a stored form; null when `json` is no such form. */
export function latencySketchFrom(json: unknown): LatencySketch | null {
  const sketch = new LatencySketch();
  return sketch.mergeJson(json) ? sketch : null;
}

/**
 * The quantile (milliseconds) of a mixture in which each sketch has the share of its `weight` (≥ 0) whatever its
 * count; null when nothing has weight.
 */
export function mixedQuantile(
  parts: readonly { readonly sketch: LatencySketch; readonly weight: number }[],
  q: number,
): number | null {
  const shares = new Float64Array(bucketCount);
  let total = 0;
  for (const { sketch, weight } of parts) {
    if (sketch.count === 0 || !(weight > 0)) continue;
    const json = sketch.toJSON();
    for (let at = 0; at < json.length; at += 2) {
      const bucket = json[at] ?? 0;
      shares[bucket] = (shares[bucket] ?? 0) + ((json[at + 1] ?? 0) / sketch.count) * weight;
    }
    total += weight;
  }
  if (total === 0) return null;
  let seen = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    seen += shares[bucket] ?? 0;
    // A hair's breadth for the rounding of the sum.
    if (seen >= q * total * (1 - 1e-12) && (shares[bucket] ?? 0) > 0) return middleOf(bucket);
  }
  return null;
}
