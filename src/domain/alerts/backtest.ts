import { verdictOf, type Measured } from './measured.ts';
import type { MinuteFacts } from './minuteFacts.ts';
import { metricOf } from './metrics/registry.ts';
import { looksUp, slotMsOf, type AlertRuleDraft } from './rule.ts';
import { step, type AlertInstance } from './state.ts';
import { SlidingWindow } from './window.ts';

/** One time that a rule would have fired. UTC ISO-8601. */
export interface Episode {
  readonly connectionId: string;
  /** When it became bad. */
  readonly from: string;
  readonly firedAt: string;
  /** null = it still fires at the end, or nobody saw it end. */
  readonly to: string | null;
  readonly worst: number | null;
}

/** One value of the metric over time; null = not known then, never zero. */
export interface Point {
  readonly at: string;
  readonly value: number | null;
}

export interface ConnectionBacktest {
  readonly episodes: readonly Episode[];
  /** 0..1: watched share of the range. */
  readonly coverage: number;
  /** One per minute, at its end. */
  readonly values: Float64Array;
  /** The server was asked, and does not have it. */
  readonly lacksMetric: boolean;
}

const minuteMs = 60_000;
/** A minute so long after the last watched one would not have been judged: nobody was there. */
const absentMs = 3 * minuteMs;

/**
 * What a rule would have done over a stretch of history of one connection, judged at every minute as it would have been
 * judged then. `minutes` ascend and begin a lookback before `fromMs`; both ends are whole minutes.
 */
export function backtestConnection(
  rule: AlertRuleDraft,
  connectionId: string,
  minutes: Iterable<MinuteFacts>,
  fromMs: number,
  toMs: number,
): ConnectionBacktest {
  const metric = metricOf(rule.metric);
  const values = new Float64Array(Math.max(0, Math.round((toMs - fromMs) / minuteMs))).fill(Number.NaN);
  if (metric === undefined) return { episodes: [], coverage: 0, values, lacksMetric: true };
  const window = new SlidingWindow(metric, rule.aggregation);
  const lookbackMs = rule.lookbackMinutes * minuteMs;
  const everyMs = Math.max(minuteMs, slotMsOf(rule));
  const run = new Run(rule, connectionId);
  const source = minutes[Symbol.iterator]();
  let next = source.next();
  let lastMs = Number.NEGATIVE_INFINITY;
  let watched = 0;
  let lacking = 0;
  for (let slotMs = fromMs + minuteMs, at = 0; slotMs <= toMs; slotMs += minuteMs, at++) {
    for (; next.done !== true && next.value.startMs < slotMs; next = source.next()) {
      window.push(next.value);
      lastMs = next.value.startMs;
      if (lastMs >= fromMs)
        watched += Math.min(60, Math.max(next.value.watchedSeconds, hasOperations(next.value) ? 60 : 0));
    }
    window.dropBefore(slotMs - lookbackMs);
    if (slotMs - lastMs > absentMs) continue;
    const measured: Measured = window.measure(lookbackMs);
    if (measured.kind === 'value') values[at] = measured.value;
    else if (measured.kind === 'notAvailable') lacking += 1;
    if (slotMs % everyMs === 0) run.judge(slotMs, measured);
  }
  const coverage = values.length === 0 ? 0 : Math.min(1, watched / (values.length * 60));
  const lacksMetric = lacking > 0 && values.every((value) => Number.isNaN(value));
  return { episodes: run.end(), coverage, values, lacksMetric };

  function hasOperations({ success, error }: MinuteFacts): boolean {
    return success + error > 0;
  }
}

class Run {
  readonly #rule: AlertRuleDraft;
  readonly #connectionId: string;
  readonly #metric;
  readonly #episodes: Episode[] = [];
  #instance: AlertInstance | null = null;

  constructor(rule: AlertRuleDraft, connectionId: string) {
    this.#rule = rule;
    this.#connectionId = connectionId;
    this.#metric = metricOf(rule.metric);
  }

  judge(slotMs: number, measured: Measured): void {
    if (this.#metric === undefined) return;
    const { after, happenings } = step(
      this.#rule,
      this.#instance,
      slotMs,
      verdictOf(this.#rule, this.#metric, measured),
    );
    this.#instance = after;
    for (const happening of happenings) {
      if (happening.kind === 'resolved') this.#add(happening.episode, happening.toMs);
      if (happening.kind === 'ended') this.#add(happening.episode, null);
    }
  }

  end(): Episode[] {
    const open = this.#instance?.episode;
    if (open) this.#add(open, null);
    return this.#episodes;
  }

  #add(episode: NonNullable<AlertInstance['episode']>, toMs: number | null): void {
    this.#episodes.push({
      connectionId: this.#connectionId,
      from: iso(episode.fromMs),
      firedAt: iso(episode.firedMs),
      to: toMs === null ? null : iso(toMs),
      worst: episode.worst,
    });
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Values of several connections as one line: at each minute the one nearest to the bad side, at most `mostPoints`. */
export function worstSeries(
  rule: AlertRuleDraft,
  all: readonly Float64Array[],
  fromMs: number,
  mostPoints: number,
): Point[] {
  const length = all[0]?.length ?? 0;
  const step = Math.max(1, Math.ceil(length / mostPoints));
  const isWorse = looksUp(rule.operator) ? (a: number, b: number) => a > b : (a: number, b: number) => a < b;
  const points: Point[] = [];
  for (let start = 0; start < length; start += step) {
    let worst: number | null = null;
    for (const values of all) {
      for (let at = start; at < Math.min(start + step, length); at++) {
        const value = values[at] ?? Number.NaN;
        if (!Number.isNaN(value) && (worst === null || isWorse(value, worst))) worst = value;
      }
    }
    points.push({ at: iso(fromMs + (Math.min(start + step, length) - 1) * minuteMs), value: worst });
  }
  return points;
}
