// `npm start`: a VS Code with this extension and a Redis to work on. `REDIS_URL=redis://… npm start` uses your own.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { startVscodeHost } from '../test/support/host/vscodeHost.ts';
import { endWithNpm, ownFolder, spawnOwned } from '../test/support/processes.ts';
import { projectRoot } from '../test/support/root.ts';
import { startDemoServers } from './demo/servers.ts';
import { SECRET_VARIABLE, demoConnections, makeWorkspace, ownConnection } from './demo/workspace.ts';

const PREFERRED_PORT = 7380;

interface Work {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** File that explains the demo. */
  readonly tour?: string;
}

function build(): void {
  const result = spawnSync(process.execPath, ['esbuild.mjs'], { cwd: projectRoot(), stdio: 'inherit' });
  if (result.status !== 0) throw new Error('The extension could not be built');
}

async function prepareWork(): Promise<Work> {
  const address = process.env.REDIS_URL;
  if (address) {
    const { connection, password } = ownConnection(address);
    console.log(`Redis: ${connection.url} (yours; nothing is written by starting)`);
    return { folder: await makeWorkspace([connection], false), env: password ? { [SECRET_VARIABLE]: password } : {} };
  }
  const servers = await startDemoServers();
  for (const server of servers)
    console.log(`Redis: ${server.name.padEnd(13)} 127.0.0.1:${server.port}  ${server.keys} keys`);
  const folder = await makeWorkspace(demoConnections(servers), true);
  return { folder, env: {}, tour: join(folder, 'README.md') };
}

function onPath(name: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.cmd` : name;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, file))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** A port that stays the same from start to start, so that the browser keeps what it stored; 0 when it is taken. */
function preferredPort(): Promise<number> {
  const port = Number(process.env.PORT) || PREFERRED_PORT;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}

async function openDesktop(code: string, work: Work): Promise<void> {
  const data = ownFolder('cachify-desktop-');
  const args = [`--extensionDevelopmentPath=${projectRoot()}`, '--new-window', '--wait', '--disable-workspace-trust'];
  args.push('--user-data-dir', join(data, 'user'), '--extensions-dir', join(data, 'extensions'), work.folder);
  if (work.tour) args.push(work.tour);
  const window = await spawnOwned(code, args, {
    env: { ...process.env, ...work.env },
    shell: process.platform === 'win32',
  });
  console.log('\nVS Code is opening. Close its window, or press Ctrl+C here, to end.');
  await window.exited;
  process.exit(0);
}

async function openBrowser(work: Work): Promise<void> {
  const host = await startVscodeHost({
    folder: work.folder,
    env: work.env,
    port: await preferredPort(),
    ...(work.tour ? { openFile: work.tour } : {}),
  });
  const address = host.url();
  console.log(
    `\nVS Code is ready. Open this address in Chrome, Edge or Firefox:\n\n  ${address}\n\nCtrl+C ends everything.`,
  );
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  if (hasDisplay() && onPath(opener)) await spawnOwned(opener, [address]);
}

async function main(): Promise<void> {
  build();
  const work = await prepareWork();
  const code = process.env.CACHIFY_BROWSER ? undefined : onPath('code');
  if (code && hasDisplay()) await openDesktop(code, work);
  else await openBrowser(work);
}

endWithNpm();
const keepRunning = setInterval(() => undefined, 60_000);
process.once('exit', () => console.log('\nEnded.'));
main().catch((error: unknown) => {
  clearInterval(keepRunning);
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
