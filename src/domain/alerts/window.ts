import { LatencySketch, type LatencySketchJson } from '../observability/latencySketch.ts';
import type { Gauge } from './engineFacts.ts';
import type { Measured } from './measured.ts';
import type { MinuteFacts } from './minuteFacts.ts';
import { ourMinute, type AlertMetric } from './metrics/metric.ts';
import type { Aggregation } from './rule.ts';

const minuteMs = 60_000;

/**
 * The lookback of a rule at a moment: whole minutes, the one that is running included. At 10:00:30 the last five minutes
 * are 9:56 to 10:00.
 */
export function windowAt(slotMs: number, lookbackMinutes: number): { readonly fromMs: number; readonly toMs: number } {
  const toMs = Math.ceil(slotMs / minuteMs) * minuteMs;
  return { fromMs: toMs - lookbackMinutes * minuteMs, toMs };
}

interface Entry {
  readonly minute: MinuteFacts;
  readonly seconds: number;
  readonly gauge: Gauge | null;
  readonly part: number;
  readonly whole: number;
  readonly sketch: LatencySketchJson | null;
  readonly readable: boolean;
}

/** The minutes of a lookback as it moves on: each goes in once and out once, whatever the lookback is. */
export class SlidingWindow {
  readonly #metric: AlertMetric;
  readonly #aggregation: Aggregation;
  readonly #sketch = new LatencySketch();
  #entries: Entry[] = [];
  #head = 0;
  /** Entries that may be the least and the most: ascending and descending in value, both in order of time. */
  readonly #least = new Candidates((a, b) => a.min <= b.min);
  readonly #most = new Candidates((a, b) => a.max >= b.max);
  #seconds = 0;
  #part = 0;
  #whole = 0;
  #samples = 0;
  #sum = 0;
  #readable = 0;
  #asked = 0;

  constructor(metric: AlertMetric, aggregation: Aggregation) {
    this.#metric = metric;
    this.#aggregation = aggregation;
  }

  /** As new. */
  reset(): void {
    this.#entries = [];
    this.#head = 0;
    this.#sketch.clear();
    this.#least.clear();
    this.#most.clear();
    this.#seconds = this.#part = this.#whole = this.#samples = this.#sum = this.#readable = this.#asked = 0;
  }

  /** Minutes in ascending order. */
  push(minute: MinuteFacts): void {
    const entry = this.#read(minute);
    this.#entries.push(entry);
    this.#add(entry, 1);
    if (entry.sketch !== null) this.#sketch.mergeJson(entry.sketch);
    if (entry.gauge !== null) {
      this.#least.push(entry.gauge);
      this.#most.push(entry.gauge);
    }
  }

