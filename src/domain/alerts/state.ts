import { judgementOf, slotMsOf, type AlertRuleDraft, type SilencePolicy } from './rule.ts';
import type { Verdict } from './measured.ts';

export type AlertStateName = 'normal' | 'pending' | 'firing' | 'recovering' | 'resolved';

/** One time that a rule fired on a connection. Times in milliseconds since the epoch, on slots. */
export interface EpisodeMemory {
  /** When it became bad. */
  readonly fromMs: number;
  readonly firedMs: number;
  /** The value furthest beyond the threshold; null = none was measured. */
  readonly worst: number | null;
  /** Somebody was told. */
  readonly notified: boolean;
}

/** What lies over a state while it cannot be judged. */
export interface Overlay {
  readonly kind: 'noData' | 'error' | 'notAvailable';
  /** A `NoDataReason`, `notWatched`, or why it could not be read. */
  readonly reason: string;
  readonly sinceMs: number;
}

/** All that is remembered of a rule on one connection. Absent = normal, and nothing to remember. */
export interface AlertInstance {
  readonly state: AlertStateName;
  readonly sinceMs: number;
  /** The last slot that was judged. */
  readonly slotMs: number;
  /** Which version of the rule judged it. */
  readonly judgement: string;
  /** Evaluated time that it has been bad without a break. */
  readonly elapsedMs: number;
  /** Whether the last slot was judged bad: then the time up to the next one counts. */
  readonly counting: boolean;
  /** Since when it has been good again, while it is still held as firing. */
  readonly goodSinceMs: number | null;
  readonly value: number | null;
  readonly overlay: Overlay | null;
  /** Since when silence is passed over, see `keepLastMinutes`. */
  readonly silentSinceMs: number | null;
  /** Evaluations in a row in which the connection was not open, and since when. */
  readonly gone: number;
  readonly goneSinceMs: number | null;
  /** Slots that nobody judged, in all. */
  readonly missed: number;
  /** Firing, but not looked at since then. */
  readonly unverifiedSinceMs: number | null;
  readonly episode: EpisodeMemory | null;
  /** When it began and ended to fire, within the last hour. */
  readonly edgesMs: readonly number[];
  readonly flappingSinceMs: number | null;
}

/** What an evaluation brought about. */
export type Happening =
  | { readonly kind: 'fired'; readonly episode: EpisodeMemory }
  /** It ended somewhere in `[fromMs, toMs]`: the same, unless nobody looked. */
  | {
      readonly kind: 'resolved';
      readonly episode: EpisodeMemory;
      readonly fromMs: number;
      readonly toMs: number;
      readonly whileAway: boolean;
    }
  /** It ended without being good again: the rule was changed, or the connection closed. */
  | { readonly kind: 'ended'; readonly episode: EpisodeMemory; readonly reason: 'updated' | 'missing' }
  | { readonly kind: 'flapping' };

export interface Step {
  readonly after: AlertInstance | null;
  readonly happenings: readonly Happening[];
}

/** A later evaluation than this is not late: somebody was away. */
export function latenessMs(rule: AlertRuleDraft): number {
  return Math.max(120_000, 2 * slotMsOf(rule));
}

/** Away for longer, nothing that was pending is continued. */
export const longAbsenceMs = 60 * 60_000;
export const resolvedShownMs = 15 * 60_000;
const goneEvaluations = 2;
const flapEdges = 4;
const flapWithinMs = 30 * 60_000;
export const flapQuietMs = 60 * 60_000;

/**
 * Judges one slot. Slots come in ascending order; one that was judged stays judged, also when the clock went back; slots
 * that nobody judged are counted, never made up for. `docs/alerts.md` has the table.
 */
export function step(rule: AlertRuleDraft, before: AlertInstance | null, slotMs: number, verdict: Verdict): Step {
  if (before !== null && before.judgement !== judgementOf(rule)) {
    const anew = step(rule, null, slotMs, verdict);
    return before.episode === null
      ? anew
      : { ...anew, happenings: [{ kind: 'ended', episode: before.episode, reason: 'updated' }, ...anew.happenings] };
  }
  // A clock that went back a little catches up; one that was an hour ahead must not stop all judging for an hour.
  if (before !== null && slotMs <= before.slotMs && before.slotMs - slotMs <= longAbsenceMs) {
    return { after: before, happenings: [] };
  }
  if (before === null && (verdict.kind === 'clear' || verdict.kind === 'between' || verdict.kind === 'gone')) {
    return nothing;
  }
  if (before !== null && saysTheSame(rule, before, slotMs, verdict)) {
    const missed = before.missed + missedSlots(rule, slotMs - before.slotMs);
    return { after: { ...before, slotMs, missed }, happenings: [] };
  }
  return new Judging(rule, before, slotMs).judge(verdict);
}

const nothing: Step = { after: null, happenings: [] };

function missedSlots(rule: AlertRuleDraft, gapMs: number): number {
  return Math.max(0, Math.round(gapMs / slotMsOf(rule)) - 1);
}

