import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';
import { storeBuild } from '../support/storeBuild.ts';
import { waitFor } from '../support/waiting.ts';
import { fastClock, speed } from './fastClock.ts';
import { report } from './report.ts';
import { storesIn } from '../support/storesIn.ts';

/** What the product promises: a dead or frozen holder is replaced within this. */
const replacedWithinMs = 45_000;

interface Window {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  /** What it said so far: `begin <fence>`, `end`. */
  readonly said: string[];
}

describe('faults: the leases of jobs', function () {
  this.timeout(180_000);
  let directory: string;
  let script: string;
  let windows: Window[];

  before(async () => {
    script = join(ownFolder('cachify-job-'), 'job.js');
    await build({
      entryPoints: [join(projectRoot(), 'test/faults/jobHolder.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'warning',
    });
  });
  beforeEach(() => {
    directory = ownFolder('cachify-leases-');
    windows = [];
  });
  afterEach(async () => {
    for (const { child, ended } of windows) {
      child.kill('SIGKILL');
      await ended;
    }
    removeFolder(directory);
  });

  async function openWindow(): Promise<Window> {
    const { workerPath, wasmPath, migrationsDirectory } = await storeBuild();
    const child = spawn(process.execPath, [script, directory, workerPath, wasmPath, migrationsDirectory], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(...chunk.toString('utf8').split('\n').filter(Boolean)));
    const window = { child, said, ended: once(child, 'close') };
    windows.push(window);
    return window;
  }

  const hasBegun = ({ said }: Window): boolean => said.some((line) => line.startsWith('begin'));

  for (const [how, signal] of [
    ['that is killed', 'SIGKILL'],
    ['that is frozen', 'SIGSTOP'],
  ] as const) {
    it(`a holder ${how} is replaced within 45 s, and what it still wants to write is refused`, async () => {
      const first = await openWindow();
      await waitFor('the first window to do the job', 60_000, () => hasBegun(first));
      const second = await openWindow();
      const fence = Number(first.said[0]?.split(' ')[1]);
      const since = fastClock.monoMs();
      first.child.kill(signal);
      await waitFor('the second window to do the job', 120_000, () => hasBegun(second), 10);
      const replacedAfter = fastClock.monoMs() - since;
      const stores = await storesIn(directory);
      assert.equal(await stores.leases.renew('alerts', fence, fastClock.wallMs() + 60_000), false, 'the old fence');
      await stores.close();
      if (signal === 'SIGSTOP') {
        first.child.kill('SIGCONT');
        await waitFor('the woken window to notice', 60_000, () => first.said.includes('end'));
        assert.equal(first.said.filter((line) => line.startsWith('begin')).length, 1);
      }
      report(`a holder ${how}`, { 'replaced after s': (replacedAfter / 1000).toFixed(1), 'clock speed': speed });
      assert.ok(replacedAfter <= replacedWithinMs, `replaced after ${replacedAfter} ms`);
    });
  }
});
