import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { nodeFileSystem } from '../../src/adapters/store/disk/nodeFileSystem.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';
import { systemClock } from '../support/systemClock.ts';
import { waitFor } from '../support/waiting.ts';
import { faultsMode, report } from './report.ts';
import { commitNumber, held, openSmall } from './workload.ts';

const rounds = { short: 1, full: 4, long: 12 }[faultsMode];

async function holderScript(): Promise<string> {
  const outfile = join(ownFolder('cachify-holder-'), 'holder.js');
  await build({
    entryPoints: [join(projectRoot(), 'test/faults/lockHolder.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
    define: { __dirname: JSON.stringify(join(projectRoot(), 'test/faults')) },
  });
  return outfile;
}

describe('faults: the lock', function () {
  this.timeout(300_000);
  let folder: string;

  beforeEach(() => {
    folder = join(ownFolder('cachify-lock-'), 'store');
  });
  afterEach(() => removeFolder(folder));

  it('a holder that is frozen with the lock in its hand is fenced, and both writes are there once', async () => {
    const script = await holderScript();
    const numbers = { rounds, lost: 0, twice: 0, 'longest wait ms': 0 };
    const expected: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const own = 1000 + round;
      const { engine } = await openSmall(nodeFileSystem, { path: folder, clock: systemClock });
      const holder = spawn(process.execPath, [script, folder, String(own)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const ended = once(holder, 'close');
      let said = '';
      holder.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
      try {
        await waitFor('the holder to freeze with the lock', 60_000, () => /locked|error/.test(said), 5);
        assert.ok(existsSync(join(folder, 'LOCK')), 'the lock is in its hand');
        const since = performance.now();
        for (let n = 1; n <= 3; n++) await commitNumber(engine, round * 10 + n);
        numbers['longest wait ms'] = Math.max(numbers['longest wait ms'], Math.round(performance.now() - since));
      } finally {
        holder.kill('SIGCONT');
      }
      await ended;
      assert.match(said, /done/);
      expected.push(own, ...[1, 2, 3].map((n) => round * 10 + n));
      const now = held(engine).kept;
      numbers.lost += expected.filter((n) => !now.includes(n)).length;
      numbers.twice += held(engine).total - now.length;
      await engine.close();
    }
    const again = await openSmall(nodeFileSystem, { path: folder, clock: systemClock });
    assert.deepEqual(
      held(again.engine).kept,
      expected.sort((a, b) => a - b),
    );
    assert.deepEqual(again.problems, []);
    await again.engine.close();
    report('frozen with the lock', numbers);
    assert.equal(numbers.lost, 0);
    assert.equal(numbers.twice, 0);
    assert.ok(numbers['longest wait ms'] < 30_000);
  });
});
