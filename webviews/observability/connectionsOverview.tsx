import type { VNode } from 'preact';
import { formatBytes, formatDuration, formatPercent, formatRate } from '../../src/domain/format.ts';
import type { ConnectionHealth } from '../../src/domain/observability/overview.ts';
import { Heatmap } from '../charts/heatmap.tsx';
import { EnvironmentBadge } from '../ui/environmentBadge.tsx';
import { everything } from './connectionsModel.ts';
import { HealthMark } from './healthMark.tsx';
import { choose, connection, context, showEvents } from './model.ts';

/** How every connection is doing, and where errors were when. */
export function ConnectionsOverview(): VNode | null {
  const all = everything.value;
  if (all === null) return null;
  const named = all.health.map(({ connectionId, name }) => ({ id: connectionId, name }));
  return (
    <section class="connections">
      <h2>All connections</h2>
      <div class="connections-table">
        <table>
          <thead>
            <tr>
              <th scope="col">Connection</th>
              <th scope="col">Health</th>
              <th scope="col" class="cell-end">
                Server load, ops/s
              </th>
              <th scope="col" class="cell-end">
                p50, ours
              </th>
              <th scope="col" class="cell-end">
                p95, ours
              </th>
              <th scope="col" class="cell-end">
                Errors, ours
              </th>
              <th scope="col" class="cell-end">
                Memory
              </th>
              <th scope="col" class="cell-end">
                Hit ratio
              </th>
            </tr>
          </thead>
          <tbody>
            {all.health.map((health) => (
              <Row key={health.connectionId} health={health} />
            ))}
          </tbody>
        </table>
      </div>
      <Heatmap
        title="Errors of our operations by connection and time"
        unit="share of operations that failed"
        rows={named}
        cells={all.heatmap.map(({ from, to, connectionId, operations, errorRate }) => ({
          row: connectionId,
          fromMs: Date.parse(from),
          toMs: Date.parse(to),
          value: errorRate,
          count: operations,
        }))}
        fromMs={Date.parse(all.from)}
        toMs={Date.parse(all.to)}
        stepMs={all.bucketSeconds * 1000}
        format={formatPercent}
        empty="No operation of ours in this range"
        onOpen={(cell) => {
          choose(cell.row);
          showEvents({ statuses: ['error'] }, cell.fromMs, cell.toMs);
        }}
      />
    </section>
  );
}

const UNKNOWN = '–';
const said = (value: number | null, format: (value: number) => string): string =>
  value === null ? UNKNOWN : format(value);

function Row({ health }: { readonly health: ConnectionHealth }): VNode {
  const state = context.value?.connections.find(({ id }) => id === health.connectionId)?.state ?? health.state;
  return (
    <tr aria-current={connection.value?.id === health.connectionId}>
      <th scope="row">
        <button type="button" class="text-button" onClick={() => choose(health.connectionId)}>
          {health.name}
        </button>{' '}
        <EnvironmentBadge environment={health.environment} />
      </th>
      <td>
        <HealthMark health={{ ...health, state }} />
      </td>
      <td class="cell-end">{said(health.opsPerSecond, formatRate)}</td>
      <td class="cell-end">{said(health.latencyP50Ms, formatDuration)}</td>
      <td class="cell-end">{said(health.latencyP95Ms, formatDuration)}</td>
      <td class="cell-end">{said(health.errorRate, formatPercent)}</td>
      <td class="cell-end">{said(health.usedMemoryBytes, formatBytes)}</td>
      <td class="cell-end">{said(health.hitRatio, formatPercent)}</td>
    </tr>
  );
}
