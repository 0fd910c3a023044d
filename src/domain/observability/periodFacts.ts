import { LatencySketch } from './latencySketch.ts';

/** Operations of one command family in one period. */
export interface FamilyFacts {
  readonly operations: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly slow: number;
  /** Latencies of what succeeded, milliseconds. */
  readonly latency: LatencySketch;
  /** Per watched whole minute of the period, zeros included. */
  readonly operationsPerMinute: readonly number[];
  readonly slowPerMinute: readonly number[];
}

export interface PeriodFacts {
  /** Seconds of the period in which the connections were watched. */
  readonly coveredSeconds: number;
  readonly families: ReadonlyMap<string, FamilyFacts>;
}

/** A family's operations, and how long its period was watched. */
export interface Facts extends FamilyFacts {
  readonly coveredSeconds: number;
}

/** All families of a period together. */
export function totalOf(period: PeriodFacts): FamilyFacts {
  const all = [...period.families.values()];
  const latency = new LatencySketch();
  for (const facts of all) latency.merge(facts.latency);
  return {
    operations: sum(all.map((facts) => facts.operations)),
    errors: sum(all.map((facts) => facts.errors)),
    timeouts: sum(all.map((facts) => facts.timeouts)),
    slow: sum(all.map((facts) => facts.slow)),
    latency,
    operationsPerMinute: sumByIndex(all.map((facts) => facts.operationsPerMinute)),
    slowPerMinute: sumByIndex(all.map((facts) => facts.slowPerMinute)),
  };
}

/** Of one family, zeros where it did not occur. */
export function factsOf(period: PeriodFacts, family: string): Facts {
  return { ...(period.families.get(family) ?? noFacts(period)), coveredSeconds: period.coveredSeconds };
}

/** A family that did not occur: zeros in as many minutes as the others have. */
function noFacts(period: PeriodFacts): FamilyFacts {
  const minutes = Math.max(0, ...[...period.families.values()].map((facts) => facts.operationsPerMinute.length));
  const zeros = Array.from({ length: minutes }, () => 0);
  return {
    operations: 0,
    errors: 0,
    timeouts: 0,
    slow: 0,
    latency: new LatencySketch(),
    operationsPerMinute: zeros,
    slowPerMinute: zeros,
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumByIndex(rows: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...rows.map((row) => row.length));
  const total = Array.from({ length }, () => 0);
  for (const row of rows) row.forEach((value, at) => (total[at] = (total[at] ?? 0) + value));
  return total;
}
