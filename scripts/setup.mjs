// Makes a fresh clone ready, for `npm start` and `npm test`. Plain Node without packages: it runs before any is installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = JSON.parse(readFileSync(join(root, 'scripts/systemPrograms.json'), 'utf8'));

/** What each command cannot do without. */
const needs = {
  test: ['redis-server', 'redis-cli', 'sqlite3', 'zip', 'unzip', 'ssh', 'sshd', 'chromium'],
  start: process.env.REDIS_URL ? [] : ['redis-server', 'redis-cli'],
  screenshots: ['redis-server', 'redis-cli', 'chromium'],
  bench: ['redis-server', 'redis-cli'],
};

function fail(message) {
  console.error(`\n${message}\n`);
  process.exit(1);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isThere({ names, fixed = [], variable }) {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = [...names.flatMap((name) => folders.map((folder) => join(folder, name + suffix))), ...fixed];
  if (variable && process.env[variable]) candidates.push(process.env[variable]);
  return candidates.some(isProgram);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Cachify Studio needs Node 20.19 or later; this is ${process.versions.node}.`);
}

/** How to become root without being asked: nothing when we are, `sudo -n` when it is allowed, undefined otherwise. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

function aptInstall(prefix, packages) {
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300'];
  const run = (...rest) => {
    const [command, ...args] = [...apt, ...rest];
    return spawnSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: 15 * 60_000 });
  };
  console.log(`Installing ${packages.join(', ')} with apt-get …`);
  run('update'); // a stale list may still do, so only the installation decides
  const result = run('install', '-y', '--no-install-recommends', ...packages);
  if (result.status !== 0) console.error(`${result.stdout ?? ''}${result.stderr ?? ''}`.trim().slice(-4000));
}

function ensurePrograms(purpose) {
  const missing = () => needs[purpose].filter((name) => !isThere(programs[name]));
  const first = missing();
  if (first.length === 0) return;
  const prefix = isThere({ names: ['apt-get'] }) ? rootPrefix() : undefined;
  if (prefix) aptInstall(prefix, [...new Set(first.map((name) => programs[name].debian))]);
  const left = missing();
  if (left.length === 0) return;
  const debian = [...new Set(left.map((name) => programs[name].debian))].join(' ');
  const homebrew = [...new Set(left.map((name) => programs[name].homebrew))]
    .map((name) => `brew install ${name}`)
    .join('; ');
  fail(
    `Missing on this machine: ${left.join(', ')}.\n` +
      `  Debian, Ubuntu:  sudo apt-get install --no-install-recommends ${debian}\n` +
      `  macOS:           ${homebrew}\n` +
      `Then run the command again.` +
      (left.includes('chromium') ? ' Another Chrome can be named by CHROME_PATH.' : ''),
  );
}

/** Versions by folder; optional packages are left out, since which of them are installed depends on the machine. */
function versionsIn(lockFile) {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && !entry.optional && !entry.peer)
    .map(([path, entry]) => [path, entry.version]);
}

function packagesAreInstalled() {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = new Map(versionsIn(hidden));
  return versionsIn(join(root, 'package-lock.json')).every(([path, version]) => installed.get(path) === version);
}

function ensurePackages() {
  const folder = join(root, 'node_modules');
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return; // somebody else's to keep up to date
  if (packagesAreInstalled()) return;
  console.log('Installing packages with npm ci …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  try {
    execFileSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
  } catch {
    fail('npm ci failed; its own words stand above.');
  }
}

const purpose = process.argv[2] ?? 'test';
if (!Object.hasOwn(needs, purpose)) fail(`Usage: node scripts/setup.mjs ${Object.keys(needs).join(' | ')}`);
checkNode();
ensurePrograms(purpose);
ensurePackages();
