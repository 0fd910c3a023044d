// One element of a collection that is larger than a document, than a reply, or than all the others together.
import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import { sizeOf, type ContentType } from '../../../src/domain/keys/content.ts';
import { documentOf } from '../../../src/domain/keys/document.ts';
import { keysRig, type KeysRig } from '../../support/keysRig.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';

const connectionId = 'test';
const HUGE = 64 << 20;

/** Makes `key` with one huge element between small ones, on the server itself. */
const scripts: Readonly<Record<Exclude<ContentType, 'string'>, string>> = {
  hash: "redis.call('HSET', KEYS[1], 'huge', v) for i = 1, n do redis.call('HSET', KEYS[1], 'f' .. i, i) end",
  list: "for i = 1, n do redis.call('RPUSH', KEYS[1], i) end redis.call('RPUSH', KEYS[1], v)",
  set: "redis.call('SADD', KEYS[1], v) for i = 1, n do redis.call('SADD', KEYS[1], i) end",
  zset: "redis.call('ZADD', KEYS[1], n + 1, v) for i = 1, n do redis.call('ZADD', KEYS[1], i, i) end",
  stream:
    "for i = 1, n do redis.call('XADD', KEYS[1], i .. '-1', 'f', i) end redis.call('XADD', KEYS[1], (n + 1) .. '-1', 'huge', v)",
};

describe('a huge element inside a collection', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: KeysRig;

  before(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'local'] });
    rig = await keysRig(box);
  });
  beforeEach(() => box.cli('FLUSHALL'));
  after(async () => {
    await rig.close();
    await box.stop();
  });

  const make = (type: keyof typeof scripts, key: string, small: number, bytes = HUGE) =>
    box.cli(
      'EVAL',
      `local n = tonumber(ARGV[1]) local v = string.rep('v', tonumber(ARGV[2])) ${scripts[type]}`,
      '1',
      key,
      String(small),
      String(bytes),
    );

  for (const type of Object.keys(scripts) as (keyof typeof scripts)[]) {
    for (const small of [0, 3, 5000]) {
      it(`opens cut and read-only, beside ${small} small ones: ${type}`, async () => {
        await make(type, 'k', small);
        const lost = states(rig);
        const sent = Number(/total_net_output_bytes:(\d+)/.exec(await box.cli('INFO', 'stats'))?.[1]);
        const reading = await rig.keys.reading({ connectionId, key: 'k' });
        assert.ok(reading?.truncated);
        assert.equal(reading.size, small + 1);
        assert.equal(reading.version, '');
        assert.ok(sizeOf(reading.content) > 0);
        assert.ok(reading.bytes <= (1 << 20) + 64, `${reading.bytes} bytes`);
        assert.match(documentOf(reading).readOnly ?? '', /^Only the first [\d,]+ of [\d,]+ elements/);
        assert.ok(documentOf(reading).text.length < 3 << 20);
        assert.deepEqual(lost(), [], 'the connection that people work with was cut');
        assert.equal((await rig.keys.facts({ connectionId, key: 'k' }))?.type, type);
        const more = Number(/total_net_output_bytes:(\d+)/.exec(await box.cli('INFO', 'stats'))?.[1]) - sent;
        assert.ok(more < 2 * HUGE, `${more} bytes were sent`);
      });
    }
  }

  it('says that the element it shows is only the beginning of one', async () => {
    await make('hash', 'k', 0);
    const reading = await rig.keys.reading({ connectionId, key: 'k' });
    assert.ok(reading?.lastIsCut && reading.content.type === 'hash');
    const [[field, value] = []] = reading.content.fields;
    assert.equal(Buffer.from(field ?? []).toString(), 'huge');
    assert.equal(
      Buffer.from(value ?? [])
        .toString('latin1')
        .replaceAll('v', '').length,
      0,
    );
    assert.equal(
      documentOf(reading).readOnly,
      'Only the first 1 of 1 elements, the last of them cut, are shown (cachify.keys.maxDocumentBytes).',
    );
  });

  it('opens whole what fits, however unequal its elements are', async () => {
    await make('hash', 'k', 50, 900_000);
    const reading = await rig.keys.reading({ connectionId, key: 'k' });
    assert.equal(reading?.truncated, false);
    assert.equal(reading.size, 51);
    assert.match(reading.version, /^[0-9a-f]{64}$/);
  });

  it('is deleted and restored like any other, and beyond what is kept only when told', async () => {
    // MEMORY looks at a few elements only, and sees nothing of the huge one among so many.
    await make('hash', 'k', 5000, 32 << 20);
    const digest = await box.cli('DEBUG', 'DIGEST-VALUE', 'k').catch(() => '');
    const { removed, snapshotIds } = await rig.keys.remove({ connectionId, keys: ['k'] });
    assert.deepEqual([removed, snapshotIds.length], [1, 1]);
    await rig.keys.restore({ snapshotId: snapshotIds[0] ?? '' });
    assert.equal(await box.cli('HLEN', 'k'), '5001');
    assert.equal(await box.cli('HSTRLEN', 'k', 'huge'), String(32 << 20));
    assert.equal(await box.cli('DEBUG', 'DIGEST-VALUE', 'k').catch(() => ''), digest);

    await make('hash', 'huger', 5000, 256 << 20);
    const error: unknown = await rig.keys.remove({ connectionId, keys: ['huger'] }).catch((reason: unknown) => reason);
    assert.ok(isFailure(error, 'BLOCKED'), String(error));
    assert.match(error.message, /cannot be undone/);
    const confirm = error.details?.confirm;
    assert.equal(confirm, 'Test without undo');
    assert.equal(await box.cli('EXISTS', 'huger'), '1');
    assert.equal((await rig.keys.remove({ connectionId, keys: ['huger'], confirm })).removed, 1);
  });
});

/** The states that the session went through since, other than ready. */
function states({ session }: KeysRig): () => string[] {
  const seen: string[] = [];
  session.onDidChangeState(({ kind }) => seen.push(kind));
  return () => seen;
}
