import { LatencySketch } from '../observability/latencySketch.ts';
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

/** The minutes of a lookback as it moves on: each goes in once and out once, whatever the lookback is. */
export class SlidingWindow {
  readonly #metric: AlertMetric;
  readonly #aggregation: Aggregation;
  readonly #sketch = new LatencySketch();
  #minutes: MinuteFacts[] = [];
  #head = 0;
  /** Gauges that may be the least and the most: ascending and descending in value, both in order of time. */
  readonly #least: Candidates | null;
  readonly #most: Candidates | null;
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
    const isGauge = metric.kind === 'gauge';
    this.#least = isGauge && aggregation === 'min' ? new Candidates((a, b) => a.min <= b.min) : null;
    this.#most =
      metric.kind === 'fall' || (isGauge && aggregation === 'max') ? new Candidates((a, b) => a.max >= b.max) : null;
  }

  /** As new. */
  reset(): void {
    this.#minutes.length = 0;
    this.#head = 0;
    this.#sketch.clear();
    this.#least?.clear();
    this.#most?.clear();
    this.#seconds = this.#part = this.#whole = this.#samples = this.#sum = this.#readable = this.#asked = 0;
  }

  /** Minutes in ascending order. */
  push(minute: MinuteFacts): void {
    this.#minutes.push(minute);
    this.#count(minute, 1);
  }

  dropBefore(fromMs: number): void {
    for (let minute = this.#minutes[this.#head]; minute !== undefined && minute.startMs < fromMs;) {
      this.#count(minute, -1);
      minute = this.#minutes[++this.#head];
    }
    this.#least?.dropBefore(fromMs);
    this.#most?.dropBefore(fromMs);
    if (this.#head > 1024 && this.#head * 2 > this.#minutes.length) {
      this.#minutes = this.#minutes.slice(this.#head);
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
        return of(this.#counted(lookbackMs, coverage), this.#readable);
      case 'quantile':
        return of(this.#sketch.quantile(this.#metric.q), this.#sketch.count);
      case 'fall':
        return of((this.#most?.first?.max ?? 0) - (this.#lastGauge()?.last ?? 0), this.#samples);
      case 'gauge':
        return of(this.#gauge(), this.#samples);
    }
  }

  #counted(lookbackMs: number, coverage: number): number {
    if (this.#aggregation !== 'rate') return this.#part;
    const seconds = coverage >= 0.5 ? this.#seconds : lookbackMs / 1000;
    return this.#part / seconds;
  }

  #gauge(): number | null {
    switch (this.#aggregation) {
      case 'avg':
        return this.#samples > 0 ? this.#sum / this.#samples : null;
      case 'min':
        return this.#least?.first?.min ?? null;
      case 'max':
        return this.#most?.first?.max ?? null;
      default:
        return this.#lastGauge()?.last ?? null;
    }
  }

  #lastGauge(): Gauge | null {
    const metric = this.#metric;
    if (metric.kind !== 'gauge' && metric.kind !== 'fall') return null;
    for (let at = this.#minutes.length - 1; at >= this.#head; at--) {
      const minute = this.#minutes[at];
      const gauge = minute === undefined ? null : metric.read(minute);
      if (gauge !== null) return gauge;
    }
    return null;
  }

  /** A minute comes in (1) or goes out again (-1): what it says is read again then, which is cheaper than keeping it. */
  #count(minute: MinuteFacts, sign: 1 | -1): void {
    const metric = this.#metric;
    this.#seconds += sign * (minute.success + minute.error > 0 ? 60 : minute.watchedSeconds);
    if (minute.engine !== null && (metric.source !== 'client' || ourMinute(minute))) this.#asked += sign;
    switch (metric.kind) {
      case 'ratio': {
        const parts = metric.read(minute);
        if (parts === null) return;
        this.#part += sign * parts.part;
        this.#whole += sign * parts.whole;
        break;
      }
      case 'count': {
        const count = metric.read(minute);
        if (count === null) return;
        this.#part += sign * count;
        break;
      }
      case 'quantile': {
        const sketch = metric.read(minute);
        if (sketch === null) return;
        if (sign > 0) this.#sketch.mergeJson(sketch);
        else this.#sketch.subtractJson(sketch);
        break;
      }
      case 'gauge':
      case 'fall': {
        const gauge = metric.read(minute);
        if (gauge === null) return;
        this.#samples += sign * gauge.n;
        this.#sum += sign * gauge.sum;
        if (sign > 0) this.#consider(gauge, minute.startMs);
      }
    }
    this.#readable += sign;
  }

  #consider(gauge: Gauge, startMs: number): void {
    this.#least?.push(gauge, startMs);
    this.#most?.push(gauge, startMs);
  }
}

interface Candidate {
  readonly gauge: Gauge;
  readonly startMs: number;
}

/** Keeps, of a queue, those that can still be its extreme one. */
class Candidates {
  #items: Candidate[] = [];
  #head = 0;
  readonly #beats: (newer: Gauge, older: Gauge) => boolean;

  constructor(beats: (newer: Gauge, older: Gauge) => boolean) {
    this.#beats = beats;
  }

  get first(): Gauge | undefined {
    return this.#items[this.#head]?.gauge;
  }

  push(gauge: Gauge, startMs: number): void {
    while (this.#items.length > this.#head) {
      const last = this.#items.at(-1);
      if (last === undefined || !this.#beats(gauge, last.gauge)) break;
      this.#items.pop();
    }
    this.#items.push({ gauge, startMs });
  }

  dropBefore(fromMs: number): void {
    while ((this.#items[this.#head]?.startMs ?? fromMs) < fromMs) this.#head += 1;
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
