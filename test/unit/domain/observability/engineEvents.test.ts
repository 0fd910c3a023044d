import assert from 'node:assert/strict';
import { counterDelta, engineChanges, engineReading } from '../../../../src/domain/observability/engineEvents.ts';

const calm = {
  run_id: 'a',
  redis_version: '7.0.15',
  uptime_in_seconds: '1000',
  role: 'master',
  maxmemory: '0',
  maxmemory_policy: 'noeviction',
  total_commands_processed: '5000',
  evicted_keys: '10',
  rejected_connections: '0',
  rdb_last_bgsave_status: 'ok',
  aof_last_write_status: 'ok',
  aof_last_bgrewrite_status: 'ok',
};

const reading = (changes: Record<string, string> = {}) =>
  engineReading(new Map(Object.entries({ ...calm, ...changes })));
const actions = (before: Record<string, string>, now: Record<string, string>) =>
  engineChanges(reading(before), reading(now), 15).map((change) => change.action);

describe('domain/observability/engineEvents', () => {
  it('says nothing when nothing happened', () => {
    assert.deepEqual(actions({}, { uptime_in_seconds: '1015', total_commands_processed: '5100' }), []);
    assert.deepEqual(engineChanges(engineReading(new Map()), engineReading(new Map()), 15), []);
  });

  it('tells a restart from CONFIG RESETSTAT', () => {
    assert.deepEqual(
      actions({}, { run_id: 'b', uptime_in_seconds: '3', total_commands_processed: '1', evicted_keys: '0' }),
      ['engine.restart'],
    );
    const emptied = { run_id: 'b', evicted_keys: '0' };
    assert.deepEqual(actions({}, { ...emptied, uptime_in_seconds: '17' }), ['engine.restart']);
    const another = { run_id: 'b', evicted_keys: '90000', rejected_connections: '7', uptime_in_seconds: '18' };
    assert.deepEqual(actions({}, another), ['engine.failover'], 'what it counted before is not ours to tell');
    assert.deepEqual(actions({}, { uptime_in_seconds: '1015', total_commands_processed: '1', evicted_keys: '0' }), [
      'engine.statsReset',
    ]);
  });

  it('tells role, version, configuration and replication', () => {
    assert.deepEqual(actions({}, { role: 'slave', master_link_status: 'down' }), [
      'engine.roleChange',
      'engine.replicationDown',
    ]);
    assert.deepEqual(actions({ master_link_status: 'down' }, { master_link_status: 'up' }), ['engine.replicationUp']);
    assert.deepEqual(actions({ master_link_status: 'down' }, { master_link_status: 'down' }), []);
    assert.deepEqual(actions({}, { redis_version: '7.2.0' }), ['engine.versionChange']);
    assert.deepEqual(actions({}, { maxmemory: '100', maxmemory_policy: 'allkeys-lru' }), ['engine.configChange']);
  });

  it('tells evictions, refused clients and persistence with their counts', () => {
    const changes = engineChanges(
      reading(),
      reading({ evicted_keys: '17', rejected_connections: '2', rdb_last_bgsave_status: 'err' }),
      15,
    );
    assert.deepEqual(changes, [
      { action: 'engine.evictions', status: 'success', details: { count: 7 } },
      { action: 'engine.rejectedConnections', status: 'error', details: { count: 2 } },
      { action: 'engine.persistenceFailed', status: 'error', details: { what: 'RDB save' } },
    ]);
    assert.deepEqual(actions({ aof_last_write_status: 'err' }, {}), ['engine.persistenceRecovered']);
    assert.deepEqual(actions({ aof_last_write_status: 'err' }, { aof_last_write_status: 'err' }), []);
  });

  it('never counts backwards', () => {
    assert.equal(counterDelta(160, 1, true), 1);
    assert.equal(counterDelta(160, 200, false), 200);
    assert.equal(counterDelta(160, 200, true), 40);
    assert.equal(counterDelta(null, 200, true), null);
    assert.equal(counterDelta(5, null, true), null);
  });
});
