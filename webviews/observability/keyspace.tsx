import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { formatCount, formatCounted, formatPercent } from '../../src/domain/format.ts';
import type { ActivitySource, KeyspaceActivity, PatternActivity } from '../../src/domain/observability/activity.ts';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import type { ChartData } from '../charts/plot.ts';
import { TimeChart } from '../charts/timeChart.tsx';
import { Button, Select, Spinner } from '../ui/controls.tsx';
import { EmptyState } from '../ui/emptyState.tsx';
import { hostNowMs } from '../ui/hostClock.ts';
import { Notice } from '../ui/notice.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import { stepsText } from './chartFormats.ts';
import { activity, activityFailure, activityLoading, loadActivity, source } from './keyspaceModel.ts';
import { act, showEvents, zoomOut, zoomTo } from './model.ts';
import { shortTime, utcText } from './times.ts';

const caveats: Readonly<Record<ActivitySource, string>> = {
  client: 'What Cachify Studio sent: exact, but only ours. Other programs are not in it.',
  notifications:
    'Key events of all clients while they were watched: changes only, no reads. One command may be two events.',
  monitor: 'Commands of all clients while MONITOR watched them.',
  scan: 'Which keys there are, from a walk over at most 200,000 of them. It says nothing about use.',
};

const choices: readonly { readonly value: ActivitySource; readonly text: string }[] = [
  { value: 'client', text: 'Our operations' },
  { value: 'notifications', text: 'Watched by notifications' },
  { value: 'monitor', text: 'Watched by MONITOR' },
  { value: 'scan', text: 'Keys that exist' },
];

/** Which keys are touched most, and when; one source at a time. */
export function Keyspace({ shown }: { readonly shown: PanelConnection }): VNode {
  const data = activity.value;
  const failure = activityFailure.value;
  return (
    <div class="keyspace">
      <Toolbar label="Source">
        <Select
          label="Source of the figures"
          value={source.value}
          choices={choices}
          onChange={(next) => (source.value = choices.find(({ value }) => value === next)?.value ?? 'client')}
        />
        <span class="muted caveat-inline">{caveats[source.value]}</span>
        <ToolbarGap />
        <Button
          disabled={shown.state !== 'ready'}
          onClick={() => act({ act: 'watchActivity', connectionId: shown.id })}
          label="Watch what all clients touch, for a limited time; you are told the cost first"
        >
          Watch…
        </Button>
      </Toolbar>
      {failure !== null && (
        <Notice kind="error" action={<Button onClick={loadActivity}>Try again</Button>}>
          {failure.message} {failure.nextAction}
        </Notice>
      )}
      {data === null || data.source !== source.value ? (
        <div class="page-waiting">{activityLoading.value && <Spinner label="Counting keys…" />}</div>
      ) : data.totalEvents === 0 ? (
        <Nothing shown={shown} data={data} />
      ) : (
        <Figures data={data} />
      )}
    </div>
  );
}

