// What a run kept for its undo stands among the previous values of each key, and one of them can be restored alone.
import assert from 'node:assert/strict';
import { restoreSnapshot } from '../../../src/app/keys/restore.ts';
import type { KeysParts } from '../../../src/app/keys/parts.ts';
import { withRunSnapshots } from '../../../src/app/workflows/runSnapshots.ts';
import { utf8 } from '../../../src/domain/bytes.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { workflowRig, type WorkflowRig } from '../../support/workflowRig.ts';
import { fillSix } from '../../support/workflowSamples.ts';

describe('previous values that runs keep', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: WorkflowRig;
  let keys: KeysParts;

  before(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'yes'] });
  });
  after(() => box.stop());
  beforeEach(async () => {
    await box.cli('flushall');
    await box.cli('eval', fillSix(3000), '0');
    rig = await workflowRig({ directory: ownFolder('cachify-run-snapshots-'), definition: { port: box.port } });
    const { parts, stores } = rig;
    keys = { ...parts, snapshots: withRunSnapshots(parts, stores.snapshots) };
  });
  afterEach(() => rig.close());

  async function run(pattern: string): Promise<string> {
    const { service } = rig;
    const plan = await service.plan({ connectionId: 'test', kind: 'deleteByPattern', parameters: { pattern } });
    await service.start({ runId: plan.runId });
    assert.equal((await service.wait(plan.runId)).state, 'completed');
    return plan.runId;
  }

  const list = (key: string) => keys.snapshots.list({ connectionId: 'uid-test', key: utf8(key), limit: 10 });

  it('are listed for their key, newest first, and bring back type, value and expiry', async () => {
    const names = ['tmp:0:2400', 'tmp:1:1', 'tmp:2:2'];
    const before = await Promise.all(
      names.map(async (name) => [await box.cli('dump', name), await box.cli('pexpiretime', name)]),
    );
    const runId = await run('tmp:*');
    assert.deepEqual(await list('keep:1'), []);
    for (const [at, name] of names.entries()) {
      const [found, ...others] = await list(name);
      assert.deepEqual(
        [found?.reason, found?.runId, found?.connectionId, others.length],
        ['workflow', runId, 'uid-test', 0],
      );
      await restoreSnapshot(keys, { snapshotId: found?.id ?? '' });
      assert.deepEqual([await box.cli('dump', name), await box.cli('pexpiretime', name)], before[at]);
    }
    assert.equal(await box.cli('dbsize'), '4');
    await run('tmp:1:*');
    const twice = await list('tmp:1:1');
    assert.equal(twice.length, 2);
    assert.ok((twice[0]?.takenAt ?? '') >= (twice[1]?.takenAt ?? ''));
  });

  it('count towards the budget once, and go with the files of their run', async () => {
    const runId = await run('tmp:*');
    const bytes = await keys.snapshots.usedBytes();
    const files = await rig.parts.files.usage();
    assert.deepEqual(
      files.map(({ undoBytes }) => undoBytes),
      [bytes],
    );
    assert.ok(bytes > 3000 * 10);
    const [found] = await list('tmp:1:1');
    await rig.parts.files.remove(runId);
    assert.deepEqual(await list('tmp:1:1'), []);
    await assert.rejects(restoreSnapshot(keys, { snapshotId: found?.id ?? '' }), (error) =>
      isFailure(error, 'VALIDATION_ERROR'),
    );
  });

  it('are not there for keys that had no value before', async () => {
    const { service } = rig;
    const entries = [{ key: 'new:1', value: 'x' }];
    const plan = await service.plan({ connectionId: 'test', kind: 'warmupSet', parameters: { entries } });
    await service.start({ runId: plan.runId });
    await service.wait(plan.runId);
    assert.deepEqual(await list('new:1'), []);
  });
});
