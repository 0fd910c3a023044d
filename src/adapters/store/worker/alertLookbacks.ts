import type { EvaluationRequest, StoredRule } from '../../../app/ports/alerts.ts';
import { connectionDownMetric, freshness, type Judged } from '../../../domain/alerts/delivery.ts';
import type { Measured } from '../../../domain/alerts/measured.ts';
import type { AlertMetric } from '../../../domain/alerts/metrics/metric.ts';
import { metricOf } from '../../../domain/alerts/metrics/registry.ts';
import type { MinuteFacts } from '../../../domain/alerts/minuteFacts.ts';
import { slotMsOf } from '../../../domain/alerts/rule.ts';
import { SlidingWindow, windowAt } from '../../../domain/alerts/window.ts';
import { asFailure } from '../../../domain/failure.ts';

const minuteMs = 60_000;

/** The newest slot that has begun. */
export function slotAt(nowMs: number, slotMs: number): number {
  return Math.floor(nowMs / slotMs) * slotMs;
}

/** A lookback of a metric, which several rules may ask for. */
interface Lookback {
  readonly window: SlidingWindow;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A rule with everything about it that is the same on each connection. */
export interface Plan {
  readonly rule: StoredRule;
  readonly metric: AlertMetric;
  readonly isDue: boolean;
  readonly isDown: boolean;
  readonly slotMs: number;
  /** Index of its lookback. */
  readonly lookback: number;
}

/** What is judged now, and what that needs; a rule about lost connections first: it decides how the others are judged. */
export class Plans {
  readonly all: readonly Plan[];
  readonly lookbacks: Lookback[] = [];
  readonly #known = new Map<string, number>();
  readonly #windows = new Map<string, SlidingWindow>();

  constructor(rules: readonly StoredRule[], due: readonly StoredRule[], nowMs: number) {
    const dueIds = new Set(due.map(({ id }) => id));
    const plans = rules.flatMap((rule) => this.#plan(rule, dueIds.has(rule.id), nowMs));
    this.all = [...plans.filter(({ isDown }) => isDown), ...plans.filter(({ isDown }) => !isDown)];
  }

  #plan(rule: StoredRule, isDue: boolean, nowMs: number): Plan[] {
    const metric = metricOf(rule.metric);
    if (metric === undefined) return [];
    const slotMs = slotAt(nowMs, slotMsOf(rule));
    const isDown = rule.metric === connectionDownMetric;
    return [{ rule, metric, isDue, isDown, slotMs, lookback: this.#lookback(rule, metric, slotMs) }];
  }

  #lookback({ aggregation, lookbackMinutes }: StoredRule, metric: AlertMetric, slotMs: number): number {
    const kind = `${metric.id} ${aggregation}`;
    const key = `${kind} ${lookbackMinutes} ${slotMs}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const window = this.#windows.get(kind) ?? new SlidingWindow(metric, aggregation);
    this.#windows.set(kind, window);
    this.#known.set(key, this.lookbacks.length);
    return this.lookbacks.push({ window, ...windowAt(slotMs, lookbackMinutes) }) - 1;
  }
}

/** What one connection says to the lookbacks that rules ask for; each is worked out once. */
export class Measuring {
  readonly #lookbacks: readonly Lookback[];
  readonly #minutes: readonly MinuteFacts[];
  readonly #isGone: boolean;
  readonly #known: (Measured | undefined)[] = [];
  #fresh: ReturnType<typeof freshness> | null = null;

  constructor(lookbacks: readonly Lookback[], minutes: readonly MinuteFacts[], request: EvaluationRequest) {
    this.#lookbacks = lookbacks;
    this.#minutes = minutes;
    const newest = minutes.at(-1);
    this.#isGone = newest === undefined || newest.startMs + minuteMs < request.nowMs - request.goneAfterMs;
  }

  /** `judged` = the rules of the connection before this one: all those about its loss, when this one is another. */
  measure({ isDown, lookback }: Plan, judged: readonly Judged[]): Measured {
    if (this.#isGone) return { kind: 'gone' };
    if (!isDown) this.#fresh ??= freshness(judged);
    const fresh = isDown ? null : this.#fresh;
    if (fresh?.down === true) return { kind: 'noData', reason: 'connectionDown' };
    return (this.#known[lookback] ??= this.#read(lookback, fresh?.sinceMs ?? 0));
  }

  /** One rule that cannot be read must not keep the others from being judged. */
  #read(lookback: number, freshMs: number): Measured {
    const asked = this.#lookbacks[lookback];
    if (asked === undefined) return { kind: 'notAvailable' };
    try {
      return this.#window(asked, freshMs);
    } catch (error) {
      return { kind: 'error', reason: asFailure(error).message };
    }
  }

  #window({ window, fromMs, toMs }: Lookback, freshMs: number): Measured {
    window.reset();
    const begin = Math.max(fromMs, Math.floor(freshMs / minuteMs) * minuteMs);
    for (let at = firstFrom(this.#minutes, begin); at < this.#minutes.length; at++) {
      const minute = this.#minutes[at];
      if (minute !== undefined && minute.startMs < toMs) window.push(minute);
    }
    return window.measure(toMs - fromMs);
  }
}

/** Index of the first minute at or after a time. */
function firstFrom(minutes: readonly MinuteFacts[], fromMs: number): number {
  let at = minutes.length;
  while (at > 0 && (minutes[at - 1]?.startMs ?? 0) >= fromMs) at -= 1;
  return at;
}
