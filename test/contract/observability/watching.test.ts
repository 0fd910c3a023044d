// What watches of a live server keep, what they never keep, and what they refuse.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { observabilityRig, type ObservabilityRig } from '../../support/observabilityRig.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { definitionOf, noSecret } from '../../support/redisParts.ts';
import { waitFor } from '../../support/waiting.ts';

const secret = 'hunter2-never-to-be-kept';

describe('watching what all clients do', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: ObservabilityRig;

  before(async () => {
    box = await startRedis();
    rig = await observabilityRig({ port: box.port });
  });
  after(async () => {
    await rig.close();
    await box.stop();
  });

  const isMonitored = async (): Promise<boolean> => (await box.cli('CLIENT', 'LIST')).includes('cmd=monitor');

  /** Everything that the stores hold on disk, once what is buffered is there. */
  async function onDisk(): Promise<Buffer> {
    await rig.history.flush();
    const files = await readdir(rig.directory, { recursive: true, withFileTypes: true });
    const contents = files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name)));
    return Buffer.concat(await Promise.all(contents));
  }

  it('keeps nothing of passwords, values and scripts, in any spelling, on a live MONITOR', async () => {
    const stop = new AbortController();
    const watching = rig.watcher.watch({
      connectionId: 'test',
      source: 'monitor',
      seconds: 60,
      signal: stop.signal,
    });
    await waitFor('MONITOR to run', 10_000, isMonitored);
    const attempts: string[][] = [
      ['AUTH', secret],
      ['auth', 'default', secret],
      ['HELLO', '3', 'AUTH', 'default', secret],
      ['ACL', 'SETUSER', 'app', 'on', `>${secret}`],
      ['acl', 'setuser', 'app', `#${'a'.repeat(64)}`, `>${secret}2`],
      ['CONFIG', 'SET', 'requirepass', secret, 'unheard-of', 'refused as a whole'],
      ['CONFIG', 'GET', 'requirepass'],
      ['CONFIG', 'SET', 'masterauth', secret],
      ['CONFIG', 'SET', 'masteruser', secret],
      ['SENTINEL', 'SET', 'shop', 'auth-pass', secret],
      ['MIGRATE', '127.0.0.1', '1', 'moved', '0', '10', 'AUTH', secret],
      ['MIGRATE', '127.0.0.1', '1', '', '0', '10', 'AUTH2', 'app', secret, 'KEYS', 'moved'],
      ['EVAL', `return '${secret}'`, '1', 'scripted', secret],
      ['FUNCTION', 'LOAD', `#!lua name=lib\nredis.register_function('f', function() return '${secret}' end)`],
      ['SET', 'told:apart', secret],
      ['HSET', 'told:hash', 'field', secret],
      ['MSET', 'told:a', secret, 'told:b', secret],
      ['PUBLISH', 'channel', secret],
      ['ECHO', secret],
    ];
    for (const [name = '', ...args] of attempts) await box.cli(name, ...args).catch(() => undefined);
    await box.cli('SET', 'told:last', 'x');
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop.abort();
    const result = await watching;
    const { watch } = result;
    assert.ok(watch !== undefined && watch.seen === watch.stored + watch.dropped && watch.dropped === 0);
    assert.ok(watch.seen >= 10, `${watch.seen} lines`);
    const patterns = result.topPatterns.map(({ pattern }) => pattern);
    for (const pattern of ['told:apart', 'told:hash', 'told:last']) assert.ok(patterns.includes(pattern), pattern);
    assert.doesNotMatch(JSON.stringify(result), /hunter2/);
    const kept = await onDisk();
    assert.ok(kept.includes('told:apart'), 'what is kept is found this way');
    assert.ok(!kept.includes('hunter2'));
    await box.cli('CONFIG', 'SET', 'masterauth', '');
  });

  it('accounts for every line, to the line', async () => {
    const stop = new AbortController();
    const watching = rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds: 60, signal: stop.signal });
    await waitFor('MONITOR to run', 10_000, isMonitored);
    const rows = 20_000;
    const counted = async (): Promise<number> =>
      Number(/cmdstat_incr:calls=(\d+)/.exec(await box.cli('INFO', 'commandstats'))?.[1] ?? 0);
    const before = await counted();
    const loader = await new SocketGateway().open(definitionOf({ port: box.port }), noSecret);
    for (let at = 0; at < rows; at += 2000) {
      const commands = Array.from({ length: 2000 }, (_, n) => ['INCR', `counter:${(at + n) % 7}`] as const);
      await loader.send(commands, { deadlineMs: 20_000, maxReplyBytes: 1 << 20 });
    }
    assert.equal((await counted()) - before, rows);
    await new Promise((resolve) => setTimeout(resolve, 500));
    stop.abort();
    const { watch, topPatterns } = await watching;
    await loader.close();
    assert.ok(watch !== undefined && watch.seen === watch.stored + watch.dropped);
    const touched = topPatterns.find(({ pattern }) => pattern === 'counter:*')?.touches ?? 0;
    assert.ok(touched <= rows && touched >= rows - watch.dropped, `${touched} of ${rows}, ${watch.dropped} dropped`);
  });

  it('ends by itself after its seconds, and says how long it was', async () => {
    const { watch } = await rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds: 1 });
    assert.ok(watch !== undefined && watch.seconds >= 1 && watch.seconds < 20, `${watch?.seconds} s`);
    await waitFor('MONITOR to end', 10_000, async () => !(await isMonitored()));
    for (const seconds of [0, 301, 1.5, Number.NaN]) {
      await assert.rejects(rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds }), (error) =>
        isFailure(error, 'VALIDATION_ERROR'),
      );
    }
  });

  it('asks for the name on production, and refuses read-only connections nothing less', async () => {
    const prod = await observabilityRig({ port: box.port, environment: 'prod', name: 'Shop prod' });
    const request = { connectionId: 'test', source: 'monitor', seconds: 1 } as const;
    const preflight = await prod.watcher.preflight(request);
    assert.equal(preflight.confirm, 'Shop prod');
    assert.match(preflight.sentences.join(' '), /production/i);
    await assert.rejects(prod.watcher.watch(request), (error) => isFailure(error, 'BLOCKED'));
    await assert.rejects(prod.watcher.watch({ ...request, confirm: 'shop' }), (error) => isFailure(error, 'BLOCKED'));
    assert.ok(!(await isMonitored()), 'nothing reached the server');
    assert.ok((await prod.watcher.watch({ ...request, confirm: 'Shop prod' })).watch);
    await prod.close();
  });
});
