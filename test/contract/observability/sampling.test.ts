import assert from 'node:assert/strict';
import { nodeDigest } from '../../../src/adapters/node/digest.ts';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import { EngineMeter } from '../../../src/app/alerts/engineMeter.ts';
import { EngineJournal } from '../../../src/app/observability/engineJournal.ts';
import { watchLive } from '../../../src/app/observability/live.ts';
import { connectionCharts, overview } from '../../../src/app/observability/overview.ts';
import { JobLeases } from '../../../src/app/leases/jobLeases.ts';
import { Sampler } from '../../../src/app/observability/sampler.ts';
import { SamplingTurns } from '../../../src/app/observability/samplingTurns.ts';
import { timeline } from '../../../src/app/observability/timeline.ts';
import type { WatchedConnections } from '../../../src/app/observability/watched.ts';
import type { RedisSession } from '../../../src/app/ports/redis.ts';
import type { Stores } from '../../../src/app/ports/stores.ts';
import type { ConnectionSummary } from '../../../src/domain/connections/definition.ts';
import type { RedisCommand } from '../../../src/domain/redis/command.ts';
import type { LiveUpdate } from '../../../src/domain/observability/live.ts';
import { manualClock, type ManualClock } from '../../support/manualClock.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { definitionOf, gateOver, noSecret, type GateBox } from '../../support/redisParts.ts';
import { waitFor } from '../../support/waiting.ts';
import { storesIn } from '../../support/storesIn.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const settings = { number: () => 15 };

/** Connections whose state a test switches. */
function connectionsOf(
  summary: ConnectionSummary,
): WatchedConnections & { become(state: ConnectionSummary['state']): void } {
  const listeners = new Set<() => void>();
  let current = summary;
  return {
    views: () => [{ summary: current }],
    onDidChange: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    become(state) {
      current = { ...current, state };
      for (const listener of listeners) listener();
    },
  };
}

