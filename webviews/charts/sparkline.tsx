import type { VNode } from 'preact';
import type { ChartColor } from './theme.ts';

interface SparklineProps {
  readonly values: readonly (number | null)[];
  readonly color: ChartColor;
  /** Highest value of the scale at least. */
  readonly atLeast: number;
}

const WIDTH = 72;
const HEIGHT = 20;

/** The course of a figure at a glance, for the eye only; broken where nothing was measured. */
export function Sparkline({ values, color, atLeast }: SparklineProps): VNode {
  const most = values.reduce<number>((high, value) => Math.max(high, value ?? 0), atLeast) || 1;
  const x = (at: number): number => (values.length < 2 ? WIDTH : (at / (values.length - 1)) * WIDTH);
  const y = (value: number): number => HEIGHT - 1 - (value / most) * (HEIGHT - 2);
  let path = '';
  values.forEach((value, at) => {
    if (value === null) return;
    const starts = at === 0 || values[at - 1] === null;
    path += `${starts ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    // A lone value is a dot: a line of no length with round ends.
    if (starts && (values[at + 1] ?? null) === null) path += 'h0';
  });
  return (
    <svg
      class={`sparkline chart-${color}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}
