import assert from 'node:assert/strict';
import { datasets } from '../../../../src/domain/retention/dataset.ts';
import { growthOf } from '../../../../src/domain/retention/growth.ts';
import {
  ageCutoff,
  defaultPolicy,
  policiesOf,
  policyProblem,
  type RetentionPolicy,
} from '../../../../src/domain/retention/policy.ts';
import { growthWords, levelOf, unmetWords } from '../../../../src/domain/retention/report.ts';

const policy = defaultPolicy('timelineEvents');
const problemOf = (more: Record<string, unknown>): unknown => {
  const broken: RetentionPolicy = Object.assign({ ...policy }, more);
  return policyProblem(broken)?.details?.path ?? null;
};

describe('domain/retention/policy', () => {
  it('has a default for each dataset that breaks no rule', () => {
    const all = policiesOf([{ ...policy, retentionDays: 7 }]);
    assert.deepEqual(
      all.map(({ dataset }) => dataset),
      datasets,
    );
    assert.equal(all.find(({ dataset }) => dataset === 'timelineEvents')?.retentionDays, 7);
    assert.equal(defaultPolicy('workflowHistory').retentionDays, 30);
    for (const one of all) assert.equal(policyProblem(one), null);
  });

  it('names the field that breaks its rule', () => {
    for (const retentionDays of [0, -1, 1.5, Number.NaN, Infinity, 3651, '30', null]) {
      assert.equal(problemOf({ retentionDays }), 'retentionDays');
    }
    for (const storageBudgetMb of [0, -5, 0.5, Number.NaN, 102_401]) {
      assert.equal(problemOf({ storageBudgetMb }), 'storageBudgetMb');
    }
    assert.equal(problemOf({ dataset: 'everything' }), 'dataset');
    assert.equal(problemOf({ autoPurgeOldest: 'yes' }), 'autoPurgeOldest');
    assert.equal(problemOf({ retentionDays: 1, storageBudgetMb: 1 }), null);
  });

  it('cuts by whole days back from now, and never before the beginning of time', () => {
    assert.equal(ageCutoff({ retentionDays: 30 }, Date.UTC(2026, 10, 22, 3)), '2026-10-23T03:00:00.000Z');
    assert.equal(ageCutoff({ retentionDays: 3650 }, 0), '1970-01-01T00:00:00.000Z');
  });
});

describe('domain/retention/growth', () => {
  const mb = 1 << 20;

  it('says when a budget is reached, and takes a purge for what it is', () => {
    const days = [10, 12, 14, 4, 6].map((size, n) => ({ day: `2026-11-0${n + 1}`, bytes: size * mb }));
    assert.deepEqual(growthOf(days, 20 * mb), { bytesPerDay: 2 * mb, daysLeft: 7 });
    assert.equal(growthWords(growthOf(days, 20 * mb)), '+2 MB per day, reaches its budget in about 7 days');
  });

  it('divides what was gained by the days between two looks', () => {
    const days = [
      { day: '2026-11-01', bytes: 0 },
      { day: '2026-11-11', bytes: 10 * mb },
    ];
    assert.equal(growthOf(days, 100 * mb)?.bytesPerDay, mb);
  });

  it('promises nothing from one day, nor without growth', () => {
    assert.equal(growthOf([{ day: '2026-11-01', bytes: 5 }], 10), null);
    const still = [
      { day: '2026-11-01', bytes: 5 },
      { day: '2026-11-02', bytes: 5 },
    ];
    assert.deepEqual(growthOf(still, 10), { bytesPerDay: 0, daysLeft: null });
    assert.equal(growthWords(growthOf(still, 10)), 'does not grow');
  });
});

describe('domain/retention/report', () => {
  it('says what holds a budget that cannot be met', () => {
    const pins = [{ reason: 'resumableRun' as const, count: 3 }];
    assert.equal(unmetWords({ overBytes: 12 << 20, pins }), 'still over by 12 MB: 3 resumable runs');
  });

  it('tells fine, near and over apart', () => {
    assert.deepEqual(
      [89, 90, 100, 101].map((bytes) => levelOf({ bytes, budgetBytes: 100 })),
      ['fine', 'near', 'near', 'over'],
    );
  });
});
