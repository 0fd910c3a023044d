import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import { MemoryDisk } from '../../support/memoryDisk.ts';
import { openRig, planRequest, type StoreRig } from '../../support/retentionRig.ts';
import { eventOf, idOf, runOf, sampleOf, snapshotOf } from '../../support/storeRows.ts';

const hourMs = 3_600_000;
/** The moment of `eventOf(n)`. */
const at = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const ids = async (rig: StoreRig): Promise<string[]> => (await rig.events()).map(({ id }) => id).sort();

/** Three finished parts of 100 events each, and 50 in the part that grows; every tenth second a sample in the first two. */
async function filled(rig: StoreRig): Promise<void> {
  for (const part of [0, 1, 2, 3]) {
    await rig.call(
      'history.append',
      numbers(part * 100, part * 100 + (part === 3 ? 50 : 100)).map((n) => eventOf(n)),
    );
    if (part < 2)
      await rig.call(
        'history.appendSamples',
        numbers(part * 7, part * 7 + 7).map((n) => sampleOf(n)),
      );
    if (part < 3) await rig.endPart();
  }
}

describe('purging the history', () => {
  let disk: MemoryDisk;
  let rig: StoreRig;

  beforeEach(async () => {
    disk = new MemoryDisk();
    rig = await openRig(disk.mount());
    await filled(rig);
  });
  afterEach(() => rig.service.close());

  it('takes exactly what its plan said: whole parts, some rows of one, and rows of the part that grows', async () => {
    for (const [cutoff, left] of [
      [150, numbers(150, 350)],
      [200, numbers(200, 350)],
      [320, numbers(320, 350)],
      [1000, []],
    ] as const) {
      const plan = await rig.retention.plan(planRequest({ cutoff: at(cutoff) }));
      const before = (await rig.events()).length;
      assert.equal(plan.rows, before - left.length);
      assert.equal(await rig.purge(plan.planId), plan.rows);
      assert.deepEqual(await ids(rig), left.map(idOf));
    }
    assert.equal((await rig.call('history.samples', { from: at(0), to: at(1000) })).length, 14);
    assert.deepEqual(rig.problems, []);
  });

  it('leaves alone what came after the plan, also when it is old', async () => {
    const plan = await rig.retention.plan(planRequest({ cutoff: at(340) }));
    const late = [eventOf(5000, { timestamp: at(3) }), eventOf(5001, { timestamp: at(339) })];
    await rig.call('history.append', late);
    await rig.endPart();
    await rig.call('history.append', [eventOf(5002, { timestamp: at(1) })]);
    assert.equal(await rig.purge(plan.planId), 340);
    assert.deepEqual(await ids(rig), [...numbers(340, 350), 5000, 5001, 5002].map(idOf));
  });

  it('never takes what is pinned, by run, by window, or since the plan was made', async () => {
    await rig.call('history.append', [eventOf(600, { timestamp: at(7), runId: 'run-1' })]);
    const pins = [
      { reason: 'resumableRun', label: 'A run', runIds: ['run-1'] },
      {
        reason: 'bundleExport',
        label: 'A bundle',
        windows: [{ from: at(10), to: at(20), connectionIds: ['connection-1'] }],
      },
    ] as const;
    const plan = await rig.retention.plan(planRequest({ cutoff: at(300), pins }));
    const held = numbers(10, 20).filter((n) => n % 3 === 1);
    assert.deepEqual(
      plan.pinned.map(({ reason, rows }) => [reason, rows]),
      [
        ['resumableRun', 1],
        ['bundleExport', held.length],
      ],
    );
    assert.equal(plan.rows, 300 - held.length);
    const later = { reason: 'preview', label: 'A preview', windows: [{ from: at(50), to: at(60) }] } as const;
    const { purgeId } = await rig.retention.begin({
      planId: plan.planId,
      byPerson: true,
      undoMs: hourMs,
      pins: [...pins, later],
    });
    while (!(await rig.retention.step(purgeId)).done);
    assert.deepEqual(await ids(rig), [...held, ...numbers(50, 60), ...numbers(300, 350), 600].map(idOf));
  });

  it('comes back whole and equal at 1 h 59 min, and no more at 2 h', async () => {
    const before = await rig.events();
    for (const minutes of [119, 120]) {
      const plan = await rig.retention.plan(planRequest({ cutoff: at(260) }));
      await rig.purge(plan.planId);
      assert.equal((await rig.events()).length, 90);
      await rig.call('store.checkpoint');
      rig.clock.wall += minutes * 60_000;
      if (minutes === 119) {
        await rig.undo(plan.planId);
        assert.deepEqual(await rig.events(), before);
      } else {
        await assert.rejects(rig.undo(plan.planId), (error) => isFailure(error, 'CONFLICT'));
        assert.equal((await rig.events()).length, 90);
      }
    }
    await rig.sweep();
    await rig.retention.giveBack(false);
    const again = await openRig(disk.mount());
    assert.equal((await again.events()).length, 90);
    assert.deepEqual(again.problems, []);
    await again.service.close();
  });

  it('refuses a plan that is too old, or none', async () => {
    const plan = await rig.retention.plan(planRequest({ cutoff: at(100) }));
    rig.clock.wall += 11 * 60_000;
    await assert.rejects(rig.purge(plan.planId), (error) => isFailure(error, 'CONFLICT'));
    await assert.rejects(rig.purge('none'), (error) => isFailure(error, 'CONFLICT'));
    assert.equal((await rig.events()).length, 350);
  });

  it('is taken once when two windows go on with it', async () => {
    const plan = await rig.retention.plan(planRequest({ cutoff: at(260) }));
    const { purgeId } = await rig.retention.begin({ planId: plan.planId, byPerson: true, undoMs: hourMs, pins: [] });
    const other = await openRig(disk.mount());
    const both = async (): Promise<boolean> => {
      const [one, two] = await Promise.all([rig.retention.step(purgeId), other.retention.step(purgeId)]);
      return one.done && two.done;
    };
    while (!(await both()));
    assert.equal((await rig.retention.step(purgeId)).rows, 260);
    assert.equal((await other.events()).length, 90);
    await other.service.close();
  });

  it('twice is once', async () => {
    const plan = await rig.retention.plan(planRequest({ cutoff: at(120) }));
    assert.equal(await rig.purge(plan.planId), 120);
    assert.equal(await rig.purge(plan.planId), 120);
    assert.equal((await rig.events()).length, 230);
  });

  it('by size takes the oldest until 80 % of the budget are left, and says when pins do not allow it', async () => {
    const { datasets } = await rig.retention.usage({ pins: [], files: [] });
    const used = datasets.find(({ dataset }) => dataset === 'timelineEvents')?.bytes ?? 0;
    const budgetBytes = Math.round(used / 2);
    const plan = await rig.retention.plan(planRequest({ budgetBytes, downTo: 0.8 }));
    assert.equal(plan.stillOverBy, 0);
    const left = used - plan.bytes;
    assert.ok(left <= 0.8 * budgetBytes && left > 0.75 * budgetBytes, `${left} of ${budgetBytes} bytes are left`);
    const everything = {
      reason: 'bundleExport',
      label: 'All of it',
      windows: [{ from: at(0), to: at(1000) }],
    } as const;
    const pinned = await rig.retention.plan(planRequest({ budgetBytes, downTo: 0.8, pins: [everything] }));
    assert.equal(pinned.rows, 0);
    assert.ok(Math.abs(pinned.stillOverBy - (used - budgetBytes)) <= 1);
    await rig.purge(plan.planId);
    assert.deepEqual((await ids(rig))[0], idOf(plan.rows));
  });
});

