// Figures of a real server with real traffic, against the same computed from a plain array.
import assert from 'node:assert/strict';
import { compare } from '../../../src/app/observability/compare.ts';
import { failures } from '../../../src/app/observability/failures.ts';
import { keyspaceActivity } from '../../../src/app/observability/keyspaceActivity.ts';
import { overview } from '../../../src/app/observability/overview.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import type { CompareUpdate } from '../../../src/domain/observability/compare.ts';
import { keyPattern } from '../../../src/domain/observability/keyPattern.ts';
import { observabilityRig, type ObservabilityRig } from '../../support/observabilityRig.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';

const exactP95 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? 0;

describe('observability of a real server', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: ObservabilityRig;
  let window: { readonly from: string; readonly to: string };

  before(async () => {
    // The files before this one take minutes: the window begins when its own work does.
    const start = Date.now();
    window = { from: new Date(start - 60_000).toISOString(), to: new Date(start + 120_000).toISOString() };
    box = await startRedis({ args: ['--slowlog-log-slower-than', '0', '--slowlog-max-len', '16'] });
    rig = await observabilityRig({ port: box.port });
    await box.cli('LPUSH', 'cart:7', 'a list');
    // Seeded traffic through the gate: reads that succeed, and some that fail for a wrong type.
    for (let i = 0; i < 400; i++) {
      const key = i % 20 === 7 ? 'cart:7' : `${['cart', 'user', 'product'][i % 3]}:${i}`;
      await rig.gate
        .run('uid-test', { action: 'keys.read', keyOrPattern: key, commands: [['GET', key]] })
        .catch((error: unknown) => assert.ok(isFailure(error, 'CONFLICT')));
    }
  });
  after(async () => {
    await rig.close();
    await box.stop();
  });

  it('counts operations, errors, patterns and percentiles as the plain array does', async () => {
    const truth = rig.recorded;
    assert.equal(truth.length, 400);
    const latencies = truth.filter(({ status }) => status === 'success').map(({ durationMs }) => durationMs);
    const period = await rig.history.families({ ...window, sketches: true });
    assert.equal(period.families[0]?.operations, 400);
    assert.equal(period.families[0]?.errors, truth.filter(({ status }) => status === 'error').length);
    const seen = await overview({ ...rig, settings: { number: () => 15 } }, window);
    const ofTrend = (of: 'success' | 'error'): number => seen.trend.reduce((sum, point) => sum + point[of], 0);
    assert.equal(ofTrend('success'), latencies.length);
    assert.equal(ofTrend('error'), 400 - latencies.length);
    const { LatencySketch } = await import('../../../src/domain/observability/latencySketch.ts');
    const sketch = new LatencySketch();
    sketch.mergeJson(period.families[0]?.sketch);
    assert.ok(Math.abs((sketch.quantile(0.95) ?? 0) / exactP95(latencies) - 1) <= 0.01);

    const activity = await keyspaceActivity(rig, { ...window, buckets: 18 });
    const counts = new Map<string, number>();
    for (const { keyOrPattern } of truth) {
      const { pattern } = keyPattern(keyOrPattern);
      counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
    }
    assert.equal(activity.totalEvents, 400);
    assert.deepEqual(new Map(activity.topPatterns.map((row) => [row.pattern, row.touches])), counts);
    assert.equal(activity.distribution.length, 18);
    assert.equal(
      activity.distribution.reduce((sum, bucket) => sum + bucket.touches, 0),
      400,
    );
  });

  it('explains each failure: its attempt, what is related and why, the sample before it', async () => {
    await rig.sampler.sampleNow('test');
    await rig.gate
      .run('uid-test', { action: 'keys.read', keyOrPattern: 'cart:7', commands: [['GET', 'cart:7']] })
      .catch(() => undefined);
    const [newest, ...rest] = await failures(rig, { ...window, limit: 5 });
    assert.equal(rest.length, 4);
    assert.equal(newest?.event.keyOrPattern, 'cart:7');
    assert.equal(newest.event.connectionId, 'test');
    assert.equal(newest.pattern, 'cart:*');
    assert.deepEqual(
      newest.attempts.map(({ n, outcome, errorCode, stopReason }) => [n, outcome, errorCode, stopReason]),
      [[1, 'error', 'CONFLICT', 'nonRetryable']],
    );
    assert.equal(newest.snapshotState, 'current');
    assert.equal(newest.related.length, 50);
    assert.equal(newest.related[0]?.why, 'same keys within 60 s');
    assert.ok(newest.relatedLeftOut > 300);
    const oldest = (await failures(rig, window)).at(-1);
    assert.equal(oldest?.snapshotState, 'none', 'a sample taken later is not borrowed');
  });

  it('counts slow commands exactly when the ring has wrapped, and across SLOWLOG RESET', async () => {
    await rig.sampler.sampleNow('test');
    const before = await newestSlowId();
    for (let i = 0; i < 40; i++) await box.cli('GET', `slow:${i}`);
    const sample = await rig.sampler.sampleNow('test');
    const after = await newestSlowId();
    // Everything is slow on this server, the looks themselves too: ids are the truth.
    assert.ok((sample.slowOpCount ?? 0) >= 40);
    assert.ok((sample.slowOpCount ?? 0) <= after - before);
    const { events } = await rig.history.timeline({ ...window, source: 'engine', limit: 1000 });
    const slow = events.filter(({ action }) => action === 'engine.slowCommand');
    assert.ok(slow.length > 0 && slow.length <= 2 * 128);
    assert.ok(slow.some(({ details }) => Number(details?.['notRetained']) >= 24));
    assert.ok(slow.some(({ keyOrPattern }) => keyOrPattern.startsWith('slow:')));
    await box.cli('SLOWLOG', 'RESET');
    await box.cli('GET', 'after-reset');
    const again = await rig.sampler.sampleNow('test');
    assert.ok((again.slowOpCount ?? -1) >= 1);
  });

  async function newestSlowId(): Promise<number> {
    return Number((await box.cli('SLOWLOG', 'GET', '1')).split('\n')[0]);
  }

  it('never gives a negative rate across RESETSTAT and a restart, and lists both', async () => {
    await rig.sampler.sampleNow('test');
    await box.cli('CONFIG', 'RESETSTAT');
    const reset = await rig.sampler.sampleNow('test');
    assert.ok((reset.opsPerSecond ?? -1) >= 0 && (reset.keyspaceHits ?? -1) >= 0);
    for (const command of reset.commands ?? []) assert.ok(command.calls >= 0 && command.usec >= 0);
    await box.restart();
    let restarted;
    for (let tries = 0; restarted === undefined && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      restarted = await rig.sampler.sampleNow('test').catch(() => undefined);
    }
    assert.ok(restarted !== undefined && (restarted.opsPerSecond ?? 0) >= 0);
    const { events } = await rig.history.timeline({ ...window, source: 'engine', limit: 1000 });
    const actions = new Set(events.map(({ action }) => action));
    assert.ok(actions.has('engine.statsReset') && actions.has('engine.restart'), [...actions].join());
    const updates: CompareUpdate[] = [];
    const now = Date.now();
    const at = new Date(now - 60_000).toISOString();
    const content = {
      name: 'Change window',
      environments: ['dev' as const],
      maxWorkflowItems: 10,
      maxRetryAttempts: 0,
      schedulingEnabled: false,
      executionWindows: [],
      enabled: true,
    };
    const pack = { version: 1, createdAt: at, updatedAt: at, removedAt: null };
    await rig.governance.savePacks([
      { ...pack, id: 'held', content },
      { ...pack, id: 'elsewhere', content: { ...content, name: 'Another connection’s' } },
    ]);
    await rig.governance.assign('uid-test', ['held'], at);
    await rig.governance.assign('uid-other', ['elsewhere'], at);
    const span = (fromMs: number, toMs: number) => ({
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
    });
    for await (const update of compare(rig, {
      baseline: span(now - 7_200_000, now - 3_600_000),
      compare: span(now - 3_600_000, now),
      connectionIds: ['test'],
    })) {
      updates.push(update);
    }
    assert.deepEqual(
      updates[0]?.metrics.map(({ metric }) => metric),
      ['errorRate'],
    );
    assert.ok(updates[0].progress < 1 && !updates[0].done);
    const last = updates.at(-1);
    assert.equal(last?.done, true);
    assert.equal(last.progress, 1);
    assert.deepEqual(
      last.metrics.map(({ metric }) => metric),
      ['errorRate', 'latencyP95Ms', 'slowOpCount', 'operationCount'],
    );
    assert.equal(last.metrics[3]?.compare, rig.recorded.filter(({ status }) => status !== 'blocked').length);
    for (const { verdict } of last.metrics) assert.equal(verdict, 'not comparable');
    assert.ok(
      last.confounders.some((line) => line.startsWith('Test restarted')),
      last.confounders.join('\n'),
    );
    assert.ok(last.confounders.some((line) => line.includes('statistics reset')));
    const ofPolicies = last.confounders.filter((line) => line.includes('policy pack'));
    assert.equal(ofPolicies.length, 1, ofPolicies.join('\n'));
    assert.match(ofPolicies[0] ?? '', /^The policy pack Change window was added at .* UTC, in the compared period\.$/);
  });

  it('refuses periods that cannot be compared, and stops when asked', async () => {
    const now = Date.now();
    const span = (fromMs: number, toMs: number) => ({
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
    });
    const paths: [string, object][] = [
      ['compare', { baseline: span(now - 100_000, now - 50_000), compare: span(now - 60_000, now) }],
      ['compare.to', { baseline: span(now - 100_000, now - 50_000), compare: span(now - 40_000, now + 60_000) }],
      ['baseline.to', { baseline: span(now - 50_000, now - 50_000), compare: span(now - 40_000, now) }],
    ];
    for (const [path, request] of paths) {
      const iterator = compare(rig, request as Parameters<typeof compare>[1]);
      await assert.rejects(iterator.next(), (error) => {
        assert.ok(isFailure(error, 'VALIDATION_ERROR'));
        assert.equal(error.details?.path, path);
        return true;
      });
    }
    const stop = new AbortController();
    const iterator = compare(rig, {
      baseline: span(now - 7_200_000, now - 3_600_000),
      compare: span(now - 3_600_000, now),
      signal: stop.signal,
    });
    await iterator.next();
    stop.abort();
    await assert.rejects(
      async () => {
        while ((await iterator.next()).done !== true);
      },
      (error) => isFailure(error, 'CANCELLED'),
    );
  });

  it('watches by MONITOR and by notifications, keeps them apart, and accounts for every line', async () => {
    const traffic = async (): Promise<void> => {
      for (let i = 0; i < 60; i++) await box.cli('SET', `session:${i}`, 'v');
    };
    const watching = rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds: 3 });
    await assert.rejects(rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds: 1 }), (error) =>
      isFailure(error, 'CONFLICT'),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await traffic();
    const seen = await watching;
    assert.equal(seen.source, 'monitor');
    const session = seen.topPatterns.find(({ pattern }) => pattern === 'session:*');
    assert.ok(session !== undefined && session.touches > 0 && session.touches <= 60);
    assert.ok(seen.watch !== undefined && seen.watch.seen === seen.watch.stored + seen.watch.dropped);
    assert.equal(seen.totalEvents, seen.watch.stored - seen.watch.withoutKey);
    const kept = await keyspaceActivity(rig, { ...window, source: 'monitor' });
    assert.equal(kept.totalEvents, seen.totalEvents);
    await assert.rejects(
      rig.watcher.watch({ connectionId: 'test', source: 'notifications', seconds: 1 }),
      (error) => isFailure(error, 'NOT_SUPPORTED') && error.nextAction !== undefined,
    );
    await box.cli('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
    const stop = new AbortController();
    const noticed = rig.watcher.watch({
      connectionId: 'test',
      source: 'notifications',
      seconds: 60,
      signal: stop.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await box.cli('SET', 'session:1', 'w');
    await new Promise((resolve) => setTimeout(resolve, 200));
    stop.abort();
    const result = await noticed;
    assert.deepEqual(
      result.topPatterns.map(({ pattern, touches }) => [pattern, touches]),
      [['session:*', 1]],
    );
    const preflight = await rig.watcher.preflight({ connectionId: 'test', source: 'monitor', seconds: 30 });
    assert.equal(typeof preflight.opsPerSecond, 'number');
    assert.match(preflight.sentences.join(' '), /25 to 75 %/);
  });

  it('looks at which keys there are, and says so', async () => {
    const population = await keyspaceActivity(rig, { ...window, source: 'scan', connectionIds: ['test'] });
    assert.equal(population.source, 'scan');
    assert.equal(population.coverage, 1);
    assert.equal(population.topPatterns[0]?.pattern, 'session:*');
    assert.equal(population.topPatterns[0].touches, 60);
    assert.equal(population.topPatterns[0].lastTouchedAt, null);
  });
});
