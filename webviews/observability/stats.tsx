import type { VNode } from 'preact';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from '../../src/domain/format.ts';
import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import { Sparkline } from '../charts/sparkline.tsx';
import type { ChartColor } from '../charts/theme.ts';
import { liveLooks, liveUpdate } from './model.ts';

interface StatProps {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly color: ChartColor;
  readonly course: readonly (number | null)[];
  readonly atLeast: number;
}

function Stat({ label, value, note, color, course, atLeast }: StatProps): VNode {
  return (
    <div class="stat">
      <dt class="stat-label">{label}</dt>
      <dd class="stat-value">
        <span class="number">{value}</span>
        <span class="stat-course">
          <Sparkline values={course} color={color} atLeast={atLeast} />
        </span>
      </dd>
      <dd class="stat-note">{note}</dd>
    </div>
  );
}

const UNKNOWN = '–';

function said(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? UNKNOWN : format(value);
}

/** The present in six figures: the server's from the last look, ours from the range. The places never move. */
export function Stats({ charts }: { readonly charts: ConnectionCharts | null }): VNode {
  const server = liveUpdate.value?.server;
  const looks = liveLooks.value;
  const health = charts?.health;
  const operations = charts?.operations ?? [];
  const samples = charts?.samples;
  const used = server?.usedMemoryBytes ?? health?.usedMemoryBytes;
  const limit = server?.maxMemoryBytes ?? health?.maxMemoryBytes ?? null;
  const isNow = typeof server?.opsPerSecond === 'number';
  return (
    <dl class="stats">
      <Stat
        label="Server load"
        value={said(server?.opsPerSecond ?? health?.opsPerSecond, (value) => `${formatRate(value)} ops/s`)}
        note={isNow ? 'now' : typeof health?.opsPerSecond === 'number' ? 'in the last sample' : 'no sample'}
        color="green"
        course={isNow ? looks.map((look) => look?.opsPerSecond ?? null) : (samples?.opsPerSecond ?? [])}
        atLeast={1}
      />
      <Stat
        label="Latency p95, ours"
        value={said(health?.latencyP95Ms, formatDuration)}
        note={`p50 ${said(health?.latencyP50Ms, formatDuration)}`}
        color="purple"
        course={operations.map((bucket) => bucket.p95Ms)}
        atLeast={1}
      />
      <Stat
        label="Errors, ours"
        value={said(health?.errorRate, formatPercent)}
        note={errorsNote(charts)}
        color="red"
        course={operations.map((bucket) => bucket.error)}
        atLeast={1}
      />
      <Stat
        label="Memory"
        value={said(used, formatBytes)}
        note={memoryNote(used, limit)}
        color="blue"
        course={samples?.usedMemoryBytes ?? []}
        atLeast={limit ?? 0}
      />
      <Stat
        label="Hit ratio"
        value={said(health?.hitRatio, formatPercent)}
        note={typeof server?.hitRatio === 'number' ? `${formatPercent(server.hitRatio)} now` : 'of this range'}
        color="yellow"
        course={samples?.hitRatio ?? []}
        atLeast={1}
      />
      <Stat
        label="Clients"
        value={said(server?.connectedClients ?? health?.connectedClients, formatCount)}
        note="connected"
        color="orange"
        course={samples?.connectedClients ?? []}
        atLeast={4}
      />
    </dl>
  );
}

function errorsNote(charts: ConnectionCharts | null): string {
  if (charts === null) return UNKNOWN;
  const sum = (of: 'success' | 'error' | 'blocked'): number =>
    charts.operations.reduce((total, bucket) => total + bucket[of], 0);
  const blocked = sum('blocked');
  const failed = `${formatCount(sum('error'))} of ${formatCount(sum('error') + sum('success'))}`;
  return blocked > 0 ? `${failed}, ${formatCount(blocked)} blocked` : failed;
}

function memoryNote(used: number | null | undefined, limit: number | null): string {
  if (used === null || used === undefined) return UNKNOWN;
  return limit === null ? 'no limit set' : `${formatPercent(used / limit)} of ${formatBytes(limit)}`;
}
