/**
 * The most frequent names of an endless stream in bounded memory: Space-Saving (Metwally, Agrawal, El Abbadi 2005).
 * Every count is at most `maxOvercount` too high and never too low; a name seen more often than total / capacity is
 * certainly held.
 */

export interface RankedPattern {
  readonly pattern: string;
  /** Upper bound; exact when `maxOvercount` is 0. */
  readonly touches: number;
  /** By how much `touches` may be too high. */
  readonly maxOvercount: number;
  /** Errors counted since the pattern was held: never too high. */
  readonly errors: number;
  /** UTC epoch milliseconds. */
  readonly lastTouchedMs: number;
  /** Whether the order against the next row is not certain. */
  readonly tie: boolean;
}

interface Counter {
  pattern: string;
  touches: number;
  overcount: number;
  errors: number;
  lastMs: number;
  /** Position in the heap. */
  at: number;
}

export const defaultCapacity = 256;
const maxCapacity = 1_000;

export class TopPatterns {
  private readonly capacity: number;
  private readonly byPattern = new Map<string, Counter>();
  /** A heap by `touches`, the least first: what gives way to a new name. */
  private readonly heap: Counter[] = [];
  private seen = 0;

  /** `capacity` 1..1,000; throws a RangeError otherwise. */
  constructor(capacity: number = defaultCapacity) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > maxCapacity) {
      throw new RangeError(`The capacity must be a whole number from 1 to ${maxCapacity}.`);
    }
    this.capacity = capacity;
  }

  /** How many touches were added, in all. */
  get total(): number {
    return this.seen;
  }

  /** Adds `touches` (≥ 1) of one pattern, `errors` of them failed, the last at `lastMs`. */
  add(pattern: string, lastMs: number, errors = 0, touches = 1): void {
    this.seen += touches;
    const held = this.byPattern.get(pattern);
    if (held !== undefined) {
      held.touches += touches;
      held.errors += errors;
      held.lastMs = Math.max(held.lastMs, lastMs);
      this.sink(held);
      return;
    }
    if (this.heap.length < this.capacity) {
      const counter: Counter = { pattern, touches, overcount: 0, errors, lastMs, at: this.heap.length };
      this.heap.push(counter);
      this.byPattern.set(pattern, counter);
      this.rise(counter);
      return;
    }
    this.replaceLeast(pattern, lastMs, errors, touches);
  }

  /** At most `limit` patterns, the most touched first; equal ones by name. */
  ranked(limit: number): RankedPattern[] {
    const order = [...this.heap].sort((a, b) => b.touches - a.touches || (a.pattern < b.pattern ? -1 : 1));
    // What was never held, or was pushed out, has at most the least count that is held.
    const unseen = this.heap.length < this.capacity ? 0 : (this.heap[0]?.touches ?? 0);
    return order.slice(0, limit).map((counter, index) => ({
      pattern: counter.pattern,
      touches: counter.touches,
      maxOvercount: counter.overcount,
      errors: counter.errors,
      lastTouchedMs: counter.lastMs,
      tie: counter.touches - counter.overcount <= (order[index + 1]?.touches ?? unseen),
    }));
  }

  private replaceLeast(pattern: string, lastMs: number, errors: number, touches: number): void {
    const least = this.heap[0];
    if (least === undefined) return;
    this.byPattern.delete(least.pattern);
    this.byPattern.set(pattern, least);
    least.overcount = least.touches;
    least.touches += touches;
    least.pattern = pattern;
    least.errors = errors;
    least.lastMs = lastMs;
    this.sink(least);
  }

  private rise(counter: Counter): void {
    while (counter.at > 0) {
      const parent = this.heap[(counter.at - 1) >> 1];
      if (parent === undefined || parent.touches <= counter.touches) return;
      this.swap(counter, parent);
    }
  }

  private sink(counter: Counter): void {
    for (;;) {
      const left = this.heap[counter.at * 2 + 1];
      const right = this.heap[counter.at * 2 + 2];
      const least = right !== undefined && left !== undefined && right.touches < left.touches ? right : left;
      if (least === undefined || least.touches >= counter.touches) return;
      this.swap(counter, least);
    }
  }

  private swap(a: Counter, b: Counter): void {
    const at = a.at;
    a.at = b.at;
    b.at = at;
    this.heap[a.at] = a;
    this.heap[b.at] = b;
  }
}

/** Most distinct names that a position of a pattern may have before all of them count as one `*`. */
export const maxDistinctParts = 50;

export interface PatternCount {
  readonly pattern: string;
  readonly touches: number;
  readonly errors: number;
  readonly lastTouchedMs: number;
}

interface Branch {
  readonly children: Map<string, Branch>;
  readonly leaves: { touches: number; errors: number; lastTouchedMs: number };
}

function emptyBranch(): Branch {
  return { children: new Map(), leaves: { touches: 0, errors: 0, lastTouchedMs: 0 } };
}

/** Parts together with the delimiter that follows them, so that joining gives the pattern back. */
function partsOf(pattern: string): string[] {
  return pattern.match(/[^:/|.]*[:/|.]|[^:/|.]+$/g) ?? [pattern];
}

function merge(into: Branch, from: Branch): void {
  into.leaves.touches += from.leaves.touches;
  into.leaves.errors += from.leaves.errors;
  into.leaves.lastTouchedMs = Math.max(into.leaves.lastTouchedMs, from.leaves.lastTouchedMs);
  for (const [part, child] of from.children) {
    const own = into.children.get(part);
    if (own === undefined) into.children.set(part, child);
    else merge(own, child);
  }
}

/**
 * Merges names that look like ids although no single one does (`user:alice`, `user:bob`, …): where a position behind
 * at least one other part has more than 50 distinct names, all of them become `*`. Totals stay the same.
 */
export function collapseWidePositions(counts: readonly PatternCount[]): PatternCount[] {
  const root = emptyBranch();
  for (const count of counts) {
    let branch = root;
    for (const part of partsOf(count.pattern)) {
      let next = branch.children.get(part);
      if (next === undefined) branch.children.set(part, (next = emptyBranch()));
      branch = next;
    }
    branch.leaves.touches += count.touches;
    branch.leaves.errors += count.errors;
    branch.leaves.lastTouchedMs = Math.max(branch.leaves.lastTouchedMs, count.lastTouchedMs);
  }
  const result: PatternCount[] = [];
  collect(root, '', 0, result);
  return result;
}

function collect(branch: Branch, prefix: string, depth: number, into: PatternCount[]): void {
  if (branch.leaves.touches > 0) into.push({ pattern: prefix, ...branch.leaves });
  const children = depth > 0 && branch.children.size > maxDistinctParts ? collapsed(branch.children) : branch.children;
  for (const [part, child] of children) collect(child, prefix + part, depth + 1, into);
}

/** One `*` per delimiter that follows, so that `a:x:…` and `a:x` stay apart. */
function collapsed(children: ReadonlyMap<string, Branch>): Map<string, Branch> {
  const result = new Map<string, Branch>();
  for (const [part, child] of children) {
    const last = part.slice(-1);
    const name = `*${/[:/|.]/.test(last) ? last : ''}`;
    const own = result.get(name);
    if (own === undefined) result.set(name, child);
    else merge(own, child);
  }
  return result;
}
