import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import { dayOf, toMinute, toSecond } from '../ui/localTime.ts';
import { barAt, middleOfBar } from './bars.ts';
import { hatch, patternFill, type FillPattern } from './patterns.ts';
import { chartColor, chartFont, gapColor, gridColor, mutedColor, withAlpha, type ChartColor } from './theme.ts';

/** One named row of values beside the chart's times; null = nothing to draw there, never zero. */
export interface ChartSeries {
  readonly label: string;
  readonly color: ChartColor;
  readonly values: readonly (number | null)[];
  readonly kind: 'line' | 'area' | 'bars';
  /** Pixels on and off, so that lines differ by shape too. */
  readonly dash?: readonly number[];
  /** For bars. */
  readonly pattern?: FillPattern;
}

export interface ChartData {
  /** UTC seconds, ascending. A bar starts at its time, a line's point stands on it. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Bars stand on one another, the first one lowest. */
  readonly stacked: boolean;
  /** What the axis spans, UTC seconds. */
  readonly from: number;
  readonly to: number;
  /** Stretches that nobody watched, UTC seconds. */
  readonly gaps: readonly (readonly [from: number, to: number])[];
  /** Stretches that stand out, UTC seconds: when an alert would have fired. */
  readonly bands?: readonly (readonly [from: number, to: number])[];
}

export interface PlotOptions {
  readonly format: (value: number) => string;
  /** Highest value of the axis at least, so that noise around zero looks small. */
  readonly atLeast: number;
  /** Grid lines at round numbers of bytes instead of round decimal numbers. */
  readonly inBytes?: boolean;
  /** Values cannot exceed this (1 for ratios). */
  readonly atMost?: number;
  /** Charts with the same key share their crosshair. */
  readonly syncKey: string;
  readonly onCursor: (index: number | null) => void;
  readonly onZoom: (fromSeconds: number, toSeconds: number) => void;
  /** A click on the point or bar under the crosshair. */
  readonly onOpen: (index: number) => void;
}

export interface Plot {
  setData(data: ChartData): void;
  setSize(width: number, height: number): void;
  /** Puts the crosshair on a time of the data, or away. */
  point(index: number | null): void;
  /** After a theme change. */
  redraw(): void;
  destroy(): void;
}

