// What stands between a run and its doing harm: tokens, twins, windows, budgets; and warm-up files as people have them.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { WorkflowParts } from '../../../src/app/workflows/parts.ts';
import { isFailure, type FailureCode } from '../../../src/domain/failure.ts';
import { unruled, type Ruling } from '../../../src/domain/governance/decision.ts';
import { startAndPause } from '../../support/pausedRun.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { waitFor } from '../../support/waiting.ts';
import { workflowRig, type RigOptions, type WorkflowRig } from '../../support/workflowRig.ts';
import { fillSix } from '../../support/workflowSamples.ts';
import { systemClock } from '../../support/systemClock.ts';

const hour = 3_600_000;
const deletion = { connectionId: 'test', kind: 'deleteByPattern', parameters: { pattern: 'tmp:*' } } as const;

/** Parts whose clock can be moved, and whose policies open a window at a time that can be moved too. */
class Surroundings {
  shiftMs = 0;
  /** null = no window is asked for. */
  opensAtMs: number | null = null;
  /** Asks by action. */
  readonly asked: string[] = [];

  wrap = (parts: WorkflowParts): WorkflowParts => {
    const ruled = (question: { readonly action: string; readonly at: string }): Promise<Ruling> => {
      this.asked.push(question.action);
      const { at } = question;
      const opens = this.opensAtMs;
      if (opens === null || Date.parse(at) >= opens || question.action === 'workflows.plan')
        return Promise.resolve(unruled(at));
      const violation = { packId: 'p', packName: 'Nights', rule: 'executionWindows', message: 'closed' } as const;
      const decision = { allowed: false, violations: [violation], nextOpening: new Date(opens).toISOString(), at };
      return Promise.resolve({ ...unruled(at), decision, packIds: ['p'], windowId: 'w' });
    };
    const refusing = async (question: { readonly action: string; readonly at: string }): Promise<Ruling> =>
      ruled(question);
    return {
      ...parts,
      clock: { ...systemClock, wallMs: () => systemClock.wallMs() + this.shiftMs },
      governance: { rule: refusing, foresee: ruled },
    };
  };
}

