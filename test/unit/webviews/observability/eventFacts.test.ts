import assert from 'node:assert/strict';
import type { HistoryEvent } from '../../../../src/domain/timeline/event.ts';
import { engineWords, factName, factText } from '../../../../webviews/observability/eventFacts.ts';

function engine(action: string, details: HistoryEvent['details']): HistoryEvent {
  return {
    id: 'e',
    timestamp: '2026-11-22T10:00:00.000Z',
    source: 'engine',
    connectionId: 'shop',
    environment: 'dev',
    action,
    keyOrPattern: '',
    durationMs: 0,
    status: 'success',
    ...(details === undefined ? {} : { details }),
  };
}

describe('webviews/observability/eventFacts', () => {
  it('says what happened to a server as a line', () => {
    for (const [action, details, words] of [
      ['engine.roleChange', { from: 'slave', to: 'master' }, 'slave → master'],
      ['engine.restart', { uptimeSeconds: 3 }, 'up for 3 s'],
      ['engine.evictions', { count: 1204 }, '1,204 keys'],
      ['engine.rejectedConnections', { count: 1 }, '1 connection'],
      ['engine.persistenceFailed', { what: 'RDB save' }, 'RDB save'],
      ['engine.slowCommand', { command: 'EVAL', arguments: 3, slowlogId: 7001 }, 'EVAL, with 3 arguments'],
      [
        'engine.slowCommand',
        { command: 'KEYS', arguments: 1, notRetained: 12 },
        'KEYS, with 1 argument, 12 more were not kept',
      ],
      ['engine.statsReset', {}, ''],
      ['engine.statsReset', undefined, ''],
    ] as const) {
      assert.equal(engineWords(engine(action, details)), words);
    }
    assert.equal(engineWords({ ...engine('keys.read', { count: 1 }), source: 'app' }), '');
  });

  it('names and words every fact, without units in names and without braces', () => {
    assert.equal(factName('maxMemoryBytes'), 'Max memory');
    assert.equal(factName('watchedMs'), 'Watched');
    assert.equal(factName('slowlogId'), 'Number in the slow log');
    assert.equal(factText('maxMemoryBytes', 268_435_456), '256 MB');
    assert.equal(factText('watchedMs', 1500), '1.5 s');
    assert.equal(factText('slowlogId', 7001), '7001');
    assert.equal(factText('stored', 12_345), '12,345');
    assert.equal(factText('keepTtl', true), 'yes');
    assert.equal(factText('types', ['hash', 'set']), 'hash, set');
    assert.equal(factText('counts', { doneKeys: 1200, failed: 0 }), 'done keys 1,200, failed 0');
    assert.equal(factText('none', []), 'none');
    assert.equal(factText('none', null), '–');
  });
});
