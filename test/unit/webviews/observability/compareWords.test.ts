import assert from 'node:assert/strict';
import type { FamilyComparison, MetricComparison } from '../../../../src/domain/observability/compare.ts';
import { findings, percentText, valueText } from '../../../../webviews/observability/compareWords.ts';

const facts: Omit<FamilyComparison, 'family'> = {
  baseline: 2.1,
  compare: 4.4,
  delta: 2.3,
  deltaPercent: 109.5,
  verdict: 'regressed',
  samples: { baseline: 12_031, compare: 11_870 },
  pValue: 0.0001,
  detectable: 2.6,
  lowPower: false,
  timedOut: false,
};
const metric = (over: Partial<MetricComparison>): MetricComparison => ({
  ...facts,
  metric: 'latencyP95Ms',
  mixShift: null,
  families: [],
  ...over,
});

const finding = (one: MetricComparison): string => findings(one)[0]?.text ?? '';

describe('words of a comparison', () => {
  it('names what regressed, by how much, and on how much it rests', () => {
    assert.equal(
      finding(metric({ families: [{ ...facts, family: 'keys.read' }] })),
      'keys.read got slower: p95 2.1 ms → 4.4 ms, +110 %, sure (n = 12,031 / 11,870).',
    );
    assert.match(
      finding(metric({ metric: 'errorRate', baseline: 0.01, compare: 0.05, deltaPercent: 400 })),
      /^Error rate: worse, 1 % → 5 %, \+400 %, sure/,
    );
    assert.match(
      finding(metric({ verdict: 'improved', metric: 'operationCount', baseline: 10, compare: 20, deltaPercent: 100 })),
      /^Operations: more than before, 10 → 20/,
    );
  });

  it('has a sentence per command that changed', () => {
    const both = [
      { ...facts, family: 'keys.read' },
      { ...facts, family: 'keys.write', verdict: 'improved' as const, compare: 1, deltaPercent: -52 },
      { ...facts, family: 'keys.scan', verdict: 'no change detected' as const },
    ];
    assert.deepEqual(
      findings(metric({ families: both })).map(({ verdict, text }) => [verdict, text.split(':')[0]]),
      [
        ['regressed', 'keys.read got slower'],
        ['improved', 'keys.write got faster'],
      ],
    );
  });

  it('says what it could have seen when it saw nothing, and names a mix shift', () => {
    assert.equal(
      finding(metric({ verdict: 'no change detected', compare: 2.2, deltaPercent: 4.8 })),
      'Latency p95: no change detected (p95 2.1 ms → 2.2 ms, +4.8 %). A rise to 2.6 ms would have been seen.',
    );
    assert.match(
      finding(metric({ verdict: 'no change detected', mixShift: 0.97 })),
      /The total moved, yet no command did: 97 % of it comes from another mix of commands\./,
    );
  });

  it('says why it does not judge', () => {
    assert.match(finding(metric({ verdict: 'inconclusive' })), /not enough data to judge .*200 each are needed/);
    assert.match(finding(metric({ verdict: 'inconclusive', metric: 'slowOpCount' })), /20 each are needed/);
    assert.match(finding(metric({ verdict: 'not comparable', timedOut: true })), /more than 5 % timed out/);
    assert.match(finding(metric({ verdict: 'not comparable', baseline: null })), /nothing to compare/);
  });

  it('writes figures as people read them', () => {
    assert.equal(percentText(4.84), '+4.8 %');
    assert.equal(percentText(-33.4), '−33 %');
    assert.equal(percentText(null), '');
    assert.equal(percentText(Number.POSITIVE_INFINITY), '');
    assert.equal(valueText('errorRate', null), '–');
  });
});
