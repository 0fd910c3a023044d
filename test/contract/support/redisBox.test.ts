import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../support/processTree.ts';
import { projectRoot } from '../../support/root.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { waitFor } from '../../support/waiting.ts';

describe('redisBox', () => {
  const boxes: RedisBox[] = [];
  async function box(options?: Parameters<typeof startRedis>[0]): Promise<RedisBox> {
    const started = await startRedis(options);
    boxes.push(started);
    return started;
  }

  after(() => Promise.all(boxes.map((each) => each.stop())));

  it('keeps text and bytes apart from the command line', async () => {
    const redis = await box();
    assert.equal(await redis.cli('SET', 'a key', 'two\nlines'), 'OK');
    assert.equal(await redis.cli('GET', 'a key'), 'two\nlines');
    const bytes = Uint8Array.of(0xff, 0xfe, 0x00, 0x22, 0x5c);
    await redis.cliBytes('SET', bytes, bytes);
    assert.deepEqual(new Uint8Array(await redis.cliBytes('GET', bytes)), bytes);
    assert.deepEqual(new Uint8Array(await redis.cliBytes('STRLEN', bytes)), Uint8Array.of(0x35));
  });

  it('rejects with what the server said', async () => {
    const redis = await box();
    await redis.cli('SET', 'text', 'value');
    await assert.rejects(redis.cli('LPUSH', 'text', '1'), /WRONGTYPE/);
  });

  it('asks for the password it was given, and listens on a socket', async () => {
    const redis = await box({ password: 'p@ss word', socket: true });
    assert.equal(redis.port, 0);
    assert.equal(await redis.cli('PING'), 'PONG');
    assert.match(redis.url, /^redis\+unix:\/\/:p%40ss%20word@\//);
  });

  it('comes back on the same port after a crash', async () => {
    const redis = await box();
    const { pid, port } = redis;
    await redis.kill();
    assert.equal(isAlive(pid), false);
    await redis.restart();
    assert.equal(redis.port, port);
    assert.notEqual(redis.pid, pid);
    assert.equal(await redis.cli('PING'), 'PONG');
  });

  it('leaves nothing behind, even when its starter and a frozen server are killed', async () => {
    const script = `
      const { startRedis } = require('./test/support/redisBox.ts');
      startRedis().then((redis) => { redis.pause(); console.log(JSON.stringify([redis.pid, redis.dir])); });
      setInterval(() => undefined, 1000);`;
    const starter = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
      cwd: projectRoot(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      starter.stdout.once('data', (data: Buffer) => resolve(String(data))),
    );
    const [pid, dir] = JSON.parse(line) as [number, string];
    assert.ok(isAlive(pid) && existsSync(dir));
    starter.kill('SIGKILL');
    await waitFor('the server and its folder to be gone', 10_000, () => !isAlive(pid) && !existsSync(dir));
  });

  it('removes its folder when it stops', async () => {
    const redis = await startRedis();
    assert.ok(readdirSync(tmpdir()).some((name) => join(tmpdir(), name) === redis.dir));
    await redis.stop();
    assert.equal(existsSync(redis.dir), false);
  });
});