describe('purging samples', () => {
  let rig: StoreRig;

  beforeEach(async () => {
    rig = await openRig(new MemoryDisk().mount());
  });
  afterEach(() => rig.service.close());

  it('keeps the newest of each connection, and what they said per hour', async () => {
    const samples = numbers(0, 480).map((n) => sampleOf(n, { latencyP95Ms: 1 + ((n * 7919) % 1000) / 10 }));
    const other = sampleOf(9999, { timestamp: new Date(Date.UTC(2026, 0, 1)).toISOString(), connectionId: 'other' });
    await rig.call('history.appendSamples', [...samples.slice(0, 200), other]);
    await rig.endPart();
    await rig.call('history.appendSamples', samples.slice(200));
    const cutoff = new Date(Date.UTC(2026, 0, 2)).toISOString();
    const plan = await rig.retention.plan(planRequest({ dataset: 'observabilitySnapshots', cutoff }));
    assert.equal(plan.rows, 479);
    assert.deepEqual(
      plan.pinned.map(({ reason, rows }) => [reason, rows]),
      [['newestSnapshot', 2]],
    );
    assert.equal(await rig.purge(plan.planId), 479);
    const left = await rig.call('history.samples', { from: at(0), to: cutoff });
    assert.deepEqual(
      left
        .filter(({ id }) => !id.startsWith('hour-'))
        .map(({ id }) => id)
        .sort(),
      [idOf(479), idOf(9999)].sort(),
    );
    const hours = left.filter(({ id }) => id.startsWith('hour-'));
    assert.equal(hours.length, 3, 'the sample at midnight belongs to the hour before');
    assert.equal(
      hours.reduce((sum, { operationCount }) => sum + operationCount, 0),
      4790,
    );
    await rig.undo(plan.planId);
    assert.equal((await rig.call('history.samples', { from: at(0), to: cutoff })).length, 481);
  });
});

