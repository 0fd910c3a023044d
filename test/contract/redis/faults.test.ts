import assert from 'node:assert/strict';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import type { CommandOutcome, RedisSession, SessionState } from '../../../src/app/ports/redis.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import type { RedisCommand } from '../../../src/domain/redis/command.ts';
import { startChaosProxy, type ChaosProxy } from '../../support/chaosProxy.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { definitionOf, gateOver, noSecret } from '../../support/redisParts.ts';
import { waitFor, within } from '../../support/waiting.ts';

const options = { deadlineMs: 1_500, maxReplyBytes: 8 << 20 };

function tally(outcomes: readonly CommandOutcome[]) {
  const count = (kind: CommandOutcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  return { acked: count('reply'), unknown: count('unknown'), notDone: count('notDone') };
}

describe('a server or a network that fails', () => {
  let box: RedisBox;
  const open: { close(): Promise<void> }[] = [];

  beforeEach(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'local'] });
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    await box.stop();
  });

  async function session(port = box.port, timeoutMs = 1_500): Promise<RedisSession> {
    const opened = await new SocketGateway().open(definitionOf({ port, timeoutMs }), noSecret);
    open.push(opened);
    return opened;
  }

  async function proxy(): Promise<ChaosProxy> {
    const started = await startChaosProxy(box.port);
    open.push(started);
    return started;
  }

  it('never counts a command as done or not done when it does not know: cut after n bytes', async () => {
    const link = await proxy();
    const increments: RedisCommand[] = Array.from({ length: 500 }, () => ['INCR', 'n']);
    for (const replyBytesLeft of [0, 1, 5, 700, 1_999]) {
      await box.cli('DEL', 'n');
      delete link.chaos.replyBytesLeft;
      const one = await session(link.port);
      link.chaos.replyBytesLeft = replyBytesLeft;
      const { acked, unknown, notDone } = tally(await one.send(increments, options));
      assert.equal(acked + unknown, 500);
      assert.equal(notDone, 0);
      assert.ok(unknown > 0, 'the cut hit the batch');
      await one.close();
      const applied = Number(await box.cli('GET', 'n'));
      assert.ok(acked <= applied && applied <= acked + unknown, `${acked} ≤ ${applied} ≤ ${acked}+${unknown}`);
    }
  });

  it('comes back by itself after kill -9, tells its states, and proves itself again', async () => {
    const one = await session();
    const states: SessionState['kind'][] = [];
    one.onDidChangeState((state) => states.push(state.kind));
    const { runId } = one.server;
    const batch: RedisCommand[] = [
      ['SET', 'k', '1'],
      ['DEBUG', 'SLEEP', '1'],
      ['SET', 'k', '2'],
    ];
    const running = one.send(batch, { ...options, deadlineMs: 5_000 });
    await waitFor('the server to be asleep', 3_000, async () => (await probeBusy(box)) || undefined);
    await box.kill();
    const { unknown, acked } = tally(await within('the batch to settle', 1_000, running));
    assert.equal(unknown + acked, 3);
    assert.ok(unknown >= 2);
    const refused = await one.send([['GET', 'k']], { ...options, deadlineMs: 200 });
    assert.equal(refused[0]?.kind, 'notDone');
    await box.restart();
    await waitFor('the session to be ready', 8_000, () => one.state().kind === 'ready');
    assert.equal(states[0], 'reconnecting');
    assert.equal(states.at(-1), 'ready');
    assert.notEqual(one.server.runId, runId);
    assert.equal((await one.send([['PING']], options))[0]?.kind, 'reply');
  });

  it('settles in time while the server is frozen, says that it may still apply, and never sends it again', async () => {
    const one = await session();
    box.pause();
    const started = performance.now();
    const sent = await one.send([['INCR', 'n']], { ...options, deadlineMs: 400 });
    assert.ok(performance.now() - started < 900);
    assert.equal(sent[0]?.kind, 'unknown');
    assert.ok(sent[0]?.kind === 'unknown' && isFailure(sent[0].cause, 'TIMEOUT'));
    assert.match(sent[0].kind === 'unknown' ? sent[0].cause.message : '', /did not answer INCR .* may still/);
    box.resume();
    await waitFor('the session to be ready', 8_000, () => one.state().kind === 'ready');
    assert.equal(await box.cli('GET', 'n'), '1');
  });

  it('fails a scan and a describe in time while the server is frozen', async () => {
    await box.cli('DEBUG', 'POPULATE', '50000', 'k', '10');
    const one = await session(box.port, 500);
    const pages = one.scan({ count: 100 })[Symbol.asyncIterator]();
    const first = await pages.next();
    assert.ok(first.done !== true);
    box.pause();
    const started = performance.now();
    await assert.rejects(
      async () => {
        while ((await pages.next()).done !== true);
      },
      (error: unknown) => isFailure(error, 'TIMEOUT') || isFailure(error, 'CONNECTION_FAILED'),
    );
    await assert.rejects(one.describe(first.value.keys, { ttl: true }), (error: unknown) => isFailure(error));
    assert.ok(performance.now() - started < 2_500);
    box.resume();
  });

  it('goes on with a scan when its connection is cut, without losing a key', async () => {
    await box.cli('DEBUG', 'POPULATE', '30000', 'k', '10');
    const link = await proxy();
    const one = await session(link.port);
    const seen = new Set<string>();
    let pages = 0;
    for await (const page of one.scan({ count: 500 })) {
      for (const key of page.keys) seen.add(Buffer.from(key).toString());
      pages += 1;
      if (pages === 5 || pages === 20) link.cutAll();
    }
    assert.equal(seen.size, 30_000);
  });

  it('starts a scan anew when the server became another process', async () => {
    await box.cli('DEBUG', 'POPULATE', '5000', 'k', '10');
    const one = await session();
    const pages = one.scan({ count: 1_000 })[Symbol.asyncIterator]();
    const first = await pages.next();
    await pages.return?.();
    const cursor = first.done === true ? undefined : first.value.cursor;
    assert.ok(cursor);
    await box.kill();
    await box.restart();
    await box.cli('DEBUG', 'POPULATE', '5000', 'k', '10');
    const seen = new Set<string>();
    for await (const page of one.scan({ cursor })) for (const key of page.keys) seen.add(Buffer.from(key).toString());
    assert.equal(seen.size, 5_000);
  });

  it('cuts a reply that is larger than its budget, and works on afterwards', async () => {
    await box.cli('SETRANGE', 'big', String(64 << 20), 'x');
    const one = await session();
    const before = process.memoryUsage().rss;
    const sent = await one.send([['GET', 'big']], { ...options, maxReplyBytes: 1 << 20 });
    assert.ok(sent[0]?.kind === 'unknown' && isFailure(sent[0].cause, 'BLOCKED'));
    assert.ok(process.memoryUsage().rss - before < 50 << 20);
    const { gate } = gateOver(one);
    await waitFor('the session to be ready', 3_000, () => one.state().kind === 'ready');
    await assert.rejects(
      gate.run('uid-test', { action: 'keys.read', keyOrPattern: 'big', commands: [['GET', 'big']] }),
      (error: unknown) => isFailure(error, 'BLOCKED') && error.details?.['rule'] === 'replyBytes',
    );
    await waitFor('the session to be ready', 3_000, () => one.state().kind === 'ready');
    assert.equal((await one.send([['STRLEN', 'big']], options))[0]?.kind, 'reply');
  });

  it('gives the same results over a slow link in pieces of one byte', async () => {
    const link = await proxy();
    link.chaos.latencyMs = 20;
    link.chaos.sliceBytes = 1;
    await box.cli('MSET', 'a', '1', 'b', '2');
    const one = await session(link.port, 5_000);
    let found = 0;
    for await (const page of one.scan({})) found += page.keys.length;
    assert.equal(found, 2);
    const { KeyList } = await import('../../../src/domain/keys/keyList.ts');
    const columns = await one.describe(KeyList.of([Buffer.from('a')]), { type: true, ttl: true, memory: true });
    assert.deepEqual([columns.types[0], columns.ttlMs[0]], ['string', -1]);
  });

  it('ends a scan within 200 ms when told, although the server is busy', async () => {
    await box.cli('DEBUG', 'POPULATE', '20000', 'k', '10');
    const one = await session(box.port, 5_000);
    const stop = new AbortController();
    const pages = one.scan({ count: 100, signal: stop.signal })[Symbol.asyncIterator]();
    await pages.next();
    void box.cli('DEBUG', 'SLEEP', '1.5').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    let toldAt = 0;
    setTimeout(() => {
      toldAt = performance.now();
      stop.abort();
    }, 100);
    await assert.rejects(
      async () => {
        while ((await pages.next()).done !== true);
      },
      (error: unknown) => isFailure(error, 'CANCELLED'),
    );
    assert.ok(performance.now() - toldAt < 200);
  });

  it('lets a caller leave without harming others', async () => {
    const one = await session();
    const stop = new AbortController();
    const slow = one.send([['DEBUG', 'SLEEP', '0.5']], { ...options, signal: stop.signal });
    const other = one.send([['ECHO', 'there']], options);
    setTimeout(() => stop.abort(), 50);
    const started = performance.now();
    const left = await slow;
    assert.ok(performance.now() - started < 250);
    assert.ok(left[0]?.kind === 'unknown' && isFailure(left[0].cause, 'CANCELLED'));
    assert.equal((await other)[0]?.kind, 'reply');
    assert.equal(one.state().kind, 'ready');
  });
});

async function probeBusy(box: RedisBox): Promise<boolean> {
  const answer = await Promise.race([
    box.cli('PING').then(
      () => 'answered',
      () => 'gone',
    ),
    new Promise<string>((resolve) => setTimeout(() => resolve('busy'), 150)),
  ]);
  return answer === 'busy';
}