/** The usual case of large fleets: nothing happens, nothing happened before, and nobody was away. */
function saysTheSame(rule: AlertRuleDraft, before: AlertInstance, slotMs: number, verdict: Verdict): boolean {
  const { state, overlay, edgesMs, silentSinceMs, gone } = before;
  if (state !== 'normal' || overlay === null || edgesMs.length > 0 || silentSinceMs !== null || gone > 0) return false;
  if (slotMs <= before.slotMs || slotMs - before.slotMs > latenessMs(rule)) return false;
  if (verdict.kind === 'notAvailable') return overlay.kind === 'notAvailable';
  return verdict.kind === 'noData' && overlay.reason === verdict.reason && (rule.onNoData ?? 'show') === 'show';
}

type Draft = { -readonly [Field in keyof AlertInstance]: AlertInstance[Field] };

class Judging {
  readonly #rule: AlertRuleDraft;
  readonly #slotMs: number;
  readonly #now: Draft;
  /** Since the last judged slot; 0 when there was none. */
  readonly #gapMs: number;
  readonly #isAway: boolean;
  readonly #happenings: Happening[] = [];

  constructor(rule: AlertRuleDraft, before: AlertInstance | null, slotMs: number) {
    this.#rule = rule;
    this.#slotMs = slotMs;
    this.#now = { ...(before ?? normalAt(rule, slotMs)) };
    this.#gapMs = Math.max(0, slotMs - this.#now.slotMs);
    this.#isAway = this.#gapMs > latenessMs(rule);
  }

  judge(verdict: Verdict): Step {
    this.#comeBack();
    this.#applyFor();
    switch (verdict.kind) {
      case 'gone':
        this.#gone();
        break;
      case 'noData':
      case 'error':
        this.#silence(verdict.kind, verdict.reason, verdict);
        break;
      case 'notAvailable':
        this.#cover('notAvailable', 'notAvailable');
        break;
      default:
        this.#present();
        this.#judged(verdict.kind, verdict.value);
    }
    return this.#end();
  }

  /** What an absence does before anything is judged. */
  #comeBack(): void {
    const now = this.#now;
    now.missed += missedSlots(this.#rule, this.#gapMs);
    if (!this.#isAway) return;
    if (now.state === 'pending' && this.#gapMs > longAbsenceMs) this.#drop();
    if (isActive(now)) now.unverifiedSinceMs ??= now.slotMs;
    if (now.goodSinceMs !== null) now.goodSinceMs += this.#gapMs;
    now.counting = false;
  }

  /** A longer `for` may take back that it fires. */
  #applyFor(): void {
    const now = this.#now;
    if (now.state === 'firing' && now.elapsedMs < this.#rule.forSeconds * 1000) this.#to('pending');
  }

  #judged(kind: 'breach' | 'between' | 'clear', value: number | null): void {
    const now = this.#now;
    now.value = value;
    now.unverifiedSinceMs = kind === 'breach' ? null : now.unverifiedSinceMs;
    if (kind === 'breach') this.#breach(value);
    else if (isActive(now)) this.#better(kind);
    else if (now.state === 'pending') this.#drop();
    if (kind !== 'breach') now.counting = false;
  }

  #breach(value: number | null): void {
    const now = this.#now;
    if (now.state === 'normal' || now.state === 'resolved') {
      now.elapsedMs = 0;
      this.#to('pending');
    } else if (now.counting) now.elapsedMs += this.#gapMs;
    now.counting = true;
    now.goodSinceMs = null;
    if (now.state === 'pending' && now.elapsedMs >= this.#rule.forSeconds * 1000) this.#fire(value);
    if (now.state === 'recovering') this.#to('firing');
    if (now.episode !== null) now.episode = { ...now.episode, worst: worse(this.#rule, now.episode.worst, value) };
  }

  /** Pending no longer. It may have fired already, before its `for` was made longer. */
  #drop(): void {
    const { episode } = this.#now;
    if (episode !== null) this.#happenings.push({ kind: 'ended', episode, reason: 'updated' });
    this.#to('normal');
  }

  #fire(value: number | null): void {
    const now = this.#now;
    const fromMs = now.sinceMs;
    this.#to('firing');
    // It fires again after its `for` was made longer: the same episode, of which somebody was told.
    if (now.episode !== null) return;
    now.episode = { fromMs, firedMs: this.#slotMs, worst: value, notified: false };
    this.#happenings.push({ kind: 'fired', episode: now.episode });
    this.#edge();
  }

  #better(kind: 'between' | 'clear'): void {
    const now = this.#now;
    if (kind === 'between') {
      now.goodSinceMs = null;
      now.unverifiedSinceMs = null;
      if (now.state === 'firing') this.#to('recovering');
      return;
    }
    now.goodSinceMs ??= this.#slotMs;
    if (this.#slotMs - now.goodSinceMs < (this.#rule.keepFiringSeconds ?? 0) * 1000) {
      now.unverifiedSinceMs = null;
      if (now.state === 'firing') this.#to('recovering');
      return;
    }
    const { episode, unverifiedSinceMs } = now;
    this.#to('resolved');
    if (episode !== null) {
      const fromMs = unverifiedSinceMs ?? this.#slotMs;
      const whileAway = unverifiedSinceMs !== null;
      this.#happenings.push({ kind: 'resolved', episode, fromMs, toMs: this.#slotMs, whileAway });
    }
    now.unverifiedSinceMs = null;
    now.goodSinceMs = null;
    this.#edge();
  }

  #silence(kind: 'noData' | 'error', reason: string, verdict: Verdict): void {
    const policy: SilencePolicy = (kind === 'noData' ? this.#rule.onNoData : this.#rule.onError) ?? 'show';
    // While the connection is down, its silence says nothing about anything else.
    if (policy === 'show' || (verdict.kind === 'noData' && verdict.reason === 'connectionDown')) {
      this.#cover(kind, reason);
    } else if (typeof policy === 'object') this.#keepLast(kind, reason, policy.keepLastMinutes * 60_000);
    else {
      this.#present();
      this.#judged(policy === 'ok' ? 'clear' : 'breach', null);
    }
  }

  #keepLast(kind: 'noData' | 'error', reason: string, forMs: number): void {
    const now = this.#now;
    now.silentSinceMs ??= this.#slotMs;
    if (this.#slotMs - now.silentSinceMs >= forMs) {
      this.#cover(kind, reason);
      return;
    }
    now.counting = false;
    now.gone = 0;
    now.goneSinceMs = null;
  }

