import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { openStores } from '../../src/adapters/store/openStores.ts';
import type { StoreProblem } from '../../src/adapters/store/problems.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';
import { seeded } from '../support/seeded.ts';
import { storeBuild } from '../support/storeBuild.ts';
import { systemClock } from '../support/systemClock.ts';
import { waitFor } from '../support/waiting.ts';
import { faultsMode, report } from './report.ts';

const always = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
const kills = { short: 12, full: 200, long: 600 }[faultsMode];

interface Writer {
  readonly child: ChildProcess;
  readonly acknowledged: Set<string>;
  readonly tried: Set<string>;
  readonly errors: string[];
  readonly ended: Promise<void>;
  ready: boolean;
}

let writerPath: Promise<string> | undefined;

function writerScript(): Promise<string> {
  writerPath ??= (async () => {
    const outfile = join(ownFolder('cachify-writer-'), 'writer.js');
    await build({
      entryPoints: [join(projectRoot(), 'test/faults/writer.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'warning',
    });
    return outfile;
  })();
  return writerPath;
}

async function startWriter(directory: string, first: number, count: number): Promise<Writer> {
  const { workerPath, wasmPath, migrationsDirectory } = await storeBuild();
  const args = [
    await writerScript(),
    directory,
    workerPath,
    wasmPath,
    migrationsDirectory,
    String(first),
    String(count),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const writer: Writer = {
    child,
    acknowledged: new Set(),
    tried: new Set(),
    errors: [],
    ended: once(child, 'close').then(() => undefined),
    ready: false,
  };
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('t ')) writer.tried.add(line.slice(2));
      else if (line.startsWith('a ')) writer.acknowledged.add(line.slice(2));
      else if (line.startsWith('error')) writer.errors.push(line);
      else if (line === 'ready') writer.ready = true;
    }
  });
  child.stderr?.on('data', (chunk: Buffer) => writer.errors.push(chunk.toString('utf8')));
  return writer;
}

/** Everything that the stores on disk hold, as `kind number`, with repetitions. */
async function everything(directory: string): Promise<{ held: string[]; problems: StoreProblem[] }> {
  const problems: StoreProblem[] = [];
  const stores = openStores({
    directory,
    clock: systemClock,
    onProblem: (problem) => problems.push(problem),
    ...(await storeBuild()),
  });
  const held: string[] = [];
  const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16);
  let cursor: string | undefined;
  do {
    const page = await stores.history.timeline({ ...always, limit: 5000, ...(cursor === undefined ? {} : { cursor }) });
    held.push(...page.events.map(({ id }) => `event ${numberOf(id)}`));
    cursor = page.cursor;
  } while (cursor !== undefined);
  held.push(...(await stores.history.samples(always)).map(({ id }) => `sample ${numberOf(id)}`));
  const snapshots = await stores.snapshots.list({ connectionId: 'connection-0', limit: 100_000 });
  held.push(...snapshots.map(({ id }) => `snapshot ${numberOf(id)}`));
  held.push(...(await stores.connections.list()).map(({ uid }) => `connection ${numberOf(uid)}`));
  await stores.close();
  return { held, problems };
}

describe('faults: processes', function () {
  this.timeout(1_800_000);
  let directory: string;

  beforeEach(() => {
    directory = ownFolder('cachify-faults-');
  });
  afterEach(() => removeFolder(directory));

  it(`kill -9 at ${kills} points, four kinds of writes from two processes`, async () => {
    const random = seeded(11);
    const acknowledged = new Set<string>();
    const tried = new Set<string>();
    let next = 1;
    const running: Writer[] = [];
    const start = async (): Promise<void> => {
      running.push(await startWriter(directory, next, 90_000));
      next += 100_000;
    };
    await start();
    for (let kill = 0; kill < kills; kill++) {
      await start();
      const young = running.at(-1);
      const victim = running.shift();
      assert.ok(young !== undefined && victim !== undefined);
      await waitFor('the writer to write', 30_000, () => victim.acknowledged.size > 3 || victim.errors.length > 0, 2);
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      victim.child.kill('SIGKILL');
      await victim.ended;
      assert.deepEqual(victim.errors, []);
      for (const one of victim.acknowledged) acknowledged.add(one);
      for (const one of victim.tried) tried.add(one);
    }
    for (const last of running) {
      last.child.kill('SIGKILL');
      await last.ended;
      for (const one of last.acknowledged) acknowledged.add(one);
      for (const one of last.tried) tried.add(one);
    }
    const { held, problems } = await everything(directory);
    const present = new Set(held);
    const numbers = {
      kills,
      acknowledged: acknowledged.size,
      'acknowledged but lost': [...acknowledged].filter((one) => !present.has(one)).length,
      duplicated: held.length - present.size,
      'never tried': held.filter((one) => !tried.has(one)).length,
      damage: problems.filter(({ kind }) => kind !== 'tornTail').length,
    };
    report('kill -9', numbers);
    assert.equal(numbers['acknowledged but lost'], 0);
    assert.equal(numbers.duplicated, 0);
    assert.equal(numbers['never tried'], 0);
    assert.equal(numbers.damage, 0);
  });

  it('four processes write at once, one of them frozen again and again: nothing is lost', async () => {
    const each = faultsMode === 'short' ? 25 : 125;
    const writers = await Promise.all([1, 2, 3, 4].map((n) => startWriter(directory, n * 1_000_000, each)));
    const frozen = writers[0];
    assert.ok(frozen !== undefined);
    let freezes = 0;
    const random = seeded(3);
    await waitFor('the first writer', 30_000, () => frozen.ready || frozen.errors.length > 0, 5);
    while (frozen.child.exitCode === null && freezes < 6) {
      await new Promise((resolve) => setTimeout(resolve, 20 + random() * 60));
      frozen.child.kill('SIGSTOP');
      freezes++;
      // Longer than a holder of the lock is waited for.
      await new Promise((resolve) => setTimeout(resolve, freezes === 1 ? 2600 : 200));
      frozen.child.kill('SIGCONT');
    }
    await Promise.all(writers.map(({ ended }) => ended));
    for (const { errors } of writers) assert.deepEqual(errors, []);
    const acknowledged = new Set(writers.flatMap((writer) => [...writer.acknowledged]));
    const { held, problems } = await everything(directory);
    const present = new Set(held);
    const numbers = {
      writes: acknowledged.size,
      lost: [...acknowledged].filter((one) => !present.has(one)).length,
      duplicated: held.length - present.size,
      freezes,
      damage: problems.length,
    };
    report('four processes at once', numbers);
    assert.equal(acknowledged.size, each * 4 * 4);
    assert.equal(numbers.lost, 0);
    assert.equal(numbers.duplicated, 0);
  });
});
