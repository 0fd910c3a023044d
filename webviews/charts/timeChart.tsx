import './charts.css';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatDuration } from '../../src/domain/format.ts';
import { toSecond } from '../ui/localTime.ts';
import { ChartHead } from './chartHead.tsx';
import { createPlot, type ChartData, type ChartSeries, type Plot } from './plot.ts';
import { onThemeChange } from './theme.ts';

interface TimeChartProps {
  /** Of the element on the page, for links to it. */
  readonly id?: string;
  readonly title: string;
  /** Stands beside the title: `per second`, `ms`. */
  readonly unit: string;
  readonly data: ChartData;
  /** A value as the legend, the table and the summary say it, with its unit where the axis needs none. */
  readonly format: (value: number) => string;
  readonly axisFormat?: (value: number) => string;
  readonly inBytes?: boolean;
  readonly atLeast: number;
  readonly atMost?: number;
  readonly syncKey: string;
  /** Shown instead of the drawing when no series has a value. */
  readonly empty: string;
  readonly onZoom: (fromSeconds: number, toSeconds: number) => void;
  readonly onZoomOut: () => void;
  /** A point or bar was clicked, or Enter pressed on it: the stretch that it stands for, UTC seconds. */
  readonly onOpen?: (fromSeconds: number, toSeconds: number) => void;
}

/**
 * A chart over time: legend with last or pointed values, crosshair shared by `syncKey`, drag to zoom, gaps hatched,
 * the same as a table, and a summary for screen readers. Arrow keys move the crosshair, Enter opens what is behind the value, + zooms in,
 * Escape out.
 */
export function TimeChart(props: TimeChartProps): VNode {
  const { title, unit, data } = props;
  const [pointed, setPointed] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  // A stack of zeros shows nothing either.
  const hasValues = data.series.some(({ values }) =>
    values.some((value) => value !== null && (value > 0 || !data.stacked)),
  );
  return (
    <figure class="chart" id={props.id} aria-label={summary(props)}>
      <ChartHead title={title} unit={unit} asTable={asTable} onSwitch={setAsTable} />
      <Legend {...props} pointed={pointed} />
      {asTable ? (
        <DataTable {...props} />
      ) : (
        <div class="chart-body">
          <Drawing {...props} pointed={pointed} onPoint={setPointed} />
          {!hasValues && (
            <div class="chart-empty">
              <span>{props.empty}</span>
            </div>
          )}
        </div>
      )}
    </figure>
  );
}

interface Pointing {
  readonly pointed: number | null;
}

interface DrawingProps extends TimeChartProps, Pointing {
  readonly onPoint: (index: number | null) => void;
}

function Drawing(props: DrawingProps): VNode {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const drawNow = useRef<() => void>(() => undefined);
  const latest = useRef(props);
  latest.current = props;
  const shape = props.data.series.map((series) => `${series.label}:${series.kind}`).join();

  useLayoutEffect(() => {
    const holder = element.current;
    if (holder === null) return undefined;
    const draw = (): void => {
      plot.current ??= plotOf(holder, latest);
    };
    drawNow.current = draw;
    const forgetFrame = afterPaint(draw);
    const resizing = new ResizeObserver(() => plot.current?.setSize(holder.clientWidth, holder.clientHeight));
    resizing.observe(holder);
    const forgetTheme = onThemeChange(() => plot.current?.redraw());
    return () => {
      forgetFrame();
      resizing.disconnect();
      forgetTheme();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, props.syncKey]);

  // Before the next key or click: what is pointed at must be an index of the data that is shown.
  useLayoutEffect(() => plot.current?.setData(props.data), [props.data]);

  function onKeyDown(event: KeyboardEvent): void {
    const { data, pointed, onZoom, onZoomOut } = props;
    const end = data.times.length - 1;
    const at = pointed ?? end + 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: end }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      drawNow.current();
      plot.current?.point(Math.min(Math.max(to, 0), end));
    } else if (event.key === 'Enter' && pointed !== null) {
      openStretch(props, pointed);
    } else if (event.key === '+' || event.key === '=') {
      const middle = data.times[pointed ?? -1] ?? (data.from + data.to) / 2;
      const quarter = (data.to - data.from) / 4;
      onZoom(Math.max(data.from, middle - quarter), Math.min(data.to, middle + quarter));
    } else if (event.key === '-' || event.key === 'Escape') onZoomOut();
  }

  return (
    <div
      class={props.onOpen === undefined ? 'chart-plot' : 'chart-plot chart-opens'}
      ref={element}
      tabIndex={0}
      role="img"
      aria-label={`${props.title}. Arrow keys read values,${props.onOpen === undefined ? '' : ' Enter shows their events,'} plus zooms in, Escape zooms out.`}
      onKeyDown={onKeyDown}
      onBlur={() => plot.current?.point(null)}
    />
  );
}

