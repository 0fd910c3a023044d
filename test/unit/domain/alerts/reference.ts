// A slow, obvious evaluator. It keeps everything that ever happened and answers each question by looking at all of it again;
// it shares no code with the product but types.
import type { MinuteFacts } from '../../../../src/domain/alerts/minuteFacts.ts';
import type { AlertRuleDraft } from '../../../../src/domain/alerts/rule.ts';

const minute = 60_000;
const hour = 60 * minute;
const slotMs = 30_000;
const late = 2 * minute;

export type Answer =
  | { readonly kind: 'value'; readonly value: number; readonly samples: number; readonly coverage: number }
  | { readonly kind: 'noData' }
  | { readonly kind: 'gone' };

/** The value at a moment: all minutes are gone through, and the formula of the metric is written out. */
export function referenceValue(rule: AlertRuleDraft, history: readonly MinuteFacts[], atMs: number): Answer {
  const end = Math.ceil(atMs / minute) * minute;
  const begin = end - rule.lookbackMinutes * minute;
  const inside = history.filter(({ startMs }) => startMs >= begin && startMs < end);
  if (!history.some(({ startMs }) => startMs < end && startMs + minute >= atMs - 3 * minute)) return { kind: 'gone' };
  const operations = inside.reduce((sum, each) => sum + each.success + each.error, 0);
  const seconds = inside.reduce((sum, each) => sum + (each.success + each.error > 0 ? 60 : each.watchedSeconds), 0);
  const coverage = Math.min(1, seconds / (rule.lookbackMinutes * 60));
  if (rule.metric === 'errorRate') {
    if (operations === 0) return { kind: 'noData' };
    const errors = inside.reduce((sum, each) => sum + each.error, 0);
    return { kind: 'value', value: errors / operations, samples: operations, coverage };
  }
  if (rule.metric === 'failedOperationCount') {
    const watched = inside.filter((each) => each.watchedSeconds > 0 || each.success + each.error > 0);
    if (watched.length === 0) return { kind: 'noData' };
    return {
      kind: 'value',
      value: watched.reduce((sum, each) => sum + each.error, 0),
      samples: watched.length,
      coverage,
    };
  }
  const gauges = inside.flatMap(({ engine }) =>
    engine?.gauges.memoryRatio === undefined ? [] : [engine.gauges.memoryRatio],
  );
  if (gauges.length === 0) return { kind: 'noData' };
  const n = gauges.reduce((sum, gauge) => sum + gauge.n, 0);
  const values = {
    last: gauges.at(-1)?.last ?? 0,
    min: Math.min(...gauges.map(({ min }) => min)),
    max: Math.max(...gauges.map(({ max }) => max)),
    avg: gauges.reduce((sum, gauge) => sum + gauge.sum, 0) / n,
  };
  const value = values[rule.aggregation as keyof typeof values];
  return { kind: 'value', value, samples: n, coverage };
}

export type Judged = 'bad' | 'between' | 'good' | 'noData' | 'gone';

export function referenceJudgement(rule: AlertRuleDraft, answer: Answer): Judged {
  if (answer.kind !== 'value') return answer.kind;
  if (answer.samples < (rule.minSamples ?? 1)) return 'noData';
  const { value } = answer;
  const bad =
    (rule.operator === '>' && value > rule.threshold) ||
    (rule.operator === '>=' && value >= rule.threshold) ||
    (rule.operator === '<' && value < rule.threshold) ||
    (rule.operator === '<=' && value <= rule.threshold);
  const up = rule.operator === '>' || rule.operator === '>=';
  if (answer.coverage < 0.5) {
    if (rule.metric === 'failedOperationCount' && !(bad && up)) return 'noData';
    if (rule.metric === 'memoryRatio' && rule.aggregation !== 'last') return 'noData';
  }
  if (bad) return 'bad';
  const { recoveryThreshold: recovery } = rule;
  const recovered = recovery === undefined || (up ? value <= recovery : value >= recovery);
  return recovered ? 'good' : 'between';
}

interface Moment {
  readonly slot: number;
  readonly judged: Judged;
  readonly rule: AlertRuleDraft;
}

interface Seen {
  readonly slot: number;
  readonly state: string;
  readonly fired: boolean;
  readonly ended: boolean;
}

/** What a rule is, at each of the moments that were judged. */
export function referenceStates(moments: readonly Moment[]): Seen[] {
  const seen: Seen[] = [];
  for (let at = 0; at < moments.length; at++) seen.push(stateAt(moments, seen, at));
  return seen;
}

const judges = (rule: AlertRuleDraft): string =>
  JSON.stringify([
    rule.metric,
    rule.aggregation,
    rule.operator,
    rule.threshold,
    rule.recoveryThreshold,
    rule.lookbackMinutes,
    rule.minSamples,
    rule.scope,
  ]);

/** Whether another version of the rule judged the moment before. */
function isEdit(moments: readonly Moment[], at: number): boolean {
  const [now, before] = [moments[at], moments[at - 1]];
  return now !== undefined && before !== undefined && judges(now.rule) !== judges(before.rule);
}

