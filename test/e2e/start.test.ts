import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { VscodeHost } from '../support/host/vscodeHost.ts';
import { openWorkbench } from '../support/host/workbench.ts';
import { spawnOwned, type Owned } from '../support/processes.ts';
import { freePort, startRedis } from '../support/redisBox.ts';
import { projectRoot } from '../support/root.ts';
import { waitFor } from '../support/waiting.ts';

const START_LIMIT_MS = 120_000;

interface Started {
  readonly npm: Owned;
  readonly address: string;
  readonly folder: string;
  readonly settings: { readonly 'cachify.connections': readonly Readonly<Record<string, unknown>>[] };
}

async function npmStart(env: Record<string, string>): Promise<Started> {
  const npm = await spawnOwned('npm', ['start'], {
    cwd: projectRoot(),
    env: {
      ...process.env,
      CACHIFY_BROWSER: '1',
      DISPLAY: '',
      WAYLAND_DISPLAY: '',
      PORT: String(await freePort()),
      ...env,
    },
  });
  const address = await waitFor('npm start to print its address', START_LIMIT_MS, () => {
    if (npm.child.exitCode !== null) throw new Error(npm.output());
    return /^ {2}(http:\/\/127\.0\.0\.1:\d+\/\S+)$/m.exec(npm.output())?.[1];
  });
  const folder = new URL(address).searchParams.get('folder') ?? '';
  const settings = JSON.parse(readFileSync(join(folder, '.vscode/settings.json'), 'utf8')) as Started['settings'];
  return { npm, address, folder, settings };
}

/** A host that somebody else started: enough of it to open its workbench. */
function hostAt(address: string, folder: string): VscodeHost {
  return {
    folder,
    port: Number(new URL(address).port),
    pid: 0,
    url: () => address,
    updateSettings: () => Promise.reject(new Error('Not our host')),
    output: () => '',
    stop: () => Promise.resolve(),
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Ctrl+C in a terminal: the whole foreground group gets the signal. */
async function pressCtrlC(started: Started): Promise<void> {
  process.kill(-started.npm.pid, 'SIGINT');
  await started.npm.exited;
}

describe('npm start', function suite() {
  this.timeout(240_000);

  it('opens a filled web shop in three environments, and leaves nothing after Ctrl+C', async () => {
    const started = await npmStart({ REDIS_URL: '' });
    const connections = started.settings['cachify.connections'];
    assert.deepEqual(
      connections.map(({ name, environment }) => [name, environment]),
      [
        ['Shop dev', 'dev'],
        ['Shop staging', 'staging'],
        ['Shop prod', 'prod'],
      ],
    );
    const workbench = await openWorkbench({ host: hostAt(started.address, started.folder) });
    await workbench.openContainer('Cachify');
    await workbench.tab('README.md').waitFor();
    await workbench.close();

    const ports = [Number(new URL(started.address).port), ...connections.map(({ port }) => Number(port))];
    assert.deepEqual(await Promise.all(ports.map(isOpen)), [true, true, true, true]);
    await pressCtrlC(started);
    await waitFor(
      'every server to be gone',
      10_000,
      async () => !(await Promise.all(ports.map(isOpen))).includes(true),
    );
    await waitFor('the folder to be gone', 10_000, () => !existsSync(started.folder));
  });

  it('takes REDIS_URL, writes nothing there, and keeps its password out of the settings', async () => {
    const redis = await startRedis({ password: 'not in a file' });
    const started = await npmStart({ REDIS_URL: `${redis.url}/3` });
    const [connection, ...others] = started.settings['cachify.connections'];
    assert.equal(others.length, 0);
    assert.equal(connection?.url, `redis://127.0.0.1:${redis.port}/3`);
    assert.deepEqual(connection.secret, { env: 'CACHIFY_START_PASSWORD' });
    assert.equal(JSON.stringify(started.settings).includes('not'), false);
    assert.equal(await redis.cli('INFO', 'keyspace'), '# Keyspace\r');
    await pressCtrlC(started);
    assert.equal(await redis.cli('PING'), 'PONG');
    await redis.stop();
  });
});
