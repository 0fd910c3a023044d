// What runs keep for their undo is among the key snapshots: their budget counts it, they are purged with it, the runs stay.
import assert from 'node:assert/strict';
import { filesOfRuns } from '../../../src/app/retention/filesOfRuns.ts';
import { resumableRuns } from '../../../src/app/retention/resumableRuns.ts';
import { RetentionService } from '../../../src/app/retention/retentionService.ts';
import { withRunSnapshots } from '../../../src/app/workflows/runSnapshots.ts';
import { utf8 } from '../../../src/domain/bytes.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import type { KeptDataset } from '../../../src/domain/retention/dataset.ts';
import type { DatasetReport } from '../../../src/domain/retention/report.ts';
import { startAndPause } from '../../support/pausedRun.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { workflowRig, type WorkflowRig } from '../../support/workflowRig.ts';
import { fillSix } from '../../support/workflowSamples.ts';

const items = 600;

describe('what runs keep for their undo', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: WorkflowRig;
  let retention: RetentionService;

  before(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'yes'] });
  });
  after(() => box.stop());
  beforeEach(async () => {
    await box.cli('flushall');
    await box.cli('eval', fillSix(items), '0');
    rig = await workflowRig({ directory: ownFolder('cachify-run-undo-'), definition: { port: box.port } });
    const { parts, stores } = rig;
    retention = new RetentionService({
      store: stores.retention,
      pinSources: [resumableRuns(stores.workflows)],
      files: filesOfRuns(parts.files),
      settings: parts.settings,
      health: () => stores.health(),
      clock: parts.clock,
      log: parts.log,
    });
  });
  afterEach(() => rig.close());

  async function planned(): Promise<string> {
    const query = { connectionId: 'test', kind: 'deleteByPattern', parameters: { pattern: 'tmp:*' } } as const;
    return (await rig.service.plan(query)).runId;
  }

  async function finished(): Promise<string> {
    const runId = await planned();
    await rig.service.start({ runId });
    assert.equal((await rig.service.wait(runId)).state, 'completed');
    return runId;
  }

  async function reportOf(dataset: KeptDataset): Promise<DatasetReport> {
    const found = (await retention.report()).datasets.find((one) => one.dataset === dataset);
    return found ?? assert.fail(dataset);
  }

  /** Of everything, the moment that is now included. */
  async function purge(dataset: KeptDataset): Promise<{ readonly purgeId: string; readonly rows: number }> {
    const cutoff = new Date(rig.parts.clock.wallMs() + 60_000).toISOString();
    const { planId } = await retention.planWith(dataset, { cutoff, downTo: null, budgetBytes: 1 << 30 });
    const { purgeId, deletedRows, failed } = await retention.purge(planId);
    assert.deepEqual(failed, []);
    return { purgeId, rows: deletedRows };
  }

  const previous = () => withRunSnapshots(rig.parts, rig.stores.snapshots);
  const undoBytes = async (): Promise<number> =>
    (await rig.parts.files.usage()).reduce((sum, { undoBytes: bytes }) => sum + bytes, 0);

  it('is counted to key snapshots, by as much as their budget has less for', async () => {
    const { dataset: _first, ...before } = await reportOf('workflowHistory');
    assert.deepEqual([before.rows, before.bytes], [0, 0]);
    await finished();
    const kept = await reportOf('keySnapshots');
    assert.ok((await undoBytes()) > items * 10);
    assert.deepEqual([kept.rows, kept.bytes, kept.pinnedBytes], [1, await undoBytes(), 0]);
    assert.equal(await previous().usedBytes(), kept.bytes);
    const history = await reportOf('workflowHistory');
    const files = (await rig.parts.files.usage()).reduce((sum, { planBytes }) => sum + planBytes, 0);
    assert.ok(history.bytes > files && files > items, `${history.bytes} bytes, ${files} of them plans`);
  });

  it('goes with a purge of them, gives its room back at once, and comes back with its undo', async () => {
    const digest = await box.cli('debug', 'digest');
    const runId = await finished();
    const { purgeId, rows } = await purge('keySnapshots');
    assert.equal(rows, 1);
    assert.equal(await previous().usedBytes(), 0);
    assert.deepEqual(await previous().list({ connectionId: 'uid-test', key: utf8('tmp:1:1'), limit: 10 }), []);
    const run = await rig.service.run(runId);
    assert.deepEqual([run?.state, run?.can.undo, run?.can.rerun], ['completed', false, true]);
    await assert.rejects(rig.service.undo({ runId }), (error) => {
      assert.ok(isFailure(error, 'CONFLICT'));
      assert.equal(error.details?.['rule'], 'undoPurged');
      return true;
    });
    await retention.undoPurge(purgeId);
    assert.equal((await rig.service.run(runId))?.can.undo, true);
    assert.equal(await previous().usedBytes(), await undoBytes());
    assert.deepEqual(await rig.service.undo({ runId }), { restored: items, conflicts: 0 });
    assert.equal(await box.cli('debug', 'digest'), digest);
  });

  it('leaves its file when the purge is over, and the run and its plan stay', async () => {
    const runId = await finished();
    await purge('keySnapshots');
    await retention.sweep(true);
    const [files] = await rig.parts.files.usage();
    assert.equal(files?.undoBytes, 0);
    assert.ok((files?.planBytes ?? 0) > 0);
    assert.equal((await rig.service.run(runId))?.can.undo, false);
    assert.equal((await reportOf('keySnapshots')).rows, 0);
    assert.equal((await reportOf('workflowHistory')).rows, 1);
  });

  it('of a run that can be resumed is pinned, and of a purged run is gone with all its files', async () => {
    const paused = await startAndPause(rig.service, await planned());
    assert.equal(paused.state, 'paused_user');
    const kept = await reportOf('keySnapshots');
    assert.deepEqual(
      [kept.rows, kept.pinnedBytes, kept.pinned.map(({ reason }) => reason)],
      [1, await undoBytes(), ['resumableRun']],
    );
    assert.equal((await purge('keySnapshots')).rows, 0);
    await rig.service.cancel(paused.id);
    assert.equal((await purge('keySnapshots')).rows, 1);
    assert.equal((await purge('workflowHistory')).rows, 1);
    await retention.sweep(true);
    assert.deepEqual(await rig.parts.files.usage(), []);
  });
});
