/** Sets of item positions as sorted, disjoint, half-open ranges: a batch of 2,000 is one pair. */
export type Ranges = readonly (readonly [from: number, to: number])[];

export function rangesOf(sortedIndices: readonly number[]): Ranges {
  const ranges: [number, number][] = [];
  for (const index of sortedIndices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index) last[1] = index + 1;
    else ranges.push([index, index + 1]);
  }
  return ranges;
}

export function sizeOf(ranges: Ranges): number {
  return ranges.reduce((total, [from, to]) => total + to - from, 0);
}

export function* indicesOf(ranges: Ranges): Generator<number> {
  for (const [from, to] of ranges) for (let index = from; index < to; index++) yield index;
}
