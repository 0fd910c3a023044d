import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noFilter, parseKeptState } from '../../../../webviews/observability/keptState.ts';

describe('kept state of the Observability page', () => {
  it('gives back what was kept', () => {
    const kept = {
      tab: 'timeline',
      connectionId: 'shop',
      range: { kind: 'fixed', fromMs: 1, toMs: 2 },
      live: false,
      filter: {
        text: 'cart',
        statuses: ['error'],
        actions: ['keys.read'],
        allConnections: true,
        connectionIds: ['shop'],
        environments: ['prod'],
        runId: 'run-1',
        pattern: 'cart:*',
        source: 'app',
      },
    };
    assert.deepEqual(parseKeptState(JSON.parse(JSON.stringify(kept))), kept);
  });

  it('makes something usable of anything', () => {
    assert.deepEqual(parseKeptState(null), {
      tab: 'overview',
      connectionId: null,
      range: { kind: 'last', minutes: 60 },
      live: true,
      filter: noFilter,
    });
    const shape = fc.record(
      { tab: fc.anything(), range: fc.anything(), live: fc.anything(), filter: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), shape), (kept) => {
        const { tab, range, live, filter } = parseKeptState(kept);
        assert.ok(['overview', 'keyspace', 'failures', 'compare', 'slow', 'timeline'].includes(tab));
        assert.ok(range.kind === 'last' ? range.minutes >= 1 : range.toMs > range.fromMs);
        assert.equal(typeof live, 'boolean');
        assert.equal(typeof filter.text, 'string');
      }),
    );
  });

  it('refuses a range that ends before it begins', () => {
    assert.equal(parseKeptState({ range: { kind: 'fixed', fromMs: 2, toMs: 1 } }).range.kind, 'last');
    assert.equal(parseKeptState({ range: { kind: 'last', minutes: Number.NaN } }).range.kind, 'last');
  });
});
