import type { VNode } from 'preact';
import type { Episode } from '../../src/domain/alerts/backtest.ts';
import { metricOf } from '../../src/domain/alerts/metrics/registry.ts';
import type { AlertRuleDraft } from '../../src/domain/alerts/rule.ts';
import { valueText } from '../../src/domain/alerts/words.ts';
import { formatDuration, formatPercent } from '../../src/domain/format.ts';
import {
  backtestRanges,
  type BacktestRange,
  type RuleConnection,
  type RuleTest,
} from '../../src/protocol/alertRule.ts';
import type { ChartData } from '../charts/plot.ts';
import { TimeChart } from '../charts/timeChart.tsx';
import { Button, Spinner } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { openEpisode, range, rule, setRange, test, testFailure, testing } from './model.ts';

const rangeWords: Readonly<Record<BacktestRange, string>> = {
  '1h': 'the last hour',
  '6h': 'the last 6 h',
  '24h': 'the last 24 h',
  '7d': 'the last 7 days',
  '30d': 'the last 30 days',
};

/** The metric's real history with the rule's lines, and what the rule would have done. */
export function History({ connections }: { readonly connections: readonly RuleConnection[] }): VNode {
  const draft = rule.value;
  const shown = test.value;
  return (
    <section class="rule-history" aria-label="History and backtest">
      <div class="rule-history-head">
        <Segmented
          label="Range of the backtest"
          value={range.value}
          choices={backtestRanges.map((value) => ({ value, text: value }))}
          onChange={(value) => {
            const next = backtestRanges.find((known) => known === value);
            if (next !== undefined) setRange(next);
          }}
        />
        {testing.value && <Spinner label="Testing…" />}
      </div>
      {testFailure.value !== null && (
        <Notice kind="error">
          {testFailure.value.message} {testFailure.value.nextAction}
        </Notice>
      )}
      {shown !== null && draft !== null ? (
        <Tested shown={shown} draft={draft} connections={connections} />
      ) : (
        <p class="muted rule-history-waiting">
          {draft === null ? 'The chart follows once every field is filled in.' : 'Reading the history…'}
        </p>
      )}
    </section>
  );
}

interface TestedProps {
  readonly shown: RuleTest;
  readonly draft: AlertRuleDraft;
  readonly connections: readonly RuleConnection[];
}

function Tested({ shown, draft, connections }: TestedProps): VNode {
  const metric = metricOf(draft.metric);
  const nameOf = (id: string): string => connections.find((each) => each.id === id)?.name ?? id;
  const lacking = shown.notAvailableOn.map(nameOf);
  const several = shown.connectionIds.length > 1;
  return (
    <>
      <p class={testing.value ? 'rule-verdict muted' : 'rule-verdict'} role="status">
        <Icon name={shown.episodes.length > 0 ? 'bell' : 'pass'} /> {verdict(shown)}
      </p>
      {lacking.length > 0 && (
        <Notice kind="warning">
          Not available here: {lacking.join(', ')}. {metric?.lacking}
        </Notice>
      )}
      <TimeChart
        title={metric?.title ?? draft.metric}
        unit={
          several
            ? `${shown.connectionIds.length} connections: the one nearest to the limit`
            : nameOf(shown.connectionIds[0] ?? '')
        }
        data={chartData(shown, draft)}
        format={(value) => (metric === undefined ? String(value) : valueText(metric, value))}
        atLeast={Math.max(draft.threshold, draft.recoveryThreshold ?? 0, metric?.unit === 'ms' ? 1 : 0.01)}
        {...(metric?.unit === 'state' ? { atMost: 1.08 } : {})}
        syncKey="alertRule"
        empty="Nothing was recorded of this metric in this time. A rule can be saved without history."
        onZoom={() => undefined}
        onZoomOut={() => undefined}
      />
      <Episodes shown={shown} draft={draft} nameOf={nameOf} />
    </>
  );
}

/** "Would have fired 3 times in the last 24 h, longest 6 min, coverage 82 %". */
function verdict({ episodes, coverage, to }: RuleTest): string {
  const when = rangeWords[range.value];
  const seen = `coverage ${formatPercent(coverage)}`;
  if (coverage === 0) return `Nobody watched in ${when}: what it would have done is not known.`;
  if (episodes.length === 0) return `Would not have fired in ${when}, ${seen}.`;
  const longest = Math.max(...episodes.map((episode) => Date.parse(episode.to ?? to) - Date.parse(episode.firedAt)));
  const times = episodes.length === 1 ? 'once' : `${episodes.length} times`;
  return `Would have fired ${times} in ${when}, longest ${formatDuration(longest)}, ${seen}.`;
}

