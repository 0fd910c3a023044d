// Watching a real server: what is told, what is counted, how it ends.
import assert from 'node:assert/strict';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import type { RedisSession } from '../../../src/app/ports/redis.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { parseMonitorLine } from '../../../src/domain/observability/monitorLine.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { definitionOf, gateOver, noSecret } from '../../support/redisParts.ts';
import { waitFor } from '../../support/waiting.ts';

describe('watching a server', () => {
  let box: RedisBox;
  let session: RedisSession;

  before(async () => {
    box = await startRedis();
    session = await new SocketGateway().open(definitionOf({ port: box.port }), noSecret);
  });
  after(async () => {
    await session.close();
    await box.stop();
  });

  /** Starts a watch and gives what it was told. */
  async function begin(source: 'monitor' | 'notifications') {
    const stop = new AbortController();
    const lines: string[] = [];
    const keys: string[] = [];
    let dropped = 0;
    let started = (): void => undefined;
    const running = new Promise<void>((resolve) => (started = resolve));
    const end = session.watch({
      source,
      listener: {
        line(line) {
          const parsed = parseMonitorLine(line, session.commandTable);
          lines.push(`${parsed?.command} ${parsed?.keys.map((key) => Buffer.from(key).toString('latin1')).join(' ')}`);
        },
        keyEvent: (event, key) => keys.push(`${event} ${Buffer.from(key).toString('latin1')}`),
        dropped: (count) => (dropped += count),
      },
      signal: stop.signal,
      deadlineMs: 2_000,
      onStarted: started,
    });
    await Promise.race([running, end]);
    return { stop, end, lines, keys, dropped: () => dropped };
  }

  it('tells every command of MONITOR with its keys, bytes included', async () => {
    const { stop, end, lines } = await begin('monitor');
    await box.cliBytes('SET', Uint8Array.of(0xff, 0x22, 0x5c, 0x01), 'v');
    await box.cli('DEL', 'a', 'b');
    await box.cli('EVAL', "redis.call('set', KEYS[1], '1')", '1', 'by-script');
    await waitFor('four lines', 5_000, () => lines.length >= 4);
    stop.abort();
    assert.deepEqual(await end, { ended: 'asked' });
    assert.deepEqual(lines, ['set \xff"\\\x01', 'del a b', 'eval ', 'set by-script']);
  });

  it('counts a burst to the last line', async () => {
    const { stop, end, lines, dropped } = await begin('monitor');
    const commands = 20_000;
    await session.send(
      Array.from({ length: commands }, (_, i): [string, string, string] => ['SET', `key:${i}`, 'v']),
      { deadlineMs: 20_000, maxReplyBytes: 8 << 20 },
    );
    await waitFor('every line', 20_000, () => lines.length + dropped() >= commands);
    stop.abort();
    await end;
    assert.equal(lines.length + dropped(), commands);
  });

  it('tells key events of its own database', async () => {
    await box.cli('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
    const { stop, end, keys } = await begin('notifications');
    await box.cli('SET', 'cart:1', 'v', 'PX', '20');
    await box.cli('-n', '5', 'SET', 'elsewhere', 'v');
    await box.cli('DEL', 'cart:2');
    await box.cli('GET', 'cart:1');
    await waitFor('the key to expire', 5_000, async () => {
      await box.cli('EXISTS', 'cart:1');
      return keys.some((key) => key.startsWith('expired'));
    });
    stop.abort();
    assert.deepEqual(await end, { ended: 'asked' });
    assert.deepEqual(keys.slice(0, 2), ['set cart:1', 'expire cart:1']);
    assert.deepEqual(keys.at(-1), 'expired cart:1');
    assert.ok(!keys.some((key) => key.includes('elsewhere')));
  });

  it('rejects with the cause when the user may not', async () => {
    await box.cli('ACL', 'SETUSER', 'weak', 'on', '>pw', '~*', '&*', '+@all', '-monitor');
    const own = await new SocketGateway().open(definitionOf({ port: box.port, username: 'weak' }), {
      secret: { password: 'pw' },
    });
    const request = { listener: { dropped: () => undefined }, signal: new AbortController().signal, deadlineMs: 2_000 };
    await assert.rejects(own.watch({ ...request, source: 'monitor' }), (error) => isFailure(error, 'UNAUTHORIZED'));
    await own.close();
  });

  it('asks on production for the name, and records what it saw', async () => {
    const request = { source: 'monitor' as const, listener: { dropped: () => undefined } };
    for (const environment of ['prod', 'unknown'] as const) {
      const strict = gateOver(session, definitionOf({ port: box.port, environment, name: 'Shop', readOnly: true }));
      const signal = new AbortController().signal;
      const action = 'observability.watchActivity';
      await assert.rejects(strict.gate.watch('uid', { action }, { ...request, signal }), (error) => {
        assert.ok(isFailure(error, 'BLOCKED'));
        assert.equal(error.details?.confirm, 'Shop');
        assert.match(error.message, /25 to 75 %/);
        return true;
      });
      assert.equal(strict.events[0]?.status, 'blocked');
      const stop = new AbortController();
      let started = (): void => undefined;
      const running = new Promise<void>((resolve) => (started = resolve));
      const watching = strict.gate.watch(
        'uid',
        { action, confirm: 'Shop' },
        { ...request, signal: stop.signal, onStarted: started },
      );
      await running;
      await box.cli('PING');
      await new Promise((resolve) => setTimeout(resolve, 100));
      stop.abort();
      await watching;
      const recorded = strict.events.at(-1);
      assert.equal(recorded?.status, 'success');
      assert.equal(recorded?.details?.['seen'], 1);
      assert.ok((recorded?.durationMs ?? 1e9) < 1_000);
    }
  });

  it('says when the server is gone', async () => {
    const { end } = await begin('monitor');
    await box.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    const { ended } = await end;
    assert.equal(ended, 'lost');
  });
});
