import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import type { OperationBucket } from '../../src/domain/observability/overview.ts';
import { gapsOf } from '../../src/domain/observability/series.ts';
import type { PanelChart } from '../../src/protocol/panelLink.ts';
import type { ChartData, ChartSeries } from '../charts/plot.ts';

/** Of the chart's element, for links to it. */
export function chartId(chart: PanelChart): string {
  return `chart-${chart}`;
}

function frame(charts: ConnectionCharts): Pick<ChartData, 'from' | 'to' | 'gaps'> {
  return { from: Date.parse(charts.from) / 1000, to: Date.parse(charts.to) / 1000, gaps: gapsOf(charts.samples) };
}

/** Columns of the samples; a point stands in the middle of its slot. */
export function sampleChart(charts: ConnectionCharts, series: readonly ChartSeries[]): ChartData {
  const { startMs, stepMs, coverage } = charts.samples;
  const times = coverage.map((_covered, slot) => (startMs + (slot + 0.5) * stepMs) / 1000);
  return { ...frame(charts), times, series, stacked: false };
}

/** Every bucket of the window, also those in which nothing was done. */
function buckets(charts: ConnectionCharts): { readonly startSeconds: number; readonly bucket?: OperationBucket }[] {
  const width = charts.bucketSeconds;
  const byStart = new Map(charts.operations.map((bucket) => [Date.parse(bucket.from) / 1000, bucket]));
  const first = Math.floor(Date.parse(charts.from) / 1000 / width) * width;
  const count = Math.max(0, Math.ceil((Date.parse(charts.to) / 1000 - first) / width));
  return Array.from({ length: count }, (_none, at) => {
    const startSeconds = first + at * width;
    const bucket = byStart.get(startSeconds);
    return bucket === undefined ? { startSeconds } : { startSeconds, bucket };
  });
}

/** Our own operations per second, by outcome, averaged over the bucket. No bar where nothing was done. */
export function operationsChart(charts: ConnectionCharts): ChartData {
  const all = buckets(charts);
  const width = charts.bucketSeconds;
  const { from, to, gaps } = frame(charts);
  // The buckets at the ends of the window lie in it only in part; too small a part says little about a rate.
  const secondsOf = (start: number): number => Math.max(Math.min(start + width, to) - Math.max(start, from), width / 4);
  const rate = (of: 'success' | 'error' | 'blocked'): (number | null)[] =>
    all.map(({ startSeconds, bucket }) => (bucket === undefined ? null : bucket[of] / secondsOf(startSeconds)));
  return {
    from,
    to,
    gaps,
    times: all.map(({ startSeconds }) => startSeconds),
    stacked: true,
    series: [
      { label: 'succeeded', color: 'blue', kind: 'bars', pattern: 'plain', values: rate('success') },
      { label: 'failed', color: 'red', kind: 'bars', pattern: 'stripes', values: rate('error') },
      { label: 'blocked', color: 'orange', kind: 'bars', pattern: 'dots', values: rate('blocked') },
    ],
  };
}

/** Latency of our own operations, milliseconds; no line where nothing was done. */
export function latencyChart(charts: ConnectionCharts): ChartData {
  const all = buckets(charts);
  const values = (of: 'p50Ms' | 'p95Ms'): (number | null)[] => all.map(({ bucket }) => bucket?.[of] ?? null);
  return {
    ...frame(charts),
    times: all.map(({ startSeconds }) => startSeconds + charts.bucketSeconds / 2),
    stacked: false,
    series: [
      { label: 'p50', color: 'blue', kind: 'line', values: values('p50Ms') },
      { label: 'p95', color: 'purple', kind: 'line', dash: [6, 3], values: values('p95Ms') },
    ],
  };
}
