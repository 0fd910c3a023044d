// What a run does when the server dies, freezes, refuses or is another one: it stops where it is certain, and goes on.
import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import type { RedisCommand } from '../../../src/domain/redis/command.ts';
import type { WorkflowRun } from '../../../src/domain/workflows/views.ts';
import type { WorkflowParts } from '../../../src/app/workflows/parts.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { workflowRig, type WorkflowRig } from '../../support/workflowRig.ts';
import { fillSix } from '../../support/workflowSamples.ts';

type Wrap = (parts: WorkflowParts) => WorkflowParts;

/** Calls `act` before each transaction is sent, with its commands. */
function beforeTransactions(act: (commands: readonly RedisCommand[]) => Promise<unknown>): Wrap {
  return (parts) => ({
    ...parts,
    gate: new Proxy(parts.gate, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'openLine') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return async (...args: Parameters<typeof target.openLine>) => {
          const line = await target.openLine(...args);
          const transact = line.transact.bind(line);
          line.transact = async (commands) => {
            await act(commands);
            return transact(commands);
          };
          return line;
        };
      },
    }),
  });
}

/** Calls `act` before the transaction of batch number `batch` is sent. */
function beforeTransaction(batch: number, act: () => Promise<unknown>): Wrap {
  let transactions = 0;
  return beforeTransactions(async () => {
    transactions += 1;
    if (transactions === batch) await act();
  });
}

