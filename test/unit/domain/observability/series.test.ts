import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gapsOf, sampleSeries, stepSeconds } from '../../../../src/domain/observability/series.ts';
import type { ObservabilitySnapshot } from '../../../../src/domain/observability/snapshot.ts';

const START = Date.UTC(2026, 10, 22, 3, 0, 0);

function sample(atMs: number, more: Partial<ObservabilitySnapshot> = {}): ObservabilitySnapshot {
  return {
    id: String(atMs),
    connectionId: 'c',
    timestamp: new Date(atMs).toISOString(),
    periodSeconds: 15,
    latencyP50Ms: null,
    latencyP95Ms: null,
    errorRate: null,
    operationCount: 0,
    reconnectCount: 0,
    opsPerSecond: 10,
    slowOpCount: 0,
    usedMemoryBytes: 100,
    maxMemoryBytes: null,
    connectedClients: 1,
    keyspaceHits: 3,
    keyspaceMisses: 1,
    evictedKeys: 0,
    replicationLink: null,
    ...more,
  };
}

describe('sample series', () => {
  it('leaves no gap when the timer drifts', () => {
    const drifting = Array.from({ length: 40 }, (_none, at) =>
      sample(START + at * 15_700, { periodSeconds: at === 0 ? 0 : 15.7 }),
    );
    const { coverage, opsPerSecond } = sampleSeries(drifting, START, START + 39 * 15_700, 15_000);
    assert.ok(coverage.slice(0, -1).every((covered) => covered > 0.999));
    assert.ok(opsPerSecond.every((rate) => rate !== null && Math.abs(rate - 10) < 1e-9));
  });

  it('shows a stretch without samples as unknown, never as zero', () => {
    const series = sampleSeries([sample(START + 15_000), sample(START + 75_000)], START, START + 75_000, 15_000);
    assert.deepEqual(series.opsPerSecond, [10, null, null, null, 10]);
    assert.deepEqual(series.usedMemoryBytes, [100, null, null, null, 100]);
    assert.deepEqual(series.coverage, [1, 0, 0, 0, 1]);
  });

  it('averages rates over time and takes the hit ratio over all lookups', () => {
    const samples = [
      sample(START + 15_000, { opsPerSecond: 10, keyspaceHits: 1, keyspaceMisses: 99 }),
      sample(START + 60_000, { opsPerSecond: 50, periodSeconds: 45, keyspaceHits: 900, keyspaceMisses: 0 }),
    ];
    const series = sampleSeries(samples, START, START + 60_000, 60_000);
    assert.deepEqual(series.opsPerSecond, [40]);
    assert.deepEqual(series.hitRatio, [0.901]);
  });

  it('knows no hit ratio where nothing was looked up', () => {
    const idle = sample(START + 15_000, { keyspaceHits: 0, keyspaceMisses: 0 });
    assert.deepEqual(sampleSeries([idle], START, START + 15_000, 15_000).hitRatio, [null]);
  });

  it('keeps counters: what is spread over slots adds up', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 50 }), (evictions) => {
        const samples = evictions.map((evictedKeys, at) => sample(START + (at + 1) * 15_000, { evictedKeys }));
        const series = sampleSeries(samples, START, START + samples.length * 15_000, 60_000);
        const sum = series.evictedKeys.reduce<number>((total, count) => total + (count ?? 0), 0);
        assert.ok(Math.abs(sum - evictions.reduce((a, b) => a + b)) < 1e-6);
      }),
    );
  });

  it('chooses a step that people read easily and that fits', () => {
    assert.equal(stepSeconds(15 * 60_000, 15, 360), 15);
    assert.equal(stepSeconds(6 * 3600_000, 15, 360), 60);
    assert.equal(stepSeconds(24 * 3600_000, 15, 360), 300);
    assert.equal(stepSeconds(15 * 60_000, 60, 360), 60);
  });
});

describe('gaps of a series', () => {
  const series = (coverage: number[]): Parameters<typeof gapsOf>[0] => ({
    ...sampleSeries([], START, START, 15_000),
    startMs: START,
    coverage,
  });
  const at = (slot: number): number => START / 1000 + slot * 15;

  it('finds every stretch that nobody watched', () => {
    assert.deepEqual(gapsOf(series([0, 0, 1, 0.2, 0, 1])), [
      [at(0), at(2)],
      [at(4), at(5)],
    ]);
  });

  it('leaves the slots alone that are still filling', () => {
    assert.deepEqual(gapsOf(series([1, 1, 0, 0])), []);
    assert.deepEqual(gapsOf(series([1, 0, 0, 0])), [[at(1), at(4)]]);
  });
});
