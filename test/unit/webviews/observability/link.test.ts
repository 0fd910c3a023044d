import assert from 'node:assert/strict';
import { noFilter } from '../../../../webviews/observability/keptState.ts';
import { filterOfLink, periodsOfLink, scopeOfFilter } from '../../../../webviews/observability/link.ts';

describe('a link on the Observability page', () => {
  it('leaves a person’s own filter alone when it says nothing about it', () => {
    assert.equal(filterOfLink({}), null);
    assert.equal(filterOfLink({ connectionIds: ['shop'], metric: 'latency' }), null);
  });

  it('filters by what it names, and by nothing else', () => {
    assert.deepEqual(filterOfLink({ text: 'cart', statuses: ['error'], actions: ['keys.read', 'keys.write'] }), {
      ...noFilter,
      text: 'cart',
      statuses: ['error'],
      actions: ['keys.read', 'keys.write'],
    });
  });

  it('looks at all connections for a run or an environment, and at those that are named', () => {
    const scope = (link: Parameters<typeof filterOfLink>[0]): unknown => scopeOfFilter(filterOfLink(link) ?? noFilter);
    assert.deepEqual(scope({ runId: 'r' }), { kind: 'all' });
    assert.deepEqual(scope({ environments: ['prod'] }), { kind: 'all' });
    assert.deepEqual(scope({ runId: 'r', connectionIds: ['shop'] }), { kind: 'chosen' });
    assert.deepEqual(scope({ connectionIds: ['shop', 'eu'] }), { kind: 'some', connectionIds: ['shop', 'eu'] });
    assert.deepEqual(scope({}), { kind: 'chosen' });
  });

  it('compares its range with its baseline, or with as much time just before', () => {
    const [ten, eleven] = ['2026-11-22T10:00:00.000Z', '2026-11-22T11:00:00.000Z'];
    const hour = 3_600_000;
    const compare = { fromMs: Date.parse(ten), toMs: Date.parse(eleven) };
    assert.equal(periodsOfLink({}), null);
    assert.deepEqual(periodsOfLink({ from: ten, to: eleven }), {
      compare,
      baseline: { fromMs: compare.fromMs - hour, toMs: compare.fromMs },
    });
    const baseline = { from: '2026-11-15T10:00:00.000Z', to: '2026-11-15T11:00:00.000Z' };
    assert.deepEqual(periodsOfLink({ from: ten, to: eleven, baseline })?.baseline, {
      fromMs: Date.parse(baseline.from),
      toMs: Date.parse(baseline.to),
    });
  });
});
