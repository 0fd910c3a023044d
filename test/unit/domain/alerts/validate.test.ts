import assert from 'node:assert/strict';
import { alertMetrics, metricOf } from '../../../../src/domain/alerts/metrics/registry.ts';
import { starterRules } from '../../../../src/domain/alerts/starters.ts';
import { readRule, ruleFrom } from '../../../../src/domain/alerts/validate.ts';
import { isFailure } from '../../../../src/domain/failure.ts';
import { ruleOf } from './support.ts';

const around = { otherNames: ['Taken'], sampleSeconds: 15 };
const pathsOf = (input: unknown, more = around): string[] => {
  const read = readRule(input, more);
  return 'problems' in read ? read.problems.map(({ path }) => path) : [];
};

describe('rules that are read', () => {
  const good = ruleOf({
    recoveryThreshold: 0.5,
    minSamples: 5,
    onNoData: { keepLastMinutes: 15 },
    keepFiringSeconds: 60,
  });

  it('come out as they went in', () => {
    assert.deepEqual(readRule(good, around), { rule: good });
  });

  const wrong: readonly [what: string, rule: unknown, path: string][] = [
    ['nothing', null, ''],
    ['an unknown field', { ...good, color: 'red' }, 'color'],
    ['a polluting field', JSON.parse(`{ "__proto__": 1, ${JSON.stringify(good).slice(1)}`), '__proto__'],
    ['no name', { ...good, name: undefined }, 'name'],
    ['an empty name', { ...good, name: '' }, 'name'],
    ['a name of spaces', { ...good, name: '   ' }, 'name'],
    ['a name of 81 characters', { ...good, name: 'x'.repeat(81) }, 'name'],
    ['a name with a line break', { ...good, name: 'a\nb' }, 'name'],
    ['the name of another rule', { ...good, name: ' taken ' }, 'name'],
    ['an unknown metric', { ...good, metric: 'cpu' }, 'metric'],
    ['a metric of Object', { ...good, metric: 'constructor' }, 'metric'],
    ['an aggregation that the metric has not', { ...good, aggregation: 'avg' }, 'aggregation'],
    ['equality', { ...good, operator: '==' }, 'operator'],
    ['no number', { ...good, threshold: Number.NaN }, 'threshold'],
    ['infinity', { ...good, threshold: Number.POSITIVE_INFINITY }, 'threshold'],
    ['a number as text', { ...good, threshold: '1' }, 'threshold'],
    ['a ratio in percent', { ...good, threshold: 80 }, 'threshold'],
    ['a negative ratio', { ...good, threshold: -0.1, recoveryThreshold: undefined }, 'threshold'],
    ['a recovery on the wrong side', { ...good, recoveryThreshold: 0.9 }, 'recoveryThreshold'],
    ['a recovery that is bad itself', { ...good, operator: '>=', recoveryThreshold: 0.8 }, 'recoveryThreshold'],
    ['a recovery below for "below"', { ...good, operator: '<', recoveryThreshold: 0.5 }, 'recoveryThreshold'],
    ['no lookback', { ...good, lookbackMinutes: 0 }, 'lookbackMinutes'],
    ['half a minute', { ...good, lookbackMinutes: 0.5 }, 'lookbackMinutes'],
    ['more than a day', { ...good, lookbackMinutes: 1441 }, 'lookbackMinutes'],
    ['a negative time', { ...good, forSeconds: -1 }, 'forSeconds'],
    ['more than a day of it', { ...good, forSeconds: 86_401 }, 'forSeconds'],
    ['an unknown severity', { ...good, severity: 'fatal' }, 'severity'],
    ['no connection', { ...good, scope: { connections: [], environments: '*' } }, 'scope.connections'],
    ['no environment', { ...good, scope: { connections: '*', environments: [] } }, 'scope.environments'],
    [
      'an unknown environment',
      { ...good, scope: { connections: '*', environments: ['test'] } },
      'scope.environments[0]',
    ],
    [
      'a p95 of five',
      { ...good, metric: 'latencyP95Ms', aggregation: 'p95', threshold: 9, recoveryThreshold: 5 },
      'minSamples',
    ],
    ['an unknown policy', { ...good, onNoData: 'ignore' }, 'onNoData'],
    ['silence for ever', { ...good, onNoData: { keepLastMinutes: 0 } }, 'onNoData.keepLastMinutes'],
    ['no word on whether it is on', { ...good, enabled: undefined }, 'enabled'],
  ];
  for (const [what, rule, path] of wrong) {
    it(`refuse ${what}, by the field`, () => assert.deepEqual(pathsOf(rule), [path]));
  }

  it('refuse a lookback that holds fewer than two samples', () => {
    assert.deepEqual(pathsOf({ ...good, lookbackMinutes: 9 }, { ...around, sampleSeconds: 300 }), ['lookbackMinutes']);
    assert.deepEqual(pathsOf({ ...good, lookbackMinutes: 10 }, { ...around, sampleSeconds: 300 }), []);
  });

  it('name all that is wrong in the failure', () => {
    assert.throws(
      () => ruleFrom({ ...good, name: '', threshold: 7 }, around),
      (error) =>
        isFailure(error, 'VALIDATION_ERROR') &&
        error.details?.path === 'name' &&
        Array.isArray(error.details['problems']),
    );
  });
});

describe('what ships', () => {
  it('every metric has a name of its own, and a suggestion that is a rule', () => {
    assert.equal(new Set(alertMetrics.map(({ id }) => id)).size, alertMetrics.length);
    assert.equal(new Set(alertMetrics.map(({ title }) => title)).size, alertMetrics.length);
    for (const metric of alertMetrics) {
      assert.equal(metricOf(metric.id), metric);
      const [aggregation] = metric.aggregations;
      const rule = { ...ruleOf(), ...metric.suggestion, metric: metric.id, aggregation };
      assert.deepEqual(pathsOf(rule), [], metric.id);
    }
  });

  it('fifteen starter rules, five of them on, each with why, source and what to do', () => {
    assert.equal(starterRules.length, 15);
    assert.deepEqual(
      starterRules.filter(({ rule }) => rule.enabled).map(({ id }) => id),
      [
        'starter.connectionDown',
        'starter.maxMemoryUnset',
        'starter.rejectedConnections',
        'starter.replicationLink',
        'starter.persistence',
      ],
    );
    const names: string[] = [];
    for (const { id, rule, why, source, action } of starterRules) {
      assert.deepEqual(pathsOf(rule, { otherNames: names, sampleSeconds: 15 }), [], id);
      names.push(rule.name);
      for (const text of [why, source, action]) assert.ok(text.length > 20, `${id}: ${text}`);
    }
  });
});
