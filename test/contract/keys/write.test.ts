// Reading and writing values of a real redis-server: what a person did not touch stays as it is, byte by byte.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8, type Bytes } from '../../../src/domain/bytes.ts';
import { isFailure, type FailureCode } from '../../../src/domain/failure.ts';
import { valueOf, type Content } from '../../../src/domain/keys/content.ts';
import { documentOf } from '../../../src/domain/keys/document.ts';
import { contentOfText } from '../../../src/domain/keys/documentText.ts';
import type { RedisCommand, RedisReply } from '../../../src/domain/redis/command.ts';
import { bytesArb, contentArbs } from '../../support/contents.ts';
import { keysRig, type KeysRig } from '../../support/keysRig.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';

const connectionId = 'test';
const odd = Uint8Array.of(0xff, 0xfe, 0x00);

async function fails(promise: Promise<unknown>, code: FailureCode, words?: RegExp): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isFailure(error, code), `${code} expected, got ${String(error)}`);
  if (words !== undefined) assert.match(error.message, words);
}

describe('values of keys', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: KeysRig;

  before(async () => {
    box = await startRedis();
    rig = await keysRig(box);
  });
  beforeEach(() => box.cli('FLUSHALL'));
  after(async () => {
    await rig.close();
    await box.stop();
  });

  /** Straight to the server: starting redis-cli for each of a thousand commands would take minutes. */
  async function redis(...command: RedisCommand): Promise<RedisReply> {
    const [outcome] = await rig.session.send([command], { deadlineMs: 10_000, maxReplyBytes: 1 << 20 });
    assert.ok(outcome?.kind === 'reply');
    return outcome.reply;
  }
  const dump = (key: Bytes) => redis('DUMP', key);
  const read = async (key: Bytes | string) => {
    const value = await rig.keys.read({ connectionId, key });
    assert.ok(value);
    return value;
  };

  async function put(key: Bytes, content: Content, ttlMs?: number): Promise<void> {
    const value = valueOf(content);
    await rig.keys.write({ connectionId, key, type: content.type, value, ...(ttlMs === undefined ? {} : { ttlMs }) });
  }

  for (const type of ['string', 'list', 'set', 'hash', 'zset', 'stream'] as const) {
    it(`reads back the ${type} that was written, and saving it untouched changes nothing`, async () => {
      await fc.assert(
        fc.asyncProperty(bytesArb, contentArbs[type], async (key, content) => {
          await redis('DEL', key);
          await put(key, content, 100_000);
          const before = await dump(key);
          const reading = await rig.keys.reading({ connectionId, key });
          assert.ok(reading !== null && !reading.truncated);
          const document = documentOf(reading);
          const saved = type === 'string' ? valueOf(reading.content) : valueOf(contentOfText(type, document.text));
          const { version } = await rig.keys.write({
            connectionId,
            key,
            type,
            value: saved,
            ifVersion: reading.version,
          });
          assert.equal(version, reading.version);
          assert.deepEqual(await dump(key), before);
          const ttl = Number(await redis('PTTL', key));
          assert.ok(ttl > 90_000 && ttl <= 100_000, `TTL ${ttl}`);
        }),
        { numRuns: 40 },
      );
    });

    it(`turns one ${type} into another, keeps its TTL, and knows the version that results`, async () => {
      await fc.assert(
        fc.asyncProperty(contentArbs[type], contentArbs[type], async (from, to) => {
          await redis('DEL', 'k');
          await put(utf8('k'), from, 100_000);
          const before = await read('k');
          const write = rig.keys.write({ connectionId, key: 'k', type, value: valueOf(to), ifVersion: before.version });
          if (type === 'stream') {
            const refused = await write.then(
              () => false,
              (error: unknown) => isFailure(error, 'VALIDATION_ERROR'),
            );
            if (refused) return;
          }
          const { version } = await write;
          const after = await read('k');
          assert.equal(after.version, version);
          assert.ok(after.ttlMs !== null && after.ttlMs > 90_000);
        }),
        { numRuns: 40 },
      );
    });
  }

  it('refuses to write over what somebody else wrote meanwhile, and changes nothing', async () => {
    await box.cli('HSET', 'h', 'a', '1');
    const { version } = await read('h');
    await box.cli('HSET', 'h', 'a', 'theirs');
    const write = { connectionId, key: 'h', type: 'hash', value: [['a', 'mine']] };
    await fails(rig.keys.write({ ...write, ifVersion: version }), 'CONFLICT', /changed it since/);
    assert.equal(await box.cli('HGET', 'h', 'a'), 'theirs');
    await box.cli('DEL', 'h');
    await fails(rig.keys.write({ ...write, ifVersion: version }), 'CONFLICT', /deleted meanwhile/);
    assert.equal(await box.cli('EXISTS', 'h'), '0');
    await rig.keys.write({ ...write, ifVersion: 'absent' });
    await fails(rig.keys.write({ ...write, ifVersion: 'absent' }), 'CONFLICT', /exists already/);
  });

  it('refuses to change the type of a key', async () => {
    await box.cli('SET', 'k', 'text');
    await fails(rig.keys.write({ connectionId, key: 'k', type: 'list', value: ['a'] }), 'CONFLICT', /holds a string/);
    assert.equal(await box.cli('GET', 'k'), 'text');
  });

  it('sets, keeps and clears the TTL as asked', async () => {
    const write = (value: string, ttlMs?: number | null) =>
      rig.keys.write({ connectionId, key: 'k', type: 'string', value, ...(ttlMs === undefined ? {} : { ttlMs }) });
    await write('a');
    assert.equal((await read('k')).ttlMs, null);
    await write('a', 50_000);
    assert.ok(((await read('k')).ttlMs ?? 0) > 40_000);
    await write('b');
    assert.ok(((await read('k')).ttlMs ?? 0) > 40_000);
    await write('c', null);
    assert.equal((await read('k')).ttlMs, null);
    await fails(write('d', 0), 'VALIDATION_ERROR');
    await fails(write('d', Number.NaN), 'VALIDATION_ERROR');
    assert.equal(await box.cli('GET', 'k'), 'c');
    await rig.keys.setTtl({ connectionId, key: 'k', ttlMs: 60_000 });
    await rig.keys.setTtl({ connectionId, key: 'k', ttlMs: null });
    assert.equal((await read('k')).ttlMs, null);
    await fails(rig.keys.setTtl({ connectionId, key: 'absent', ttlMs: 1000 }), 'CONFLICT');
  });

  it('keeps what was there before every change, and nothing for a change that did not happen', async () => {
    const list = async (key: string) => (await rig.keys.snapshots({ connectionId, key })).map(({ reason }) => reason);
    await box.cli('SET', 'kept', 'before');
    const { snapshotId } = await rig.keys.write({ connectionId, key: 'kept', type: 'string', value: 'after' });
    assert.ok(snapshotId);
    assert.equal((await rig.keys.snapshot(snapshotId)).text, 'before');
    const same = await rig.keys.write({ connectionId, key: 'kept', type: 'string', value: 'after' });
    assert.equal(same.snapshotId, undefined);
    await fails(
      rig.keys.write({ connectionId, key: 'kept', type: 'string', value: 'x', ifVersion: 'stale' }),
      'CONFLICT',
    );
    assert.deepEqual(await list('kept'), ['set']);
    rig.gate.active = { ...rig.gate.active, readOnlyNow: true };
    await fails(rig.keys.write({ connectionId, key: 'kept', type: 'string', value: 'x' }), 'BLOCKED');
    await fails(rig.keys.remove({ connectionId, keys: ['kept'] }), 'BLOCKED');
    rig.gate.active = { ...rig.gate.active, readOnlyNow: false };
    assert.deepEqual(await list('kept'), ['set']);
  });

  it('writes a hash without a word about its size twice: only what differs is sent', async () => {
    await box.cli('HSET', 'h', 'a', '1', 'b', '2');
    await box.cli('CONFIG', 'RESETSTAT');
    await rig.keys.write({
      connectionId,
      key: 'h',
      type: 'hash',
      value: [
        ['a', '1'],
        ['b', '3'],
      ],
    });
    const stats = await box.cli('INFO', 'commandstats');
    assert.match(stats, /cmdstat_hset:calls=1/);
    assert.doesNotMatch(stats, /cmdstat_(?:del|unlink|hdel)/);
    assert.equal(rig.gate.events.at(-1)?.redactedDiff, 'hash: 0 added, 1 changed, 0 removed');
  });

  it('takes binary, empty and hostile names as they are', async () => {
    for (const key of [odd, '', '<img onerror>', '__proto__', '\u202eabc', 'a\r\nb', '$(zap)', 'constructor']) {
      await rig.keys.write({
        connectionId,
        key,
        type: 'hash',
        value: [
          ['__proto__', 'x'],
          ['constructor', 'y'],
        ],
      });
      assert.deepEqual((await read(key)).value, [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]);
      await rig.keys.rename({ connectionId, key, to: 'renamed' });
      await rig.keys.rename({ connectionId, key: 'renamed', to: key });
      const { keys } = await rig.keys.scan({ connectionId });
      assert.deepEqual(
        keys.map((info) => info.key),
        [key],
      );
      assert.deepEqual(await rig.keys.remove({ connectionId, keys: [key] }).then(({ removed }) => removed), 1);
      assert.equal(await box.cli('DBSIZE'), '0');
    }
    assert.equal(Reflect.get({}, 'x'), undefined);
  });

  it('keeps 64-bit integers, scores and stream ids to the last digit', async () => {
    await box.cli('SET', 'n', '9223372036854775807');
    assert.equal((await read('n')).value, '9223372036854775807');
    await box.cli('XADD', 's', '18446744073709551615-18446744073709551615', 'f', '1');
    assert.deepEqual((await read('s')).value, [['18446744073709551615-18446744073709551615', [['f', '1']]]]);
    await box.cli('ZADD', 'z', '0.1', 'a', '9007199254740993', 'b', '-inf', 'c');
    const value = (await read('z')).value as [string, string][];
    assert.deepEqual(
      value.map(([member]) => member),
      ['c', 'a', 'b'],
    );
  });

  it('says in words that a module type is not available', async () => {
    await fails(
      rig.keys.write({ connectionId, key: 'j', type: 'ReJSON-RL', value: '{}' }),
      'NOT_SUPPORTED',
      /ReJSON-RL/,
    );
    assert.equal(await rig.keys.read({ connectionId, key: 'absent' }), null);
  });

  it('says who may not do what when the server refuses', async () => {
    await box.cli('SET', 'guarded', 'x');
    await box.cli('ACL', 'SETUSER', 'default', '-dump');
    try {
      await fails(rig.keys.write({ connectionId, key: 'guarded', type: 'string', value: 'y' }), 'UNAUTHORIZED', /DUMP/);
    } finally {
      await box.cli('ACL', 'SETUSER', 'default', '+dump');
    }
    assert.equal(await box.cli('GET', 'guarded'), 'x');
  });
});