/** Draws into `element`. The kinds and number of series are those of the first data for the plot's whole life. */
export function createPlot(element: HTMLElement, first: ChartData, options: PlotOptions): Plot {
  let data = first;
  const order = drawingOrder(first);
  const hasBars = first.series[0]?.kind === 'bars';
  // The nearest time is the next bar's on the right half of a bar.
  const pointed = (drawn: uPlot): number | null => {
    const { idx = null, left = 0 } = drawn.cursor;
    return hasBars && idx !== null ? barAt(data, drawn.posToVal(left, 'x')) : idx;
  };
  const plot = new uPlot(
    {
      width: Math.max(element.clientWidth, 50),
      height: Math.max(element.clientHeight, 50),
      legend: { show: false },
      // On the right there is room for half of a date below the end of the axis.
      padding: [8, 20, 0, 0],
      cursor: {
        y: false,
        points: { size: 5 },
        ...(hasBars ? { dataIdx: (_plot, _series, _nearest, seconds) => barAt(data, seconds) } : {}),
        drag: { x: true, y: false, setScale: false },
        sync: { key: options.syncKey, scales: ['x', null] },
      },
      scales: {
        x: { time: true, range: () => [data.from, data.to] },
        y: { range: (_plot, _min, max) => [0, ceiling(max, options)] },
      },
      axes: [xAxis(), yAxis(options)],
      series: [{}, ...order.map((at) => seriesOptions(() => data.series[at]))],
      hooks: {
        drawClear: [(drawn) => drawGaps(drawn, data), (drawn) => drawBands(drawn, data)],
        setCursor: [(drawn) => options.onCursor(pointed(drawn))],
        setSelect: [
          (drawn) => {
            const { left, width } = drawn.select;
            if (width >= 5) options.onZoom(drawn.posToVal(left, 'x'), drawn.posToVal(left + width, 'x'));
            drawn.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    aligned(first, order),
    element,
  );
  openOnClick(plot, pointed, options.onOpen);
  return {
    setData(next) {
      data = next;
      plot.setData(aligned(next, order));
    },
    setSize(width, height) {
      if (width > 0 && height > 0) plot.setSize({ width, height });
    },
    point(index) {
      const time = index === null ? undefined : data.times[index];
      if (time === undefined) plot.setCursor({ left: -10, top: -10 });
      else {
        const stands = hasBars ? middleOfBar(data, index ?? 0) : Math.min(Math.max(time, data.from), data.to);
        plot.setCursor({ left: plot.valToPos(stands, 'x'), top: plot.over.clientHeight / 2 });
      }
    },
    redraw: () => plot.redraw(false, true),
    destroy: () => plot.destroy(),
  };
}

/** A press that moved is a drag over a stretch, not a click. */
function openOnClick(plot: uPlot, pointed: (plot: uPlot) => number | null, onOpen: (index: number) => void): void {
  let pressedAt = Number.NaN;
  plot.over.addEventListener('mousedown', (event) => (pressedAt = event.clientX));
  plot.over.addEventListener('click', (event) => {
    const index = pointed(plot);
    if (Math.abs(event.clientX - pressedAt) < 5 && index !== null) onOpen(index);
  });
}

/** Stacked bars overlap: the highest sum is drawn first, so that each shows only its own part. */
function drawingOrder({ series, stacked }: ChartData): number[] {
  const order = series.map((_series, at) => at);
  return stacked ? order.reverse() : order;
}

function aligned(data: ChartData, order: readonly number[]): uPlot.AlignedData {
  const rows = data.stacked ? sums(data.series) : data.series.map((series) => [...series.values]);
  return [[...data.times], ...order.map((at) => rows[at] ?? [])];
}

/** Where each part of the stacks ends; a part that adds nothing is not drawn. */
function sums(series: readonly ChartSeries[]): (number | null)[][] {
  const reached: number[] = [];
  return series.map(({ values }) =>
    values.map((value, at) => {
      if (value === null || value === 0) return null;
      const end = (reached[at] ?? 0) + value;
      reached[at] = end;
      return end;
    }),
  );
}

function ceiling(max: number | null, { atLeast, atMost }: PlotOptions): number {
  const high = Math.max(Number.isFinite(max ?? 0) ? (max ?? 0) : 0, atLeast) * 1.08;
  return atMost === undefined ? high : Math.min(high, atMost);
}

function seriesOptions(current: () => ChartSeries | undefined): uPlot.Series {
  const color = (): string => chartColor(current()?.color ?? 'blue');
  const { kind = 'line', dash, pattern = 'plain', label = '' } = current() ?? {};
  const common: uPlot.Series = { label, stroke: color, width: 1.5, spanGaps: false };
  if (kind === 'bars') {
    const bars = uPlot.paths.bars?.({ align: 1, size: [1, Infinity], gap: 1 });
    return {
      ...common,
      width: 0,
      ...(bars === undefined ? {} : { paths: bars }),
      fill: (plot) => patternFill(plot.ctx, pattern, color(), paper()),
      points: { show: false },
    };
  }
  return {
    ...common,
    ...(dash === undefined ? {} : { dash: [...dash] }),
    ...(kind === 'area' ? { fill: () => withAlpha(color(), 0.14) } : {}),
    points: { show: true, size: 4, width: 1, stroke: color, fill: color, filter: isolated },
  };
}

/** A line cannot show a value between two gaps; a point can. */
function isolated(plot: uPlot, seriesIndex: number): number[] {
  const values = plot.data[seriesIndex] ?? [];
  const has = (at: number): boolean => typeof values[at] === 'number';
  const alone: number[] = [];
  for (let at = 0; at < values.length; at++) {
    if (has(at) && !has(at - 1) && !has(at + 1)) alone.push(at);
  }
  return alone;
}

function paper(): string {
  return getComputedStyle(document.body).getPropertyValue('--vscode-editor-background').trim() || 'Canvas';
}

function drawGaps(plot: uPlot, { gaps }: ChartData): void {
  if (gaps.length === 0) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = hatch(ctx, gapColor());
  for (const [from, to] of gaps) {
    const left = plot.valToPos(from, 'x', true);
    ctx.fillRect(left, bbox.top, plot.valToPos(to, 'x', true) - left, bbox.height);
  }
  ctx.restore();
}

/** Filled lightly, with an edge on either side: it shows in high contrast and without colours too. */
function drawBands(plot: uPlot, { bands = [], from, to }: ChartData): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const [start, end] of bands) {
    const left = plot.valToPos(Math.max(start, from), 'x', true);
    const width = Math.max(2, plot.valToPos(Math.min(end, to), 'x', true) - left);
    ctx.fillStyle = withAlpha(chartColor('red'), 0.18);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = chartColor('red');
    ctx.fillRect(left, bbox.top, width, 3 * devicePixelRatio);
  }
  ctx.restore();
}

function xAxis(): uPlot.Axis {
  return {
    stroke: mutedColor,
    font: chartFont(),
    grid: { show: false },
    ticks: { stroke: gridColor, width: 1, size: 4 },
    size: 28,
    gap: 4,
    space: 60,
    values: (_plot, splits) => axisTimes(splits),
  };
}

/** Local times; the date stands where a day begins, seconds only where steps are shorter than a minute. */
function axisTimes(splits: readonly number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((seconds) => {
    const time = new Date(seconds * 1000);
    const midnight = time.getHours() === 0 && time.getMinutes() === 0 && time.getSeconds() === 0;
    if (midnight) return dayOf(seconds * 1000);
    return step < 60 ? toSecond(seconds * 1000) : toMinute(seconds * 1000);
  });
}

/** 1, 2, 4, … 512 of each unit of 1024. */
const byteSteps = Array.from({ length: 52 }, (_none, power) => 2 ** power);

function yAxis({ format, inBytes = false }: PlotOptions): uPlot.Axis {
  return {
    ...(inBytes ? { incrs: byteSteps } : {}),
    stroke: mutedColor,
    font: chartFont(),
    grid: { stroke: gridColor, width: 1 },
    ticks: { show: false },
    size: 56,
    gap: 6,
    space: 32,
    values: (_plot, splits) => splits.map((value) => format(value)),
  };
}