describe('guards of a run', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: WorkflowRig;
  let around: Surroundings;

  before(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'yes'] });
  });
  after(() => box.stop());
  beforeEach(async () => {
    await box.cli('flushall');
    around = new Surroundings();
  });
  afterEach(() => rig.close());

  async function open(options: Partial<RigOptions> = {}): Promise<WorkflowRig['service']> {
    const directory = ownFolder('cachify-guards-');
    rig = await workflowRig({ directory, definition: { port: box.port }, wrap: around.wrap, ...options });
    return rig.service;
  }

  const refused = (call: Promise<unknown>, code: FailureCode, rule?: string): Promise<void> =>
    assert.rejects(call, (error) => {
      assert.ok(isFailure(error, code), String(error));
      if (rule !== undefined) assert.equal(error.details?.['rule'], rule, error.message);
      return true;
    });

  /** A run that was paused with work left. */
  async function paused(): Promise<{ readonly id: string; readonly token: string }> {
    await box.cli('eval', fillSix(6000), '0');
    const { service } = rig;
    const plan = await service.plan(deletion);
    const run = await startAndPause(service, plan.runId);
    assert.equal(run.state, 'paused_user');
    return { id: run.id, token: run.checkpointToken ?? '' };
  }

  describe('checkpoint tokens', () => {
    it('are refused when any part is altered, and nothing is begun', async () => {
      const service = await open();
      const { id, token } = await paused();
      const left = await box.cli('dbsize');
      const parts = token.split('.');
      for (const at of parts.keys()) {
        const altered = parts.map((part, index) => (index === at ? `${part}0` : part)).join('.');
        await refused(service.resume({ runId: id, token: altered }), 'VALIDATION_ERROR');
      }
      assert.equal(await box.cli('dbsize'), left);
      assert.equal((await service.run(id))?.resumedByExecutionId, undefined);
    });

    it('are refused after 14 days, while the run itself can be resumed', async () => {
      const service = await open();
      const { id, token } = await paused();
      around.shiftMs = 14 * 24 * hour + 1000;
      await refused(service.resume({ runId: id, token }), 'VALIDATION_ERROR', 'expired');
      const resumed = await service.resume({ runId: id });
      assert.equal((await service.wait(resumed.id)).counts.done, 6000);
    });

    it('are refused when a newer checkpoint exists, and answer the same run for the same wish', async () => {
      const service = await open();
      const { id, token } = await paused();
      const second = await service.resume({ runId: id, token });
      // The same wish again within 15 minutes is the same run; later it is a token that was used.
      assert.equal((await service.resume({ runId: id, token })).id, second.id);
      const ended = await service.pause(second.id).catch(() => service.wait(second.id));
      around.shiftMs = 16 * 60_000;
      await refused(service.resume({ runId: id, token }), 'CONFLICT', 'resumedBy');
      if (ended.state === 'paused_user' && ended.checkpointToken !== token)
        await refused(service.resume({ runId: second.id, token }), 'VALIDATION_ERROR');
    });
  });

  it('a plan whose file was changed or is gone is refused before anything is touched', async () => {
    const service = await open();
    await box.cli('eval', fillSix(300), '0');
    const plan = await service.plan(deletion);
    const path = join(rig.directory, 'runs', plan.runId, 'plan.bin');
    assert.equal((await service.planItems({ runId: plan.runId })).items.length, 200);
    const bytes = readFileSync(path);
    // One letter of one key: another key would be deleted.
    const at = bytes.indexOf('tmp:0:3') + 'tmp:0:'.length;
    writeFileSync(path, Buffer.concat([bytes.subarray(0, at), Buffer.from('9'), bytes.subarray(at + 1)]));
    await refused(service.planItems({ runId: plan.runId }), 'CONFLICT', 'planHash');
    await refused(service.start({ runId: plan.runId }), 'CONFLICT', 'planHash');
    rmSync(path);
    await refused(service.start({ runId: plan.runId }), 'CONFLICT', 'planHash');
    assert.equal(await box.cli('dbsize'), '301');
    const again = await service.rerun({ runId: plan.runId });
    assert.equal(again.count, 300);
  });

  it('a twin of a running run is refused, and may run afterwards', async () => {
    const service = await open();
    await box.cli('eval', fillSix(6000), '0');
    const [first, second] = [await service.plan(deletion), await service.plan(deletion)];
    await service.start({ runId: first.runId });
    await refused(service.start({ runId: second.runId }), 'CONFLICT', 'duplicate');
    assert.equal((await service.wait(first.runId)).state, 'completed');
    await service.start({ runId: second.runId });
    const run = await service.wait(second.runId);
    assert.deepEqual([run.state, run.counts.skippedMissing], ['completed', 6000]);
  });

  it('every batch asks for a decision before its intent', async () => {
    const service = await open();
    await box.cli('eval', fillSix(2000), '0');
    const plan = await service.plan(deletion);
    await service.start({ runId: plan.runId });
    await service.wait(plan.runId);
    const intents = (await rig.parts.store.events(plan.runId)).filter(({ event }) => event.kind === 'intended').length;
    const asked = around.asked.filter((action) => action === 'workflows.batch').length;
    assert.ok(intents > 3 && asked >= intents, `${asked} decisions for ${intents} batches`);
  });

  describe('a schedule', () => {
    async function scheduled(opensInMs: number): Promise<string> {
      const service = await open();
      await box.cli('eval', fillSix(300), '0');
      const plan = await service.plan(deletion);
      around.opensAtMs = systemClock.wallMs() + opensInMs;
      const run = await service.schedule({ runId: plan.runId });
      assert.equal(run.state, 'paused_window');
      assert.equal(run.error?.details?.['nextOpening'], new Date(around.opensAtMs).toISOString());
      return plan.runId;
    }

    /** Looks once for what is due, as the window does every few seconds. */
    async function look(until: () => Promise<unknown>): Promise<void> {
      const watching = rig.service.watch();
      try {
        await waitFor('what is due', 30_000, async () => (await until()) !== false);
      } finally {
        watching.dispose();
      }
    }

    it('runs once when the window opens, and not before', async () => {
      const id = await scheduled(2 * hour);
      const { service } = rig;
      let looked = around.asked.length;
      await look(() => Promise.resolve(true));
      await look(() => Promise.resolve(true));
      assert.equal(await box.cli('dbsize'), '301');
      around.shiftMs = 2 * hour + 1000;
      looked = around.asked.length;
      await look(async () => (await service.run(id))?.state === 'completed');
      assert.ok(around.asked.length > looked);
      assert.equal(await box.cli('dbsize'), '1');
      // Found again, it is not begun again.
      await box.cli('eval', fillSix(300), '0');
      await look(() => Promise.resolve(true));
      assert.equal((await service.runs()).length, 1);
      assert.equal(await box.cli('dbsize'), '301');
    });

    it('is planned anew when its plan is older than 24 hours', async () => {
      const id = await scheduled(30 * hour);
      const { service } = rig;
      await box.cli('set', 'tmp:late', 'came after the first plan');
      around.shiftMs = 30 * hour + 1000;
      await look(async () =>
        (await service.runs()).some(({ state, id: other }) => state === 'completed' && other !== id),
      );
      const [newest, first] = await service.runs();
      assert.equal(first?.id, id);
      assert.equal(first.state, 'aborted');
      assert.match(first.error?.message ?? '', /24 hours/);
      assert.equal(newest?.counts.done, 301);
      assert.equal(await box.cli('dbsize'), '1');
    });

    it('lets missed openings collapse into the next one', async () => {
      const id = await scheduled(hour);
      const { service } = rig;
      // Closed over three openings; it is shut again now and opens once more in an hour.
      around.shiftMs = 4 * hour;
      around.opensAtMs = systemClock.wallMs() + 5 * hour;
      const next = new Date(around.opensAtMs).toISOString();
      await look(async () => (await service.run(id))?.error?.details?.['nextOpening'] === next);
      assert.equal(await box.cli('dbsize'), '301');
      around.shiftMs = 5 * hour + 1000;
      await look(async () => (await service.run(id))?.state === 'completed');
      const starts = (await rig.parts.store.events(id)).filter(({ event }) => event.kind === 'started');
      assert.equal(starts.length, 1);
    });

    it('is ended by Cancel', async () => {
      const id = await scheduled(hour);
      assert.equal((await rig.service.cancel(id)).state, 'aborted');
      around.shiftMs = 2 * hour;
      await look(() => Promise.resolve(true));
      assert.equal(await box.cli('dbsize'), '301');
    });
  });

  it('over the budget for undo, starting asks for the name and undo restores what was kept', async () => {
    const service = await open({ snapshotBudgetMb: 1 });
    // Values that DUMP cannot compress.
    const fill = `for i=1,400 do local t={} for j=1,100 do t[j]=redis.sha1hex(i..':'..j) end
      redis.call('SET','tmp:'..i,table.concat(t)) end return 1`;
    await box.cli('eval', fill, '0');
    const plan = await service.plan(deletion);
    assert.equal(plan.confirm, 'Test');
    assert.ok(
      plan.confirmReasons.some((reason) => /undo/i.test(reason)),
      plan.confirmReasons.join(),
    );
    await refused(service.start({ runId: plan.runId }), 'BLOCKED');
    await service.start({ runId: plan.runId, confirm: 'Test' });
    const run = await service.wait(plan.runId);
    assert.deepEqual([run.state, run.counts.done], ['completed', 400]);
    const { restored } = await service.undo({ runId: run.id, confirm: 'Test' });
    assert.ok(restored > 0 && restored < 400, String(restored));
    assert.equal(await box.cli('dbsize'), String(restored));
  });

  describe('warm-up files', () => {
    const files = {
      'list.json': JSON.stringify([
        { key: 'w:a', value: 'one, "two"', ttlSeconds: 900 },
        { key: 'w:é', value: 'ü' },
        { key: { base64: '//4A' }, value: { base64: 'AAE=' } },
      ]),
      'object.json': '\uFEFF{"w:a":"one","w:b":"two"}',
      'table.csv': 'key,value,ttlSeconds\r\n"w:a","one, ""two""",900\r\nw:é,ü,\r\n"w:lines","a\nb",60\r\n',
    };
    for (const [name, text] of Object.entries(files)) {
      it(`${name}: planned, set, undone; planned again from its own items`, async () => {
        const service = await open();
        const path = join(ownFolder('cachify-entries-'), name);
        writeFileSync(path, text);
        const before = await box.cli('debug', 'digest');
        const parameters = { file: pathToFileURL(path).href };
        const plan = await service.plan({ connectionId: 'test', kind: 'warmupSet', parameters });
        const size = name === 'object.json' ? 2 : 3;
        assert.equal(plan.count, size);
        await service.start({ runId: plan.runId });
        assert.equal((await service.wait(plan.runId)).counts.done, size);
        assert.equal(await box.cli('get', 'w:a'), name === 'object.json' ? 'one' : 'one, "two"');
        if (name === 'table.csv') assert.equal(await box.cli('get', 'w:lines'), 'a\nb');
        if (name !== 'object.json') assert.ok(Number(await box.cli('ttl', 'w:a')) > 800);
        if (name === 'list.json')
          assert.deepEqual(await box.cliBytes('get', new Uint8Array([0xff, 0xfe, 0])), Buffer.from([0, 1]));
        assert.deepEqual(await service.undo({ runId: plan.runId }), { restored: size, conflicts: 0 });
        assert.equal(await box.cli('debug', 'digest'), before);
        writeFileSync(path, 'gone');
        assert.equal((await service.rerun({ runId: plan.runId })).count, size);
      });
    }

    it('name the line that is wrong, and what is no file', async () => {
      const service = await open();
      const path = join(ownFolder('cachify-entries-'), 'bad.csv');
      writeFileSync(path, 'key,value\nw:a\n');
      const plan = (file: string) => service.plan({ connectionId: 'test', kind: 'warmupSet', parameters: { file } });
      await assert.rejects(plan(path), (error) => isFailure(error, 'VALIDATION_ERROR') && /2/.test(error.message));
      await refused(plan(`${path}.none`), 'VALIDATION_ERROR');
      await refused(plan('bad.csv'), 'VALIDATION_ERROR');
      assert.deepEqual(await service.runs(), []);
    });
  });
});
