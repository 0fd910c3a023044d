/** What happened in one stretch of a range. */
export interface RangeBucket {
  readonly success: number;
  readonly failed: number;
}

const minuteMs = 60_000;
const mostBuckets = 60;

/** Whole minutes of which at most 60 make a range, milliseconds. */
export function rangeBucketMs(fromMs: number, toMs: number): number {
  return Math.max(1, Math.ceil((toMs - fromMs) / mostBuckets / minuteMs)) * minuteMs;
}

/** Rows summed by stretch, oldest first. Both rows and stretches begin at whole multiples of `rangeBucketMs`, UTC. */
export function rangeBuckets(
  rows: readonly {
    readonly from: string;
    readonly success: number;
    readonly error: number;
    readonly blocked: number;
  }[],
  fromMs: number,
  toMs: number,
): RangeBucket[] {
  const bucketMs = rangeBucketMs(fromMs, toMs);
  const first = Math.floor(fromMs / bucketMs);
  const buckets = Array.from({ length: Math.ceil(toMs / bucketMs) - first }, () => ({ success: 0, failed: 0 }));
  for (const row of rows) {
    const bucket = buckets[Math.floor(Date.parse(row.from) / bucketMs) - first];
    if (bucket === undefined) continue;
    bucket.success += row.success;
    bucket.failed += row.error + row.blocked;
  }
  return buckets;
}