function stateAt(moments: readonly Moment[], seen: readonly Seen[], at: number): Seen {
  const now = moments[at];
  if (now === undefined) throw new Error('no moment');
  const before = moments[at - 1];
  const was = seen[at - 1];
  const isEdited = before !== undefined && judges(before.rule) !== judges(now.rule);
  const last = isEdited ? undefined : was;
  const gap = before === undefined || isEdited ? 0 : now.slot - before.slot;
  let state = last?.state ?? 'normal';
  const result = (next: string, fired = false, ended = false): Seen => ({ slot: now.slot, state: next, fired, ended });

  if (state === 'pending' && gap > hour) state = 'normal';
  const forMs = now.rule.forSeconds * 1000;
  if (state === 'firing' && elapsed(moments, seen, at - 1) < forMs) state = 'pending';

  if (now.judged === 'gone') {
    const run = goneRun(moments, at);
    const unverified = isUnverified(moments, seen, at);
    const over = unverified ? now.slot - (moments[at - run + 1]?.slot ?? 0) >= hour : run >= 2;
    if (state === 'normal' || over) return result('normal');
    return settled(moments, seen, at, state);
  }
  if (now.judged === 'noData') return settled(moments, seen, at, state);
  if (now.judged === 'bad') {
    if (state === 'recovering') return result('firing');
    if (state === 'firing') return result('firing');
    // Counted from the first bad slot of this run; a new run begins at zero.
    const already = state === 'pending' ? elapsed(moments, seen, at) : 0;
    const hadEpisode = state === 'pending' && episodeOpen(moments, seen, at);
    if (already >= forMs) return result('firing', !hadEpisode);
    return result('pending');
  }
  if (state === 'firing' || state === 'recovering') {
    if (now.judged === 'between') return result('recovering');
    const keepMs = (now.rule.keepFiringSeconds ?? 0) * 1000;
    if (goodFor(moments, seen, at) < keepMs) return result('recovering');
    return result('resolved', false, true);
  }
  if (state === 'pending') return result('normal');
  return settled(moments, seen, at, state);
}

/** Resolved becomes normal after a quarter of an hour; all else stays. */
function settled(moments: readonly Moment[], seen: readonly Seen[], at: number, state: string): Seen {
  const slot = moments[at]?.slot ?? 0;
  if (state !== 'resolved') return { slot, state, fired: false, ended: false };
  let since = at - 1;
  while (since > 0 && seen[since - 1]?.state === 'resolved' && seen[since]?.ended !== true) since -= 1;
  const over = slot - (seen[since]?.slot ?? 0) >= 15 * minute;
  return { slot, state: over ? 'normal' : 'resolved', fired: false, ended: false };
}

/** Time judged bad without a break, up to moment `at`: gaps between two bad slots that are no absence. */
function elapsed(moments: readonly Moment[], seen: readonly Seen[], at: number): number {
  let total = 0;
  for (let i = at; i > 0; i--) {
    const [now, before] = [moments[i], moments[i - 1]];
    const was = seen[i - 1]?.state;
    if (now === undefined || before === undefined) break;
    if (judges(now.rule) !== judges(before.rule)) break;
    if (was === 'normal' || was === 'resolved' || was === undefined) break;
    if (was === 'pending' && now.slot - before.slot > hour) break;
    if (now.judged === 'bad' && before.judged === 'bad' && now.slot - before.slot <= late)
      total += now.slot - before.slot;
  }
  return total;
}

/** Whether what is pending at `at` has fired before, and was taken back by a longer `for`. */
function episodeOpen(moments: readonly Moment[], seen: readonly Seen[], at: number): boolean {
  for (let i = at - 1; i >= 0 && !isEdit(moments, i + 1); i--) {
    if (seen[i]?.state === 'normal' || seen[i]?.state === 'resolved') return false;
    // What was pending over a long absence was given up, whatever it had been before.
    if (seen[i]?.state === 'pending' && (moments[i + 1]?.slot ?? 0) - (moments[i]?.slot ?? 0) > hour) return false;
    if (seen[i]?.state === 'firing') return true;
  }
  return false;
}

function goneRun(moments: readonly Moment[], at: number): number {
  let run = 0;
  while (moments[at - run]?.judged === 'gone') run += 1;
  return run;
}

/** Firing or recovering, with an absence since it was last judged. */
function isUnverified(moments: readonly Moment[], seen: readonly Seen[], at: number): boolean {
  for (let i = at; i > 0 && !isEdit(moments, i); i--) {
    const was = seen[i - 1]?.state;
    if (was !== 'firing' && was !== 'recovering') return false;
    if ((moments[i]?.slot ?? 0) - (moments[i - 1]?.slot ?? 0) > late) return true;
    const judged = moments[i - 1]?.judged;
    if (judged !== 'gone' && judged !== 'noData') return false;
  }
  return false;
}

/** How long it has been good without a break, absences not counted. */
function goodFor(moments: readonly Moment[], seen: readonly Seen[], at: number): number {
  let total = 0;
  for (let i = at; i > 0 && !isEdit(moments, i); i--) {
    const [now, before] = [moments[i], moments[i - 1]];
    const was = seen[i - 1]?.state;
    if (now === undefined || before === undefined || (was !== 'firing' && was !== 'recovering')) break;
    const goodBefore = lastJudged(moments, seen, i - 1) === 'good';
    if (!goodBefore) break;
    if (now.slot - before.slot <= late) total += now.slot - before.slot;
  }
  return total;
}

/** The newest real judgement at or before a moment, while it was firing or recovering. */
function lastJudged(moments: readonly Moment[], seen: readonly Seen[], at: number): Judged | undefined {
  for (let i = at; i >= 0; i--) {
    const judged = moments[i]?.judged;
    if (judged === 'bad' || judged === 'between' || judged === 'good') return judged;
    const was = seen[i - 1]?.state;
    if ((was !== 'firing' && was !== 'recovering') || isEdit(moments, i)) return undefined;
  }
  return undefined;
}

export { slotMs };
