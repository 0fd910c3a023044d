import assert from 'node:assert/strict';
import {
  counterNames,
  engineBits,
  gaugeNames,
  noEngineFacts,
  packEngineFacts,
  unpackEngineFacts,
  withLook,
} from '../../../../src/domain/alerts/engineFacts.ts';
import { engineCounters, engineLook, lookOfSample } from '../../../../src/domain/alerts/engineLook.ts';
import { alertMetrics } from '../../../../src/domain/alerts/metrics/registry.ts';
import { parseInfo } from '../../../../src/domain/redis/info.ts';
import { sampleOf } from '../../../support/storeRows.ts';

const info = (fields: Record<string, string | number>): ReturnType<typeof parseInfo> =>
  parseInfo(
    Object.entries(fields)
      .map(([name, value]) => `${name}:${value}`)
      .join('\r\n'),
  );
const mega = 1024 * 1024;
const nowMs = Date.UTC(2026, 10, 22);

describe('what a look at a server says to alerts', () => {
  const before = engineCounters(
    info({
      run_id: 'a',
      total_commands_processed: 1000,
      rejected_connections: 3,
      total_error_replies: 5,
      used_cpu_sys_main_thread: 1,
      used_cpu_user_main_thread: 2,
    }),
  );

  it('counts what came since the look before', () => {
    const look = engineLook(
      info({
        run_id: 'a',
        total_commands_processed: 1100,
        rejected_connections: 4,
        total_error_replies: 5,
        used_cpu_sys_main_thread: 2,
        used_cpu_user_main_thread: 4,
      }),
      before,
      15,
      nowMs,
    );
    assert.deepEqual(look.counters, { rejectedConnections: 1, errorReplies: 0, commands: 100 });
    assert.equal(look.gauges.mainThreadCpuRatio, 3 / 15);
  });

  it('counts from zero after RESETSTAT and after a restart, never below', () => {
    const reset = engineLook(
      info({ run_id: 'a', total_commands_processed: 1, rejected_connections: 0, total_error_replies: 0 }),
      before,
      15,
      nowMs,
    );
    assert.deepEqual(reset.counters, { rejectedConnections: 0, errorReplies: 0, commands: 1 });
    const restarted = engineLook(
      info({ run_id: 'b', total_commands_processed: 2000, rejected_connections: 9 }),
      before,
      15,
      nowMs,
    );
    assert.deepEqual(restarted.counters, { rejectedConnections: 9, commands: 2000 });
    assert.equal(restarted.gauges.mainThreadCpuRatio, undefined);
  });

  it('counts nothing for a stretch that nobody watched', () => {
    assert.deepEqual(engineLook(info({ run_id: 'a', rejected_connections: 9 }), null, 0, nowMs).counters, {});
  });

  it('says of a small server that it is neither fragmented nor swapped', () => {
    const small = engineLook(
      info({ allocator_frag_ratio: 4, allocator_frag_bytes: 3 * mega, used_memory: 2 * mega, used_memory_rss: mega }),
      null,
      0,
      nowMs,
    );
    assert.deepEqual([small.gauges.fragmentationRatio, small.gauges.residentRatio], [1, 1]);
    const large = engineLook(
      info({
        allocator_frag_ratio: 1.8,
        allocator_frag_bytes: 300 * mega,
        used_memory: 1000 * mega,
        used_memory_rss: 800 * mega,
      }),
      null,
      0,
      nowMs,
    );
    assert.deepEqual([large.gauges.fragmentationRatio, large.gauges.residentRatio], [1.8, 0.8]);
  });

  it('persistence fails by its status, or by an old save where saving is configured', () => {
    const failing = (fields: Record<string, string | number>): number | undefined =>
      engineLook(info(fields), null, 0, nowMs).gauges.persistenceFailing;
    const old = nowMs / 1000 - 49 * 3600;
    assert.equal(failing({}), undefined);
    assert.equal(failing({ rdb_last_bgsave_status: 'ok', aof_last_write_status: 'ok' }), 0);
    assert.equal(failing({ rdb_last_bgsave_status: 'err', aof_last_write_status: 'ok' }), 1);
    assert.equal(
      failing({ rdb_last_bgsave_status: 'ok', rdb_last_save_time: old, rdb_saves: 3, rdb_changes_since_last_save: 9 }),
      1,
    );
    assert.equal(
      failing({ rdb_last_bgsave_status: 'ok', rdb_last_save_time: old, rdb_saves: 0, rdb_changes_since_last_save: 9 }),
      0,
    );
  });

  it('leaves out what a server lacks: no limit means no memory ratio, no maxclients no share of them', () => {
    const sample = sampleOf(1, { usedMemoryBytes: 100, maxMemoryBytes: null, replicationLink: null });
    assert.equal(lookOfSample(sample).gauges.memoryRatio, undefined);
    assert.equal(lookOfSample({ ...sample, maxMemoryBytes: 200 }).gauges.memoryRatio, 0.5);
    assert.equal(engineLook(info({ connected_clients: 5 }), null, 0, nowMs).gauges.clientsRatio, undefined);
    assert.equal(engineLook(info({ connected_clients: 5, maxclients: 10 }), null, 0, nowMs).gauges.clientsRatio, 0.5);
    assert.equal(
      engineLook(info({ role: 'slave', connected_slaves: 0 }), null, 0, nowMs).gauges.connectedReplicas,
      undefined,
    );
  });
});