function Nothing({ shown, data }: { readonly shown: PanelConnection; readonly data: KeyspaceActivity }): VNode {
  if (data.source === 'scan') {
    return (
      <EmptyState icon="database" title="There are no keys">
        {shown.name} holds nothing in this database.
      </EmptyState>
    );
  }
  if (data.source === 'client') {
    return (
      <EmptyState icon="key" title="We touched no key in this time range">
        Open, save or delete keys of {shown.name}, and their patterns are ranked here: cart:1 and cart:2 count as
        cart:*.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="eye"
      title="Nobody watched in this time range"
      action={
        <Button onClick={() => act({ act: 'watchActivity', connectionId: shown.id })}>Watch {shown.name}…</Button>
      }
    >
      A watch sees what all clients do, for 10 s to 5 min. It costs the server something, so it never starts by itself.
    </EmptyState>
  );
}

function Figures({ data }: { readonly data: KeyspaceActivity }): VNode {
  const [pattern, setPattern] = useState<string | null>(null);
  const chart = useMemo(() => distributionChart(data), [data]);
  const isScan = data.source === 'scan';
  return (
    <div class="keyspace-figures">
      <p class="muted">
        {formatCounted(data.totalEvents, isScan ? 'key' : 'touch', isScan ? 'keys' : 'touches')} in{' '}
        {formatCounted(data.topPatterns.length, 'pattern')}
        {data.coverage < 0.99 &&
          (isScan
            ? `; ${formatPercent(data.coverage)} of the keyspace was looked at`
            : `; watched for ${formatPercent(data.coverage)} of the range`)}
        .
      </p>
      {!isScan && (
        <TimeChart
          title="When keys were touched"
          unit={`touches, ${stepsText((chart.to - chart.from) / Math.max(1, data.distribution.length))}`}
          data={chart}
          format={(value) => formatCount(value)}
          atLeast={1}
          syncKey="keyspace"
          empty="Nothing was touched in this range"
          onZoom={zoomTo}
          onZoomOut={zoomOut}
          {...(data.source === 'client'
            ? { onOpen: (from, to) => showEvents({ source: 'app' }, from * 1000, to * 1000) }
            : {})}
        />
      )}
      <Ranking data={data} chosen={pattern} onChoose={setPattern} />
    </div>
  );
}

interface RankingProps {
  readonly data: KeyspaceActivity;
  readonly chosen: string | null;
  readonly onChoose: (pattern: string) => void;
}

function Ranking({ data, chosen, onChoose }: RankingProps): VNode {
  const most = data.topPatterns[0]?.touches ?? 1;
  const isScan = data.source === 'scan';
  return (
    <table class="ranking">
      <thead>
        <tr>
          <th scope="col" class="cell-end">
            Rank
          </th>
          <th scope="col">Key pattern</th>
          <th scope="col" class="ranking-bar-head">
            {isScan ? 'Keys' : 'Touches'}
          </th>
          <th scope="col" class="cell-end" />
          {!isScan && (
            <th scope="col" class="cell-end">
              Errors
            </th>
          )}
          {!isScan && <th scope="col">Last touch</th>}
        </tr>
      </thead>
      <tbody>
        {data.topPatterns.map((row, at) => (
          <tr key={row.pattern} aria-current={row.pattern === chosen}>
            <td
              class="cell-end number muted"
              title={row.tie ? 'Its place before the next row is not certain' : undefined}
            >
              {row.tie ? '=' : ''}
              {at + 1}
            </td>
            <td class="cell ranking-pattern" title={row.pattern}>
              {data.source === 'client' ? (
                <button
                  type="button"
                  class="text-button"
                  title="Show the events of these keys"
                  onClick={() => {
                    onChoose(row.pattern);
                    showEvents({ pattern: row.pattern }, Date.parse(data.from), Date.parse(data.to));
                  }}
                >
                  {row.pattern}
                </button>
              ) : (
                row.pattern
              )}
            </td>
            <td class="ranking-bar">
              <Bar row={row} most={most} />
            </td>
            <td class="cell-end number">
              {row.maxOvercount > 0 ? `≤ ${formatCount(row.touches)}` : formatCount(row.touches)}
            </td>
            {!isScan && <td class="cell-end number">{row.errors === 0 ? '' : formatCount(row.errors)}</td>}
            {!isScan && (
              <td class="number muted" title={row.lastTouchedAt === null ? undefined : utcText(row.lastTouchedAt)}>
                {row.lastTouchedAt === null ? '–' : shortTime(row.lastTouchedAt, hostNowMs())}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bar({ row, most }: { readonly row: PatternActivity; readonly most: number }): VNode {
  const width = (row.touches / most) * 100;
  const failed = row.touches === 0 ? 0 : (row.errors / row.touches) * 100;
  return (
    <span class="bar" style={{ width: `${Math.max(width, 0.5)}%` }} aria-hidden="true">
      {failed > 0 && <span class="bar-failed" style={{ width: `${Math.max(failed, 1)}%` }} />}
    </span>
  );
}

function distributionChart(data: KeyspaceActivity): ChartData {
  const seconds = (iso: string): number => Date.parse(iso) / 1000;
  const gaps: [number, number][] = [];
  for (const { from, to, coverage } of data.distribution) {
    if (coverage > 0) continue;
    const last = gaps.at(-1);
    if (last !== undefined && last[1] === seconds(from)) last[1] = seconds(to);
    else gaps.push([seconds(from), seconds(to)]);
  }
  const values = (of: (bucket: KeyspaceActivity['distribution'][number]) => number): (number | null)[] =>
    data.distribution.map((bucket) => (bucket.coverage === 0 && bucket.touches === 0 ? null : of(bucket)));
  return {
    times: data.distribution.map(({ from }) => seconds(from)),
    from: seconds(data.from),
    to: seconds(data.to),
    gaps,
    stacked: true,
    series: [
      {
        label: 'succeeded',
        color: 'blue',
        kind: 'bars',
        pattern: 'plain',
        values: values((b) => b.touches - b.errors),
      },
      { label: 'failed', color: 'red', kind: 'bars', pattern: 'stripes', values: values((b) => b.errors) },
    ],
  };
}
