// Where a pack holds, no durable decision record means no write; and what one window saves holds in the others.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readMigrations } from '../../../src/adapters/store/migrations.ts';
import type { CallName } from '../../../src/adapters/store/messages.ts';
import { StoreService } from '../../../src/adapters/store/worker/storeService.ts';
import type { GovernanceStore } from '../../../src/app/ports/governance.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import type { PackContent } from '../../../src/domain/governance/pack.ts';
import type { RedisCommand } from '../../../src/domain/redis/command.ts';
import { sqlEngine } from '../../faults/workload.ts';
import { countCommands, readCommands, type CommandCounter } from '../../support/commandCounter.ts';
import { MemoryDisk } from '../../support/memoryDisk.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { projectRoot } from '../../support/root.ts';
import { waitFor } from '../../support/waiting.ts';
import { workflowRig, type WorkflowRig } from '../../support/workflowRig.ts';
import { systemClock } from '../../support/systemClock.ts';

const uid = 'uid-test';
const content: PackContent = {
  name: 'Everything goes',
  environments: ['dev'],
  maxWorkflowItems: 1000,
  maxRetryAttempts: 3,
  schedulingEnabled: false,
  executionWindows: [],
  enabled: true,
};
const at = '2026-11-22T10:00:00.000Z';
const stored = { id: 'a', version: 1, createdAt: at, updatedAt: at, removedAt: null, content };

/** The store's own code on a disk that can be full. */
async function storeOn(disk: MemoryDisk): Promise<{ service: StoreService; store: GovernanceStore }> {
  const service = await StoreService.open({
    directory: '/store',
    fs: disk.mount(),
    sql: await sqlEngine(),
    clock: systemClock,
    migrations: readMigrations(join(projectRoot(), 'migrations')),
    tell: () => undefined,
    heldBytes: () => 0,
  });
  const store = new Proxy({} as GovernanceStore, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        service.answer(`governance.${String(method)}` as CallName, args),
  });
  return { service, store };
}

describe('records of decisions', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let counter: CommandCounter;
  let rig: WorkflowRig;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    box = await startRedis();
    counter = await countCommands(box.port);
    await box.cli('eval', "for i=1,300 do redis.call('SET','tmp:'..i,'v') end return 1", '0');
  });
  afterEach(async () => {
    await rig.close();
    for (const close of closing.splice(0)) await close();
    await counter.close();
    await box.stop();
  });

  const write: RedisCommand = ['SET', 'tmp:1', 'new'];
  const direct = () => rig.parts.gate.run(uid, { action: 'keys.command', keyOrPattern: '', commands: [write] });

  it('a full disk: nothing is written, directly or by a run; with room again it goes on', async () => {
    const disk = new MemoryDisk();
    const { service, store } = await storeOn(disk);
    closing.push(() => service.close());
    rig = await workflowRig({
      directory: ownFolder('cachify-record-'),
      definition: { port: counter.port },
      governanceStore: store,
    });
    const plan = await rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    await store.savePacks([stored]);
    await store.assign(uid, ['a'], at);
    await direct();
    assert.equal((await store.decisions({ limit: 10 })).filter(({ packs }) => packs.length > 0).length, 1);
    disk.capacity = disk.bytesUsed();
    counter.reset();
    const refused = (error: unknown) => isFailure(error, 'BLOCKED') && error.details?.['rule'] === 'decisionRecord';
    await assert.rejects(direct(), refused);
    await assert.rejects(
      rig.parts.gate.compareAndSet(uid, {
        action: 'keys.remove',
        keyOrPattern: '',
        watch: [Buffer.from('tmp:1')],
        read: [],
        decide: () => [['UNLINK', 'tmp:1']],
      }),
      refused,
    );
    await assert.rejects(rig.service.start({ runId: plan.runId }), refused);
    assert.deepEqual(counter.others(readCommands), [], 'commands on the wire that may write');
    assert.equal(await box.cli('dbsize'), '300');
    disk.capacity = Infinity;
    await waitFor('the store to take writes again', 30_000, () =>
      direct().then(
        () => true,
        () => false,
      ),
    );
  });

  it('a disk that fills up while a run goes on stops it before the next batch', async () => {
    const disk = new MemoryDisk();
    const { service, store } = await storeOn(disk);
    closing.push(() => service.close());
    await store.savePacks([stored]);
    await store.assign(uid, ['a'], at);
    rig = await workflowRig({
      directory: ownFolder('cachify-record-'),
      definition: { port: counter.port },
      governanceStore: store,
    });
    const { runId } = await rig.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    const { policies } = rig;
    const rule = policies.rule.bind(policies);
    let batches = 0;
    policies.rule = (question) => {
      if (question.action === 'workflows.batch' && ++batches === 2) disk.capacity = disk.bytesUsed();
      return rule(question);
    };
    await rig.service.start({ runId });
    const run = await rig.service.wait(runId);
    assert.equal(run.state, 'paused_policy', JSON.stringify(run.error));
    assert.match(run.error?.message ?? '', /could not be recorded/);
    assert.equal(await box.cli('dbsize'), String(300 - run.counts.done));
    assert.ok(run.counts.done < 300);
  });

  it('a pack that one window saves and assigns blocks in another at once', async () => {
    const directory = ownFolder('cachify-record-');
    rig = await workflowRig({ directory, definition: { port: counter.port } });
    const other = await workflowRig({ directory, definition: { port: counter.port } });
    closing.push(() => other.close());
    await direct();
    const savedAt = performance.now();
    await other.stores.governance.savePacks([{ ...stored, content: { ...content, environments: ['prod'] } }]);
    await other.stores.governance.assign(uid, ['a'], at);
    counter.reset();
    await assert.rejects(direct(), (error) => isFailure(error, 'BLOCKED') && error.details?.['rule'] === 'policy');
    assert.ok(performance.now() - savedAt < 2000, 'within two seconds');
    assert.deepEqual(counter.others(readCommands), []);
    await other.stores.governance.removePack('a', at);
    await direct();
  });
});
