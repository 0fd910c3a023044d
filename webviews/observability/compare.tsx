import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatCount, formatDuration, formatPercent, formatRate } from '../../src/domain/format.ts';
import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import type { FamilyComparison, MetricComparison, Verdict } from '../../src/domain/observability/compare.ts';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import type { ChartData } from '../charts/plot.ts';
import { TimeChart } from '../charts/timeChart.tsx';
import { Button } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import {
  compareFailure,
  comparing,
  courses,
  periods,
  pick,
  picked,
  run,
  stop,
  update,
  type Pick,
} from './compareModel.ts';
import type { Period } from './link.ts';
import { findings, metricNames, percentText, valueText } from './compareWords.ts';
import { showEvents, zoomOut } from './model.ts';
import { rangeText } from './times.ts';

const picks: readonly { readonly value: Pick; readonly text: string }[] = [
  { value: 'hourBefore', text: 'Hour before' },
  { value: 'yesterday', text: 'Yesterday' },
  { value: 'lastWeek', text: 'Last week' },
  { value: 'custom', text: 'Custom' },
];

/** Whether one stretch of time is worse than another, and how sure that is. */
export function Compare({ shown }: { readonly shown: PanelConnection }): VNode {
  const chosen = periods.value;
  const found = update.value;
  const problem = compareFailure.value;
  return (
    <div class="compare">
      <Toolbar label="What is compared">
        <span>Last hour against</span>
        <Segmented
          label="Baseline"
          value={picked.value}
          choices={picks}
          onChange={(next) => pick(picks.find(({ value }) => value === next)?.value ?? 'custom')}
        />
        {chosen !== null && picked.value !== 'custom' && (
          <span class="muted number">
            {rangeText(chosen.baseline.fromMs, chosen.baseline.toMs)} →{' '}
            {rangeText(chosen.compare.fromMs, chosen.compare.toMs)}
          </span>
        )}
        <ToolbarGap />
        {comparing.value ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button onClick={() => void run()}>Compare again</Button>
        )}
      </Toolbar>
      {picked.value === 'custom' && chosen !== null && <CustomPeriods />}
      <Progress />
      {problem !== null && <Notice kind="error">{problem.message}</Notice>}
      {found !== null && (
        <div class="compare-body">
          <ul class="findings" aria-live="polite">
            {found.metrics.flatMap(findings).map(({ verdict, text }) => (
              <li key={text} class={`finding finding-${verdictClass(verdict)}`}>
                <Icon name={verdictIcon[verdict]} />
                <span>{text}</span>
              </li>
            ))}
          </ul>
          {found.done && <Confounders lines={found.confounders} />}
          {found.metrics.length > 0 && <Table metrics={found.metrics} shown={shown} />}
          {courses.value !== null && <Overlay {...courses.value} />}
        </div>
      )}
    </div>
  );
}

/** Reserves its place, so that nothing jumps when it comes and goes. */
function Progress(): VNode {
  const value = update.value?.progress ?? 0;
  return (
    <div class="compare-progress" role="progressbar" aria-valuenow={Math.round(value * 100)} aria-label="Comparing">
      {comparing.value && <span style={{ width: `${Math.max(2, value * 100)}%` }} />}
    </div>
  );
}

const verdictIcon: Readonly<Record<Verdict, string>> = {
  regressed: 'error',
  improved: 'pass',
  'no change detected': 'dash',
  inconclusive: 'question',
  'not comparable': 'circle-slash',
};

function verdictClass(verdict: Verdict): string {
  return verdict.replaceAll(' ', '-');
}

function CustomPeriods(): VNode {
  const chosen = periods.value;
  if (chosen === null) return <></>;
  const set = (side: 'baseline' | 'compare', change: Partial<Period>): void => {
    periods.value = { ...chosen, [side]: { ...chosen[side], ...change } };
  };
  return (
    <Toolbar label="Periods">
      {(['baseline', 'compare'] as const).map((side) => (
        <span key={side} class="period">
          <span class="muted">{side === 'baseline' ? 'Baseline' : 'Compare'}</span>
          <Moment label={`${side}, from`} ms={chosen[side].fromMs} onChange={(fromMs) => set(side, { fromMs })} />
          <span aria-hidden="true">–</span>
          <Moment label={`${side}, to`} ms={chosen[side].toMs} onChange={(toMs) => set(side, { toMs })} />
        </span>
      ))}
      <Button appearance="primary" onClick={() => void run()}>
        Compare
      </Button>
    </Toolbar>
  );
}

interface MomentProps {
  readonly label: string;
  readonly ms: number;
  readonly onChange: (ms: number) => void;
}

