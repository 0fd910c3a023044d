/** One measured figure with what it is held against. */
export interface Row {
  readonly name: string;
  /** Median of the runs. */
  readonly median: number;
  readonly unit: 'ms' | 'MB' | 'per second';
  /** What it was compared with in the same run, and that one's median, in the same unit. */
  readonly reference?: { readonly name: string; readonly median: number };
  /** In words, for example `≤ 1.4 ×` or `≤ 50 ms`. */
  readonly goal: string;
  readonly met: boolean;
}

export interface Report {
  add(row: Row): void;
  /** A line for the reader that is not a figure. */
  note(text: string): void;
}

/** What every `test/bench/NAME.bench.ts` exports. */
export interface Bench {
  readonly name: string;
  run(report: Report): Promise<void>;
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 1 ? middle : middle - 1];
  if (upper === undefined || lower === undefined) throw new Error('No values');
  return (lower + upper) / 2;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Median of `times` runs in milliseconds, after one that does not count. */
export async function medianTime(times: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const taken: number[] = [];
  for (let i = 0; i < times; i += 1) taken.push(await timed(work));
  return median(taken);
}

/**
 * Medians of two ways of doing the same, run in turns, so that what else the machine does falls on both.
 *
 * @returns milliseconds.
 */
export async function compare(
  times: number,
  ours: () => Promise<unknown>,
  reference: () => Promise<unknown>,
): Promise<{ readonly ours: number; readonly reference: number }> {
  await reference();
  await ours();
  const taken = { ours: [] as number[], reference: [] as number[] };
  for (let i = 0; i < times; i += 1) {
    taken.reference.push(await timed(reference));
    taken.ours.push(await timed(ours));
  }
  return { ours: median(taken.ours), reference: median(taken.reference) };
}
