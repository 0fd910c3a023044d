// What a live server does to itself, as it stands in the timeline and in the samples.
import assert from 'node:assert/strict';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commandTimes } from '../../../src/app/observability/commandTimes.ts';
import type { HistoryEvent } from '../../../src/domain/timeline/event.ts';
import { observabilityRig, type ObservabilityRig } from '../../support/observabilityRig.ts';
import { openSession, closeSessions } from '../../support/redisParts.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { waitFor } from '../../support/waiting.ts';

/** Far above what a look takes on a loaded machine, so that only what a test makes slow is slow. */
const slowUsec = 100_000;
const sleepSeconds = '0.11';

describe('what a server does to itself', function () {
  this.timeout(90_000);
  let box: RedisBox;
  let rig: ObservabilityRig;
  const window = {
    from: new Date(Date.now() - 60_000).toISOString(),
    to: new Date(Date.now() + 600_000).toISOString(),
  };

  before(async () => {
    box = await startRedis({
      args: ['--enable-debug-command', 'yes', '--slowlog-log-slower-than', String(slowUsec), '--slowlog-max-len', '8'],
    });
    rig = await observabilityRig({ port: box.port });
  });
  after(async () => {
    await rig.close();
    await closeSessions();
    await box.stop();
  });

  async function events(action: string): Promise<readonly HistoryEvent[]> {
    return (await rig.history.timeline({ ...window, source: 'engine', actions: [action], limit: 1000 })).events;
  }

  const sleep = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) await box.cli('DEBUG', 'SLEEP', sleepSeconds);
  };

  it('counts slow commands exactly when the log has wrapped, and says how many it no longer holds', async () => {
    await sleep(1);
    await rig.sampler.sampleNow('test');
    await sleep(20);
    assert.equal((await rig.sampler.sampleNow('test')).slowOpCount, 20);
    // The log keeps whole seconds: within one, the timeline knows no order.
    const slow = [...(await events('engine.slowCommand'))].sort(
      (a, b) => Number(b.details?.['slowlogId']) - Number(a.details?.['slowlogId']),
    );
    assert.deepEqual(
      slow.map(({ details }) => [details?.['slowlogId'], details?.['command'], details?.['notRetained'] ?? 0]),
      [20, 19, 18, 17, 16, 15, 14, 13].map((id) => [id, 'DEBUG', id === 13 ? 12 : 0]),
    );
    assert.ok(slow.every(({ durationMs }) => durationMs >= 110));
    assert.equal((await rig.sampler.sampleNow('test')).slowOpCount, 0);
  });

  it('counts them exactly across SLOWLOG RESET, whatever was in the log when it was emptied', async () => {
    await sleep(3);
    await box.cli('SLOWLOG', 'RESET');
    await sleep(2);
    assert.equal((await rig.sampler.sampleNow('test')).slowOpCount, 5);
    const ids = (await events('engine.slowCommand')).map(({ details }) => details?.['slowlogId']);
    assert.deepEqual(
      ids
        .map(Number)
        .sort((a, b) => b - a)
        .slice(0, 3),
      [25, 24, 20],
    );
    await box.cli('SLOWLOG', 'RESET');
    assert.equal((await rig.sampler.sampleNow('test')).slowOpCount, 0);
    await sleep(1);
    assert.equal((await rig.sampler.sampleNow('test')).slowOpCount, 1);
  });

  it('tells a latency spike once, with what it was and how long', async () => {
    await box.cli('CONFIG', 'SET', 'latency-monitor-threshold', '100');
    await rig.sampler.sampleNow('test');
    await sleep(1);
    await rig.sampler.sampleNow('test');
    await rig.sampler.sampleNow('test');
    const [spike, ...more] = (await events('engine.latencySpike')).filter(({ details }) =>
      ['command', 'fast-command'].includes(String(details?.['event'])),
    );
    assert.deepEqual(more, []);
    assert.ok(spike !== undefined && spike.durationMs >= 110, JSON.stringify(spike));
    assert.ok(Math.abs(Date.parse(spike.timestamp) - Date.now()) < 60_000);
  });

  it('tells evictions with their number', async () => {
    const evicted = async (): Promise<number> =>
      Number(/evicted_keys:(\d+)/.exec(await box.cli('INFO', 'stats'))?.[1] ?? Number.NaN);
    await box.cli('DEBUG', 'POPULATE', '5000', 'fill', '1000');
    await rig.sampler.sampleNow('test');
    const before = await evicted();
    await box.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '3mb');
    await box.cli('SET', 'one', 'more');
    await waitFor('keys to be evicted', 10_000, async () => (await evicted()) > before + 100);
    await box.cli('CONFIG', 'SET', 'maxmemory', '0');
    const sample = await rig.sampler.sampleNow('test');
    const count = (await evicted()) - before;
    assert.equal(sample.evictedKeys, count);
    assert.deepEqual(
      (await events('engine.evictions')).map(({ details }) => details?.['count']),
      [count],
    );
    assert.equal((await events('engine.configChange')).length, 1, 'the policy is another one now');
    await box.cli('FLUSHALL');
  });

  it('tells that a save failed, and that one succeeded again', async () => {
    const saved = (status: string): Promise<unknown> =>
      waitFor(`the save to end with ${status}`, 20_000, async () => {
        const info = await box.cli('INFO', 'persistence');
        return info.includes('rdb_bgsave_in_progress:0') && info.includes(`rdb_last_bgsave_status:${status}`);
      });
    const inTheWay = join(box.dir, 'dump.rdb');
    await rm(inTheWay, { force: true });
    await mkdir(inTheWay);
    await box.cli('SET', 'k', 'v');
    await box.cli('BGSAVE');
    await saved('err');
    await rig.sampler.sampleNow('test');
    const [failed] = await events('engine.persistenceFailed');
    assert.deepEqual([failed?.status, failed?.details], ['error', { what: 'RDB save' }]);
    await rmdir(inTheWay);
    await box.cli('BGSAVE');
    await saved('ok');
    await rig.sampler.sampleNow('test');
    assert.equal((await events('engine.persistenceRecovered')).length, 1);
    assert.equal((await events('engine.persistenceFailed')).length, 1);
  });

  it('tells a change of role, and the replication link as it goes and comes', async () => {
    const master = await startRedis();
    await box.cli('REPLICAOF', '127.0.0.1', String(master.port));
    const isUp = async (): Promise<boolean> => (await box.cli('INFO', 'replication')).includes('master_link_status:up');
    await waitFor('the link', 20_000, isUp);
    assert.equal((await rig.sampler.sampleNow('test')).replicationLink, 'up');
    await master.kill();
    await waitFor('the link to go', 20_000, async () => !(await isUp()));
    assert.equal((await rig.sampler.sampleNow('test')).replicationLink, 'down');
    assert.equal((await events('engine.replicationDown')).length, 1);
    await box.cli('REPLICAOF', 'NO', 'ONE');
    await rig.sampler.sampleNow('test');
    assert.deepEqual(
      (await events('engine.roleChange')).map(({ details }) => details),
      [
        { from: 'slave', to: 'master' },
        { from: 'master', to: 'slave' },
      ],
    );
    await master.stop();
  });

  it('tells another server that answers now from the same one started again', async () => {
    const other = await startRedis();
    await waitFor('the other server to have run for a while', 20_000, async () => {
      const uptime = /uptime_in_seconds:(\d+)/.exec(await other.cli('INFO', 'server'))?.[1];
      return Number(uptime) >= 5;
    });
    await rig.sampler.sampleNow('test');
    const before = rig.active;
    rig.active = { ...before, session: await openSession({ port: other.port }) };
    const sample = await rig.sampler.sampleNow('test');
    rig.active = before;
    assert.deepEqual([sample.opsPerSecond, sample.slowOpCount, sample.commands], [null, null, undefined]);
    assert.equal((await events('engine.failover')).length, 1);
    assert.equal((await events('engine.restart')).length, 0);
    await other.stop();
  });

  it('says where the server’s time went as the server itself counts it', async () => {
    const started = new Date().toISOString();
    await box.cli('CONFIG', 'RESETSTAT');
    await rig.sampler.sampleNow('test');
    const stats = async (): Promise<{ calls: number; usec: number; failed: number }> => {
      const line = /cmdstat_zadd:calls=(\d+),usec=(\d+),.*failed_calls=(\d+)/.exec(
        await box.cli('INFO', 'commandstats'),
      );
      return { calls: Number(line?.[1]), usec: Number(line?.[2]), failed: Number(line?.[3]) };
    };
    for (let n = 0; n < 25; n++) await box.cli('ZADD', 'board', String(n), `player:${n}`);
    await box.cli('SET', 'text', 'x');
    await box.cli('ZADD', 'text', '1', 'a').catch(() => undefined);
    await rig.sampler.sampleNow('test');
    for (let n = 0; n < 15; n++) await box.cli('ZADD', 'board', String(n), `more:${n}`);
    await rig.sampler.sampleNow('test');
    const parts = { ...rig, settings: { number: () => 15 } };
    const times = await commandTimes(parts, { from: started, to: window.to, connectionId: 'test' });
    const zadd = times.commands.find(({ command }) => command === 'zadd');
    const { command: _, rejected, ...counted } = zadd ?? { command: '', rejected: -1 };
    assert.deepEqual(counted, await stats());
    assert.equal(rejected, 0);
    assert.ok(times.watchedSeconds > 0);
    assert.ok(times.courses.length >= 1 && times.courses.length <= 4);
    assert.deepEqual(
      times.commands.map(({ usec }) => usec),
      times.commands.map(({ usec }) => usec).sort((a, b) => b - a),
    );
  });
});
