import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import { startAndPause } from '../../support/pausedRun.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { workflowRig, type WorkflowRig } from '../../support/workflowRig.ts';
import { fillSix } from '../../support/workflowSamples.ts';

describe('workflows on a real server and store', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: WorkflowRig;

  beforeEach(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'yes'] });
    rig = await workflowRig({ directory: ownFolder('cachify-workflows-'), definition: { port: box.port } });
  });
  afterEach(async () => {
    await rig.close();
    await box.stop();
  });

  const digest = (): Promise<string> => box.cli('debug', 'digest');

  it('plans exactly what matches, by type and folder, and changes nothing', async () => {
    await box.cli('eval', fillSix(600), '0');
    const before = await digest();
    const plan = await rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    assert.equal(plan.count, 600);
    assert.equal(plan.typesExact, true);
    assert.deepEqual(new Set(plan.byType.map(({ count }) => count)), new Set([100]));
    assert.deepEqual(plan.byFolder.map(({ name, count }) => `${name} ${count}`).sort(), [
      'tmp:0: 200',
      'tmp:1: 200',
      'tmp:2: 200',
    ]);
    assert.match(plan.hash, /^[0-9a-f]{64}$/);
    assert.equal(plan.decision.allowed, true);
    const pages: string[] = [];
    for (let cursor: string | undefined = '0'; cursor !== undefined;) {
      const page: Awaited<ReturnType<typeof rig.service.planItems>> = await rig.service.planItems({
        runId: plan.runId,
        cursor,
        limit: 250,
      });
      pages.push(...page.items.map(({ name }) => name));
      ({ cursor } = page);
    }
    assert.equal(new Set(pages).size, 600);
    assert.equal(await digest(), before);
  });

  it('deletes what was planned and nothing else, and undo brings all six types back', async () => {
    await box.cli('eval', fillSix(10_000), '0');
    const before = await digest();
    const plan = await rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    await box.cli('set', 'tmp:late', 'not planned');
    const started = await rig.service.start({ runId: plan.runId });
    assert.equal(started.state === 'running' || started.state === 'completed', true);
    const run = await rig.service.wait(plan.runId);
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.equal(run.counts.done, 10_000);
    assert.equal(await box.cli('dbsize'), '2');
    await box.cli('del', 'tmp:late');
    const undone = await rig.service.undo({ runId: plan.runId });
    assert.deepEqual(undone, { restored: 10_000, conflicts: 0 });
    assert.equal(await digest(), before);
    assert.equal((await rig.service.run(plan.runId))?.undone, true);
  });

  it('skips what is missing or retyped, and undo leaves what somebody changed', async () => {
    await box.cli('eval', fillSix(300), '0');
    const plan = await rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    await box.cli('del', 'tmp:0:6', 'tmp:0:12');
    await box.cli('eval', "redis.call('DEL','tmp:0:18') redis.call('LPUSH','tmp:0:18','x') return 1", '0');
    await rig.service.start({ runId: plan.runId });
    const run = await rig.service.wait(plan.runId);
    assert.equal(run.state, 'completed');
    assert.deepEqual(
      { done: run.counts.done, missing: run.counts.skippedMissing, conflict: run.counts.skippedConflict },
      { done: 297, missing: 2, conflict: 1 },
    );
    assert.equal(await box.cli('type', 'tmp:0:18'), 'list');
    await box.cli('set', 'tmp:0:24', 'somebody else');
    assert.deepEqual(await rig.service.undo({ runId: plan.runId }), { restored: 296, conflicts: 1 });
    assert.equal(await box.cli('get', 'tmp:0:24'), 'somebody else');
  });

  it('sets absolute expiries, in each mode, and undo gives back the old ones', async () => {
    await box.cli('eval', fillSix(400), '0');
    for (const [mode, expected] of [
      ['all', 400],
      ['missing', 300],
      ['longer', 100],
    ] as const) {
      const plan = await rig.service.plan({
        connectionId: 'test',
        kind: 'ttlNormalize',
        parameters: { pattern: 'tmp:*', ttlSeconds: 600, mode, jitterPercent: 5 },
      });
      assert.equal(plan.count, expected, mode);
      const expiries = await box.cli(
        'eval',
        "local s='' for i=1,400 do s=s..redis.call('PEXPIRETIME','tmp:'..(i%3)..':'..i)..',' end return s",
        '0',
      );
      await rig.service.start({ runId: plan.runId });
      const run = await rig.service.wait(plan.runId);
      assert.equal(run.state, 'completed');
      assert.equal(run.counts.done, expected);
      const ttl = Number(await box.cli('pttl', mode === 'missing' ? 'tmp:1:1' : 'tmp:1:4'));
      assert.ok(ttl > 560_000 && ttl < 640_000, String(ttl));
      assert.deepEqual(await rig.service.undo({ runId: plan.runId }), { restored: expected, conflicts: 0 });
      assert.equal(
        await box.cli(
          'eval',
          "local s='' for i=1,400 do s=s..redis.call('PEXPIRETIME','tmp:'..(i%3)..':'..i)..',' end return s",
          '0',
        ),
        expiries,
      );
    }
  });

  it('warms up without touching what exists, with values in no plain file, and undoes it', async () => {
    await box.cli('set', 'w:1', 'old');
    const before = await digest();
    const entries = Array.from({ length: 250 }, (_, i) => ({
      key: `w:${i}`,
      value: `secret-${i}`,
      ttlSeconds: i + 100,
    }));
    const plan = await rig.service.plan({ connectionId: 'test', kind: 'warmupSet', parameters: { entries } });
    assert.equal(plan.count, 249);
    assert.deepEqual(plan.leftOut, [{ name: 'exists already', count: 1 }]);
    await box.cli('set', 'w:7', 'came later');
    await rig.service.start({ runId: plan.runId });
    const run = await rig.service.wait(plan.runId);
    assert.deepEqual([run.state, run.counts.done, run.counts.skippedConflict], ['completed', 248, 1]);
    assert.equal(await box.cli('get', 'w:9'), 'secret-9');
    assert.equal(await box.cli('get', 'w:1'), 'old');
    await box.cli('del', 'w:7');
    assert.deepEqual(await rig.service.undo({ runId: plan.runId }), { restored: 248, conflicts: 0 });
    assert.equal(await digest(), before);
    assert.ok(!JSON.stringify(await rig.parts.store.events(plan.runId)).includes('secret-'));
  });

  it('refuses what guardrails forbid, naming what to type', async () => {
    await box.cli('eval', fillSix(30), '0');
    const plan = await rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: '*' },
    });
    assert.equal(plan.confirm, 'Test');
    await assert.rejects(
      rig.service.start({ runId: plan.runId }),
      (error) => isFailure(error, 'BLOCKED') && error.details?.confirm === 'Test',
    );
    rig.active = { ...rig.active, readOnlyNow: true };
    const planning = rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    await assert.rejects(planning, (error) => isFailure(error, 'BLOCKED'));
    rig.active = { ...rig.active, readOnlyNow: false };
    await rig.service.start({ runId: plan.runId, confirm: 'Test' });
    await assert.rejects(rig.service.start({ runId: plan.runId, confirm: 'Test' }), (error) =>
      isFailure(error, 'CONFLICT'),
    );
    assert.equal((await rig.service.wait(plan.runId)).state, 'completed');
  });

  it('pauses, refuses what the state does not allow, and resumes to the same end', async () => {
    await box.cli('eval', fillSix(9000), '0');
    const plan = await rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    const paused = await startAndPause(rig.service, plan.runId);
    assert.equal(paused.state, 'paused_user');
    assert.ok(paused.counts.done < 9000 && paused.can.resume);
    const token = paused.checkpointToken ?? '';
    const tampered = token.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await assert.rejects(rig.service.resume({ runId: plan.runId, token: tampered }), (error) =>
      isFailure(error, 'VALIDATION_ERROR'),
    );
    const two = await Promise.allSettled([
      rig.service.resume({ runId: plan.runId }),
      rig.service.resume({ runId: plan.runId }),
    ]);
    assert.deepEqual(two.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const won = two.find(({ status }) => status === 'fulfilled');
    const id = won?.status === 'fulfilled' ? won.value.id : '';
    const again = await rig.service.resume({ runId: plan.runId, token });
    assert.equal(again.id, id);
    const run = await rig.service.wait(id);
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.equal(run.counts.done, 9000);
    assert.equal(run.resumedFromExecutionId, plan.runId);
    assert.deepEqual(
      run.attempts.map(({ runId }) => runId),
      [plan.runId, id],
    );
    assert.equal((await rig.service.undo({ runId: id })).restored, 9000);
  });
});
