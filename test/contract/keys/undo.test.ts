// What was there before a destructive write comes back: every type, with its TTL, in spite of whatever happened since.
import assert from 'node:assert/strict';
import { isFailure, type Failure } from '../../../src/domain/failure.ts';
import { keysRig, type KeysRig } from '../../support/keysRig.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';

const connectionId = 'test';
const odd = Uint8Array.of(0xff, 0xfe, 0x00);

async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isFailure(error), `a failure expected, got ${String(error)}`);
  return error;
}

describe('undo of destructive writes', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: KeysRig;

  before(async () => {
    box = await startRedis();
  });
  beforeEach(async () => {
    await box.cli('FLUSHALL');
    rig = await keysRig(box);
  });
  afterEach(() => rig.close());
  after(() => box.stop());

  const newest = async () => (await rig.keys.snapshots({ connectionId }))[0]?.id ?? '';

  it('brings back all six types with their content and what is left of their TTL', async () => {
    await box.cli('SET', 'string', 'text');
    await box.cli('RPUSH', 'list', 'a', 'b', 'a');
    await box.cli('SADD', 'set', '3', '1', '2');
    await box.cli('HSET', 'hash', '__proto__', 'x', 'f', 'v');
    await box.cli('ZADD', 'zset', '1.5', 'm', 'inf', 'n');
    await box.cli('XADD', 'stream', '5-1', 'f', 'v');
    await box.cliBytes('SET', odd, odd);
    const keys = ['string', 'list', 'set', 'hash', 'zset', 'stream', odd];
    for (const key of keys) await box.cliBytes('PEXPIRE', key, '60000');
    const before = await Promise.all(keys.map((key) => box.cliBytes('DUMP', key)));

    const { removed, snapshotIds } = await rig.keys.remove({ connectionId, keys });
    assert.equal(removed, 7);
    assert.equal(snapshotIds.length, 7);
    assert.equal(await box.cli('DBSIZE'), '0');

    for (const snapshotId of snapshotIds) await rig.keys.restore({ snapshotId });
    assert.deepEqual(await Promise.all(keys.map((key) => box.cliBytes('DUMP', key))), before);
    for (const key of keys) {
      const ttl = Number((await box.cliBytes('PTTL', key)).toString());
      assert.ok(ttl > 55_000 && ttl <= 60_000, `TTL ${ttl}`);
    }
    const list = await rig.keys.snapshots({ connectionId, key: odd });
    assert.deepEqual(
      list.map(({ key, type, reason }) => [key, type, reason]),
      [[odd, 'string', 'delete']],
    );
  });

  it('restores only over what it was allowed to, and keeps what it replaced', async () => {
    await box.cli('SET', 'k', 'first');
    await rig.keys.remove({ connectionId, keys: ['k'] });
    const first = await newest();
    await box.cli('SET', 'k', 'second');
    assert.equal((await failure(rig.keys.restore({ snapshotId: first }))).code, 'CONFLICT');
    assert.equal(await box.cli('GET', 'k'), 'second');
    await rig.keys.restore({ snapshotId: first, overwrite: true });
    assert.equal(await box.cli('GET', 'k'), 'first');
    assert.equal((await rig.keys.snapshot(await newest())).text, 'second');
    assert.equal((await failure(rig.keys.restore({ snapshotId: 'no-such' }))).code, 'VALIDATION_ERROR');
  });

  it('does not bring back what would have expired', async () => {
    await box.cli('SET', 'k', 'v', 'PX', '3000');
    await rig.keys.remove({ connectionId, keys: ['k'] });
    await new Promise((resolve) => setTimeout(resolve, 3100));
    const error = await failure(rig.keys.restore({ snapshotId: await newest() }));
    assert.match(error.message, /would have expired/);
    assert.equal(await box.cli('EXISTS', 'k'), '0');
  });

  it('keeps the value that a renaming replaces', async () => {
    await box.cli('SET', 'a', '1', 'PX', '60000');
    await box.cli('HSET', 'b', 'f', 'v');
    assert.equal((await failure(rig.keys.rename({ connectionId, key: 'a', to: 'b' }))).code, 'CONFLICT');
    await rig.keys.rename({ connectionId, key: 'a', to: 'b', overwrite: true });
    assert.equal(await box.cli('GET', 'b'), '1');
    assert.ok(Number(await box.cli('PTTL', 'b')) > 50_000);
    const [replaced] = await rig.keys.snapshots({ connectionId });
    assert.deepEqual([replaced?.key, replaced?.type, replaced?.reason], ['b', 'hash', 'rename']);
    await rig.keys.restore({ snapshotId: replaced?.id ?? '', overwrite: true });
    assert.equal(await box.cli('HGET', 'b', 'f'), 'v');
    assert.equal((await failure(rig.keys.rename({ connectionId, key: 'gone', to: 'c' }))).code, 'CONFLICT');
    assert.equal((await failure(rig.keys.rename({ connectionId, key: 'b', to: 'b' }))).code, 'VALIDATION_ERROR');
  });

  it('says before a write that it could not be undone, and goes on when that is confirmed', async () => {
    rig.settings['keys.snapshotBudgetMb'] = 0;
    await box.cli('SET', 'k', 'v');
    const error = await failure(rig.keys.remove({ connectionId, keys: ['k'] }));
    assert.equal(error.code, 'BLOCKED');
    assert.equal(error.details?.confirm, 'Test without undo');
    assert.equal(await box.cli('GET', 'k'), 'v');
    assert.equal((await failure(rig.keys.remove({ connectionId, keys: ['k'], confirm: 'Test' }))).code, 'BLOCKED');
    const done = await rig.keys.remove({ connectionId, keys: ['k'], confirm: 'Test without undo' });
    assert.deepEqual(done, { removed: 1, snapshotIds: [] });
  });

  it('replaces a value that is too large to be compared: kept for undo up to 64 MB, beyond that only when told', async () => {
    const value = { connectionId, key: 'big', type: 'string', value: 'small' };
    await box.cli('SETRANGE', 'big', String((40 << 20) - 1), 'x');
    await box.cli('PEXPIRE', 'big', '600000');
    assert.equal((await failure(rig.keys.write({ ...value, ifVersion: 'a'.repeat(64) }))).code, 'NOT_SUPPORTED');
    const { snapshotId = '' } = await rig.keys.write(value);
    assert.equal(await box.cli('GET', 'big'), 'small');
    assert.ok(Number(await box.cli('PTTL', 'big')) > 500_000);
    await rig.keys.restore({ snapshotId, overwrite: true });
    assert.equal(await box.cli('STRLEN', 'big'), String(40 << 20));

    await box.cli('SETRANGE', 'big', String((80 << 20) - 1), 'x');
    const asked = await failure(rig.keys.write(value));
    assert.deepEqual([asked.code, asked.details?.confirm], ['BLOCKED', 'Test without undo']);
    assert.match(asked.message, /^This cannot be undone: .* Nothing was changed\.$/);
    assert.equal(await box.cli('STRLEN', 'big'), String(80 << 20));
    assert.equal((await rig.keys.write({ ...value, confirm: 'Test without undo' })).snapshotId, undefined);
    assert.equal(await box.cli('GET', 'big'), 'small');
    assert.ok(Number(await box.cli('PTTL', 'big')) > 500_000);
  });

  it('replaces a large collection in one step, its expiry kept, and never a large stream', async () => {
    const fill = (command: string) =>
      box.cli('EVAL', `for i = 1, 40 do redis.call(${command}, string.rep('v', 1048576)) end`, '0');
    await fill("'HSET', 'hash', i");
    await fill("'XADD', 'stream', i .. '-1', 'f'");
    await box.cli('PEXPIRE', 'hash', '600000');
    const seen: string[] = [];
    const watching = { on: true };
    const watcher = (async () => {
      while (watching.on) seen.push(await box.cli('HLEN', 'hash'));
    })();
    await rig.keys.write({ connectionId, key: 'hash', type: 'hash', value: [['a', '1']], ttlMs: 900_000 });
    watching.on = false;
    await watcher;
    assert.deepEqual(
      [...new Set(seen)].toSorted(),
      ['1', '40'].filter((size) => seen.includes(size)),
    );
    assert.equal(await box.cli('HGETALL', 'hash'), 'a\n1');
    assert.ok(Number(await box.cli('PTTL', 'hash')) > 800_000);
    const stream = { connectionId, key: 'stream', type: 'stream', value: [['99-1', [['f', 'v']]]] };
    assert.equal((await failure(rig.keys.write(stream))).code, 'NOT_SUPPORTED');
    assert.equal(await box.cli('XLEN', 'stream'), '40');
  });

  it('asks for the name on production, also when there will be no undo', async () => {
    const prod = await keysRig(box, { environment: 'prod', name: 'Shop prod' });
    await box.cli('SET', 'k', 'v');
    const keys = ['k'];
    assert.equal((await failure(prod.keys.remove({ connectionId, keys }))).details?.confirm, 'Shop prod');
    assert.deepEqual(await prod.keys.snapshots({ connectionId }), []);
    prod.settings['keys.snapshotBudgetMb'] = 0;
    const asked = await failure(prod.keys.remove({ connectionId, keys, confirm: 'Shop prod' }));
    assert.equal(asked.details?.confirm, 'Shop prod without undo');
    assert.equal((await prod.keys.remove({ connectionId, keys, confirm: 'Shop prod without undo' })).removed, 1);
    await prod.close();
  });

  it('keeps nothing where a connection says so', async () => {
    const without = await keysRig(box, { undo: false });
    await box.cli('SET', 'k', 'v');
    assert.deepEqual(await without.keys.remove({ connectionId, keys: ['k', 'absent'] }), {
      removed: 1,
      snapshotIds: [],
    });
    assert.deepEqual(await without.keys.snapshots({ connectionId }), []);
    await without.close();
  });

  it('keeps exactly the deleted value while others write to the key', async () => {
    const writing = { on: true, count: 0 };
    const writer = (async () => {
      while (writing.on) await box.cli('APPEND', 'busy', `${writing.count++},`);
    })();
    try {
      for (let round = 0; round < 5; round++) {
        await box.cli('SET', 'busy', '');
        await rig.keys.remove({ connectionId, keys: ['busy'] }).catch((error: unknown) => {
          assert.ok(isFailure(error, 'CONFLICT'), String(error));
        });
      }
    } finally {
      writing.on = false;
      await writer;
    }
    for (const { id } of await rig.keys.snapshots({ connectionId })) {
      const { text, dump } = await rig.keys.snapshot(id);
      await box.cliBytes('RESTORE', 'check', '0', dump, 'REPLACE');
      assert.equal(text, await box.cli('GET', 'check'));
    }
  });

  it('deletes many keys in a few transactions and says how many', async () => {
    const keys = Array.from({ length: 230 }, (_, i) => `k${i}`);
    await box.cli('MSET', ...keys.flatMap((key) => [key, 'v']));
    const done = await rig.keys.remove({ connectionId, keys: [...keys, 'absent'] });
    assert.equal(done.removed, 230);
    assert.equal(done.snapshotIds.length, 230);
    const rows = rig.gate.events.filter(({ action }) => action === 'keys.remove');
    assert.equal(rows.length, 5);
    assert.match(rows[0]?.keyOrPattern ?? '', /^k0 and 49 more$/);
  });

  it('stores no readable piece of a value', async () => {
    const secret = 'correct horse battery staple';
    await box.cli('SET', 'k', secret);
    await rig.keys.remove({ connectionId, keys: ['k'] });
    const stored = await rig.snapshots.get(await newest());
    assert.ok(stored);
    assert.ok(!Buffer.from(stored.sealed).includes(secret));
  });
});
