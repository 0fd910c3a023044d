import assert from 'node:assert/strict';
import { compareMetric } from '../../../../src/domain/observability/compare.ts';
import { comparedMetrics, type ComparedMetric } from '../../../../src/domain/observability/compareRules.ts';
import { LatencySketch } from '../../../../src/domain/observability/latencySketch.ts';
import type { FamilyFacts, PeriodFacts } from '../../../../src/domain/observability/periodFacts.ts';
import { seeded } from '../../../support/seeded.ts';

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

interface Traffic {
  /** Operations per minute. */
  readonly perMinute: number;
  readonly medianMs: number;
  readonly errorShare: number;
}

const shop: Readonly<Record<string, Traffic>> = {
  'keys.read': { perMinute: 30, medianMs: 2, errorShare: 0.01 },
  'keys.write': { perMinute: 8, medianMs: 4, errorShare: 0.01 },
  'keys.scan': { perMinute: 5, medianMs: 60, errorShare: 0.01 },
};

/** An hour of log-normal latencies; minutes breathe by ± 20 % together, as real traffic does. */
function period(random: () => number, traffic: Readonly<Record<string, Traffic>>, minutes = 60): PeriodFacts {
  const breath = Array.from({ length: minutes }, () => 1 + 0.2 * normal(random));
  const families = new Map<string, FamilyFacts>();
  for (const [family, { perMinute, medianMs, errorShare }] of Object.entries(traffic)) {
    const latency = new LatencySketch();
    const facts = { operations: 0, errors: 0, timeouts: 0, slow: 0 };
    const operationsPerMinute: number[] = [];
    const slowPerMinute: number[] = [];
    for (const factor of breath) {
      const mean = Math.max(0, perMinute * factor);
      const operations = Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
      let slow = 0;
      for (let i = 0; i < operations; i++) {
        if (random() < errorShare) {
          facts.errors += 1;
          continue;
        }
        const ms = medianMs * Math.exp(0.8 * normal(random));
        latency.add(ms);
        if (ms > 100) slow += 1;
      }
      facts.operations += operations;
      facts.slow += slow;
      operationsPerMinute.push(operations);
      slowPerMinute.push(slow);
    }
    families.set(family, { ...facts, latency, operationsPerMinute, slowPerMinute });
  }
  return { coveredSeconds: minutes * 60, families };
}

function scaled(traffic: Readonly<Record<string, Traffic>>, change: (t: Traffic) => Partial<Traffic>) {
  return Object.fromEntries(Object.entries(traffic).map(([name, t]) => [name, { ...t, ...change(t) }]));
}

