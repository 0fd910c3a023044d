import assert from 'node:assert/strict';
import { confounders, confoundingActions, type Period } from '../../../../src/domain/observability/confounders.ts';

const hour = 3_600_000;
const day = 24 * hour;
const monday = Date.UTC(2026, 10, 23, 10);
const period = (fromMs: number, change: Partial<Period> = {}): Period => ({
  fromMs,
  toMs: fromMs + hour,
  coverage: 1,
  policyChanges: [],
  engineEvents: [],
  ...change,
});

describe('confounders of a comparison', () => {
  it('finds none between the same hour of the same weekday, both watched', () => {
    assert.deepEqual(confounders(period(monday), period(monday + 7 * day)), []);
  });

  it('names times that differ, and time that was not watched', () => {
    assert.deepEqual(confounders(period(monday), period(monday + hour, { coverage: 0.79 })), [
      'Only 79 % of the compared period was watched.',
      'The periods lie at different times of day.',
    ]);
    assert.deepEqual(confounders(period(monday, { toMs: monday + 2 * hour }), period(monday + day)), [
      'The periods are not equally long: counts are compared per watched second.',
      'The periods lie on different days of the week.',
    ]);
  });

  it('counts what a server reported by kind, with the first time and the period', () => {
    const event = (action: string, minute: number): Period['engineEvents'][number] => ({
      action,
      timestamp: new Date(monday + minute * 60_000).toISOString(),
      connection: 'Shop',
    });
    const compared = period(monday, {
      engineEvents: [
        event('engine.evictions', 9),
        event('engine.evictions', 3),
        event('engine.failover', 5),
        event('engine.slowCommand', 1),
      ],
    });
    assert.deepEqual(confounders(period(monday - 7 * day), compared), [
      'Shop evicted keys at 2026-11-23 10:03 UTC and 1 more times, in the compared period.',
      'Shop was replaced by another server at 2026-11-23 10:05 UTC, in the compared period.',
    ]);
    assert.ok(!confoundingActions.includes('engine.slowCommand'));
  });

  it('names policy packs that were changed', () => {
    const policyChanges = [{ pack: 'Prod\u202E window', kind: 'changed', atMs: monday + 60_000 } as const];
    assert.deepEqual(confounders(period(monday, { policyChanges }), period(monday + 7 * day)), [
      'The policy pack Prod\\u{202e} window was changed at 2026-11-23 10:01 UTC, in the baseline period.',
    ]);
  });
});
