import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatCount, formatDuration, formatPercent, formatRate } from '../../src/domain/format.ts';
import type { CommandDelta } from '../../src/domain/observability/commandStats.ts';
import { gapsOf } from '../../src/domain/observability/series.ts';
import type { ChartData, ChartSeries } from '../charts/plot.ts';
import { TimeChart } from '../charts/timeChart.tsx';
import { Notice } from '../ui/notice.tsx';
import { chartId } from './chartData.ts';
import { commandTimes, commandTimesFailure } from './commandTimesModel.ts';
import { zoomOut, zoomTo } from './model.ts';

type Times = NonNullable<typeof commandTimes.value>;

/** What the server spent its time on, for all of its clients. */
export function CommandTimes(): VNode | null {
  const times = commandTimes.value;
  const failure = commandTimesFailure.value;
  if (failure !== null) {
    return (
      <Notice kind="error">
        {failure.message} {failure.nextAction}
      </Notice>
    );
  }
  return times === null ? null : <Section times={times} />;
}

function Section({ times }: { readonly times: Times }): VNode {
  const data = useMemo(() => drawing(times), [times]);
  return (
    <section class="command-times">
      <h2>
        Where the server’s time went{' '}
        <span class="muted slow-note">all clients, by the server’s own counters; of each sample the ten busiest</span>
      </h2>
      {times.commands.length === 0 ? (
        <p class="muted slow-empty">
          Not known for this range: it takes two samples in a row, and a user who may run INFO commandstats.
        </p>
      ) : (
        <div class="command-times-body">
          <TimeChart
            id={chartId('commands')}
            title="Time per call"
            unit={`µs on the server, in steps of ${formatDuration(times.stepMs)}`}
            data={data}
            format={(value) => formatDuration(value / 1000)}
            axisFormat={(value) => formatCount(value, 1)}
            atLeast={10}
            syncKey="overview"
            empty="No command was called in this range"
            onZoom={zoomTo}
            onZoomOut={zoomOut}
          />
          <Table times={times} />
        </div>
      )}
    </section>
  );
}

function Table({ times: { commands, watchedSeconds } }: { readonly times: Times }): VNode {
  const whole = commands.reduce((sum, { usec }) => sum + usec, 0);
  return (
    <div class="connections-table">
      <table>
        <thead>
          <tr>
            <th scope="col">Command</th>
            <th scope="col" class="cell-end">
              Calls/s
            </th>
            <th scope="col" class="cell-end">
              Time per call
            </th>
            <th scope="col" class="cell-end">
              Share
            </th>
            <th scope="col" class="cell-end" title="Calls that failed, and calls that the server refused to run">
              Errors
            </th>
          </tr>
        </thead>
        <tbody>
          {commands.map((each) => (
            <tr key={each.command}>
              <th scope="row">{each.command.replace('|', ' ').toUpperCase()}</th>
              <td class="cell-end number">{watchedSeconds > 0 ? formatRate(each.calls / watchedSeconds) : '–'}</td>
              <td class="cell-end number">{timePerCall(each)}</td>
              <td class="cell-end number">{whole > 0 ? formatPercent(each.usec / whole) : '–'}</td>
              <td class="cell-end number">{formatCount(each.failed + each.rejected)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function timePerCall({ calls, usec }: CommandDelta): string {
  return calls > 0 ? formatDuration(usec / calls / 1000) : '–';
}

const looks: readonly Pick<ChartSeries, 'color' | 'dash'>[] = [
  { color: 'blue' },
  { color: 'orange', dash: [6, 3] },
  { color: 'purple', dash: [2, 3] },
  { color: 'green', dash: [10, 3, 2, 3] },
];

function drawing({ startMs, stepMs, courses, coverage, from, to }: Times): ChartData {
  return {
    times: coverage.map((_covered, slot) => (startMs + (slot + 0.5) * stepMs) / 1000),
    from: Date.parse(from) / 1000,
    to: Date.parse(to) / 1000,
    gaps: gapsOf({ startMs, stepMs, coverage }),
    stacked: false,
    series: courses.map(({ command, usecPerCall }, at) => ({
      label: command.replace('|', ' ').toUpperCase(),
      color: 'blue',
      ...looks[at],
      kind: 'line',
      values: usecPerCall,
    })),
  };
}
