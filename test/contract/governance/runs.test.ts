// Policies over a real server, a real store and the real engine: at every point of a run.
import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import type { PackContent } from '../../../src/domain/governance/pack.ts';
import type { Weekday } from '../../../src/domain/governance/week.ts';
import type { Clock } from '../../../src/app/ports/clock.ts';
import { countCommands } from '../../support/commandCounter.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { waitFor } from '../../support/waiting.ts';
import { workflowRig, type RigOptions, type WorkflowRig } from '../../support/workflowRig.ts';
import { systemClock } from '../../support/systemClock.ts';

const uid = 'uid-test';
const minute = 60_000;
const day = 24 * 60 * minute;
const names: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The machine's clock with its wall moved. */
function movedClock(): Clock & { movedMs: number } {
  const clock = {
    movedMs: 0,
    wallMs: () => systemClock.wallMs() + clock.movedMs,
    monoMs: () => systemClock.monoMs(),
    after: (ms: number, run: () => void) => systemClock.after(ms, run),
  };
  return clock;
}

/** Open from `fromMs` until `toMs`, to the minute. */
function windowAround(fromMs: number, toMs: number): Partial<PackContent> {
  const start = new Date(fromMs);
  const end = new Date(toMs);
  const time = (date: Date): string => date.toISOString().slice(11, 16);
  const weekday = names[start.getUTCDay()] ?? 'mon';
  const window = {
    id: 'w1',
    weekdays: [weekday],
    startTime: time(start),
    endTime: time(end),
    timezone: 'UTC',
  } as const;
  return { schedulingEnabled: true, executionWindows: [window] };
}

/** Lets a script of another client keep the server; resolves when commands are refused. */
async function busy(box: RedisBox): Promise<void> {
  box.cli('eval', 'while true do end', '0').catch(() => '');
  await waitFor('the server to be busy', 20_000, async () =>
    (await box.cli('get', 'tmp:1').catch((error: unknown) => String(error))).includes('BUSY'),
  );
}

const blocked = (rule: string) => (error: unknown) => isFailure(error, 'BLOCKED') && error.details?.['rule'] === rule;

