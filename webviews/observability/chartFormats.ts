import { formatCount, formatDuration, formatRate } from '../../src/domain/format.ts';

/** How latencies in milliseconds are written: the axis needs no unit, which stands beside the title. */
export const ofLatency = {
  format: formatDuration,
  axisFormat: (value: number): string => formatCount(value, 2),
  atLeast: 1,
} as const;

/** How rates per second are written. */
export const ofRate = {
  format: (value: number): string => `${formatRate(value)}/s`,
  axisFormat: formatRate,
} as const;

/** How wide the stretches are over which a chart averages. */
export function stepsText(seconds: number): string {
  return `in steps of ${formatDuration(seconds * 1000)}`;
}