describe('the facts of a minute', () => {
  it('add up looks, and come back from their bytes', () => {
    let facts = withLook(noEngineFacts, {
      gauges: { memoryRatio: 0.5, connectionDown: 0 },
      counters: { commands: 100 },
    });
    facts = withLook(facts, {
      gauges: { memoryRatio: 0.25, connectionDown: 0 },
      counters: { commands: 50, evictedKeys: 0 },
    });
    assert.deepEqual(facts.gauges.memoryRatio, { n: 2, sum: 0.75, min: 0.25, max: 0.5, last: 0.25 });
    const back = unpackEngineFacts(packEngineFacts(facts));
    assert.deepEqual(back, facts);
    assert.ok(packEngineFacts(facts).length <= 48);
  });

  it('of bytes that are cut short are what can be read', () => {
    const bytes = packEngineFacts(withLook(noEngineFacts, { gauges: { memoryRatio: 0.5 }, counters: {} }));
    for (let length = 0; length < bytes.length; length++)
      assert.doesNotThrow(() => unpackEngineFacts(bytes.subarray(0, length)));
    assert.deepEqual(unpackEngineFacts(new Uint8Array(3)), noEngineFacts);
  });

  it('decoded for one metric are to it what all of them are', () => {
    const gauges = Object.fromEntries(gaugeNames.map((name, at) => [name, at + 1]));
    const counters = Object.fromEntries(counterNames.map((name, at) => [name, 100 * (at + 1)]));
    const once = withLook(noEngineFacts, { gauges, counters });
    // Every other gauge moves: steady ones and moving ones differ in length.
    const moved = Object.fromEntries(gaugeNames.map((name, at) => [name, at % 2 === 0 ? at + 1 : 2 * at + 3]));
    const facts = withLook(once, { gauges: moved, counters });
    const bytes = packEngineFacts(facts);
    const minute = { startMs: 0, watchedSeconds: 60, success: 0, error: 0, slow: 0, sketch: null };
    const asked = alertMetrics.filter(({ source }) => source !== 'client');
    assert.ok(asked.length > 10);
    for (const metric of asked) {
      const engine = unpackEngineFacts(bytes, engineBits(metric.reads));
      const names = [...Object.keys(engine.gauges), ...Object.keys(engine.counters)];
      assert.deepEqual(names.toSorted(), metric.reads.toSorted(), `${metric.id} decodes more than it reads`);
      const read = metric.read({ ...minute, engine });
      assert.notEqual(read, null, metric.id);
      assert.deepEqual(read, metric.read({ ...minute, engine: facts }), metric.id);
    }
  });
});