function chartData({ series, episodes, from, to }: RuleTest, draft: AlertRuleDraft): ChartData {
  const times = series.map(({ at }) => Date.parse(at) / 1000);
  const level = (value: number): number[] => times.map(() => value);
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  return {
    times,
    series: [
      { label: 'Value', color: 'blue', kind: 'line', values: series.map(({ value }) => value) },
      { label: 'Threshold', color: 'red', kind: 'line', dash: [6, 3], values: level(draft.threshold) },
      ...(draft.recoveryThreshold === undefined
        ? []
        : [
            {
              label: 'Recovery',
              color: 'green',
              kind: 'line',
              dash: [2, 3],
              values: level(draft.recoveryThreshold),
            } as const,
          ]),
    ],
    stacked: false,
    from: Date.parse(from) / 1000,
    to: Date.parse(to) / 1000,
    gaps: gapsOf(series, step),
    bands: joined(episodes, to),
  };
}

/** When it would have fired on any connection, UTC seconds; stretches that touch are one. */
function joined(episodes: readonly Episode[], to: string): (readonly [from: number, to: number])[] {
  const bands: [number, number][] = [];
  const seconds = (iso: string): number => Date.parse(iso) / 1000;
  for (const episode of [...episodes].sort((a, b) => (a.firedAt < b.firedAt ? -1 : 1))) {
    const [start, end] = [seconds(episode.firedAt), seconds(episode.to ?? to)];
    const last = bands.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else bands.push([start, end]);
  }
  return bands;
}

/** Stretches without a value. */
function gapsOf(series: RuleTest['series'], step: number): [number, number][] {
  const gaps: [number, number][] = [];
  let start: number | null = null;
  for (const { at, value } of series) {
    const time = Date.parse(at) / 1000;
    if (value === null) start ??= time - step;
    else if (start !== null) {
      gaps.push([start, time - step]);
      start = null;
    }
  }
  const end = series.at(-1);
  if (start !== null && end !== undefined) gaps.push([start, Date.parse(end.at) / 1000]);
  return gaps;
}

const shownEpisodes = 50;

function Episodes({
  shown,
  draft,
  nameOf,
}: Pick<TestedProps, 'shown' | 'draft'> & { readonly nameOf: (id: string) => string }): VNode {
  const metric = metricOf(draft.metric);
  if (shown.episodes.length === 0) return <></>;
  return (
    <table class="rule-episodes" aria-label="Episodes">
      <thead>
        <tr>
          <th scope="col">Fired</th>
          <th scope="col">Connection</th>
          <th scope="col" class="cell-end">
            Lasted
          </th>
          <th scope="col" class="cell-end">
            Worst
          </th>
          <th scope="col">
            <span class="visually-hidden">Look closer</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {shown.episodes.slice(0, shownEpisodes).map((episode) => (
          <tr key={`${episode.connectionId} ${episode.firedAt}`}>
            <th scope="row" class="number" title={episode.firedAt}>
              {localTime(episode.firedAt)}
            </th>
            <td>{nameOf(episode.connectionId)}</td>
            <td class="cell-end number">{lasted(episode)}</td>
            <td class="cell-end number">
              {episode.worst === null || metric === undefined ? '–' : valueText(metric, episode.worst)}
            </td>
            <td class="rule-episode-acts">
              <Button
                appearance="icon"
                label="Open the chart of this episode"
                onClick={() => void openEpisode('chart', ended(episode, shown.to))}
              >
                <Icon name="graph" />
              </Button>
              <Button
                appearance="icon"
                label="Open the failures in this episode"
                onClick={() => void openEpisode('failures', ended(episode, shown.to))}
              >
                <Icon name="error" />
              </Button>
              <Button
                appearance="icon"
                label="Compare this episode with before"
                onClick={() => void openEpisode('compare', ended(episode, shown.to))}
              >
                <Icon name="git-compare" />
              </Button>
              <Button
                appearance="icon"
                label="Make an incident bundle of this episode"
                onClick={() => void openEpisode('bundle', ended(episode, shown.to))}
              >
                <Icon name="package" />
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ended(
  episode: Episode,
  to: string,
): { readonly connectionId: string; readonly from: string; readonly to: string } {
  return { connectionId: episode.connectionId, from: episode.from, to: episode.to ?? to };
}

function lasted({ firedAt, to }: Episode): string {
  return to === null ? 'not seen to end' : formatDuration(Date.parse(to) - Date.parse(firedAt));
}

function localTime(iso: string): string {
  return new Date(iso).toLocaleString(undefined, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
}
