// A process that is killed at any moment of an export loses nothing: who goes on writes the same bytes.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ownFolder, spawnOwned } from '../../support/processes.ts';
import { incidentsRig, type IncidentsRig } from '../../support/incidentsRig.ts';
import { projectRoot } from '../../support/root.ts';
import { seeded } from '../../support/seeded.ts';

const kills = 42;
const events = 16_000;

describe('an export that is killed', function () {
  this.timeout(600_000);
  let rig: IncidentsRig;
  let child: string;

  before(async () => {
    child = join(ownFolder('cachify-incident-child-'), 'incidentChild.cjs');
    await build({
      entryPoints: [join(projectRoot(), 'test/support/incidentChild.ts')],
      outfile: child,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'warning',
    });
    rig = await incidentsRig();
    await rig.fill(events, (n) => ({ keyOrPattern: `user:${(n * 7919) % 100_003}:${(n * 104_729).toString(36)}` }));
    // A log that every process has to read anew would be most of their time.
    await rig.settle();
  });
  after(() => rig.close());

  /** Runs the export in a process of its own, which kills itself at a step. Its number of steps, or null when it died. */
  async function run(atStep: number): Promise<number | null> {
    const running = await spawnOwned(process.execPath, [child, rig.root, String(atStep)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NODE_PATH: join(projectRoot(), 'node_modules') },
    });
    let steps: number | null = null;
    running.child.on('message', (message: { steps: number }) => {
      steps = message.steps;
    });
    const { code, signal } = await running.exited;
    assert.ok(code === 0 || signal === 'SIGKILL', running.output());
    return code === 0 ? steps : null;
  }

  it(`${kills} times, at seeded steps, writes byte by byte what an undisturbed one writes`, async () => {
    const preview = await rig.preview();
    const whole = join(rig.folder, 'whole.zip');
    const write = (target: string, jobId: string): void => {
      const given = { work: rig.exportOf(preview, target, jobId), built: rig.built };
      writeFileSync(join(rig.root, 'work.json'), JSON.stringify(given));
    };
    write(whole, 'job-whole-0001');
    const all = await run(0);
    assert.ok(all !== null && all > 60, `${all} steps`);
    const expected = readFileSync(whole);
    const random = seeded(42);
    let done = 0;
    for (let round = 0; done < kills; round++) {
      const target = join(rig.folder, `killed-${round}.zip`);
      write(target, `killed-${round}-job`);
      // Early ones now and then, so that they go on with little; else about a tenth of the way each.
      let finished: number | null = null;
      while (finished === null && done < kills) {
        finished = await run(1 + Math.floor((random() * all) / (done % 5 === 0 ? 1 : 8)));
        if (finished === null) done += 1;
      }
      if (finished === null) assert.ok((await run(0)) !== null);
      assert.ok(readFileSync(target).equals(expected), `round ${round} differs`);
    }
    assert.deepEqual(
      readdirSync(rig.folder).filter((name) => name.includes('partial')),
      [],
    );
  });
});