describe('sampling a real server', () => {
  const definition = definitionOf({ uid: 'uid-shop', id: 'shop', name: 'Shop' });
  let box: RedisBox;
  let session: RedisSession;
  let gate: GateBox;
  let stores: Stores;
  let directory: string;
  let clock: ManualClock;
  let sampler: Sampler;
  let newSampler: (window: string) => Sampler;
  let connections: ReturnType<typeof connectionsOf>;
  let isPaused = false;

  beforeEach(async () => {
    box = await startRedis({ args: ['--slowlog-log-slower-than', '0'] });
    session = await new SocketGateway().open({ ...definition, port: box.port }, noSecret);
    clock = manualClock();
    gate = gateOver(session, { ...definition, port: box.port });
    directory = ownFolder('cachify-sampling-');
    stores = await storesIn(directory);
    connections = connectionsOf({
      id: 'shop',
      uid: 'uid-shop',
      name: 'Shop',
      environment: 'dev',
      readOnly: false,
      scope: 'user',
      state: 'disconnected',
    });
    const parts = { gate: gate.gate, history: stores.history, connections, settings, clock, digest: nodeDigest, log };
    const sessions = { active: () => Promise.resolve(gate.active) };
    const journal = new EngineJournal({ ...parts, sessions });
    newSampler = (window) => {
      const holder = { name: window, isGone: () => false };
      const leases = new JobLeases({ leases: stores.leases, holder, clock, log });
      return new Sampler({
        ...parts,
        journal,
        turns: new SamplingTurns({ leases, log }),
        isPaused: () => isPaused,
        meter: new EngineMeter(clock),
      });
    };
    isPaused = false;
    sampler = newSampler('this window');
  });

  afterEach(async () => {
    sampler.dispose();
    await session.close();
    await stores.close();
    await box.stop();
    removeFolder(directory);
  });

  const window = (): { from: string; to: string } => ({
    from: new Date(clock.wallMs() - 3_600_000).toISOString(),
    to: new Date(clock.wallMs() + 1000).toISOString(),
  });

  async function connected(): Promise<void> {
    connections.become('ready');
    await stored(1);
  }

  async function stored(count: number): Promise<void> {
    await waitFor(`${count} samples`, 5000, async () => (await stores.history.samples(window())).length >= count);
  }

  it('begins with the first look and measures between looks, our own work apart', async () => {
    await connected();
    for (let n = 0; n < 30; n++) await box.cli('GET', n < 20 ? 'missing' : 'k');
    await gate.gate.run('uid-shop', { action: 'keys.write', keyOrPattern: 'k', commands: [['SET', 'k', 'v']] });
    await gate.gate
      .run('uid-shop', { action: 'keys.write', keyOrPattern: 'k', commands: [['LPUSH', 'k', 'v']] })
      .catch(() => undefined);
    clock.advance(15_000);
    await stored(2);
    const [first, second] = await stores.history.samples(window());
    assert.deepEqual([first?.periodSeconds, first?.opsPerSecond, first?.keyspaceHits], [0, null, null]);
    assert.ok(second);
    assert.equal(second.periodSeconds, 15);
    assert.equal(second.operationCount, 2);
    assert.equal(second.errorRate, 0.5);
    assert.equal(second.keyspaceMisses, 30);
    assert.ok((second.latencyP50Ms ?? 0) > 0);
    assert.ok((second.opsPerSecond ?? 0) > 2, `${second.opsPerSecond} ops/s`);
    assert.ok((second.slowOpCount ?? 0) >= 32, `${second.slowOpCount} slow operations`);
    assert.ok((second.usedMemoryBytes ?? 0) > 500_000);
    assert.equal(second.maxMemoryBytes, null);
    const samplesInTimeline = gate.events.filter((event) => event.action.startsWith('observability.'));
    assert.deepEqual(samplesInTimeline, [], 'our polling is no operation of a person');
  });

  it('rests while retention has paused samples, and covers nothing of that stretch afterwards', async () => {
    await connected();
    clock.advance(15_000);
    await stored(2);
    isPaused = true;
    for (let turn = 0; turn < 4; turn++) clock.advance(15_000);
    assert.equal((await stores.history.samples(window())).length, 2);
    isPaused = false;
    clock.advance(15_000);
    await stored(3);
    clock.advance(15_000);
    await stored(4);
    const samples = await stores.history.samples(window());
    assert.deepEqual(
      samples.map(({ periodSeconds }) => periodSeconds),
      [0, 15, 0, 15],
      'the paused minute belongs to no sample',
    );
  });

  it('never makes a negative rate, neither by RESETSTAT nor by a restart', async () => {
    for (let n = 0; n < 50; n++) await box.cli('GET', 'k');
    await connected();
    await box.cli('CONFIG', 'RESETSTAT');
    await box.cli('SLOWLOG', 'RESET');
    clock.advance(15_000);
    await stored(2);
    await box.restart();
    await waitFor('the session to reconnect', 15_000, () => session.state().kind === 'ready');
    const after = await sampler.sampleNow('shop').catch(() => sampler.sampleNow('shop'));
    assert.equal(after.connectionId, 'shop');
    for (const sample of await stores.history.samples(window())) {
      for (const count of [sample.opsPerSecond, sample.slowOpCount, sample.keyspaceHits, sample.evictedKeys]) {
        assert.ok(count === null || count >= 0, JSON.stringify(sample));
      }
    }
  });

  it('covers no time in which nobody looked', async () => {
    await connected();
    connections.become('reconnecting');
    clock.advance(120_000);
    connections.become('ready');
    await stored(2);
    clock.setWall(clock.wallMs() + 3600_000);
    clock.advance(15_000);
    await waitFor('the sample after the jump', 5000, async () => (await stores.history.samples(window())).length > 0);
    const samples = await stores.history.samples({ from: '2026-11-22T00:00:00Z', to: '2026-11-23T00:00:00Z' });
    assert.deepEqual(
      samples.map((sample) => [sample.periodSeconds, sample.opsPerSecond, sample.reconnectCount]),
      [
        [0, null, 0],
        [0, null, 1],
        [0, null, 0],
      ],
    );
  });

  it('is done by one of the windows that have the connection open, and goes on in another when that one ends', async () => {
    const other = newSampler('another window');
    await connected();
    for (let n = 0; n < 3; n++) {
      clock.advance(15_000);
      await stored(2 + n);
    }
    const times = async (): Promise<(number | undefined)[]> =>
      (await stores.history.samples(window())).map(({ periodSeconds }) => periodSeconds);
    assert.deepEqual(await times(), [0, 15, 15, 15], 'one sample of each period');
    sampler.dispose();
    await waitFor('the lease to be free', 5000, async () =>
      (await stores.leases.list('sample:')).every(({ untilMs }) => untilMs === 0),
    );
    clock.advance(15_000);
    await stored(5);
    clock.advance(15_000);
    await stored(6);
    assert.deepEqual(await times(), [0, 15, 15, 15, 0, 15]);
    other.dispose();
  });

  it('looks over a connection of its own, which is replaced when it dies, and without one when none is to be had', async () => {
    const idsOfClients = async (): Promise<string[]> =>
      [...(await box.cli('CLIENT', 'LIST', 'TYPE', 'normal')).matchAll(/\bid=(\d+) (?!.*cmd=client\|list)/g)].map(
        ([, id]) => id ?? '',
      );
    const control = (...commands: RedisCommand[]): Promise<unknown> =>
      session.send(commands, { deadlineMs: 3000, maxReplyBytes: 1 << 16 });
    const [browsing, ...none] = await idsOfClients();
    assert.deepEqual(none, []);
    const lookingOne = async (): Promise<string> => {
      const [other = '', ...more] = (await idsOfClients()).filter((id) => id !== browsing);
      assert.deepEqual(more, []);
      return other;
    };
    await connected();
    const first = await lookingOne();
    assert.notEqual(first, '');
    await control(['CLIENT', 'KILL', 'ID', first]);
    const looksAgain = (): Promise<boolean> =>
      sampler.sampleNow('shop').then(
        ({ usedMemoryBytes }) => usedMemoryBytes !== null,
        () => false,
      );
    await waitFor('a look over another connection', 5000, looksAgain);
    const second = await lookingOne();
    assert.notEqual(second, first);
    await control(['CLIENT', 'KILL', 'ID', second], ['CONFIG', 'SET', 'maxclients', '1']);
    await waitFor('a look over the connection that people work with', 10_000, looksAgain);
    await control(['CONFIG', 'SET', 'maxclients', '100']);
    assert.deepEqual(await idsOfClients(), [browsing]);
  });

  it('does not ask a server that is not connected', async () => {
    clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(await stores.history.samples(window()), []);
    await assert.rejects(sampler.sampleNow('nobody'), { code: 'VALIDATION_ERROR' });
  });

  it('knows nothing, rather than zero, where an ACL denies INFO and SLOWLOG', async () => {
    await box.cli('ACL', 'SETUSER', 'app', 'on', '>pw', '~*', '+@all', '-info', '-slowlog');
    const restricted = await new SocketGateway().open(
      { ...definition, port: box.port, username: 'app' },
      { secret: { password: 'pw' } },
    );
    gate.active = { ...gate.active, session: restricted };
    connections.become('ready');
    const sample = await sampler.sampleNow('shop');
    const figures = [sample.opsPerSecond, sample.usedMemoryBytes, sample.connectedClients, sample.slowOpCount];
    assert.deepEqual(figures, [null, null, null, null]);
    await restricted.close();
  });

  it('shows in Overview and Timeline what was done, under the id that people use', async () => {
    await connected();
    const key = '<img src=x onerror=alert(1)>';
    await gate.gate.run('uid-shop', { action: 'keys.read', keyOrPattern: key, commands: [['GET', key]] });
    clock.advance(15_000);
    await stored(2);
    const at = new Date(clock.wallMs()).toISOString();
    await stores.history.append(gate.events.map((event) => ({ ...event, connectionId: 'uid-shop', timestamp: at })));
    const parts = { history: stores.history, connections, settings };

    const seen = await timeline(parts, { ...window(), connectionIds: ['shop'] });
    assert.deepEqual(
      seen.events.map((event) => [event.connectionId, event.action, event.keyOrPattern, event.status]),
      [['shop', 'keys.read', key, 'success']],
    );
    assert.equal((await timeline(parts, { ...window(), text: 'nothing like it' })).total, 0);

    const whole = await overview(parts, { ...window(), connectionIds: ['uid-shop'] });
    assert.deepEqual(
      whole.health.map((health) => [health.connectionId, health.name, health.state, health.errorRate]),
      [['shop', 'Shop', 'ready', 0]],
    );
    assert.equal(
      whole.trend.reduce((sum, bucket) => sum + bucket.success, 0),
      1,
    );
    assert.equal(whole.slowOperations[0]?.keyOrPattern, key);
    assert.ok(whole.coverage > 0 && whole.coverage < 0.01, `coverage ${whole.coverage}`);

    const charts = await connectionCharts(parts, { ...window(), connectionId: 'shop' });
    assert.equal(charts.samples.stepMs, 15_000);
    assert.ok(charts.samples.opsPerSecond.some((rate) => rate !== null && rate > 0));
    assert.ok(charts.samples.opsPerSecond.filter((rate) => rate === null).length > 230);
  });

  it('refuses a window that ends before it begins, and names the field', async () => {
    const parts = { history: stores.history, connections, settings };
    const turned = { from: '2026-11-22T02:00:00Z', to: '2026-11-22T01:00:00Z' };
    await assert.rejects(timeline(parts, turned), { code: 'VALIDATION_ERROR', details: { path: 'to' } });
    await assert.rejects(overview(parts, { ...turned, from: 'soon' }), { details: { path: 'from' } });
  });

  it('costs nothing but the samples while nobody looks at the panel', async () => {
    await connected();
    const asked = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec(await box.cli('INFO', 'stats'))?.[1] ?? Number.NaN);
    const parts = { gate: gate.gate, history: stores.history, connections, clock };
    const told: LiveUpdate[] = [];
    watchLive(parts, 'shop', (update) => told.push(update)).dispose();
    await waitFor('the look that was under way to end', 5000, async () => {
      const first = await asked();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return (await asked()) === first + 1;
    });
    const before = await asked();
    for (let second = 0; second < 14; second++) clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Only our own question is new: between two samples nothing is asked.
    assert.equal((await asked()) - before, 1);
    assert.deepEqual(told, []);
    clock.advance(1000);
    await stored(2);
    assert.ok((await asked()) - before > 1, 'the sample itself was counted this way');
  });

  it('looks live without storing anything, and tells when history changed', async () => {
    connections.become('ready');
    await stored(1);
    const updates: LiveUpdate[] = [];
    const parts = { gate: gate.gate, history: stores.history, connections, clock };
    const watching = watchLive(parts, 'shop', (update) => updates.push(update));
    await waitFor('the first look', 5000, () => updates.length === 1);
    assert.equal(updates[0]?.server?.opsPerSecond, null);
    for (let n = 0; n < 20; n++) await box.cli('GET', 'k');
    clock.advance(1000);
    await waitFor('the second look', 5000, () => updates.length === 2);
    assert.ok((updates[1]?.server?.opsPerSecond ?? 0) >= 20);
    assert.equal(updates[1]?.revision, updates[0]?.revision);
    await sampler.sampleNow('shop');
    clock.advance(1000);
    await waitFor('the third look', 5000, () => updates.length === 3);
    assert.equal(updates[2]?.revision, (updates[0]?.revision ?? 0) + 1);
    connections.become('reconnecting');
    clock.advance(1000);
    await waitFor('a look without a server', 5000, () => updates.length === 4);
    assert.equal(updates[3]?.server, undefined);
    watching.dispose();
    clock.advance(5000);
    assert.equal(updates.length, 4);
  });
});
