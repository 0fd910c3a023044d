// Processes and temporary folders that belong to a run. Whatever way the run ends (normally, by a signal, by a crash, by
// SIGKILL), nothing of them stays behind: an exit handler ends them, and a guard process does it when no handler could run.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { birthmark, isAlive, parentOf, signalFamily } from './processTree.ts';
import { removeTree } from './removeTree.ts';
import { projectRoot } from './root.ts';

export interface Owned {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote so far on both outputs, the last 64 KiB; for messages when something fails. */
  output(): string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends a signal to the process alone. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, waits up to `graceMs` (default 5,000 ms), then kills it with all its descendants. */
  stop(graceMs?: number): Promise<void>;
}

const OUTPUT_KEPT = 65_536;
const pids = new Set<number>();
const folders = new Set<string>();
let guardInput: Writable | undefined;

function endEverything(): void {
  for (const pid of pids) signalFamily(pid, 'SIGKILL');
  pids.clear();
  for (const folder of folders) removeTree(folder);
  folders.clear();
}

function startGuard(): Writable {
  const root = projectRoot();
  const tsx = pathToFileURL(createRequire(join(root, 'package.json')).resolve('tsx')).href;
  const guard = spawn(process.execPath, ['--import', tsx, join(root, 'test/support/guard.ts')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  guard.on('error', () => undefined); // the exit handler below still works without it
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as Writable & { unref?: () => void }).unref?.();
  return guard.stdin;
}

function tellGuard(line: string): void {
  if (!guardInput) {
    guardInput = startGuard();
    process.once('exit', endEverything);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => process.exit(128 + (constants.signals[signal] ?? 0)));
    }
  }
  guardInput.write(`${line}\n`);
}

/** Makes a temporary folder that is removed when the run ends, if not before. */
export function ownFolder(prefix: string, parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, prefix));
  folders.add(folder);
  tellGuard(`d ${folder}`);
  return folder;
}

export function removeFolder(folder: string): void {
  removeTree(folder);
  folders.delete(folder);
  tellGuard(`x ${folder}`);
}

function waitAtMost(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/**
 * Starts a process in a group of its own that ends with this run at the latest.
 *
 * @param options as for `spawn`; outputs are kept for messages unless `stdio` says otherwise.
 * @throws Error when the program cannot be started, naming it.
 */
export async function spawnOwned(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<Owned> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          error.code === 'ENOENT'
            ? `${command} was not found on PATH. \`node scripts/setup.mjs\` installs it, or says how.`
            : `${command} could not be started: ${error.message}`,
          { cause: error },
        ),
      ),
    );
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  pids.add(pid);
  tellGuard(`+ ${pid}`);
  void exited.then(() => {
    pids.delete(pid);
    tellGuard(`- ${pid}`);
  });
  return {
    pid,
    child,
    output: () => text,
    exited,
    signal: (signal) => void child.kill(signal),
    async stop(graceMs = 5000) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      if (await waitAtMost(exited, graceMs)) return;
      signalFamily(pid, 'SIGKILL');
      if (!(await waitAtMost(exited, 5000))) throw new Error(`${command} (pid ${pid}) does not end`);
    },
  };
}

/**
 * For the program behind an npm script: ends it when npm is gone. npm and its shell pass signals on, but cannot when they are
 * killed, and the run would go on unseen.
 */
export function endWithNpm(): void {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32') return;
  const shell = process.ppid;
  const above = [shell, parentOf(shell) ?? 0].filter((pid) => pid > 1).map((pid) => ({ pid, mark: birthmark(pid) }));
  const timer = setInterval(() => {
    if (!above.every(({ pid, mark }) => isAlive(pid) && birthmark(pid) === mark)) process.exit(1);
  }, 1000);
  timer.unref();
}
