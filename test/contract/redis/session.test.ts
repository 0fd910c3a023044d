import assert from 'node:assert/strict';
import type { CommandOutcome, RedisSession } from '../../../src/app/ports/redis.ts';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { RedisErrorReply, type RedisReply } from '../../../src/domain/redis/command.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { definitionOf, noSecret } from '../../support/redisParts.ts';

const options = { deadlineMs: 2_000, maxReplyBytes: 8 << 20 };

function text(reply: RedisReply | undefined): unknown {
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : reply;
}

function replies(outcomes: readonly CommandOutcome[]): unknown[] {
  return outcomes.map((outcome) => (outcome.kind === 'reply' ? text(outcome.reply) : outcome.kind));
}

describe('session of a standalone server', () => {
  let box: RedisBox;
  let session: RedisSession;

  before(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'local'] });
    session = await new SocketGateway().open(definitionOf({ port: box.port, db: 3 }), noSecret);
  });

  after(async () => {
    await session.close();
    await box.stop();
  });

  it('proves what it is connected to', () => {
    assert.match(session.server.version, /^7\.0/);
    assert.equal(session.server.mode, 'standalone');
    assert.equal(session.server.role, 'master');
    assert.equal(session.server.user, 'default');
    assert.equal(session.server.db, 3);
    assert.match(session.server.runId ?? '', /^[0-9a-f]{40}$/);
    assert.deepEqual(session.capabilities.info, { available: true });
    assert.equal(session.capabilities.dump.available, true);
    assert.equal(session.capabilities.noTouch.available, false);
    assert.ok(session.commandTable.get('config|get')?.flags.has('admin'));
  });

  it('carries bytes and exact integers both ways, on the db asked for', async () => {
    const key = Uint8Array.of(0xff, 0xfe, 0x00);
    const sent = await session.send(
      [
        ['SET', key, Uint8Array.of(0x0d, 0x0a, 0x00, 0xff)],
        ['GET', key],
        ['SET', 'n', '9223372036854775806'],
        ['INCR', 'n'],
        ['HSET', 'h', '__proto__', 'x', 'constructor', 'y'],
        ['HGETALL', 'h'],
        ['GET', 'absent'],
        ['LPUSH', 'n', '1'],
        ['SET', '', 'empty key'],
      ],
      options,
    );
    assert.deepEqual(replies(sent).slice(0, 3), ['OK', '\r\n\0\xff', 'OK']);
    assert.deepEqual(replies(sent)[3], 9223372036854775807n);
    const all = sent[5]?.kind === 'reply' ? sent[5].reply : null;
    assert.deepEqual((all as RedisReply[]).map(text), ['__proto__', 'x', 'constructor', 'y']);
    assert.equal(replies(sent)[6], null);
    const wrong = sent[7]?.kind === 'reply' ? sent[7].reply : null;
    assert.ok(wrong instanceof RedisErrorReply && wrong.prefix === 'WRONGTYPE');
    assert.equal(await box.cli('-n', '3', 'DBSIZE'), '4');
    assert.equal(await box.cli('-n', '0', 'DBSIZE'), '0');
  });

  it('runs a transaction as a whole, or nothing of it', async () => {
    const good = await session.send(
      [
        ['SET', 't', '1'],
        ['INCR', 't'],
      ],
      { ...options, transaction: true },
    );
    assert.deepEqual(replies(good), ['OK', 2]);
    const bad = await session.send([['SET', 't', '9'], ['NO-SUCH-COMMAND']], { ...options, transaction: true });
    assert.equal(bad[0]?.kind, 'notDone');
    assert.ok(bad[1]?.kind === 'reply' && bad[1].reply instanceof RedisErrorReply);
    assert.equal(await box.cli('-n', '3', 'GET', 't'), '2');
  });

  it('compares and sets on a connection of its own', async () => {
    await box.cli('-n', '3', 'SET', 'c', 'one');
    const watch = [Buffer.from('c')];
    const won = await session.compareAndSet({
      watch,
      read: [['GET', 'c']],
      decide: ([value]) => (text(value) === 'one' ? [['SET', 'c', 'two']] : null),
      options,
    });
    assert.deepEqual(replies(won), ['OK']);
    const lost = await session.compareAndSet({
      watch,
      read: [['GET', 'c']],
      decide: async () => {
        await box.cli('-n', '3', 'SET', 'c', 'somebody else');
        return [['SET', 'c', 'three']];
      },
      options,
    });
    assert.equal(lost[0]?.kind, 'notDone');
    assert.ok(lost[0]?.kind === 'notDone' && isFailure(lost[0].cause, 'CONFLICT'));
    assert.equal(await box.cli('-n', '3', 'GET', 'c'), 'somebody else');
    const nothing = await session.compareAndSet({ watch, read: [], decide: () => null, options });
    assert.deepEqual(nothing, []);
  });

  it('scans every key once per page and describes them', async () => {
    await box.cli('-n', '3', 'FLUSHDB');
    await box.cli('-n', '3', 'DEBUG', 'POPULATE', '25000', 'k', '10');
    await box.cli('-n', '3', 'HSET', 'hash', 'f', 'v');
    await box.cli('-n', '3', 'PEXPIRE', 'hash', '100000');
    const seen = new Set<string>();
    let last: string | undefined = 'none';
    for await (const page of session.scan({})) {
      for (const key of page.keys) seen.add(Buffer.from(key).toString());
      last = page.cursor;
    }
    assert.equal(last, undefined);
    assert.equal(seen.size, 25_001);
    const { KeyList } = await import('../../../src/domain/keys/keyList.ts');
    const list = KeyList.of([Buffer.from('hash'), Buffer.from('k:7'), Buffer.from('gone')]);
    const columns = await session.describe(list, { type: true, ttl: true, memory: true });
    assert.deepEqual(columns.types, ['hash', 'string', 'none']);
    assert.ok((columns.ttlMs[0] ?? 0) > 90_000 && columns.ttlMs[1] === -1 && columns.ttlMs[2] === -2);
    assert.ok((columns.memoryBytes[0] ?? 0) > 10 && Number.isNaN(columns.memoryBytes[2]));
  });

  it('goes on from a cursor, filters on the server, and stops when told', async () => {
    const first = await (session.scan({ count: 1_000 }) as AsyncGenerator<{ cursor?: string }>).next();
    const { cursor } = first.value as { cursor?: string };
    assert.ok(cursor);
    let rest = 0;
    for await (const page of session.scan({ cursor })) rest += page.keys.length;
    assert.ok(rest > 20_000 && rest < 25_001);
    let hashes = 0;
    for await (const page of session.scan({ type: 'hash', pattern: Buffer.from('h*') })) hashes += page.keys.length;
    assert.equal(hashes, 1);
    const stop = new AbortController();
    await assert.rejects(
      async () => {
        for await (const page of session.scan({ count: 100, signal: stop.signal })) {
          if (page.looked > 0) stop.abort();
        }
      },
      (error: unknown) => isFailure(error, 'CANCELLED'),
    );
  });
});
