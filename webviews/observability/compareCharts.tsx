import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatPercent } from '../../src/domain/format.ts';
import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import type { ChartData } from '../charts/plot.ts';
import { TimeChart } from '../charts/timeChart.tsx';
import { ofLatency, ofRate, stepsText } from './chartFormats.ts';
import { showEvents, zoomOut } from './model.ts';

/** The courses of both periods on one time axis. */
export function CompareCharts(both: {
  readonly baseline: ConnectionCharts;
  readonly compare: ConnectionCharts;
}): VNode {
  const drawn = useMemo(
    () => ({
      latency: overlay(both.baseline, both.compare, ({ p95Ms }) => p95Ms),
      operations: overlay(both.baseline, both.compare, ({ success, error }, seconds) => (success + error) / seconds),
      errors: overlay(both.baseline, both.compare, ({ success, error }) =>
        success + error === 0 ? null : error / (success + error),
      ),
    }),
    [both.baseline, both.compare],
  );
  const steps = stepsText(both.compare.bucketSeconds);
  const shared = {
    syncKey: 'compare',
    empty: 'No operation of ours in both periods',
    onZoom: (from: number, to: number) => showEvents({}, from * 1000, to * 1000),
    onZoomOut: zoomOut,
    onOpen: (from: number, to: number) => showEvents({ source: 'app' }, from * 1000, to * 1000),
  };
  return (
    <div class="charts compare-charts">
      <TimeChart
        {...shared}
        title="Latency p95 of our operations"
        unit={`ms, ${steps}`}
        data={drawn.latency}
        {...ofLatency}
      />
      <TimeChart
        {...shared}
        title="Our operations"
        unit={`per second, ${steps}`}
        data={drawn.operations}
        {...ofRate}
        atLeast={0.02}
      />
      <TimeChart
        {...shared}
        title="Error rate of our operations"
        unit={`share that failed, ${steps}`}
        data={drawn.errors}
        format={formatPercent}
        atLeast={0.05}
        atMost={1}
      />
    </div>
  );
}

type Point = ConnectionCharts['operations'][number];

/** Both periods on the time axis of the compared one: the baseline is moved there by its distance. */
function overlay(
  baseline: ConnectionCharts,
  compare: ConnectionCharts,
  valueOf: (point: Point, bucketSeconds: number) => number | null,
): ChartData {
  const seconds = (iso: string): number => Date.parse(iso) / 1000;
  const step = Math.max(baseline.bucketSeconds, compare.bucketSeconds);
  const from = seconds(compare.from);
  const to = Math.max(seconds(compare.to), from + seconds(baseline.to) - seconds(baseline.from));
  const slots = Math.max(1, Math.ceil((to - from) / step));
  const series = (charts: ConnectionCharts): (number | null)[] => {
    const start = seconds(charts.from);
    const values: (number | null)[] = Array.from({ length: slots }, () => null);
    for (const point of charts.operations) {
      const at = Math.max(
        0,
        Math.min(slots - 1, Math.floor((seconds(point.from) - start + charts.bucketSeconds / 2) / step)),
      );
      values[at] = valueOf(point, charts.bucketSeconds) ?? values[at] ?? null;
    }
    return values;
  };
  return {
    times: Array.from({ length: slots }, (_none, at) => from + (at + 0.5) * step),
    from,
    to,
    gaps: [],
    stacked: false,
    series: [
      { label: 'compared period', color: 'purple', kind: 'line', values: series(compare) },
      { label: 'baseline, moved here', color: 'blue', kind: 'line', dash: [6, 3], values: series(baseline) },
    ],
  };
}
