// Watches of a whole cluster: every primary, each line once, and what comes and goes on the way.
import assert from 'node:assert/strict';
import type { RedisCommand } from '../../../src/domain/redis/command.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import type { KeyspaceActivity, WatchCounts } from '../../../src/domain/observability/activity.ts';
import { observabilityRig, type ObservabilityRig } from '../../support/observabilityRig.ts';
import { startCluster, type RedisCluster } from '../../support/redisCluster.ts';
import { waitFor } from '../../support/waiting.ts';

describe('watching a cluster', function () {
  this.timeout(90_000);
  let cluster: RedisCluster;
  let rig: ObservabilityRig;

  before(async () => {
    cluster = await startCluster();
    for (const box of cluster.boxes) await box.cli('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
    rig = await observabilityRig({ cluster: { nodes: [...cluster.nodes] }, port: cluster.boxes[0]?.port ?? 0 });
  });
  after(async () => {
    await rig.close();
    await cluster.stop();
  });

  const onEach = (command: readonly string[]): Promise<string[]> =>
    Promise.all(cluster.boxes.map((box) => box.cli(...command)));
  const isMonitored = async (): Promise<boolean> =>
    (await onEach(['CLIENT', 'LIST'])).every((list) => list.includes('cmd=monitor'));
  const isSubscribed = async (): Promise<boolean> =>
    (await onEach(['CLIENT', 'LIST'])).every((list) => list.includes('cmd=psubscribe'));

  /** Keys of all nodes, so many of each pattern. */
  async function write(name: string, keys: number): Promise<void> {
    const commands = Array.from({ length: keys }, (_, n): RedisCommand => ['SET', `${name}:${n}`, 'x']);
    const outcomes = await rig.session.send(commands, { deadlineMs: 20_000, maxReplyBytes: 1 << 20 });
    assert.ok(outcomes.every(({ kind }) => kind === 'reply'));
  }

  function watchOf({ watch }: KeyspaceActivity): WatchCounts {
    assert.ok(watch !== undefined && watch.seen === watch.stored + watch.dropped, JSON.stringify(watch));
    return watch;
  }
  const touches = ({ topPatterns }: KeyspaceActivity, pattern: string): number =>
    topPatterns.find((each) => each.pattern === pattern)?.touches ?? 0;

  it('sees each command of every primary once by MONITOR, within one budget', async () => {
    const stop = new AbortController();
    const watching = rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds: 60, signal: stop.signal });
    await waitFor('MONITOR on every primary', 20_000, isMonitored);
    await write('cart', 3000);
    // What the last command wrote was sent before what is asked now is answered.
    await onEach(['PING']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort();
    const result = await watching;
    const { dropped, nodes = [] } = watchOf(result);
    const seen = touches(result, 'cart:*');
    assert.ok(seen <= 3000 && seen >= 3000 - dropped, `${seen} of 3000, ${dropped} dropped`);
    assert.deepEqual(nodes.map(({ node }) => node).sort(), [...cluster.nodes].sort());
    assert.ok(nodes.every(({ to }) => to === result.to));
    await waitFor('no MONITOR to be left', 10_000, async () =>
      (await onEach(['CLIENT', 'LIST'])).every((list) => !list.includes('cmd=monitor')),
    );
  });

  it('says before it begins what the cluster as a whole runs, what it costs, and which primary is the busiest', async () => {
    const request = { connectionId: 'test', source: 'monitor', seconds: 1 } as const;
    const [, , third] = cluster.nodes;
    const enough = new AbortController();
    const load = (async () => {
      // `{a}` lies in slot 15495, of the last primary.
      const batch = Array.from({ length: 500 }, (): RedisCommand => ['SET', '{a}hot', 'x']);
      while (!enough.signal.aborted) await rig.session.send(batch, { deadlineMs: 20_000, maxReplyBytes: 1 << 20 });
    })();
    const busy = await waitFor('the load to show', 30_000, async () => {
      const told = await rig.watcher.preflight(request);
      return (told.opsPerSecond ?? 0) > 2000 && told;
    });
    enough.abort();
    await load;
    const { primaries = [], opsPerSecond, sentences } = busy;
    assert.deepEqual(primaries.map(({ node }) => node).sort(), [...cluster.nodes].sort());
    const rates = primaries.map((each) => each.opsPerSecond ?? Number.NaN);
    assert.equal(
      opsPerSecond,
      rates.reduce((sum, rate) => sum + rate, 0),
    );
    const most = primaries.find(({ node }) => node === third)?.opsPerSecond ?? 0;
    assert.equal(most, Math.max(...rates));
    const said = sentences.join(' ');
    const figure = (value: number): string => value.toLocaleString('en-US');
    assert.ok(
      said.includes(` runs ${figure(opsPerSecond ?? 0)} commands per second at this moment, on 3 primaries`),
      said,
    );
    assert.ok(said.includes(`The busiest is ${third} with ${figure(most)}, `), said);
    assert.ok(said.includes(`${third} will feel it first.`), said);
    await waitFor('the load to be over', 30_000, async () =>
      (await rig.watcher.preflight(request)).sentences.join(' ').includes('it will hardly be felt'),
    );
  });

  it('does not take a primary that does not say how busy it is for an idle one', async () => {
    const [silent] = cluster.boxes;
    assert.ok(silent !== undefined);
    await silent.cli('ACL', 'SETUSER', 'default', '-info');
    const told = await rig.watcher.preflight({ connectionId: 'test', source: 'notifications', seconds: 1 });
    await silent.cli('ACL', 'SETUSER', 'default', '+info');
    const ofSilent = told.primaries?.find(({ node }) => node === cluster.nodes[0]);
    assert.equal(ofSilent?.opsPerSecond, null);
    assert.match(told.sentences.join(' '), new RegExp(`do not say how busy they are: ${cluster.nodes[0]}\\.`));
    assert.doesNotMatch(told.sentences.join(' '), /hardly be felt/);
  });

  it('speaks of one server where a node is spoken to as if it were one', async () => {
    const [node] = cluster.boxes;
    const alone = await observabilityRig({ port: node?.port ?? 0 });
    const told = await alone.watcher.preflight({ connectionId: 'test', source: 'monitor', seconds: 1 });
    assert.equal(told.primaries, undefined);
    assert.doesNotMatch(told.sentences.join(' '), /primar/);
    await alone.close();
  });

  it('refuses notifications while one of the primaries sends none, and sees all of them when all do', async () => {
    const silent = cluster.boxes[2];
    assert.ok(silent !== undefined);
    await onEach(['CONFIG', 'SET', 'notify-keyspace-events', 'EA']);
    await silent.cli('CONFIG', 'SET', 'notify-keyspace-events', '');
    const request = { connectionId: 'test', source: 'notifications', seconds: 60 } as const;
    await assert.rejects(
      rig.watcher.watch(request),
      (error) => isFailure(error, 'NOT_SUPPORTED') && error.message.includes(`127.0.0.1:${silent.port}`),
    );
    await silent.cli('CONFIG', 'SET', 'notify-keyspace-events', 'EA');
    const stop = new AbortController();
    const watching = rig.watcher.watch({ ...request, signal: stop.signal });
    await waitFor('a subscription on every primary', 20_000, isSubscribed);
    await write('user', 600);
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort();
    const result = await watching;
    assert.equal(watchOf(result).dropped, 0);
    assert.equal(touches(result, 'user:*'), 600);
  });

  it('goes on when a primary is lost, watches it again when it is back, and tells when it did not', async () => {
    const [lost, left] = cluster.boxes;
    assert.ok(lost !== undefined && left !== undefined);
    const stop = new AbortController();
    const watching = rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds: 120, signal: stop.signal });
    await waitFor('MONITOR on every primary', 20_000, isMonitored);
    await lost.kill();
    // `{a}` lies in slot 15495, of the last of them; `{b}` in slot 3300, of the first.
    const third = cluster.boxes[2];
    await third?.cli('SET', '{a}during', 'x');
    await lost.restart();
    await waitFor('MONITOR on every primary again', 40_000, async () => isMonitored().catch(() => false));
    await waitFor('the one that came back to take writes', 20_000, async () =>
      lost.cli('SET', '{b}after', 'x').then(
        (answer) => answer === 'OK',
        () => false,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort();
    const result = await watching;
    const stretches = watchOf(result).nodes?.filter(({ node }) => node === `127.0.0.1:${lost.port}`) ?? [];
    assert.equal(stretches.length, 2, JSON.stringify(result.watch));
    const [before, after] = stretches;
    assert.ok(before !== undefined && after !== undefined && before.to < after.from && after.to === result.to);
    const patterns = result.topPatterns.map(({ pattern }) => pattern);
    assert.ok(patterns.includes('{a}during') && patterns.includes('{b}after'), patterns.join());
    assert.equal(watchOf(result).nodes?.length, 4);
  });
});