  #cover(kind: Overlay['kind'], reason: string): void {
    const now = this.#now;
    if (now.overlay?.kind !== kind || now.overlay.reason !== reason) {
      now.overlay = { kind, reason, sinceMs: this.#slotMs };
    }
    now.counting = false;
    now.gone = 0;
    now.goneSinceMs = null;
    now.value = null;
  }

  #gone(): void {
    const now = this.#now;
    now.gone += 1;
    now.goneSinceMs ??= this.#slotMs;
    now.counting = false;
    now.value = null;
    const isOver =
      now.unverifiedSinceMs === null ? now.gone >= goneEvaluations : this.#slotMs - now.goneSinceMs >= longAbsenceMs;
    if (!isOver) {
      now.overlay ??= { kind: 'noData', reason: 'notWatched', sinceMs: this.#slotMs };
      return;
    }
    if (now.episode !== null) this.#happenings.push({ kind: 'ended', episode: now.episode, reason: 'missing' });
    this.#to('normal');
    now.overlay = null;
    now.silentSinceMs = null;
  }

  #present(): void {
    const now = this.#now;
    now.overlay = null;
    now.silentSinceMs = null;
    now.gone = 0;
    now.goneSinceMs = null;
  }

  #to(state: AlertStateName): void {
    const now = this.#now;
    if (now.state === state) return;
    now.state = state;
    now.sinceMs = this.#slotMs;
    if (state === 'normal' || state === 'resolved') {
      now.elapsedMs = 0;
      now.goodSinceMs = null;
      now.counting = false;
      now.episode = null;
      if (state === 'normal') now.unverifiedSinceMs = null;
    }
  }

  #edge(): void {
    const now = this.#now;
    now.edgesMs = [...now.edgesMs, this.#slotMs];
    if (now.flappingSinceMs !== null) return;
    const recent = now.edgesMs.filter((at) => at > this.#slotMs - flapWithinMs);
    if (recent.length < flapEdges) return;
    now.flappingSinceMs = this.#slotMs;
    this.#happenings.push({ kind: 'flapping' });
  }

  #end(): Step {
    const now = this.#now;
    now.slotMs = this.#slotMs;
    now.edgesMs = now.edgesMs.filter((at) => at > this.#slotMs - flapQuietMs);
    if (now.edgesMs.length === 0) now.flappingSinceMs = null;
    if (now.state === 'resolved' && this.#slotMs - now.sinceMs >= resolvedShownMs) this.#to('normal');
    const isPlain =
      now.state === 'normal' && now.overlay === null && now.silentSinceMs === null && now.edgesMs.length === 0;
    return { after: isPlain ? null : now, happenings: this.#happenings };
  }
}

/** Firing, or on the way back. */
export function isActive({ state }: Pick<AlertInstance, 'state'>): boolean {
  return state === 'firing' || state === 'recovering';
}

function normalAt(rule: AlertRuleDraft, slotMs: number): AlertInstance {
  return {
    state: 'normal',
    sinceMs: slotMs,
    slotMs,
    judgement: judgementOf(rule),
    elapsedMs: 0,
    counting: false,
    goodSinceMs: null,
    value: null,
    overlay: null,
    silentSinceMs: null,
    gone: 0,
    goneSinceMs: null,
    missed: 0,
    unverifiedSinceMs: null,
    episode: null,
    edgesMs: [],
    flappingSinceMs: null,
  };
}

function worse({ operator }: AlertRuleDraft, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return operator === '>' || operator === '>=' ? Math.max(a, b) : Math.min(a, b);
}
