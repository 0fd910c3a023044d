import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatCount, formatDuration, formatRate } from '../../src/domain/format.ts';
import type { ProgressPoint, RunSnapshot } from '../../src/protocol/workflowRun.ts';
import type { ChartData, ChartSeries } from '../charts/plot.ts';
import { TimeChart } from '../charts/timeChart.tsx';

/** How fast it goes and how far it is, over time. */
export function ProgressView({ shown }: { readonly shown: RunSnapshot }): VNode {
  const points = shown.progress;
  const drawn = useMemo(() => ({ settled: settledChart(points), rate: rateChart(points) }), [points]);
  const last = points.at(-1);
  const first = points[0];
  const tookMs = last === undefined || first === undefined ? 0 : last.at - first.at;
  return (
    <div class="progress">
      <p class="muted">
        {points.length < 2
          ? 'Nothing was done yet.'
          : `${formatCount(last?.settled ?? 0)} items in ${formatDuration(tookMs)}, ${formatRate(((last?.settled ?? 0) / Math.max(tookMs, 1)) * 1000)} per second.`}
      </p>
      <div class="charts">
        <TimeChart
          title="Items settled"
          unit="done, skipped or failed"
          data={drawn.settled}
          format={(value) => formatCount(value)}
          atLeast={10}
          syncKey="run"
          empty="Nothing was done yet"
          onZoom={() => undefined}
          onZoomOut={() => undefined}
        />
        <TimeChart
          title="Throughput"
          unit="items per second"
          data={drawn.rate}
          format={(value) => `${formatRate(value)}/s`}
          axisFormat={formatRate}
          atLeast={10}
          syncKey="run"
          empty="Nothing was done yet"
          onZoom={() => undefined}
          onZoomOut={() => undefined}
        />
      </div>
    </div>
  );
}

function settledChart(points: readonly ProgressPoint[]) {
  return chartOf(
    points,
    'Settled',
    points.map(({ settled }) => settled),
    'area',
  );
}

function rateChart(points: readonly ProgressPoint[]) {
  const rates = points.map(({ at, settled }, index) => {
    const before = points[index - 1];
    return before === undefined || at <= before.at ? null : ((settled - before.settled) / (at - before.at)) * 1000;
  });
  return chartOf(points, 'Per second', rates, 'line');
}

function chartOf(
  points: readonly ProgressPoint[],
  label: string,
  values: readonly (number | null)[],
  kind: 'area' | 'line',
): ChartData {
  const times = points.map(({ at }) => at / 1000);
  const from = times[0] ?? 0;
  const series: readonly ChartSeries[] = [{ label, values, kind, color: 'blue' }];
  return { times, series, stacked: false, from, to: Math.max(times.at(-1) ?? 0, from + 0.1), gaps: [] };
}
