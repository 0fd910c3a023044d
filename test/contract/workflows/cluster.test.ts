// Workflows on a real cluster of three masters: the plan is all of it, each slot is a transaction of its own, and slots
// may move in the middle.
import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import { slotOf } from '../../../src/domain/redis/slot.ts';
import { buildChild, runChild } from '../../support/killedRun.ts';
import { ownFolder } from '../../support/processes.ts';
import type { RedisBox } from '../../support/redisBox.ts';
import { startCluster, type RedisCluster } from '../../support/redisCluster.ts';
import { storeBuild } from '../../support/storeBuild.ts';
import { waitFor } from '../../support/waiting.ts';
import { workflowRig, type RigOptions, type WorkflowRig } from '../../support/workflowRig.ts';

const deletion = { connectionId: 'test', kind: 'deleteByPattern', parameters: { pattern: 'tmp:*' } } as const;

describe('workflows on a cluster', function () {
  this.timeout(180_000);
  let cluster: RedisCluster;
  const rigs: WorkflowRig[] = [];

  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());
  beforeEach(async () => {
    for (const box of cluster.boxes) await box.cli('flushall');
  });
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
  });

  async function open(options: Partial<RigOptions> = {}): Promise<WorkflowRig> {
    const rig = await workflowRig({
      directory: ownFolder('cachify-cluster-'),
      ...options,
      definition: { cluster: { nodes: cluster.nodes }, ...options.definition },
    });
    rigs.push(rig);
    return rig;
  }

  /** The box that serves the slot now. */
  async function ownerOf(slot: number): Promise<RedisBox> {
    for (const box of cluster.boxes) {
      const keys = await box.cli('cluster', 'countkeysinslot', String(slot));
      const mine = (await box.cli('cluster', 'nodes')).split('\n').find((line) => line.includes('myself')) ?? '';
      const ranges = mine.split(' ').slice(8);
      const serves = ranges.some((range) => {
        const [from = '', to = from] = range.split('-');
        return !range.startsWith('[') && slot >= Number(from) && slot <= Number(to);
      });
      if (serves && keys !== '') return box;
    }
    throw new Error(`nobody serves ${slot}`);
  }

  /** Keys of six types over all slots, every fourth with an expiry, some together in one slot; and one that is no item. */
  async function fill(count: number): Promise<void> {
    const rig = await open();
    const commands = Array.from({ length: count }, (_, i): [string, ...string[]][] => {
      const key = i % 10 === 0 ? `tmp:{same}:${i}` : `tmp:${i % 3}:${i}`;
      const value: [string, ...string[]] =
        i % 6 === 0
          ? ['SET', key, `v${i}`]
          : i % 6 === 1
            ? ['HSET', key, 'f', String(i)]
            : i % 6 === 2
              ? ['RPUSH', key, String(i), 'a']
              : i % 6 === 3
                ? ['SADD', key, String(i)]
                : i % 6 === 4
                  ? ['ZADD', key, String(i), 'm']
                  : ['XADD', key, `1-${i + 1}`, 'f', 'v'];
      return i % 4 === 0 ? [value, ['PEXPIREAT', key, String(4_102_444_800_000 + i)]] : [value];
    }).flat();
    const options = { deadlineMs: 20_000, maxReplyBytes: 8 << 20 };
    for (const outcome of await rig.session.send([...commands, ['SET', 'keep:1', 'x']], options))
      assert.equal(outcome.kind, 'reply');
  }

  const sizes = async (): Promise<number[]> =>
    Promise.all(cluster.boxes.map(async (box) => Number(await box.cli('dbsize'))));
  const size = async (): Promise<number> => (await sizes()).reduce((sum, each) => sum + each, 0);
  /** Of the whole data, whichever node holds it. */
  async function digest(): Promise<string> {
    const parts = await Promise.all(
      cluster.boxes.map(async (box) => {
        const found = await box.cli(
          'eval',
          `local all={} for _,key in ipairs(redis.call('KEYS','*')) do
             all[#all+1]=key..' '..redis.sha1hex(redis.call('DUMP',key))..' '..redis.call('PEXPIRETIME',key) end
           return table.concat(all,'|')`,
          '0',
        );
        return found === '' ? [] : found.split('|');
      }),
    );
    return parts.flat().sort().join('\n');
  }

  /**
   * Moves a slot with its keys to the next node, as a reshard does. MIGRATE sends expiries as time left, which makes
   * them later by as long as it takes; they are set back, so that a digest shows only what the product did.
   */
  async function move(slot: number): Promise<void> {
    const from = await ownerOf(slot);
    const to = cluster.boxes[(cluster.boxes.indexOf(from) + 1) % 3];
    assert.ok(to !== undefined);
    const [fromId, toId] = [await from.cli('cluster', 'myid'), await to.cli('cluster', 'myid')];
    await to.cli('cluster', 'setslot', String(slot), 'importing', fromId);
    await from.cli('cluster', 'setslot', String(slot), 'migrating', toId);
    const expiries = new Map<string, string>();
    for (;;) {
      const keys = (await from.cli('cluster', 'getkeysinslot', String(slot), '100')).split('\n').filter(Boolean);
      if (keys.length === 0) break;
      for (const key of keys) expiries.set(key, await from.cli('pexpiretime', key));
      await from.cli('migrate', '127.0.0.1', String(to.port), '', '0', '5000', 'keys', ...keys);
    }
    for (const box of [to, from, ...cluster.boxes]) await box.cli('cluster', 'setslot', String(slot), 'node', toId);
    for (const [key, at] of expiries) if (Number(at) > 0) await to.cli('pexpireat', key, at, 'xx');
  }

  it('plans the union of the nodes, deletes it and nothing else, and undo brings every type back', async () => {
    await fill(600);
    const before = await digest();
    assert.ok((await sizes()).every((each) => each > 100));
    const { service } = await open();
    const plan = await service.plan(deletion);
    assert.equal(plan.count, 600);
    assert.equal(await digest(), before, 'a plan changes nothing');
    await service.start({ runId: plan.runId });
    const run = await service.wait(plan.runId);
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.deepEqual([run.counts.done, run.counts.failed, run.counts.skipped], [600, 0, 0]);
    assert.equal(await size(), 1);
    assert.deepEqual(await service.undo({ runId: run.id }), { restored: 600, conflicts: 0 });
    assert.equal(await digest(), before);
  });

  it('without undo, and for expiries and warm-ups, too', async () => {
    await fill(600);
    const { service } = await open({ definition: { undo: false } });
    const entries = Array.from({ length: 200 }, (_, i) => ({ key: `warm:${i}`, value: `v${i}` }));
    for (const query of [
      {
        connectionId: 'test',
        kind: 'ttlNormalize',
        parameters: { pattern: 'tmp:*', ttlSeconds: 7200, mode: 'missing' },
      } as const,
      { connectionId: 'test', kind: 'warmupSet', parameters: { entries } } as const,
      deletion,
    ]) {
      const plan = await service.plan(query);
      await service.start({ runId: plan.runId });
      const run = await service.wait(plan.runId);
      assert.equal(run.state, 'completed', JSON.stringify(run.error));
      assert.equal(run.counts.done, plan.count);
      assert.equal(plan.count, { ttlNormalize: 450, warmupSet: 200, deleteByPattern: 600 }[query.kind]);
    }
    assert.equal(await size(), 201);
  });

  it('killed at any point of its protocol and resumed by another process, it ends the same; undo is whole', async () => {
    const program = await buildChild();
    const store = await storeBuild();
    const runUntil = (directory: string, point: number) =>
      runChild(program, {
        directory,
        server: cluster.nodes.join(','),
        kind: 'delete',
        point,
        store,
        planned: () => Promise.resolve(),
      });
    const resumable = (directory: string) => open({ directory, build: store });
    await fill(150);
    const before = await digest();
    const wholeDirectory = ownFolder('cachify-cluster-');
    const whole = await runUntil(wholeDirectory, 0);
    assert.ok(whole.counts && whole.crossed > 60, `only ${whole.crossed} points`);
    await (await resumable(wholeDirectory)).service.undo({ runId: whole.runId });
    assert.equal(await digest(), before);
    const step = process.env['FAULTS'] === 'long' ? 1 : Math.ceil(whole.crossed / 8);
    const from = Number(process.env['PIECE_FROM'] ?? 2);
    const to = Math.min(whole.crossed - 1, Number(process.env['PIECE_TO'] ?? Infinity));
    for (let point = from; point <= to; point += step) {
      const directory = ownFolder('cachify-cluster-');
      const { runId, killed } = await runUntil(directory, point);
      assert.ok(killed, `point ${point} of ${whole.crossed}`);
      const { service } = await resumable(directory);
      const found = await service.run(runId);
      let end = found?.counts;
      if (found?.state === 'interrupted') {
        const resumed = await service.resume({ runId });
        const run = await service.wait(resumed.id);
        assert.equal(run.state, 'completed', `point ${point}: ${JSON.stringify(run.error)}`);
        end = run.counts;
      } else if (found?.state === 'planned') {
        await service.start({ runId });
        end = (await service.wait(runId)).counts;
      }
      assert.deepEqual(end, whole.counts, `point ${point}`);
      assert.equal(await size(), 1, `point ${point}`);
      await service.undo({ runId });
      assert.equal(await digest(), before, `point ${point}`);
    }
  });

  it('a slot that moves in the middle: its keys are found on their new node, by the run and by the undo', async () => {
    await fill(600);
    const before = await digest();
    const slots = [slotOf(Buffer.from('tmp:{same}:0')), slotOf(Buffer.from('tmp:1:1')), slotOf(Buffer.from('tmp:2:2'))];
    let batches = 0;
    let moved = 0;
    const rig = await open({
      wrap: (parts) => ({
        ...parts,
        governance: {
          foresee: (question) => parts.governance.foresee(question),
          async rule(question) {
            const isAct = question.action === 'workflows.batch' || question.action === 'workflows.undo';
            if (isAct && ++batches % 2 === 0 && moved < slots.length * 2) {
              await move(slots[moved % slots.length] ?? 0);
              moved += 1;
            }
            return parts.governance.rule(question);
          },
        },
      }),
    });
    const plan = await rig.service.plan(deletion);
    await rig.service.start({ runId: plan.runId });
    const run = await rig.service.wait(plan.runId);
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.equal(run.counts.done, 600);
    assert.ok(moved >= 2, `${moved} slots moved`);
    assert.equal(await size(), 1);
    assert.deepEqual(await rig.service.undo({ runId: plan.runId }), { restored: 600, conflicts: 0 });
    assert.ok(moved >= 4, `${moved} slots moved`);
    assert.equal(await digest(), before);
  });

  it('waits for a slot that is half moved (ASK)', async () => {
    await fill(100);
    const slot = slotOf(Buffer.from('tmp:{same}:0'));
    const from = await ownerOf(slot);
    const to = cluster.boxes[(cluster.boxes.indexOf(from) + 1) % 3];
    assert.ok(to !== undefined);
    const [fromId, toId] = [await from.cli('cluster', 'myid'), await to.cli('cluster', 'myid')];
    const { service } = await open();
    const plan = await service.plan(deletion);
    await to.cli('cluster', 'setslot', String(slot), 'importing', fromId);
    await from.cli('cluster', 'setslot', String(slot), 'migrating', toId);
    const keys = (await from.cli('cluster', 'getkeysinslot', String(slot), '100')).split('\n').filter(Boolean);
    const half = keys.slice(0, keys.length / 2);
    await from.cli('migrate', '127.0.0.1', String(to.port), '', '0', '5000', 'keys', ...half);
    await service.start({ runId: plan.runId });
    const rest = keys.slice(keys.length / 2);
    // Long enough for the run to meet it; the rest follows while it waits.
    await waitFor('a look to be refused', 20_000, async () =>
      /errorstat_ASK/.test(await from.cli('info', 'errorstats')),
    );
    await from.cli('migrate', '127.0.0.1', String(to.port), '', '0', '5000', 'keys', ...rest);
    for (const box of [to, from, ...cluster.boxes]) await box.cli('cluster', 'setslot', String(slot), 'node', toId);
    const run = await service.wait(plan.runId);
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.equal(run.counts.done, 100);
    assert.equal(await size(), 1);
  });

  it('a node that comes back empty is found out before an item is touched', async () => {
    await fill(300);
    const { service } = await open();
    const plan = await service.plan(deletion);
    const [, box] = cluster.boxes;
    assert.ok(box !== undefined);
    await box.cli('flushall');
    await box.restart();
    await waitFor('the cluster', 20_000, async () => (await box.cli('cluster', 'info')).includes('cluster_state:ok'));
    const left = await size();
    const refusal = await waitFor('the refusal', 20_000, () =>
      service.start({ runId: plan.runId }).then(
        () => assert.fail('it was started'),
        (error: unknown) => isFailure(error, 'BLOCKED') && error,
      ),
    );
    assert.match(refusal.message, /1 of 3 nodes of the cluster were restarted/);
    assert.equal(await size(), left);
    await service.start({ runId: plan.runId, confirm: 'Test' });
    const run = await service.wait(plan.runId);
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.ok(!(await digest()).includes('tmp:'), 'nothing of the plan is left');
  });

  it('is refused with a way out where the connection names one node only', async () => {
    const rig = await workflowRig({
      directory: ownFolder('cachify-cluster-'),
      definition: { port: cluster.boxes[0]?.port ?? 0 },
    });
    rigs.push(rig);
    await assert.rejects(rig.service.plan(deletion), (error) => {
      assert.ok(isFailure(error, 'NOT_SUPPORTED'));
      assert.match(error.nextAction ?? '', /Set `cluster`/);
      return true;
    });
  });
});
