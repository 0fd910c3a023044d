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

/** All of both. */
export function union(a: Ranges, b: Ranges): Ranges {
  const merged: [number, number][] = [];
  for (const [from, to] of [...a, ...b].sort((x, y) => x[0] - y[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (from < to) merged.push([from, to]);
  }
  return merged;
}

/** What is in `a` and not in `b`. */
export function subtract(a: Ranges, b: Ranges): Ranges {
  const rest: [number, number][] = [];
  for (const [from, to] of a) {
    let at = from;
    for (const [begin, end] of b) {
      if (end <= at || begin >= to) continue;
      if (begin > at) rest.push([at, begin]);
      at = Math.max(at, end);
    }
    if (at < to) rest.push([at, to]);
  }
  return rest;
}

/** The first `count` positions. */
export function firstOf(ranges: Ranges, count: number): Ranges {
  const first: [number, number][] = [];
  let room = count;
  for (const [from, to] of ranges) {
    if (room <= 0) break;
    first.push([from, Math.min(to, from + room)]);
    room -= to - from;
  }
  return first;
}

export function* indicesOf(ranges: Ranges): Generator<number> {
  for (const [from, to] of ranges) for (let index = from; index < to; index++) yield index;
}
