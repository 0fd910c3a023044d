import type { VNode } from 'preact';
import { formatCounted } from '../../src/domain/format.ts';
import type { RangeBucket } from '../../src/domain/incidents/rangeBuckets.ts';

const width = 600;
const height = 44;

/** What happened in the range, small: our own operations over time, failed ones on top. */
export function RangeChart({ buckets }: { readonly buckets: readonly RangeBucket[] }): VNode {
  const most = Math.max(1, ...buckets.map(({ success, failed }) => success + failed));
  const step = width / Math.max(1, buckets.length);
  const all = buckets.reduce((sum, { success, failed }) => sum + success + failed, 0);
  const failed = buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
  const words = `${formatCounted(all, 'operation')}, ${formatCounted(failed, 'failed one')}`;
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
      <figcaption class="muted number">{all === 0 ? 'No operation of ours in this range.' : words}</figcaption>
    </figure>
  );
}
