import type { VNode } from 'preact';
import { formatBytes, formatCount, formatDuration } from '../../src/domain/format.ts';
import type { PageBucket } from '../../src/domain/incidents/pageData.ts';
import { numberOf, textOf, utc, type Facts } from './records.ts';

const width = 960;
const height = 96;

/** Events over time: what succeeded, failed and was refused, one above the other. */
export function EventsChart({
  buckets,
  from,
  to,
}: {
  readonly buckets: readonly PageBucket[];
  readonly from: string;
  readonly to: string;
}): VNode {
  const most = Math.max(1, ...buckets.map(({ success, error, blocked }) => success + error + blocked));
  const step = width / Math.max(1, buckets.length);
  const sum = (pick: (bucket: PageBucket) => number): number => buckets.reduce((all, bucket) => all + pick(bucket), 0);
  const legend = [
    ['ok', 'succeeded', sum((bucket) => bucket.success)],
    ['bad', 'failed', sum((bucket) => bucket.error)],
    ['blocked', 'refused', sum((bucket) => bucket.blocked)],
  ] as const;
  return (
    <figure>
      <figcaption>
        Events, at most {formatCount(most)} per{' '}
        {formatDuration((Date.parse(to) - Date.parse(from)) / Math.max(1, buckets.length))}{' '}
        {legend.map(([name, words, count]) => (
          <span key={name} class="legend">
            <i class={`swatch swatch-${name}`} /> {formatCount(count)} {words}
          </span>
        ))}
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label="Events over time">
        {buckets.map(({ success, error, blocked }, at) => {
          const parts = [
            ['ok', success],
            ['bad', error],
            ['blocked', blocked],
          ] as const;
          let top = height;
          return parts.map(([name, count]) => {
            const size = (count / most) * (height - 2);
            top -= size;
            return (
              <rect
                key={`${at}${name}`}
                class={`fill-${name}`}
                x={at * step}
                width={Math.max(1, step - 1)}
                y={top}
                height={size}
              />
            );
          });
        })}
      </svg>
      <Ends from={from} to={to} />
    </figure>
  );
}

const courses: readonly { readonly field: string; readonly title: string; readonly text: (value: number) => string }[] =
  [
    { field: 'opsPerSecond', title: 'Operations per second, server', text: (value) => formatCount(value, 1) },
    { field: 'latencyP95Ms', title: 'Latency p95 of our operations', text: formatDuration },
    { field: 'usedMemoryBytes', title: 'Memory', text: formatBytes },
    { field: 'connectedClients', title: 'Clients', text: (value) => formatCount(value) },
  ];

/** One small chart per measure, a line per connection. */
export function SampleCharts({
  samples,
  from,
  to,
}: {
  readonly samples: readonly Facts[];
  readonly from: string;
  readonly to: string;
}): VNode {
  const connections = [...new Set(samples.map(({ connection }) => textOf(connection)))].slice(0, 8);
  return (
    <div class="charts">
      {courses.map(({ field, title, text }) => {
        const values = samples.flatMap((sample) => numberOf(sample[field]) ?? []);
        if (values.length === 0) return null;
        const most = Math.max(...values);
        return (
          <figure key={field}>
            <figcaption>
              {title}, at most {text(most)}{' '}
              {connections.map((name, at) => (
                <span key={name} class="legend">
                  <i class={`swatch line-${at % 4}`} /> {name}
                </span>
              ))}
            </figcaption>
            <svg viewBox={`0 0 ${width / 2} ${height}`} preserveAspectRatio="none" role="img" aria-label={title}>
              {connections.map((name, at) => (
                <path key={name} class={`stroke-${at % 4}`} d={line(samples, name, field, most, from, to)} />
              ))}
            </svg>
            <Ends from={from} to={to} />
          </figure>
        );
      })}
    </div>
  );
}

/** So many times the usual distance between two samples is a time in which nobody looked. */
const gapFactor = 4;

/** Where nothing was measured the line is broken. */
function line(
  samples: readonly Facts[],
  connection: string,
  field: string,
  most: number,
  from: string,
  to: string,
): string {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const own = samples.filter((sample) => textOf(sample['connection']) === connection);
  const times = own.map((sample) => Date.parse(textOf(sample['at'])));
  const longest = gapFactor * middleOf(times.slice(1).map((time, at) => time - (times[at] ?? time)));
  let path = '';
  let before: number | undefined;
  for (const [at, sample] of own.entries()) {
    const value = numberOf(sample[field]);
    const time = times[at] ?? Number.NaN;
    const goesOn = before !== undefined && time - before <= longest;
    before = value === null ? undefined : time;
    if (value === null) continue;
    const x = ((time - fromMs) / (toMs - fromMs)) * (width / 2);
    const y = height - 1 - (most === 0 ? 0 : value / most) * (height - 2);
    path += `${goesOn ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function Ends({ from, to }: { readonly from: string; readonly to: string }): VNode {
  return (
    <p class="ends muted">
      <span>{utc(from).slice(0, 16)}</span>
      <span>{utc(to).slice(0, 16)} UTC</span>
    </p>
  );
}
