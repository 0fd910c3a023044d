// The engine's process dies at every point of its protocol; another one goes on; the end is that of an uninterrupted run.
import assert from 'node:assert/strict';
import type { RunCounts } from '../../../src/domain/workflows/definition.ts';
import { buildChild, runChild, type ChildEnd } from '../../support/killedRun.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { storeBuild, type StoreBuild } from '../../support/storeBuild.ts';
import { workflowRig } from '../../support/workflowRig.ts';
import { drift, fillSix, type SweptKind } from '../../support/workflowSamples.ts';

/** `FAULTS=long`: every point of every kind. A run of all tests takes each for deletions, and samples of the others. */
const long = process.env['FAULTS'] === 'long';

describe('a run whose process is killed', function () {
  this.timeout(600_000);
  let box: RedisBox;
  let child: string;
  let store: StoreBuild;

  before(async () => {
    store = await storeBuild();
    child = await buildChild();
    box = await startRedis({ args: ['--enable-debug-command', 'yes'] });
  });
  after(() => box.stop());

  function runUntil(directory: string, kind: SweptKind, point: number): Promise<ChildEnd> {
    const planned = (): Promise<unknown> => box.cli('eval', drift[kind], '0');
    return runChild(child, { directory, server: String(box.port), kind, point, store, planned });
  }

  async function fresh(count = 300): Promise<void> {
    await box.cli('flushall');
    await box.cli('eval', fillSix(count), '0');
  }

  /** Finishes what a dead process left: found interrupted, never resumed by itself, resumed when asked. */
  async function finish(directory: string, runId: string, point: string): Promise<RunCounts> {
    const rig = await workflowRig({ directory, definition: { port: box.port }, build: store });
    try {
      const found = await rig.service.run(runId);
      assert.ok(found, point);
      if (found.state === 'completed') return found.counts;
      if (found.state === 'planned') {
        await rig.service.start({ runId });
        return (await rig.service.wait(runId)).counts;
      }
      assert.equal(found.state, 'interrupted', point);
      assert.deepEqual(
        rig.alerts.map(({ source, severity }) => `${source} ${severity}`),
        ['workflow info'],
        point,
      );
      const resumed = await rig.service.resume({ runId });
      const run = await rig.service.wait(resumed.id);
      assert.equal(run.state, 'completed', `${point}: ${JSON.stringify(run.error)}`);
      return run.counts;
    } finally {
      await rig.close();
    }
  }

  for (const kind of ['delete', 'ttl', 'warmup'] as const) {
    it(`${kind}: ends the same from every point of the protocol`, async () => {
      await fresh();
      const whole = await runUntil(ownFolder('cachify-whole-'), kind, 0);
      assert.ok(whole.counts && whole.crossed > 20, `only ${whole.crossed} points`);
      // An expiry counts from the plan's moment, so that of another run differs: digests hold values and whether they expire.
      const wanted = await box.cli('debug', 'digest');
      const step = kind === 'delete' || long ? 1 : 5;
      for (let point = 1; point <= whole.crossed; point += step) {
        await fresh();
        const directory = ownFolder('cachify-killed-');
        const end = await runUntil(directory, kind, point);
        assert.ok(end.killed, `point ${point} of ${whole.crossed}: the process was not killed`);
        const counts = await finish(directory, end.runId, `${kind}, point ${point}`);
        assert.deepEqual(counts, whole.counts, `${kind}, point ${point}`);
        assert.equal(await box.cli('debug', 'digest'), wanted, `${kind}, point ${point}`);
      }
      console.log(`      ${kind}: every ${step === 1 ? '' : `${step}th `}of ${whole.crossed} points`);
    });
  }

  it('ends the same where batches are shared out over several lines', async () => {
    const count = 6000;
    await fresh(count);
    const whole = await runUntil(ownFolder('cachify-whole-'), 'delete', 0);
    // Several lines each look and write: more points than one line has for as many batches.
    assert.ok(whole.counts && whole.crossed > 100, `only ${whole.crossed} points`);
    const wanted = await box.cli('debug', 'digest');
    const step = long ? 1 : Math.ceil(whole.crossed / 8);
    for (let point = 3; point <= whole.crossed - 20; point += step) {
      await fresh(count);
      const directory = ownFolder('cachify-killed-');
      const end = await runUntil(directory, 'delete', point);
      assert.ok(end.killed, `point ${point} of ${whole.crossed}: the process was not killed`);
      assert.deepEqual(await finish(directory, end.runId, `point ${point}`), whole.counts, `point ${point}`);
      assert.equal(await box.cli('debug', 'digest'), wanted, `point ${point}`);
    }
  });

  it('ends the same when killed at any moment', async () => {
    await fresh();
    const whole = await runUntil(ownFolder('cachify-whole-'), 'delete', 0);
    const wanted = await box.cli('debug', 'digest');
    for (let ms = 1; ms <= 40; ms += long ? 1 : 6) {
      await fresh();
      const directory = ownFolder('cachify-killed-');
      const end = await runUntil(directory, 'delete', -ms);
      assert.deepEqual(await finish(directory, end.runId, `${ms} ms`), whole.counts, `${ms} ms`);
      assert.equal(await box.cli('debug', 'digest'), wanted, `${ms} ms`);
    }
  });

  it('undoes what an interrupted and resumed run did', async () => {
    await fresh();
    await box.cli('eval', drift.delete, '0');
    const before = await box.cli('debug', 'digest');
    const directory = ownFolder('cachify-killed-');
    await fresh();
    const end = await runUntil(directory, 'delete', 14);
    assert.ok(end.killed);
    await finish(directory, end.runId, 'undo');
    const rig = await workflowRig({ directory, definition: { port: box.port }, build: store });
    const undone = await rig.service.undo({ runId: end.runId });
    await rig.close();
    assert.deepEqual(undone, { restored: 297, conflicts: 0 });
    assert.equal(await box.cli('debug', 'digest'), before);
  });
});