function Moment({ label, ms, onChange }: MomentProps): VNode {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return (
    <input
      type="datetime-local"
      step="1"
      aria-label={label}
      title={`${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`}
      value={local}
      onChange={({ currentTarget }) => {
        const next = new Date(currentTarget.value).getTime();
        if (Number.isFinite(next)) onChange(next);
      }}
    />
  );
}

function Confounders({ lines }: { readonly lines: readonly string[] }): VNode {
  if (lines.length === 0) return <p class="muted">Nothing else is known to differ between the periods.</p>;
  return (
    <section class="confounders">
      <h3>What else differs</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}

interface TableProps {
  readonly metrics: readonly MetricComparison[];
  readonly shown: PanelConnection;
}

function Table({ metrics, shown }: TableProps): VNode {
  return (
    <div class="compare-table">
      <table aria-label={`Figures of ${shown.name} in both periods`}>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" class="cell-end">
              Baseline
            </th>
            <th scope="col" class="cell-end">
              Compare
            </th>
            <th scope="col" class="cell-end">
              Change
            </th>
            <th scope="col">Verdict</th>
            <th scope="col" class="cell-end">
              Would be seen
            </th>
            <th scope="col" class="cell-end">
              n
            </th>
          </tr>
        </thead>
        <tbody>
          {metrics.map((metric) => (
            <>
              <Row key={metric.metric} name={metricNames[metric.metric]} metric={metric.metric} facts={metric} total />
              {metric.families.slice(0, 6).map((family) => (
                <Row key={family.family} name={family.family} metric={metric.metric} facts={family} total={false} />
              ))}
            </>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly name: string;
  readonly metric: MetricComparison['metric'];
  readonly facts: MetricComparison | FamilyComparison;
  readonly total: boolean;
}

function Row({ name, metric, facts, total }: RowProps): VNode {
  const chosen = periods.value;
  const action = name.split(' ')[0] ?? name;
  return (
    <tr class={total ? 'compare-total' : 'compare-family'}>
      <th scope="row">
        {total || chosen === null ? (
          name
        ) : (
          <button
            type="button"
            class="text-button"
            title="Show these operations of the compared period"
            onClick={() => showEvents({ actions: [action] }, chosen.compare.fromMs, chosen.compare.toMs)}
          >
            {name}
          </button>
        )}
      </th>
      <td class="cell-end number">{valueText(metric, facts.baseline)}</td>
      <td class="cell-end number">{valueText(metric, facts.compare)}</td>
      <td class="cell-end number">{percentText(facts.deltaPercent)}</td>
      <td>
        <span class={`verdict finding-${verdictClass(facts.verdict)}`}>
          <Icon name={verdictIcon[facts.verdict]} /> {facts.verdict}
        </span>
        {total && <span class="muted">{whereWords(facts)}</span>}
      </td>
      <td class="cell-end number muted">{valueText(metric, facts.detectable)}</td>
      <td class="cell-end number muted">
        {formatCount(facts.samples.baseline)} / {formatCount(facts.samples.compare)}
      </td>
    </tr>
  );
}

/** The verdict of the whole is that of its commands; which, since the total's own figures may say otherwise. */
function whereWords(facts: MetricComparison | FamilyComparison): string {
  if (!('families' in facts) || facts.metric === 'operationCount') return '';
  const [first, ...others] = facts.families.filter(({ verdict }) => verdict === facts.verdict);
  if (first === undefined || (facts.verdict !== 'regressed' && facts.verdict !== 'improved')) return '';
  return ` in ${first.family}${others.length === 0 ? '' : ` and ${formatCount(others.length)} more`}`;
}

function Overlay(both: { readonly baseline: ConnectionCharts; readonly compare: ConnectionCharts }): VNode {
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
  const steps = `in steps of ${formatDuration(both.compare.bucketSeconds * 1000)}`;
  const shared = {
    syncKey: 'compare',
    empty: 'No operation of ours in both periods',
    onZoom: (from: number, to: number) => showEvents({}, from * 1000, to * 1000),
    onZoomOut: zoomOut,
  };
  return (
    <div class="charts compare-charts">
      <TimeChart
        {...shared}
        title="Latency p95 of our operations"
        unit={`ms, ${steps}`}
        data={drawn.latency}
        format={formatDuration}
        axisFormat={(value) => formatCount(value, 2)}
        atLeast={1}
      />
      <TimeChart
        {...shared}
        title="Our operations"
        unit={`per second, ${steps}`}
        data={drawn.operations}
        format={(value) => `${formatRate(value)}/s`}
        axisFormat={formatRate}
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
