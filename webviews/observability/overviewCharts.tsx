import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { formatBytes, formatCount, formatCounted, formatPercent } from '../../src/domain/format.ts';
import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import type { PanelChart } from '../../src/protocol/panelLink.ts';
import type { ChartData, ChartSeries } from '../charts/plot.ts';
import { TimeChart } from '../charts/timeChart.tsx';
import { ofLatency, ofRate, stepsText } from './chartFormats.ts';
import { chartId, latencyChart, operationsChart, sampleChart } from './chartData.ts';
import { showEvents, wantedChart, zoomOut, zoomTo } from './model.ts';

interface OverviewChartsProps {
  readonly data: ConnectionCharts;
  readonly isConnected: boolean;
}

const shared = { syncKey: 'overview', onZoom: zoomTo, onZoomOut: zoomOut };
const ours = { ...shared, onOpen: showStretch('app') };
const theServers = { ...shared, onOpen: showStretch('engine') };
const nothingDone = 'No operation of ours in this range';

/** What is behind a point: our operations, or what the server reported. */
function showStretch(source: 'app' | 'engine'): (from: number, to: number) => void {
  return (from, to) => showEvents({ source }, from * 1000, to * 1000);
}

/** The six courses of a connection; crosshair and zoom are one for all. */
export function OverviewCharts({ data, isConnected }: OverviewChartsProps): VNode {
  const drawn = useMemo(() => drawings(data), [data]);
  const wanted = wantedChart.value;
  useEffect(() => {
    if (wanted === null) return;
    wantedChart.value = null;
    const chart = document.querySelector<HTMLElement>(`#${chartId(wanted)} .chart-plot`);
    chart?.scrollIntoView({ block: 'center' });
    chart?.focus({ preventScroll: true });
  }, [wanted]);
  const steps = stepsText(data.bucketSeconds);
  const noSample = isConnected ? 'No sample in this range yet' : 'No sample in this range: it was not connected';
  const wasWatched = data.samples.coverage.some((covered) => covered > 0);
  return (
    <div class="charts">
      <TimeChart
        {...theServers}
        id={chartId('load')}
        title="Load of the server"
        unit="commands per second, all clients"
        data={drawn.load}
        {...ofRate}
        atLeast={1}
        empty={noSample}
      />
      <TimeChart
        {...ours}
        id={chartId('operations')}
        title="Our operations"
        unit={`per second, ${steps}`}
        data={drawn.operations}
        {...ofRate}
        atLeast={0.02}
        empty={nothingDone}
      />
      <TimeChart
        {...ours}
        id={chartId('latency')}
        title="Latency of our operations"
        unit={`ms, ${steps}`}
        data={drawn.latency}
        {...ofLatency}
        empty={nothingDone}
      />
      <TimeChart
        {...theServers}
        id={chartId('memory')}
        title="Memory"
        unit="used by the server"
        data={drawn.memory}
        format={formatBytes}
        inBytes
        atLeast={1024 * 1024}
        empty={noSample}
      />
      <TimeChart
        {...theServers}
        id={chartId('hits')}
        title="Hit ratio"
        unit="share of lookups that found their key"
        data={drawn.hits}
        format={formatPercent}
        atLeast={1}
        atMost={1}
        empty={wasWatched ? 'Nothing was looked up in this range' : noSample}
      />
      <TimeChart
        {...theServers}
        id={chartId('clients')}
        title="Clients"
        unit="connected"
        data={drawn.clients}
        format={(value) => formatCounted(value, 'client')}
        axisFormat={formatCount}
        atLeast={4}
        empty={noSample}
      />
    </div>
  );
}

type Drawing = Exclude<PanelChart, 'commands'>;

function drawings(data: ConnectionCharts): Record<Drawing, ChartData> {
  const { opsPerSecond, hitRatio, connectedClients } = data.samples;
  return {
    load: sampleChart(data, [{ label: 'commands', color: 'green', kind: 'area', values: opsPerSecond }]),
    operations: operationsChart(data),
    latency: latencyChart(data),
    memory: sampleChart(data, memorySeries(data)),
    hits: sampleChart(data, [{ label: 'hits', color: 'yellow', kind: 'area', values: hitRatio }]),
    clients: sampleChart(data, [{ label: 'clients', color: 'orange', kind: 'line', values: connectedClients }]),
  };
}

function memorySeries({ samples }: ConnectionCharts): ChartSeries[] {
  const used: ChartSeries = { label: 'used', color: 'blue', kind: 'area', values: samples.usedMemoryBytes };
  const isLimited = samples.maxMemoryBytes.some((limit) => limit !== null);
  if (!isLimited) return [used];
  return [used, { label: 'limit', color: 'red', kind: 'line', dash: [6, 3], values: samples.maxMemoryBytes }];
}