  dropBefore(fromMs: number): void {
    for (let entry = this.#entries[this.#head]; entry !== undefined && entry.minute.startMs < fromMs;) {
      this.#add(entry, -1);
      if (entry.sketch !== null) this.#sketch.subtractJson(entry.sketch);
      if (entry.gauge !== null) {
        this.#least.drop(entry.gauge);
        this.#most.drop(entry.gauge);
      }
      entry = this.#entries[++this.#head];
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** `lookbackMs` = length of the window, for coverage and rates. */
  measure(lookbackMs: number): Measured {
    if (this.#readable === 0) {
      const lacks = this.#metric.source === 'engine' && this.#asked > 0;
      if (lacks) return { kind: 'notAvailable' };
      const isIdle = this.#metric.kind === 'quantile' && this.#seconds > 0;
      return { kind: 'noData', reason: isIdle ? 'nothingHappened' : 'notCollected' };
    }
    const coverage = Math.min(1, (this.#seconds * 1000) / lookbackMs);
    const of = (value: number | null, samples: number): Measured =>
      value === null ? { kind: 'noData', reason: 'nothingHappened' } : { kind: 'value', value, samples, coverage };
    switch (this.#metric.kind) {
      case 'ratio':
        return of(this.#whole > 0 ? this.#part / this.#whole : null, this.#whole);
      case 'count':
        return of(this.#count(lookbackMs, coverage), this.#readable);
      case 'quantile':
        return of(this.#sketch.quantile(this.#metric.q), this.#sketch.count);
      case 'fall':
        return of((this.#most.first?.max ?? 0) - (this.#lastGauge()?.last ?? 0), this.#samples);
      case 'gauge':
        return of(this.#gauge(), this.#samples);
    }
  }

  #count(lookbackMs: number, coverage: number): number {
    if (this.#aggregation !== 'rate') return this.#part;
    const seconds = coverage >= 0.5 ? this.#seconds : lookbackMs / 1000;
    return this.#part / seconds;
  }

  #gauge(): number | null {
    switch (this.#aggregation) {
      case 'avg':
        return this.#samples > 0 ? this.#sum / this.#samples : null;
      case 'min':
        return this.#least.first?.min ?? null;
      case 'max':
        return this.#most.first?.max ?? null;
      default:
        return this.#lastGauge()?.last ?? null;
    }
  }

  #lastGauge(): Gauge | null {
    for (let at = this.#entries.length - 1; at >= this.#head; at--) {
      const gauge = this.#entries[at]?.gauge;
      if (gauge) return gauge;
    }
    return null;
  }

  #read(minute: MinuteFacts): Entry {
    const metric = this.#metric;
    const used = minute.success + minute.error > 0;
    const seconds = used ? 60 : minute.watchedSeconds;
    switch (metric.kind) {
      case 'ratio': {
        const parts = metric.read(minute);
        return entryOf(minute, seconds, null, parts?.part ?? 0, parts?.whole ?? 0, null, parts !== null);
      }
      case 'count': {
        const count = metric.read(minute);
        return entryOf(minute, seconds, null, count ?? 0, 0, null, count !== null);
      }
      case 'quantile': {
        const sketch = metric.read(minute);
        return entryOf(minute, seconds, null, 0, 0, sketch, sketch !== null);
      }
      case 'gauge':
      case 'fall': {
        const gauge = metric.read(minute);
        return entryOf(minute, seconds, gauge, 0, 0, null, gauge !== null);
      }
    }
  }

  #add({ seconds, part, whole, gauge, readable, minute }: Entry, sign: 1 | -1): void {
    this.#seconds += sign * seconds;
    this.#part += sign * part;
    this.#whole += sign * whole;
    if (gauge !== null) {
      this.#samples += sign * gauge.n;
      this.#sum += sign * gauge.sum;
    }
    if (readable) this.#readable += sign;
    if (minute.engine !== null && (this.#metric.source !== 'client' || ourMinute(minute))) this.#asked += sign;
  }
}

function entryOf(
  minute: MinuteFacts,
  seconds: number,
  gauge: Gauge | null,
  part: number,
  whole: number,
  sketch: LatencySketchJson | null,
  readable: boolean,
): Entry {
  return { minute, seconds, gauge, part, whole, sketch, readable };
}

/** Keeps, of a queue, those that can still be its extreme one. */
class Candidates {
  #items: Gauge[] = [];
  #head = 0;
  readonly #beats: (newer: Gauge, older: Gauge) => boolean;

  constructor(beats: (newer: Gauge, older: Gauge) => boolean) {
    this.#beats = beats;
  }

  get first(): Gauge | undefined {
    return this.#items[this.#head];
  }

  push(gauge: Gauge): void {
    for (
      let last = this.#items.at(-1);
      this.#items.length > this.#head && last !== undefined;
      last = this.#items.at(-1)
    ) {
      if (!this.#beats(gauge, last)) break;
      this.#items.pop();
    }
    this.#items.push(gauge);
  }

  drop(gauge: Gauge): void {
    if (this.#items[this.#head] !== gauge) return;
    this.#head += 1;
    if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