describe('policies on runs', function () {
  this.timeout(120_000);
  let box: RedisBox;
  let rig: WorkflowRig;
  let clock: ReturnType<typeof movedClock>;
  const versions = new Map<string, number>();

  async function open(options: Partial<RigOptions> = {}): Promise<void> {
    rig = await workflowRig({
      directory: ownFolder('cachify-governance-'),
      clock,
      ...options,
      definition: { port: box.port, ...options.definition },
    });
  }

  beforeEach(async () => {
    versions.clear();
    clock = movedClock();
    box = await startRedis();
    await box.cli('eval', "for i=1,400 do redis.call('SET','tmp:'..i,'v') end return 1", '0');
  });
  afterEach(async () => {
    await rig.close();
    await box.stop();
  });

  /** Does something when the run asks for its n-th batch; what it asks is of the moment after that. */
  function beforeBatch(n: number, act: () => unknown): void {
    let batches = 0;
    const { governance } = rig.parts;
    const rule = governance.rule.bind(governance);
    Object.assign(governance, {
      rule: async (question: Parameters<typeof rule>[0]) => {
        if (question.action === 'workflows.batch' && ++batches === n) await act();
        return rule({ ...question, at: new Date(clock.wallMs()).toISOString() });
      },
    });
  }

  async function hold(id: string, changes: Partial<PackContent> = {}): Promise<void> {
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    const at = new Date(clock.wallMs()).toISOString();
    const content: PackContent = {
      name: `Pack ${id}`,
      environments: ['dev'],
      maxWorkflowItems: 1000,
      maxRetryAttempts: 3,
      schedulingEnabled: false,
      executionWindows: [],
      enabled: true,
      ...changes,
    };
    await rig.stores.governance.savePacks([{ id, version, createdAt: at, updatedAt: at, removedAt: null, content }]);
    await rig.stores.governance.assign(uid, [...versions.keys()], at);
  }

  const plan = (pattern = 'tmp:*') =>
    rig.service.plan({ connectionId: 'test', kind: 'deleteByPattern', parameters: { pattern } });
  const left = async (): Promise<number> => Number(await box.cli('dbsize'));
  const decided = () => rig.stores.governance.decisions({ connectionId: uid, limit: 1000 });

  it('a run without packs leaves its start for a replay, and nothing that it waits for', async () => {
    await open();
    const { runId } = await plan();
    await rig.service.start({ runId });
    assert.equal((await rig.service.wait(runId)).state, 'completed');
    await rig.policies.flush();
    assert.deepEqual(
      (await decided()).map(({ action, allowed, packs }) => `${action} ${allowed} ${packs.length}`),
      ['workflows.start true 0', 'workflows.plan true 0'],
    );
    assert.ok(!rig.records.some(({ action }) => action === 'governance.decision'));
  });

  it('a run without packs asks for them once, and at once when another window assigns one', async () => {
    const directory = ownFolder('cachify-governance-');
    let asked = 0;
    let atBatch: (batches: number) => Promise<void> = () => Promise.resolve();
    let batches = 0;
    await open({
      directory,
      wrap: (parts) => ({
        ...parts,
        governance: {
          foresee: (question) => parts.governance.foresee(question),
          async rule(question) {
            if (question.action === 'workflows.batch') await atBatch(++batches);
            return parts.governance.rule(question);
          },
        },
      }),
    });
    const other = await workflowRig({ directory, definition: { port: box.port }, clock });
    try {
      const { governance } = rig.stores;
      const holding = governance.holding.bind(governance);
      governance.holding = (connectionUid) => {
        asked++;
        return holding(connectionUid);
      };
      await box.cli('eval', "for i=1,3000 do redis.call('SET','many:'..i,'v') end return 1", '0');
      const free = await plan();
      await rig.service.start({ runId: free.runId });
      assert.equal((await rig.service.wait(free.runId)).state, 'completed');
      assert.ok(batches > 2, `${batches} batches`);
      // The plan with its foresight, the start, and the first batch if something else was saved in between.
      assert.ok(asked <= 4, `${asked} questions for ${batches} batches`);

      const { runId } = await plan('many:*');
      batches = 0;
      atBatch = async (batch) => {
        if (batch !== 3) return;
        const told = new Promise<void>((resolve) => {
          const listening = rig.stores.onDidChange((store) => {
            if (store !== 'control') return;
            listening.dispose();
            resolve();
          });
        });
        const at = new Date(clock.wallMs()).toISOString();
        const content: PackContent = {
          name: 'Never here',
          environments: ['prod'],
          maxWorkflowItems: 10,
          maxRetryAttempts: 0,
          schedulingEnabled: false,
          executionWindows: [],
          enabled: true,
        };
        const { stores } = other;
        await stores.governance.savePacks([
          { id: 'x', version: 1, createdAt: at, updatedAt: at, removedAt: null, content },
        ]);
        await stores.governance.assign(uid, ['x'], at);
        await told;
        // Saved and assigned are two frames, and either is told.
        await waitFor('the pack', 20_000, async () => !(await rig.policies.foresee(question())).decision.allowed);
      };
      await rig.service.start({ runId });
      const run = await rig.service.wait(runId);
      assert.equal(run.state, 'paused_policy', JSON.stringify(run.error));
      assert.ok(run.counts.done < 3000);
    } finally {
      await other.close();
    }

    function question() {
      const at = new Date(clock.wallMs()).toISOString();
      return { connectionUid: uid, action: 'workflows.batch', items: 0, at };
    }
  });

  it('every point is a decision with its packs, durable before the batch; the run carries pack and window', async () => {
    await open();
    await hold('a', windowAround(clock.wallMs() - 60 * minute, clock.wallMs() + 60 * minute));
    await hold('b', { maxWorkflowItems: 400 });
    const { runId } = await plan();
    await rig.service.start({ runId });
    const run = await rig.service.wait(runId);
    assert.equal(run.state, 'completed');
    assert.deepEqual(run.policyPackIds, ['b', 'a']);
    const decisions = await decided();
    for (const action of ['workflows.plan', 'workflows.start', 'workflows.batch'])
      assert.ok(
        decisions.some((decision) => decision.action === action && decision.allowed),
        action,
      );
    assert.deepEqual(decisions[0]?.packs, [
      { id: 'b', version: 1 },
      { id: 'a', version: 1 },
    ]);
    assert.ok(rig.records.some(({ action, runId: of }) => action === 'governance.decision' && of === runId));
    await rig.service.undo({ runId });
    assert.equal(await left(), 400);
    assert.ok((await decided()).some(({ action }) => action === 'workflows.undo'));
  });

  it('a wrong environment lets nothing start, and the plan says so', async () => {
    await open();
    await hold('a', { environments: ['prod'] });
    const { runId, decision } = await plan();
    assert.equal(decision.allowed, false);
    await assert.rejects(rig.service.start({ runId }), blocked('policy'));
    assert.equal(await left(), 400);
    assert.equal(rig.alerts.at(-1)?.source, 'policy');
  });

  it('the item cap cuts the plan, and counts over all resumes of a lineage', async () => {
    await open();
    await hold('a', { maxWorkflowItems: 100 });
    const cut = await plan();
    assert.deepEqual([cut.count, cut.truncatedByPolicy], [100, 300]);
    await hold('b', { maxWorkflowItems: 50 });
    await assert.rejects(rig.service.start({ runId: cut.runId }), blocked('policy'));
    const smaller = await plan();
    assert.equal(smaller.count, 50);
    await rig.service.start({ runId: smaller.runId });
    assert.equal((await rig.service.wait(smaller.runId)).counts.done, 50);
    assert.equal(await left(), 350);
  });

  it('a run that is resumed under a lower cap stops at it, however often it is resumed', async () => {
    await open();
    await hold('a', { maxWorkflowItems: 400 });
    const { runId } = await plan();
    beforeBatch(2, () => hold('a', { maxWorkflowItems: 250 }));
    await rig.service.start({ runId });
    const paused = await rig.service.wait(runId);
    assert.equal(paused.state, 'paused_policy');
    assert.match(paused.error?.message ?? '', /tightened/);
    const done = paused.counts.done;
    assert.ok(done > 0 && done < 250, `${done} were done`);
    const resumed = await rig.service.resume({ runId });
    const stopped = await rig.service.wait(resumed.id);
    assert.deepEqual([stopped.state, stopped.counts.done], ['stopped_limit', 250]);
    await assert.rejects(rig.service.resume({ runId: stopped.id }), blocked('policy'));
    assert.equal(await left(), 150);
    await hold('a', { maxWorkflowItems: 400 });
    const last = await rig.service.resume({ runId: stopped.id });
    assert.deepEqual((await rig.service.wait(last.id)).counts.done, 400);
  });

  for (const [what, changes, state] of [
    ['tightened', { environments: ['prod'] }, 'paused_policy'],
    ['loosened', { maxWorkflowItems: 5000, maxRetryAttempts: 20 }, 'completed'],
  ] as const) {
    it(`a pack that is ${what} while a run goes on: ${state}, and the run never grows`, async () => {
      await open();
      await hold('a', { maxWorkflowItems: 300 });
      const { runId } = await plan();
      beforeBatch(3, () => hold('a', changes));
      await rig.service.start({ runId });
      const run = await rig.service.wait(runId);
      assert.equal(run.state, state);
      assert.ok(run.counts.done <= 300);
      if (state === 'completed') assert.equal(await left(), 100);
      else assert.ok((await left()) > 100);
    });
  }

  it('a pack that is removed while a run goes on changes nothing', async () => {
    await open();
    await hold('a', { maxWorkflowItems: 300 });
    const { runId } = await plan();
    await rig.service.start({ runId });
    await rig.stores.governance.removePack('a', new Date().toISOString());
    assert.deepEqual((await rig.service.wait(runId)).counts.done, 300);
    assert.equal(await left(), 100);
    assert.ok((await decided()).some(({ packs }) => packs.some(({ id }) => id === 'a')));
  });

  it('the retry cap of the policy holds: 0 = one try', async () => {
    await open();
    await hold('a', { maxRetryAttempts: 0 });
    const { runId } = await plan();
    await rig.service.start({
      runId,
      retry: { maxAttempts: 5, backoffMs: 10, strategy: 'fixed', abortOnErrorRate: 1 },
    });
    await rig.service.wait(runId);
    const events = await rig.stores.workflows.events(runId);
    const started = events.find(({ event }) => event.kind === 'started')?.event;
    assert.equal(started?.kind === 'started' && started.retry.maxAttempts, 0);
  });

  for (const [cap, tries, state] of [
    [0, 1, 'failed'],
    [2, 2, 'completed'],
  ] as const) {
    it(`a retry cap of ${cap}: an item that fails once is tried ${tries === 1 ? 'exactly once' : 'again'}, counted on the wire`, async () => {
      const counter = await countCommands(box.port);
      let isBusy = false;
      await open({
        definition: { port: counter.port },
        wrap: (parts) => ({
          ...parts,
          store: {
            ...parts.store,
            async append(row, events, fence) {
              await parts.store.append(row, events, fence);
              const kinds = events.map(({ event }) => event.kind);
              // A script of somebody else makes the server refuse the write of this item, and ends soon after.
              if (kinds.includes('intended') && !isBusy) {
                isBusy = true;
                await busy(box);
              } else if (kinds.includes('released')) await box.cli('script', 'kill').catch(() => '');
            },
          },
        }),
      });
      await box.cli('config', 'set', 'busy-reply-threshold', '1');
      await hold('a', { maxRetryAttempts: cap });
      const { runId } = await plan('tmp:1');
      counter.reset();
      const retry = { maxAttempts: 5, backoffMs: 400, strategy: 'fixed', abortOnErrorRate: 1 } as const;
      await rig.service.start({ runId, retry });
      const run = await rig.service.wait(runId);
      assert.equal(run.state, state, JSON.stringify(run.error));
      assert.equal(counter.counts.get('UNLINK'), tries);
      assert.equal(await box.cli('exists', 'tmp:1'), cap === 0 ? '1' : '0');
      await counter.close();
    });
  }

  it('the end of a window lets the batch finish, then the run waits and says when it opens', async () => {
    await open();
    const closes = Math.ceil((clock.wallMs() + 30 * minute) / minute) * minute;
    await hold('a', windowAround(clock.wallMs() - 60 * minute, closes));
    const { runId } = await plan();
    beforeBatch(3, () => (clock.movedMs += closes - clock.wallMs()));
    await rig.service.start({ runId });
    const run = await rig.service.wait(runId);
    assert.equal(run.state, 'paused_window', JSON.stringify(run.error));
    assert.ok(run.counts.done > 0 && run.counts.done < 400);
    assert.equal(400 - (await left()), run.counts.done, 'what is done is what the checkpoint says');
    assert.equal(run.scheduleWindowId, 'w1');
    assert.ok(Date.parse(String(run.error?.details?.['nextOpening'])) > clock.wallMs());
    await assert.rejects(rig.service.resume({ runId }), blocked('policy'));
    // A clock that is set back to before the edge opens nothing: the last decision counts.
    clock.movedMs -= 10 * minute;
    await assert.rejects(rig.service.resume({ runId }), blocked('policy'));
  });

  it('a plan waits for its window, is started once by any of two windows of VS Code, and carries its id', async () => {
    const directory = ownFolder('cachify-governance-');
    await open({ directory, holder: { name: 'one', isGone: () => false } });
    const opens = clock.wallMs() + 120 * minute;
    await hold('a', windowAround(opens, opens + 60 * minute));
    const { runId } = await plan();
    await assert.rejects(rig.service.start({ runId }), blocked('policy'));
    const waiting = await rig.service.schedule({ runId });
    assert.deepEqual([waiting.state, waiting.scheduleWindowId], ['paused_window', 'w1']);
    assert.equal(await left(), 400);
    const holder = { name: 'two', isGone: () => false };
    const other = await workflowRig({ directory, clock, holder, definition: { port: box.port } });
    clock.movedMs += 130 * minute;
    const looks = [rig.service.watch(), other.service.watch()];
    try {
      await waitFor('the run', 60_000, async () => (await rig.service.run(runId))?.state === 'completed');
    } finally {
      for (const look of looks) look.dispose();
      await other.close();
    }
    assert.equal(await left(), 0);
    assert.equal((await rig.service.runs()).length, 1);
    const starts = (await rig.stores.workflows.events(runId)).filter(({ event }) => event.kind === 'started');
    assert.equal(starts.length, 1);
  });

  it('openings that were missed collapse to the next one, and a plan of yesterday is made anew', async () => {
    await open();
    const opens = clock.wallMs() + 120 * minute;
    await hold('a', windowAround(opens, opens + 60 * minute));
    const { runId } = await plan();
    await rig.service.schedule({ runId });
    // Five weeks later, outside of the window: nothing starts, it waits for the next one.
    clock.movedMs += 35 * day;
    let look = rig.service.watch();
    await waitFor('the state of the run', 60_000, async () => {
      const opening = (await rig.service.run(runId))?.error?.details?.['nextOpening'];
      return typeof opening === 'string' && Date.parse(opening) > clock.wallMs();
    });
    look.dispose();
    assert.equal(await left(), 400);
    await box.cli('set', 'tmp:new', 'v');
    clock.movedMs += 130 * minute;
    look = rig.service.watch();
    await waitFor('the state of the run', 60_000, async () =>
      (await rig.service.runs()).some(({ state }) => state === 'completed'),
    );
    look.dispose();
    const runs = await rig.service.runs();
    assert.deepEqual(
      runs.map(({ state, counts }) => `${state} ${counts.done}`),
      ['completed 401', 'aborted 0'],
    );
    assert.match(runs[1]?.error?.message ?? '', /older than 24 hours/);
  });

  it('what must be typed is asked when the start is scheduled, not at night', async () => {
    await open({ definition: { environment: 'prod', name: 'Shop prod' } });
    const opens = clock.wallMs() + 120 * minute;
    await hold('a', { environments: ['prod'], ...windowAround(opens, opens + 60 * minute) });
    const { runId } = await plan();
    await assert.rejects(rig.service.schedule({ runId }), blocked('guardrail'));
    assert.equal((await rig.service.schedule({ runId, confirm: 'Shop prod' })).state, 'paused_window');
  });

  it('packs of settings only tighten, hold everything back when unreadable, and count nothing while untrusted', async () => {
    const loose = {
      id: 'team',
      name: 'Team',
      environments: ['dev'],
      maxWorkflowItems: 300,
      maxRetryAttempts: 20,
      schedulingEnabled: false,
      executionWindows: [],
      enabled: true,
    };
    await open({ policyPacks: [loose] });
    assert.equal((await plan()).count, 300);
    await hold('a', { maxWorkflowItems: 100 });
    assert.equal((await plan()).count, 100);
    await rig.close();
    versions.clear();
    await open({ policyPacks: [{ ...loose, environments: [] }] });
    const { runId, decision } = await plan();
    assert.match(decision.violations[0]?.message ?? '', /environments/);
    await assert.rejects(rig.service.start({ runId }), blocked('policy'));
    await rig.close();
    await open({ policyPacks: [{ ...loose, environments: [] }], trusted: false });
    assert.equal((await plan()).decision.allowed, true);
  });
});
