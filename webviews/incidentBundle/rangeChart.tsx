import type { VNode } from 'preact';
import { formatCount, formatCounted } from '../../src/domain/format.ts';
import type { RangeBucket } from '../../src/domain/incidents/rangeBuckets.ts';

const width = 600;
const height = 44;
const dayMs = 24 * 3600_000;

interface RangeChartProps {
  readonly buckets: readonly RangeBucket[];
  /** ISO, UTC: what the buckets cover. */
  readonly from: string;
  readonly to: string;
}

/** What happened in the range, small: our own operations over time, failed ones on top. */
export function RangeChart({ buckets, from, to }: RangeChartProps): VNode {
  const most = Math.max(1, ...buckets.map(({ success, failed }) => success + failed));
  const step = width / Math.max(1, buckets.length);
  const all = buckets.reduce((sum, { success, failed }) => sum + success + failed, 0);
  const failed = buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
  const words = `${formatCounted(all, 'operation')}, ${failed === 0 ? 'none' : formatCount(failed)} failed`;
  return (
    <figure class="range-chart">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={words}>
        {buckets.map((bucket, at) => {
          const top = (bucket.success + bucket.failed) / most;
          const bad = bucket.failed / most;
          return (
            <g key={at}>
              <rect
                class="bar-ok"
                x={at * step}
                width={Math.max(1, step - 1)}
                y={height - top * height}
                height={(top - bad) * height + bad * height}
              />
              <rect
                class="bar-bad"
                x={at * step}
                width={Math.max(1, step - 1)}
                y={height - top * height}
                height={bad * height}
              />
            </g>
          );
        })}
      </svg>
      <figcaption class="muted number">
        <span>{axisTime(from, from, to)}</span>
        <span>{all === 0 ? 'No operation of ours' : words}</span>
        <span>{axisTime(to, from, to)}</span>
      </figcaption>
    </figure>
  );
}

/** The time of day in ranges of at most a day, and the day in longer ones; UTC, as the fields above say in full. */
function axisTime(iso: string, from: string, to: string): string {
  return Date.parse(to) - Date.parse(from) <= dayMs ? iso.slice(11, 16) : iso.slice(5, 10);
}