describe('purging key snapshots and runs', () => {
  let rig: StoreRig;

  beforeEach(async () => {
    rig = await openRig(new MemoryDisk().mount());
  });
  afterEach(() => rig.service.close());

  it('sets key snapshots aside with their values, and brings them back', async () => {
    await rig.call(
      'snapshots.add',
      numbers(0, 500).map((n) => snapshotOf(n)),
    );
    const request = planRequest({ dataset: 'keySnapshots', cutoff: at(450) });
    const plan = await rig.retention.plan(request);
    await rig.call('snapshots.add', [snapshotOf(700, { takenAt: at(2) })]);
    assert.equal(await rig.purge(plan.planId), 450);
    assert.equal(await rig.call('snapshots.get', idOf(3)), null);
    assert.ok((await rig.call('snapshots.get', idOf(700))) !== null, 'what came after the plan stays');
    await rig.undo(plan.planId);
    assert.deepEqual(await rig.call('snapshots.get', idOf(3)), snapshotOf(3));
    const second = await rig.retention.plan(request);
    await rig.purge(second.planId);
    assert.deepEqual(await rig.sweep(true), []);
    assert.equal((await rig.retention.plan(request)).rows, 0);
  });

  it('of key snapshots is not held up by a run that can be resumed', async () => {
    await rig.call('snapshots.add', [...numbers(0, 20).map((n) => snapshotOf(n)), snapshotOf(20, { runId: 'run-3' })]);
    const pins = [{ reason: 'resumableRun', label: 'A run', runIds: ['run-3'], since: at(3) }] as const;
    const plan = await rig.retention.plan(planRequest({ dataset: 'keySnapshots', cutoff: at(100), pins }));
    assert.deepEqual([plan.rows, plan.pinned.map(({ rows }) => rows)], [20, [1]]);
    assert.equal(await rig.purge(plan.planId), 20);
    assert.ok((await rig.call('snapshots.get', idOf(20))) !== null);
  });

  it('takes runs with their histories, leaves lineages that can be resumed, and names files to remove', async () => {
    const rows = [
      runOf(1),
      runOf(2, { state: 'interrupted', resumedBy: 'run-3' }),
      runOf(3, { state: 'interrupted', spoolId: 'spool-2' }),
      runOf(4, { state: 'running' }),
      runOf(5),
      runOf(900),
    ];
    for (const row of rows) await rig.call('workflows.create', row, []);
    const files = [{ dataset: 'workflowHistory', owner: 'spool-1', bytes: 5000 }] as const;
    const pins = [{ reason: 'resumableRun', label: 'A run', runIds: ['run-3'], since: at(3) }] as const;
    const request = planRequest({ dataset: 'workflowHistory', cutoff: at(100), files, pins });
    const plan = await rig.retention.plan(request);
    assert.equal(plan.rows, 2);
    assert.ok(plan.bytes > 5000, 'files count');
    assert.deepEqual(
      plan.pinned.map(({ rows: held }) => held),
      [2],
    );
    const before = await rig.call('workflows.runs', { limit: 10 });
    assert.equal(await rig.purge(plan.planId), 2);
    const left = async (): Promise<string[]> =>
      (await rig.call('workflows.runs', { limit: 10 })).map(({ id }) => id).sort();
    assert.deepEqual(await left(), ['run-2', 'run-3', 'run-4', 'run-900']);
    await rig.undo(plan.planId);
    assert.deepEqual(await rig.call('workflows.runs', { limit: 10 }), before);
    const again = await rig.retention.plan(request);
    await rig.purge(again.planId);
    assert.deepEqual([...new Set(await rig.sweep(true))].sort(), ['spool-1', 'spool-5']);
    assert.deepEqual(await left(), ['run-2', 'run-3', 'run-4', 'run-900']);
  });

  it('takes what runs keep for their undo with key snapshots, not from those that can be resumed, and leaves the runs', async () => {
    await rig.call(
      'snapshots.add',
      numbers(0, 10).map((n) => snapshotOf(n)),
    );
    const rows = [
      runOf(1),
      runOf(2, { state: 'interrupted', resumedBy: 'run-3' }),
      runOf(3, { state: 'interrupted', spoolId: 'spool-2' }),
      runOf(4, { state: 'running' }),
      runOf(5),
      runOf(900),
      runOf(6),
    ];
    for (const row of rows) await rig.call('workflows.create', row, []);
    const spools = ['spool-1', 'spool-2', 'spool-4', 'spool-5', 'spool-900'];
    const files = spools.flatMap((owner) => [
      { dataset: 'keySnapshots', owner, bytes: 5000 } as const,
      { dataset: 'workflowHistory', owner, bytes: 70 } as const,
    ]);
    const pins = [{ reason: 'resumableRun', label: 'A run', runIds: ['run-3'], since: at(3) }] as const;
    const usage = async (dataset: string) =>
      (await rig.retention.usage({ pins, files })).datasets.find((one) => one.dataset === dataset);
    const kept = await usage('keySnapshots');
    assert.deepEqual([kept?.rows, kept?.newest], [15, at(901)]);
    assert.ok(Number(kept?.bytes) > 25_000 && Number(kept?.pinnedBytes) === 10_000, JSON.stringify(kept));
    assert.ok(Number((await usage('workflowHistory'))?.bytes) < 10_000);

    const request = planRequest({ dataset: 'keySnapshots', cutoff: at(100), files, pins });
    const plan = await rig.retention.plan(request);
    assert.deepEqual([plan.rows, plan.pinned.map(({ rows: held }) => held)], [12, [1]]);
    const purged = async (): Promise<string[]> =>
      (await rig.call('workflows.runs', { limit: 10 })).filter(({ undoPurged }) => undoPurged).map(({ id }) => id);
    assert.equal(await rig.purge(plan.planId), 12);
    assert.deepEqual((await purged()).sort(), ['run-1', 'run-5']);
    assert.deepEqual((await rig.call('workflows.spoolsWithUndo')).toSorted(), [
      'spool-2',
      'spool-4',
      'spool-6',
      'spool-900',
    ]);
    await rig.undo(plan.planId);
    assert.deepEqual(await purged(), []);
    assert.deepEqual(await usage('keySnapshots'), kept);

    const again = await rig.retention.plan(request);
    await rig.purge(again.planId);
    assert.deepEqual([...new Set(await rig.sweep(true))].sort(), ['spool-1', 'spool-5']);
    assert.equal((await rig.call('workflows.runs', { limit: 10 })).length, rows.length);
  });

  it('of key snapshots by size goes on to what runs keep, the oldest first', async () => {
    for (const n of [1, 2, 3, 4]) await rig.call('workflows.create', runOf(n * 10), []);
    const files = [1, 2, 3, 4].map(
      (n) => ({ dataset: 'keySnapshots', owner: `spool-${n * 10}`, bytes: 1000 }) as const,
    );
    const plan = await rig.retention.plan(
      planRequest({ dataset: 'keySnapshots', budgetBytes: 3500, downTo: 0.8, files }),
    );
    assert.deepEqual([plan.rows, plan.bytes, plan.stillOverBy], [2, 2000, 0]);
    await rig.purge(plan.planId);
    assert.deepEqual((await rig.call('workflows.spoolsWithUndo')).toSorted(), ['spool-30', 'spool-40']);
  });
});
