// Listing keys of a real redis-server, and values too large to read whole.
import assert from 'node:assert/strict';
import { toBase64, utf8 } from '../../../src/domain/bytes.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { sizeOf } from '../../../src/domain/keys/content.ts';
import { documentOf } from '../../../src/domain/keys/document.ts';
import { KeyBrowser } from '../../../src/app/keys/keyBrowser.ts';
import { keyBytes, type Key } from '../../../src/domain/keys/key.ts';
import { keysRig, type KeysRig } from '../../support/keysRig.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { waitFor } from '../../support/waiting.ts';

const connectionId = 'test';
const name = (key: Key) => toBase64(keyBytes(key));

describe('browsing keys', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: KeysRig;

  before(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'local', '--proto-max-bulk-len', '600mb'] });
    rig = await keysRig(box);
  });
  beforeEach(() => box.cli('FLUSHALL'));
  after(async () => {
    await rig.close();
    await box.stop();
  });

  it('pages through every key exactly, whatever the limit, with types and TTLs', async () => {
    await box.cli('DEBUG', 'POPULATE', '1500', 'item');
    await box.cliBytes('SET', Uint8Array.of(0xff, 0xfe, 0), 'x', 'PX', '50000');
    const seen = new Map<string, { type: string; ttlMs?: number | null }>();
    let [cursor, pages]: [string | undefined, number] = [undefined, 0];
    do {
      const page = await rig.keys.scan({ connectionId, limit: 70, ...(cursor === undefined ? {} : { cursor }) });
      assert.ok(page.keys.length <= 70);
      assert.equal(page.total, 1501);
      for (const info of page.keys) {
        assert.ok(!seen.has(name(info.key)), 'a key came twice');
        seen.set(name(info.key), info);
      }
      cursor = page.cursor;
      pages++;
    } while (cursor !== undefined);
    assert.equal(seen.size, 1501);
    assert.ok(pages >= 21);
    const odd = seen.get(name(Uint8Array.of(0xff, 0xfe, 0)));
    assert.ok(odd?.type === 'string' && (odd.ttlMs ?? 0) > 40_000);
  });

  it('filters by pattern and type, and counts', async () => {
    await box.cli('MSET', 'cart:1', 'a', 'cart:2', 'b', 'other', 'c');
    await box.cli('RPUSH', 'cart:list', 'x');
    assert.deepEqual(await rig.keys.count({ connectionId, pattern: 'cart:*' }), { matched: 3, scanned: 4 });
    const lists = await rig.keys.scan({ connectionId, pattern: 'cart:*', type: 'list' });
    assert.deepEqual(
      lists.keys.map(({ key, type }) => [key, type]),
      [['cart:list', 'list']],
    );
  });

  it('refuses a cursor that it never gave', async () => {
    for (const cursor of ['', '0', 'x!', 'WzEsMl0']) {
      await assert.rejects(rig.keys.scan({ connectionId, cursor }), { code: 'VALIDATION_ERROR' }, cursor);
    }
  });

  it('stops when it is cancelled', async () => {
    await box.cli('DEBUG', 'POPULATE', '300000');
    const abort = new AbortController();
    const counting = rig.keys.count({ connectionId, pattern: '*', signal: abort.signal });
    abort.abort();
    await assert.rejects(counting, { code: 'CANCELLED' });
  });

  it('lists folders while it scans, and says how much of the keyspace it has seen', async () => {
    await box.cli('DEBUG', 'POPULATE', '200000', 'user');
    await box.cli('MSET', 'cart:1', 'a', 'cart:2', 'b', 'plain', 'c');
    let changes = 0;
    const browser = new KeyBrowser(rig.parts, rig.definition.uid, () => changes++);
    const query = { prefix: utf8(''), delimiter: utf8(':'), limit: 100 };
    const first = await browser.list(query);
    assert.ok(first.total > 0);
    await waitFor('the scan to end', 20_000, () => browser.state().kind === 'complete');
    const listing = await browser.list(query);
    assert.deepEqual(
      listing.folders.map(({ prefix, count }) => [Buffer.from(prefix).toString(), count]),
      [
        ['cart:', 2],
        ['user:', 200_000],
      ],
    );
    assert.deepEqual(
      listing.keys.map((key) => Buffer.from(key).toString()),
      ['plain'],
    );
    assert.deepEqual(browser.state(), { kind: 'complete', found: 200_003, coverage: 1, total: 200_003 });
    assert.ok(changes >= 2);
    const shown = await browser.describe(listing.keys);
    assert.deepEqual([...shown.values()], [{ type: 'string', ttlMs: null }]);

    browser.noteRemoved([utf8('plain')]);
    browser.noteWritten(utf8('new'));
    assert.deepEqual(
      (await browser.list(query)).keys.map((key) => Buffer.from(key).toString()),
      ['new'],
    );

    browser.restart({ pattern: 'cart:*' });
    await waitFor('the filtered scan', 20_000, () => browser.state().kind === 'complete');
    assert.equal((await browser.list(query)).total, 2);
    browser.reset();
  });

  it('stops a scan at once and goes on when asked', async () => {
    await box.cli('DEBUG', 'POPULATE', '300000');
    const browser = new KeyBrowser(rig.parts, rig.definition.uid, () => undefined);
    browser.restart();
    browser.stop();
    assert.equal(browser.state().kind, 'stopped');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { found } = browser.state();
    assert.ok(found < 300_000);
    browser.resume();
    await waitFor('the scan to end', 20_000, () => browser.state().kind === 'complete');
    assert.equal(browser.state().found, 300_000);
  });
});