function plotOf(holder: HTMLElement, latest: { readonly current: DrawingProps }): Plot {
  const { data, axisFormat, format, inBytes = false, atLeast, atMost, syncKey } = latest.current;
  return createPlot(holder, data, {
    format: axisFormat ?? format,
    inBytes,
    atLeast,
    ...(atMost === undefined ? {} : { atMost }),
    syncKey,
    onCursor: (index) => latest.current.onPoint(index),
    onZoom: (from, to) => latest.current.onZoom(from, to),
    onOpen: (index) => openStretch(latest.current, index),
  });
}

/** Figures come first: what takes long is drawn in a task of its own once they are on the screen. */
function afterPaint(run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = requestAnimationFrame(() => (timer = setTimeout(run)));
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

/** A bar begins at its time, the point of a line stands in the middle of its stretch. */
function openStretch({ data, onOpen }: TimeChartProps, index: number): void {
  const time = data.times[index];
  if (time === undefined) return;
  const step = (data.times[1] ?? data.to) - (data.times[0] ?? data.from);
  const from = data.series[0]?.kind === 'bars' ? time : time - step / 2;
  onOpen?.(Math.max(data.from, from), Math.min(data.to, from + step));
}

function Legend({ data, format, pointed }: TimeChartProps & Pointing): VNode {
  const time = pointed === null ? undefined : data.times[pointed];
  return (
    <div class="chart-legend">
      {data.series.map((series) => {
        const value = time === undefined ? lastOf(series) : (series.values[pointed ?? -1] ?? null);
        return (
          <span key={series.label} class="chart-legend-entry">
            <span
              class={`chart-mark chart-mark-${series.kind} chart-${series.color} ${markShape(series)}`}
              aria-hidden="true"
            />
            {series.label} <span class="number chart-legend-value">{value === null ? '–' : format(value)}</span>
          </span>
        );
      })}
      <span class="chart-legend-time number" aria-live="polite">
        {time === undefined ? '' : localTime(time)}
      </span>
    </div>
  );
}

function markShape({ dash, pattern = 'plain' }: ChartSeries): string {
  return dash === undefined ? `chart-pattern-${pattern}` : 'chart-dashed';
}

const TABLE_ROWS = 500;

function DataTable({ title, data, format }: TimeChartProps): VNode {
  const rows = data.times.map((time, at) => ({ time, at })).reverse();
  return (
    <div class="chart-table" tabIndex={0}>
      <table aria-label={title}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {data.series.map((series) => (
              <th key={series.label} scope="col" class="cell-end">
                {series.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, TABLE_ROWS).map(({ time, at }) => (
            <tr key={time}>
              <th scope="row" title={new Date(time * 1000).toISOString()}>
                {localTime(time)}
              </th>
              {data.series.map((series) => {
                const value = series.values[at] ?? null;
                return (
                  <td key={series.label} class="cell-end">
                    {value === null ? (isGap(data, time) ? 'not watched' : '–') : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isGap({ gaps }: ChartData, time: number): boolean {
  return gaps.some(([from, to]) => time >= from && time < to);
}

function lastOf({ values }: ChartSeries): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

function localTime(seconds: number): string {
  return toSecond(seconds * 1000);
}

function summary({ title, unit, data, format }: TimeChartProps): string {
  const parts = data.series.map((series) => {
    const values = series.values.filter((value) => value !== null);
    if (values.length === 0) return `${series.label}: no values`;
    const least = values.reduce((a, b) => Math.min(a, b));
    const most = values.reduce((a, b) => Math.max(a, b));
    return `${series.label}: last ${format(values.at(-1) ?? 0)}, least ${format(least)}, most ${format(most)}`;
  });
  const unwatched = data.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const gaps = unwatched > 0 ? ` Not watched for ${formatDuration(unwatched * 1000)}.` : '';
  return `${title}, ${unit}. ${parts.join('. ')}.${gaps}`;
}
