import assert from 'node:assert/strict';
import fc from 'fast-check';
import { verdictOf } from '../../../../src/domain/alerts/measured.ts';
import type { MinuteFacts } from '../../../../src/domain/alerts/minuteFacts.ts';
import { metricOf } from '../../../../src/domain/alerts/metrics/registry.ts';
import type { AlertRuleDraft } from '../../../../src/domain/alerts/rule.ts';
import { step, type AlertInstance } from '../../../../src/domain/alerts/state.ts';
import { SlidingWindow, windowAt } from '../../../../src/domain/alerts/window.ts';
import { referenceJudgement, referenceStates, referenceValue, slotMs } from './reference.ts';
import { ruleOf } from './support.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 22, 10, 0);

/** Small numbers, so that thresholds are met exactly too. */
const levels = [0, 0.25, 0.5, 0.75, 1];

const minuteFacts = fc.record({
  watchedSeconds: fc.constantFrom(0, 15, 30, 60),
  success: fc.constantFrom(0, 0, 1, 3),
  error: fc.constantFrom(0, 0, 1, 2),
  memory: fc.option(fc.array(fc.constantFrom(...levels), { minLength: 1, maxLength: 3 })),
});

const rule = fc
  .record({
    metric: fc.constantFrom('errorRate', 'failedOperationCount', 'memoryRatio'),
    aggregation: fc.constantFrom('last', 'avg', 'min', 'max'),
    operator: fc.constantFrom('>', '>=', '<', '<='),
    threshold: fc.constantFrom(0.25, 0.5, 0.75),
    apart: fc.constantFrom(null, 0.25),
    lookbackMinutes: fc.constantFrom(1, 2, 5),
    forSeconds: fc.constantFrom(0, 30, 60, 150),
    keepFiringSeconds: fc.constantFrom(0, 0, 60),
    minSamples: fc.constantFrom(1, 1, 3),
  })
  .map(({ metric, aggregation, apart, ...more }): AlertRuleDraft => {
    const scale = metric === 'failedOperationCount' ? 4 : 1;
    const threshold = more.threshold * scale;
    const up = more.operator.startsWith('>');
    const own = { errorRate: 'ratio', failedOperationCount: 'sum' } as const;
    return ruleOf({
      ...more,
      metric,
      aggregation: metric === 'memoryRatio' ? aggregation : own[metric],
      threshold,
      ...(apart === null ? {} : { recoveryThreshold: up ? threshold - apart * scale : threshold + apart * scale }),
    });
  });

/** How much later the next evaluation comes, in slots: mostly one, late ones, absences up to and beyond an hour, none (twice the same). */
const pause = fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 4, 5, 40, 119, 120, 121, 130, 0);

const story = fc.record({
  rule,
  edited: fc.option(rule),
  longer: fc.option(fc.constantFrom(0, 60, 240)),
  editAt: fc.nat(30),
  history: fc.array(fc.option(minuteFacts, { freq: 4 }), { minLength: 5, maxLength: 40 }),
  pauses: fc.array(pause, { minLength: 5, maxLength: 40 }),
});

interface Facts {
  readonly watchedSeconds: number;
  readonly success: number;
  readonly error: number;
  readonly memory: readonly number[] | null;
}

/** Minutes as they would be stored; history stretches over absences, so that there is something to see after them. */
function minutesOf(history: readonly (Facts | null)[], lastMs: number): MinuteFacts[] {
  const minutes: MinuteFacts[] = [];
  for (let at = 0; start + at * minute <= lastMs; at++) {
    const facts = history[at % history.length];
    if (facts === null || facts === undefined) continue;
    const { memory, ...own } = facts;
    const gauge =
      memory === null
        ? undefined
        : {
            n: memory.length,
            sum: memory.reduce((sum, each) => sum + each, 0),
            min: Math.min(...memory),
            max: Math.max(...memory),
            last: memory.at(-1) ?? 0,
          };
    minutes.push({
      startMs: start + at * minute,
      ...own,
      slow: 0,
      sketch: null,
      engine: { gauges: gauge === undefined ? {} : { memoryRatio: gauge }, counters: {} },
    });
  }
  return minutes;
}

describe('the evaluator against a slow, obvious one', function () {
  this.timeout(60_000);

  it('10,000 random series with gaps, absences and edits: no difference', () => {
    let judged = 0;
    let fired = 0;
    fc.assert(
      fc.property(story, ({ rule: first, edited, longer, editAt, history, pauses }) => {
        const slots = pauses.reduce<number[]>(
          (all, wait) => [...all, (all.at(-1) ?? start + 2 * minute) + wait * slotMs],
          [],
        );
        const minutes = minutesOf(history, slots.at(-1) ?? start);
        const ruleAt = (at: number): AlertRuleDraft => {
          if (at < editAt) return first;
          return longer === null ? (edited ?? first) : { ...(edited ?? first), forSeconds: longer };
        };
        let instance: AlertInstance | null = null;
        const moments: { slot: number; judged: ReturnType<typeof referenceJudgement>; rule: AlertRuleDraft }[] = [];
        const got: { state: string; fired: boolean; ended: boolean }[] = [];
        slots.forEach((slot, at) => {
          const present = ruleAt(at);
          const known = minutes.filter(({ startMs }) => startMs < slot);
          const answer = referenceValue(present, known, slot);
          const isNew = slot !== slots[at - 1] || JSON.stringify(present) !== JSON.stringify(ruleAt(at - 1));
          const after = stepAt(present, instance, slot, known);
          if (slot === slots[at - 1] && !isNew) assert.equal(after.after, instance, 'a slot was judged twice');
          instance = after.after;
          if (slot === slots[at - 1]) {
            // The reference knows each slot once; an edit within a slot is another story.
            if (moments.length > 0 && isNew) throw new SameSlot();
            return;
          }
          moments.push({ slot, judged: referenceJudgement(present, answer), rule: present });
          got.push({
            state: instance?.state ?? 'normal',
            fired: after.happenings.some(({ kind }) => kind === 'fired'),
            ended: after.happenings.some(({ kind }) => kind === 'resolved'),
          });
        });
        const wanted = referenceStates(moments).map(({ state, fired: hasFired, ended }) => ({
          state,
          fired: hasFired,
          ended,
        }));
        assert.deepEqual(got, wanted);
        judged += got.length;
        fired += got.filter((each) => each.fired).length;
      }),
      { numRuns: 10_000 },
    );
    assert.ok(
      judged > 50_000 && fired > 2000,
      `${judged} slots, ${fired} episodes: too little happened to mean anything`,
    );
  });
});

class SameSlot extends fc.PreconditionFailure {}

function stepAt(
  rule: AlertRuleDraft,
  before: AlertInstance | null,
  slot: number,
  known: readonly MinuteFacts[],
): ReturnType<typeof step> {
  const metric = metricOf(rule.metric);
  assert.ok(metric);
  const newest = known.at(-1);
  if (newest === undefined || newest.startMs + minute < slot - 3 * minute)
    return step(rule, before, slot, { kind: 'gone' });
  const { fromMs, toMs } = windowAt(slot, rule.lookbackMinutes);
  const window = new SlidingWindow(metric, rule.aggregation);
  // All of it goes in, and what is too old goes out again, as in a backtest.
  for (const each of known) if (each.startMs < toMs) window.push(each);
  window.dropBefore(fromMs);
  const measured = window.measure(toMs - fromMs);
  const verdict = verdictOf(
    rule,
    metric,
    measured.kind === 'notAvailable' ? { kind: 'noData', reason: 'notCollected' } : measured,
  );
  return step(rule, before, slot, verdict);
}
