// Big tools that tests and scripts need and that do not belong into the extension's own node_modules: installed once per
// version of their lock file, outside the clone, so that a second clone finds them.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownFolder, removeFolder, spawnOwned } from './processes.ts';
import { isAlive } from './processTree.ts';
import { projectRoot } from './root.ts';

const INSTALL_LIMIT_MS = 15 * 60_000;
const MANIFEST = ['package.json', 'package-lock.json', '.npmrc'];

function userCache(): string {
  const base =
    process.env.XDG_CACHE_HOME ||
    (process.platform === 'win32' ? process.env.LOCALAPPDATA : undefined) ||
    join(homedir(), '.cache');
  return join(base, 'cachify-studio');
}

async function writableCache(): Promise<string> {
  const shared = userCache();
  try {
    await mkdir(shared, { recursive: true });
    await access(shared, constants.W_OK);
    return shared;
  } catch {
    const local = join(projectRoot(), '.cache'); // a home that cannot be written, as some CI machines have
    await mkdir(local, { recursive: true });
    return local;
  }
}

/** Runs npm in a folder; rejects with npm's own words when it fails. */
export async function runNpm(args: readonly string[], folder: string): Promise<void> {
  const npm = await spawnOwned(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    cwd: folder,
    shell: process.platform === 'win32',
    env: { ...process.env, npm_config_loglevel: 'error', npm_config_audit: 'false', npm_config_fund: 'false' },
  });
  const timer = setTimeout(() => void npm.stop(0), INSTALL_LIMIT_MS);
  const { code, signal } = await npm.exited;
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`npm ${args.join(' ')} failed (${signal ?? code}) in ${folder}:\n${npm.output().trim()}`);
}

/** One installer at a time: the others wait for it, and take over when it died. */
async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + INSTALL_LIMIT_MS;
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      const age = await stat(path).then(
        (found) => performance.timeOrigin + performance.now() - found.mtimeMs,
        () => 0,
      );
      if (age > 2000 && !(holder && isAlive(holder))) await rm(path, { force: true });
      else if (performance.now() > end) throw new Error(`Another run has been installing for too long: ${path}`);
      await sleep(250);
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function install(source: string, parent: string, target: string, finish: (folder: string) => Promise<void>) {
  const partial = ownFolder('partial-', parent);
  try {
    for (const name of MANIFEST) await copyFile(join(source, name), join(partial, name));
    await runNpm(['ci', '--ignore-scripts'], partial);
    await finish(partial);
    await rename(partial, target);
  } finally {
    removeFolder(partial);
  }
}

/**
 * Gives the folder where the packages of `source` (a folder with a manifest and a lock file) are installed, installing them
 * when this version of the lock file is not there yet. Safe to call from several runs at once.
 *
 * @param name first part of the folder's name in the cache.
 * @param options.finish further steps, done before the folder becomes visible to others.
 * @param options.files further files of `source` that the result depends on.
 * @throws Error with npm's output when the installation fails.
 */
export async function ensureTool(
  name: string,
  source: string,
  options: { readonly finish?: (folder: string) => Promise<void>; readonly files?: readonly string[] } = {},
): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of [...MANIFEST, ...(options.files ?? [])]) hash.update(await readFile(join(source, file)));
  const cache = await writableCache();
  const target = join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(target)) return target;
  return withLock(`${target}.lock`, async () => {
    if (!existsSync(target)) {
      console.log(`Installing ${name} into ${target} (once) …`);
      await install(source, cache, target, options.finish ?? (async () => undefined));
    }
    return target;
  });
}
