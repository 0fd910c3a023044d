import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  hourOfSample,
  mergedHours,
  p95Of,
  sampleOfHour,
  type SampleHour,
} from '../../../../src/domain/observability/sampleHour.ts';
import type { ObservabilitySnapshot } from '../../../../src/domain/observability/snapshot.ts';
import { sampleOf } from '../../../support/storeRows.ts';

const latency = fc.double({ min: 0.01, max: 60_000, noNaN: true });

function hourOf(samples: readonly ObservabilitySnapshot[]): SampleHour {
  return samples.map(hourOfSample).reduce(mergedHours);
}

describe('domain/observability/sampleHour', () => {
  it('keeps the p95 of any number of hours within 1 % of that of the samples', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(latency, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 6 }),
        (hours) => {
          const all = hours.flat().toSorted((a, b) => a - b);
          const exact = all[Math.ceil(all.length * 0.95) - 1] ?? 0;
          const rolled = p95Of(hours.map((values) => hourOf(values.map((ms, n) => sampleOf(n, { latencyP95Ms: ms })))));
          assert.ok(rolled !== null && Math.abs(rolled - exact) <= exact * 0.01, `${rolled} for ${exact}`);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('adds up what can be added, and weighs what cannot', () => {
    const hour = hourOf([
      sampleOf(1, { operationCount: 90, errorRate: 0, opsPerSecond: 100, periodSeconds: 10, usedMemoryBytes: 10 }),
      sampleOf(2, { operationCount: 10, errorRate: 1, opsPerSecond: 400, periodSeconds: 20, usedMemoryBytes: 30 }),
      sampleOf(3, {
        operationCount: 0,
        errorRate: null,
        opsPerSecond: null,
        usedMemoryBytes: null,
        replicationLink: 'down',
      }),
    ]);
    const one = sampleOfHour('hour', 'connection-0', hour);
    assert.equal(one.timestamp, sampleOf(3).timestamp);
    assert.equal(one.periodSeconds, 45);
    assert.equal(one.operationCount, 100);
    assert.equal(one.errorRate, 0.1);
    assert.equal(one.opsPerSecond, 300);
    assert.equal(one.usedMemoryBytes, 20);
    assert.equal(one.keyspaceHits, 30);
    assert.equal(one.replicationLink, 'down');
  });

  it('says null where no sample knew anything', () => {
    const one = sampleOfHour(
      'hour',
      'c',
      hourOf([sampleOf(1, { slowOpCount: null, latencyP50Ms: null, latencyP95Ms: null })]),
    );
    assert.equal(one.slowOpCount, null);
    assert.equal(one.latencyP50Ms, null);
    assert.equal(one.latencyP95Ms, null);
  });
});
