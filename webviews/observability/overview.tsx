import type { VNode } from 'preact';
import { formatDuration, formatPercent } from '../../src/domain/format.ts';
import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import { Button, Spinner } from '../ui/controls.tsx';
import { Notice } from '../ui/notice.tsx';
import { CommandTimes } from './commandTimes.tsx';
import { charts, chartsFailure, loadCharts } from './model.ts';
import { ConnectionsOverview } from './connectionsOverview.tsx';
import { HealthMark } from './healthMark.tsx';
import { OverviewCharts } from './overviewCharts.tsx';
import { SlowOperations } from './slowOperations.tsx';
import { Stats } from './stats.tsx';

/** How the connection is doing now, and how it went over the chosen range. */
export function Overview({ shown }: { readonly shown: PanelConnection }): VNode {
  const data = charts.value;
  const failure = chartsFailure.value;
  return (
    <div class="overview">
      {failure !== null && (
        <Notice kind="error" action={<Button onClick={() => void loadCharts()}>Try again</Button>}>
          {failure.message} {failure.nextAction}
        </Notice>
      )}
      <Stats charts={data} />
      {data === null ? (
        <div class="page-waiting">{failure === null && <Spinner label="Reading history…" />}</div>
      ) : (
        <>
          <div class="coverage">
            <HealthMark health={{ ...data.health, state: shown.state }} /> <Coverage data={data} />
          </div>
          <OverviewCharts data={data} isConnected={shown.state === 'ready'} />
          <CommandTimes />
          <SlowOperations />
          <ConnectionsOverview />
        </>
      )}
    </div>
  );
}

function Coverage({ data }: { readonly data: ConnectionCharts }): VNode {
  const watchedMs = (Date.parse(data.to) - Date.parse(data.from)) * data.coverage;
  if (data.coverage > 0.99) return <span class="muted">The whole range was watched.</span>;
  if (data.coverage === 0) return <span class="muted">Nobody looked at the server in this range.</span>;
  return (
    <span class="muted">
      Watched for {formatDuration(watchedMs)} of this range ({formatPercent(data.coverage)}).{' '}
      <span class="gap-mark" aria-hidden="true" /> Hatched: nobody looked, so nothing is known.
    </span>
  );
}