describe('domain/observability/compare', () => {
  it('calls at most 2 % of 500 comparisons of equal periods changed, per metric', function () {
    this.timeout(60_000);
    const flagged = new Map<ComparedMetric, number>(comparedMetrics.map((metric) => [metric, 0]));
    for (let run = 0; run < 500; run++) {
      const random = seeded(run + 1);
      const baseline = period(random, shop);
      const compare = period(random, shop);
      for (const metric of comparedMetrics) {
        const { verdict } = compareMetric(metric, baseline, compare);
        assert.ok(verdict !== 'not comparable' && verdict !== 'inconclusive');
        if (verdict !== 'no change detected') flagged.set(metric, (flagged.get(metric) ?? 0) + 1);
      }
    }
    for (const [metric, count] of flagged) assert.ok(count <= 10, `${metric}: ${count} of 500`);
  });

  it('flags a latency twice as long', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed);
      const baseline = period(random, shop);
      const compare = period(
        random,
        scaled(shop, (t) => ({ medianMs: t.medianMs * 2 })),
      );
      const result = compareMetric('latencyP95Ms', baseline, compare);
      assert.equal(result.verdict, 'regressed');
      assert.ok((result.delta ?? 0) > 0);
      const read = result.families.find(({ family }) => family === 'keys.read');
      assert.equal(read?.verdict, 'regressed');
      assert.ok((read.deltaPercent ?? 0) > 60 && (read.pValue ?? 1) < 0.01);
      assert.equal(compareMetric('latencyP95Ms', compare, baseline).verdict, 'improved');
    }
  });

  it('flags errors that rise from 1 % to 5 %', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed);
      const result = compareMetric(
        'errorRate',
        period(random, shop),
        period(
          random,
          scaled(shop, () => ({ errorShare: 0.05 })),
        ),
      );
      assert.equal(result.verdict, 'regressed');
      assert.equal(result.mixShift, null);
    }
  });

  it('names a pure mix shift and blames no command', () => {
    const random = seeded(7);
    const baseline = period(random, shop);
    const compare = period(random, {
      ...shop,
      'keys.read': { ...shop['keys.read']!, perMinute: 12 },
      'keys.scan': { ...shop['keys.scan']!, perMinute: 40 },
    });
    const result = compareMetric('latencyP95Ms', baseline, compare);
    assert.ok((result.compare ?? 0) > (result.baseline ?? 0) * 2, 'the total did change');
    assert.equal(result.verdict, 'no change detected');
    assert.ok((result.mixShift ?? 0) > 0.6, String(result.mixShift));
    for (const family of result.families) assert.equal(family.verdict, 'no change detected');
  });

  it('sees an hour with fewer and with more operations, and more slow ones', () => {
    const random = seeded(3);
    const busy = period(random, shop);
    const quiet = period(
      random,
      scaled(shop, (t) => ({ perMinute: t.perMinute / 2 })),
    );
    assert.equal(compareMetric('operationCount', busy, quiet).verdict, 'regressed');
    assert.equal(compareMetric('operationCount', quiet, busy).verdict, 'improved');
    const slow = period(
      random,
      scaled(shop, (t) => ({ medianMs: t.medianMs * 3 })),
    );
    assert.equal(compareMetric('slowOpCount', busy, slow).verdict, 'regressed');
  });

  it('does not judge what it cannot: too few, too short, unwatched, timed out', () => {
    const random = seeded(5);
    const few = period(random, { 'keys.read': { perMinute: 2, medianMs: 2, errorShare: 0 } });
    assert.equal(compareMetric('errorRate', few, few).verdict, 'inconclusive');
    const short = period(random, shop, 10);
    assert.equal(compareMetric('operationCount', short, short).verdict, 'inconclusive');
    const full = period(random, shop);
    const nothing: PeriodFacts = { coveredSeconds: 0, families: new Map() };
    for (const metric of comparedMetrics) assert.equal(compareMetric(metric, full, nothing).verdict, 'not comparable');
    const read = full.families.get('keys.read')!;
    const hanging: PeriodFacts = {
      ...full,
      families: new Map([['keys.read', { ...read, timeouts: read.operations * 0.06 }]]),
    };
    const judged = compareMetric('latencyP95Ms', full, hanging);
    assert.equal(judged.verdict, 'not comparable');
    assert.equal(judged.timedOut, true);
  });

  it('compares counts per watched second when the periods differ', () => {
    const random = seeded(11);
    const result = compareMetric('operationCount', period(random, shop, 60), period(random, shop, 30));
    assert.ok((result.compare ?? 0) < (result.baseline ?? 0) * 0.6);
    assert.ok(Math.abs(result.deltaPercent ?? 100) < 10);
    assert.equal(result.verdict, 'no change detected');
  });

  it('says which change it could have seen, and sees it', () => {
    const random = seeded(13);
    const baseline = period(random, shop);
    const { families } = compareMetric('latencyP95Ms', baseline, period(random, shop));
    const { detectable = null, baseline: p95 = null } = families.find(({ family }) => family === 'keys.read') ?? {};
    assert.ok(detectable !== null && p95 !== null && detectable > p95 && detectable < p95 * 2, String(detectable));
    const errors = compareMetric('errorRate', baseline, period(random, shop));
    assert.ok(errors.detectable !== null && errors.detectable > 0.015 && errors.detectable < 0.04);
    const single = { 'keys.read': shop['keys.read']! };
    let seen = 0;
    for (let seed = 100; seed < 140; seed++) {
      const own = seeded(seed);
      const before = period(own, single);
      const least = compareMetric('errorRate', before, period(own, single)).detectable ?? 1;
      const after = period(own, { 'keys.read': { ...single['keys.read'], errorShare: least } });
      if (compareMetric('errorRate', before, after).verdict === 'regressed') seen += 1;
    }
    assert.ok(seen >= 24, `${seen} of 40 changes of the promised size were seen`);
  });
});
