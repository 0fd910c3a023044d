/** What bars need to know of their chart: where each begins, ascending, and what the axis spans; UTC seconds. */
interface BarTimes {
  readonly times: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** The bar that a time lies in: the last one that begins by then; null when there is none. */
export function barAt({ times }: BarTimes, seconds: number): number | null {
  const at = times.findLastIndex((start) => start <= seconds);
  if (at >= 0) return at;
  return times.length > 0 ? 0 : null;
}

/** The middle of what is seen of a bar, UTC seconds: the first one may begin before the axis, the last one end after it. */
export function middleOfBar({ times, from, to }: BarTimes, index: number): number {
  const start = times[index] ?? from;
  const step = (times[1] ?? to) - (times[0] ?? from);
  return (Math.max(start, from) + Math.min(start + step, to)) / 2;
}