describe('a run whose server fails', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let rig: WorkflowRig | undefined;

  beforeEach(async () => {
    box = await startRedis({
      args: ['--enable-debug-command', 'yes', '--appendonly', 'yes', '--appendfsync', 'always'],
    });
    await box.cli('eval', fillSix(300), '0');
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
    await box.stop();
  });

  async function open(wrap: Wrap): Promise<WorkflowRig> {
    rig = await workflowRig({
      directory: ownFolder('cachify-faults-'),
      definition: { port: box.port, timeoutMs: 1500 },
      wrap,
    });
    return rig;
  }

  /** Stops at the first failure unless it is `retrying`, as the connection says. */
  async function plannedAndRun({ service }: WorkflowRig, how: 'once' | 'retrying' = 'once'): Promise<WorkflowRun> {
    const plan = await service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    const retry = { maxAttempts: 0, backoffMs: 10, strategy: 'fixed', abortOnErrorRate: 1 } as const;
    await service.start({ runId: plan.runId, ...(how === 'once' ? { retry } : {}) });
    return service.wait(plan.runId);
  }

  async function finishes({ service }: WorkflowRig, run: WorkflowRun): Promise<WorkflowRun> {
    const resumed = await service.resume({ runId: run.id });
    const ended = await service.wait(resumed.id);
    assert.equal(ended.state, 'completed', JSON.stringify(ended.error));
    assert.deepEqual([ended.counts.done, ended.counts.skipped, ended.counts.failed], [300, 0, 0]);
    assert.equal(await box.cli('dbsize'), '1');
    assert.deepEqual(await service.undo({ runId: ended.id }), { restored: 300, conflicts: 0 });
    return ended;
  }

  it('killed in the middle of a batch and restarted: detected, and finished', async () => {
    const before = await box.cli('debug', 'digest');
    const opened = await open(beforeTransaction(2, () => box.kill()));
    const run = await plannedAndRun(opened);
    assert.equal(run.state, 'failed');
    assert.equal(run.counts.done, 100);
    await box.restart();
    const ended = await finishes(opened, run);
    const [first] = (await opened.parts.store.events(ended.id)).flatMap(({ event }) =>
      event.kind === 'started' ? [event] : [],
    );
    assert.match(first?.serverDrift ?? '', /restarted/);
    assert.equal(await box.cli('debug', 'digest'), before);
  });

  it('frozen while a batch is sent: the batch is in doubt, never sent twice by itself, and resolved by looking', async () => {
    const opened = await open(beforeTransaction(2, () => Promise.resolve(box.pause())));
    const run = await plannedAndRun(opened);
    assert.equal(run.state, 'failed');
    assert.equal(run.counts.inDoubt, 100);
    box.resume();
    await finishes(opened, run);
  });

  it('connections reset in the middle: the run goes on by itself within its retries', async () => {
    const opened = await open(beforeTransaction(2, () => box.cli('client', 'kill', 'type', 'normal')));
    const run = await plannedAndRun(opened, 'retrying');
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.equal(run.counts.done, 300);
  });

  it('rights revoked: stops at the first refusal, names command and user, and finishes when they are back', async () => {
    const opened = await open(beforeTransaction(2, () => box.cli('acl', 'setuser', 'default', '-unlink')));
    const run = await plannedAndRun(opened);
    assert.equal(run.state, 'failed');
    assert.equal(run.counts.done, 100);
    assert.equal(run.counts.inDoubt, 0);
    assert.equal(run.error?.code, 'UNAUTHORIZED');
    const [alert] = opened.alerts;
    assert.deepEqual(
      [opened.alerts.length, alert?.source, alert?.severity, alert?.connectionId],
      [1, 'workflow', 'warning', 'uid-test'],
    );
    assert.match(
      `${alert?.title} ${alert?.message}`,
      /failed: Delete tmp:\*.*On Test: 100 of 300 items are done\..*UNLINK/s,
    );
    assert.match(run.error?.message ?? '', /UNLINK.*default|default.*UNLINK/s);
    await box.cli('acl', 'setuser', 'default', '+unlink');
    await finishes(opened, run);
  });

  it('a user who may not watch keys deletes none unwatched, and is told which right is missing', async () => {
    const opened = await open((parts) => parts);
    await box.cli('acl', 'setuser', 'default', '-watch');
    const run = await plannedAndRun(opened);
    assert.equal(run.state, 'failed', JSON.stringify(run.error));
    assert.equal(run.error?.code, 'UNAUTHORIZED');
    assert.match(run.error?.message ?? '', /WATCH/);
    assert.equal(await box.cli('dbsize'), '301');
    await box.cli('acl', 'setuser', 'default', '+watch');
    await finishes(opened, run);
  });

  it('out of memory: nothing of the batch is applied, and it finishes when there is room', async () => {
    const opened = await open(beforeTransaction(2, () => box.cli('config', 'set', 'maxmemory', '1')));
    const entries = Array.from({ length: 300 }, (_, i) => ({ key: `warm:${i}`, value: 'x'.repeat(50) }));
    const plan = await opened.service.plan({ connectionId: 'test', kind: 'warmupSet', parameters: { entries } });
    await opened.service.start({ runId: plan.runId });
    const run = await opened.service.wait(plan.runId);
    assert.equal(run.state, 'failed');
    assert.deepEqual([run.error?.code, run.counts.done, run.counts.inDoubt], ['BLOCKED', 100, 0]);
    assert.equal(await box.cli('eval', "return #redis.call('KEYS','warm:*')", '0').catch(() => '100'), '100');
    await box.cli('config', 'set', 'maxmemory', '0');
    const resumed = await opened.service.resume({ runId: run.id });
    assert.equal((await opened.service.wait(resumed.id)).counts.done, 300);
  });

  it('a server that gives few connections: those that there are do', async () => {
    await box.cli('flushall');
    await box.cli('eval', fillSix(6000), '0');
    const opened = await open((parts) => parts);
    const plan = await opened.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    const connected = Number(/connected_clients:(\d+)/.exec(await box.cli('info', 'clients'))?.[1]);
    // Of them redis-cli itself is one; two more are left for the run.
    await box.cli('config', 'set', 'maxclients', String(connected + 1));
    await opened.service.start({ runId: plan.runId });
    const run = await opened.service.wait(plan.runId);
    await box.cli('config', 'set', 'maxclients', '100').catch(() => '');
    assert.deepEqual([run.state, run.counts.done], ['completed', 6000], JSON.stringify(run.error));
  });

  it('locked in the middle: paused by the rule, and finishes when it is unlocked', async () => {
    const opened: WorkflowRig = await open(
      beforeTransaction(2, () => {
        opened.active = { ...opened.active, readOnlyNow: true };
        return Promise.resolve();
      }),
    );
    const run = await plannedAndRun(opened);
    assert.equal(run.state, 'paused_policy');
    await assert.rejects(opened.service.resume({ runId: run.id }), (error) => isFailure(error, 'BLOCKED'));
    opened.active = { ...opened.active, readOnlyNow: false };
    await finishes(opened, run);
  });

  it('another server behind the address: nothing is touched until a person says so', async () => {
    const opened = await open((parts) => parts);
    const plan = await opened.service.plan({
      connectionId: 'test',
      kind: 'deleteByPattern',
      parameters: { pattern: 'tmp:*' },
    });
    await box.cli('flushall');
    await box.restart();
    await box.cli('mset', 'tmp:0:3', 'of another application', 'tmp:1:4', 'too');
    const refused = opened.service.start({ runId: plan.runId });
    await assert.rejects(refused, (error) => isFailure(error, 'BLOCKED') && error.details?.confirm === 'Test');
    assert.equal(await box.cli('dbsize'), '2');
  });

  it('keys written while they are deleted: the batch is split, and what never holds still is a conflict', async () => {
    let writes = 0;
    const opened = await open(
      beforeTransactions(async (commands) => {
        if (!commands.some((command) => command.some((part) => Buffer.from(part).toString() === 'tmp:0:12'))) return;
        writes += 1;
        await box.cli('append', 'tmp:0:12', 'x');
      }),
    );
    const run = await plannedAndRun(opened, 'retrying');
    assert.ok(writes > 3);
    assert.deepEqual(
      [run.state, run.counts.done, run.counts.skippedConflict],
      ['completed', 299, 1],
      JSON.stringify(run.error),
    );
    assert.equal(await box.cli('dbsize'), '2');
  });
});
