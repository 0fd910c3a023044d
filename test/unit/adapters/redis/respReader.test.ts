import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { RespError, RespReader } from '../../../../src/adapters/redis/respReader.ts';
import { encodeCommands } from '../../../../src/adapters/redis/respWriter.ts';
import { RedisErrorReply, type RedisReply } from '../../../../src/domain/redis/command.ts';

function read(chunks: readonly Buffer[]): RedisReply[] {
  const replies: RedisReply[] = [];
  const reader = new RespReader((reply) => replies.push(reply));
  for (const chunk of chunks) reader.push(chunk);
  return replies;
}

function encode(reply: RedisReply): Buffer {
  if (reply === null) return Buffer.from('$-1\r\n');
  if (reply instanceof RedisErrorReply) return Buffer.from(`-${reply.message}\r\n`);
  if (reply instanceof Uint8Array)
    return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from('\r\n')]);
  if (typeof reply === 'object') return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(encode)]);
  return Buffer.from(`:${reply}\r\n`);
}

const { tree } = fc.letrec<{ tree: RedisReply }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.uint8Array({ maxLength: 30 }),
    fc.constant(null),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.stringMatching(/^[A-Z]{3} [a-z ]{0,9}$/).map((text) => new RedisErrorReply(text)),
    fc.array(tie('tree'), { maxLength: 4 }),
  ),
}));

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

describe('RESP2 reader', () => {
  it('reads the same replies however their bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(tree, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (replies, places) => {
          const bytes = Buffer.concat(replies.map(encode));
          assert.deepEqual(read(cut(bytes, places)), replies);
        },
      ),
    );
  });

  it('gives what has come of a reply wherever it is cut: the same elements, the last string a beginning', () => {
    /** Whether `part` is `whole` as far as it goes. */
    const begins = (part: RedisReply, whole: RedisReply, isLast: boolean): boolean => {
      if (Array.isArray(part) && Array.isArray(whole)) {
        const last = part.length - 1;
        return (
          part.length <= whole.length && part.every((each, i) => begins(each, whole[i] ?? null, isLast && i === last))
        );
      }
      if (part instanceof Uint8Array && whole instanceof Uint8Array && isLast) {
        return Buffer.from(whole).subarray(0, part.length).equals(Buffer.from(part));
      }
      return isDeepStrictEqual(part, whole);
    };
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), fc.nat(), (reply, at) => {
        const bytes = encode(reply);
        const kept = bytes.subarray(0, at % bytes.length);
        const whole: RedisReply[] = [];
        const reader = new RespReader((each) => whole.push(each));
        reader.push(kept);
        const partial = reader.partial();
        assert.deepEqual(whole, []);
        if (partial !== undefined) assert.ok(begins(partial, reply, true), inspect([partial, reply]));
        else assert.ok(!kept.includes(10), 'something had come');
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps what it gave when later bytes arrive', () => {
    const bytes = encode(Buffer.from('first'));
    const replies: RedisReply[] = [];
    const reader = new RespReader((reply) => replies.push(reply));
    reader.push(bytes);
    bytes.fill(0);
    reader.push(encode(Buffer.from('other')));
    assert.deepEqual(Buffer.from(replies[0] as Uint8Array).toString(), 'first');
  });

  it('refuses what is not RESP2 or beyond every bound, without memory for what was only announced', () => {
    const before = process.memoryUsage().rss;
    for (const bad of [
      '!x\r\n',
      ':1a\r\n',
      '$-2\r\n',
      '$1e3\r\n',
      '*99999999999\r\n',
      '$9999999999\r\n',
      '*1\r\n'.repeat(200),
    ]) {
      assert.throws(() => read([Buffer.from(bad)]), RespError, bad.slice(0, 20));
    }
    assert.throws(() => read(Array.from({ length: 20 }, () => Buffer.alloc(1 << 17, 0x61))), RespError);
    assert.deepEqual(read([Buffer.from('*60000000\r\n$500000000\r\nabc')]), []);
    assert.ok(process.memoryUsage().rss - before < 50 << 20);
  });
});

describe('RESP2 writer', () => {
  it('frames any argument so that none can end its command', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.oneof(fc.string(), fc.uint8Array())), (name, args) => {
        const [reply] = read([encodeCommands([[name, ...args]])]);
        const bytes = (part: string | Uint8Array): string => Buffer.from(part as string).toString('hex');
        assert.deepEqual((reply as Uint8Array[]).map(bytes), [name, ...args].map(bytes));
      }),
    );
  });
});