describe('values larger than a document', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: KeysRig;

  before(async function () {
    this.timeout(60_000);
    box = await startRedis();
    rig = await keysRig(box);
    await box.cli('SETRANGE', 'huge', '536870911', 'x');
    await box.cli('SETRANGE', 'text', '0', 'é'.repeat(1000));
    const many = (command: string) => box.cli('EVAL', `for i = 1, 1000000 do redis.call(${command}) end`, '0');
    await many(`'HSET', 'hash', 'field:' .. i, 'value:' .. i`);
    await many(`'RPUSH', 'list', 'element:' .. i`);
    await many(`'ZADD', 'zset', i, 'member:' .. i`);
    await many(`'XADD', 'stream', i .. '-1', 'f', i`);
    await many(`'SADD', 'set', 'member:' .. i`);
  });
  after(async () => {
    await rig.close();
    await box.stop();
  });

  it('open cut and read-only, quickly and in little memory: 512 MB, a million elements', async () => {
    const output = async () => Number(/total_net_output_bytes:(\d+)/.exec(await box.cli('INFO', 'stats'))?.[1]);
    const memory = process.memoryUsage().rss;
    const sent = await output();
    for (const key of ['huge', 'hash', 'list', 'zset', 'stream', 'set']) {
      const started = performance.now();
      const reading = await rig.keys.reading({ connectionId, key });
      const ms = performance.now() - started;
      assert.ok(reading?.truncated, key);
      assert.equal(reading.version, '');
      assert.equal(reading.size, key === 'huge' ? 536_870_912 : 1_000_000);
      assert.ok(reading.bytes <= (key === 'huge' ? 536_870_912 : 1 << 20), key);
      assert.ok(sizeOf(reading.content) > 0);
      const document = documentOf(reading);
      assert.match(document.readOnly ?? '', /Only the first|The first/, key);
      // Generous, for busy machines: reading it whole takes far longer than this.
      assert.ok(ms < 5000, `${key} took ${ms} ms`);
    }
    assert.ok((await output()) - sent < 40 << 20, 'the server sent more than it had to');
    // What stays of earlier tests moves it by a hundred megabytes; the string alone, read whole, is 512.
    assert.ok(process.memoryUsage().rss - memory < 400 << 20, 'reading took too much memory');
  });

  it('cuts text between characters', async () => {
    const reading = await rig.keys.reading({ connectionId, key: 'text', maxBytes: 101 });
    assert.ok(reading?.content.type === 'string' && reading.truncated);
    assert.equal(reading.content.bytes.length, 100);
    assert.equal(documentOf(reading).text, 'é'.repeat(50));
  });

  it('never reads a value that could not be written back whole', async () => {
    const write = rig.keys.write({ connectionId, key: 'hash', type: 'hash', value: [['a', 'b']], ifVersion: 'x' });
    const error: unknown = await write.catch((reason: unknown) => reason);
    assert.ok(isFailure(error, 'NOT_SUPPORTED'), String(error));
    assert.equal(await box.cli('HLEN', 'hash'), '1000000');
  });
});
