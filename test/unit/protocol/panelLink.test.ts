import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import { parsePanelLink } from '../../../src/protocol/panelLink.ts';

const from = '2026-11-22T10:00:00.000Z';
const to = '2026-11-22T11:00:00.000Z';

function refusal(argument: unknown): string {
  try {
    parsePanelLink(argument);
  } catch (error) {
    assert.ok(isFailure(error, 'VALIDATION_ERROR'));
    return error.details?.path ?? '';
  }
  return assert.fail('was accepted');
}

describe('links into the Observability panel', () => {
  it('take a range, connections, filters, a run, an event and a chart', () => {
    const link = {
      from,
      to,
      connectionIds: ['shop', 'eu'],
      environments: ['prod'],
      text: 'cart',
      statuses: ['error'],
      actions: ['keys.read'],
      runId: 'run-1',
      metric: 'latency',
      baseline: { from: '2026-11-22T09:00:00.000Z', to: from },
    };
    assert.deepEqual(parsePanelLink(link), link);
    assert.deepEqual(parsePanelLink({}), {});
    assert.deepEqual(parsePanelLink({ connectionId: 'shop' }), { connectionIds: ['shop'] });
    const event = { id: 'e1', timestamp: from, action: 'keys.read', durationMs: 2 };
    assert.deepEqual(parsePanelLink({ event }), { event: { id: 'e1', timestamp: from } });
  });

  it('are refused with the wrong field named', () => {
    assert.equal(refusal(null), '');
    assert.equal(refusal({ from }), 'to');
    assert.equal(refusal({ to }), 'from');
    assert.equal(refusal({ from: to, to: from }), 'to');
    assert.equal(refusal({ from: 'yesterday', to }), 'from');
    assert.equal(refusal({ statuses: ['fine'] }), 'statuses.0');
    assert.equal(refusal({ environments: ['production'] }), 'environments.0');
    assert.equal(refusal({ metric: 'mood' }), 'metric');
    assert.equal(refusal({ connection: 'shop' }), 'connection');
    assert.equal(refusal({ baseline: { from, to: from } }), 'baseline.to');
    assert.equal(refusal({ connectionIds: [] }), 'connectionIds');
  });
});
