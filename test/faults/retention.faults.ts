import assert from 'node:assert/strict';
import { MemoryDisk, type Fault } from '../support/memoryDisk.ts';
import { openRig, planRequest, setClock, type StoreRig } from '../support/retentionRig.ts';
import { eventOf, runOf, sampleOf, snapshotOf } from '../support/storeRows.ts';
import { faultsMode, isInPiece, report } from './report.ts';

const always = { from: '2000-01-01T00:00:00.000Z', to: '2200-01-01T00:00:00.000Z' };
const at = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const every = { short: 9, full: 1, long: 1 }[faultsMode];

/** Runs, and what three of them keep for their undo. */
const runs = [2, 4, 6, 300];
const files = [2, 4, 300].map((n) => ({ dataset: 'keySnapshots', owner: `spool-${n}`, bytes: 1000 }) as const);

/** Three finished parts and one that grows, with events and samples, previous values of keys, and runs. */
async function filled(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const rig = await openRig(disk.mount());
  for (const part of [0, 1, 2, 3]) {
    await rig.call(
      'history.append',
      numbers(part * 60, part * 60 + 60).map((n) => eventOf(n)),
    );
    await rig.call(
      'history.appendSamples',
      numbers(part * 4, part * 4 + 4).map((n) => sampleOf(n)),
    );
    if (part < 3) await rig.endPart();
  }
  await rig.call(
    'snapshots.add',
    numbers(0, 30).map((n) => snapshotOf(n)),
  );
  for (const n of runs) await rig.call('workflows.create', runOf(n), []);
  await rig.service.close();
  return disk;
}

interface State {
  readonly events: readonly string[];
  readonly samples: readonly unknown[];
  readonly snapshots: number;
  /** Spools of runs that can be undone. */
  readonly undo: readonly string[];
}

async function stateOf(rig: StoreRig): Promise<State> {
  return {
    events: (await rig.events()).map(({ id }) => id),
    samples: await rig.call('history.samples', always),
    snapshots: (await rig.call('snapshots.list', { connectionId: 'connection-0', limit: 1000 })).length,
    undo: (await rig.call('workflows.spoolsWithUndo')).toSorted(),
  };
}

/** What is left to purge of each dataset; what was begun before goes on first. */
async function purgeAll(rig: StoreRig): Promise<void> {
  for (const { purgeId, state } of await rig.retention.purges()) {
    if (state === 'running') while (!(await rig.retention.step(purgeId)).done);
  }
  for (const dataset of ['timelineEvents', 'observabilitySnapshots', 'keySnapshots'] as const) {
    const cutoff = at(dataset === 'keySnapshots' ? 20 : 200);
    const plan = await rig.retention.plan(planRequest({ dataset, cutoff, files }));
    if (plan.rows > 0) await rig.purge(plan.planId);
  }
}

async function undoAll(rig: StoreRig): Promise<void> {
  for (const { purgeId, state } of await rig.retention.purges()) {
    if (state === 'done' || state === 'undoing') await rig.undo(purgeId);
  }
}

async function sweepAll(rig: StoreRig): Promise<void> {
  await rig.sweep(true);
  await rig.retention.giveBack(false);
}

type Work = (rig: StoreRig) => Promise<void>;

/** Runs the work on a copy of the disk, which may fail; what is on the disk then. */
async function ran(disk: MemoryDisk, work: Work, fault?: Fault): Promise<{ disk: MemoryDisk; steps: number }> {
  const copy = disk.copy();
  const mount = copy.mount(fault);
  try {
    const rig = await openRig(mount, '/store', setClock());
    await work(rig);
    await rig.service.close();
  } catch (error) {
    if (!mount.isDead) throw error;
    assert.ok(error instanceof Error);
  }
  return { disk: copy, steps: mount.steps };
}

async function resultOf(disk: MemoryDisk, work: Work): Promise<State> {
  const rig = await openRig(disk.mount());
  await work(rig);
  const state = await stateOf(rig);
  assert.deepEqual(
    rig.problems.filter(({ kind }) => kind !== 'tornTail'),
    [],
  );
  await rig.service.close();
  return state;
}

describe('faults: purging', function () {
  this.timeout(600_000);
  let base: MemoryDisk;
  let purged: MemoryDisk;

  before(async () => {
    base = await filled();
    purged = (await ran(base, purgeAll)).disk;
  });

  const works: readonly (readonly [name: string, from: () => MemoryDisk, work: Work])[] = [
    ['a purge', () => base, purgeAll],
    ['an undo', () => purged, undoAll],
    ['letting go of what was purged', () => purged, sweepAll],
  ];
  for (const [name, from, work] of works) {
    it(`${name} killed at every step and run again ends as if it had not been`, async () => {
      const expected = await resultOf(from().copy(), work);
      const { steps } = await ran(from(), work);
      let points = 0;
      for (let step = 1; step <= steps; step += every) {
        if (!isInPiece(step)) continue;
        // Before the step and after it, with the power on and gone, in turns; every way at every step when it may take long.
        const ways = [
          ['kill', true],
          ['killAfter', false],
          ['killAfter', true],
          ['kill', false],
        ] as const;
        const chosen = faultsMode === 'long' ? ways : ways.slice(points % 4, (points % 4) + 1);
        for (const [how, power] of chosen) {
          const { disk } = await ran(from(), work, { at: step, how, partial: 0.5 });
          const found = await resultOf(power ? disk : disk.afterPowerLoss(() => false), work);
          assert.deepEqual(found, expected, `${how} at step ${step}, power ${power ? 'on' : 'gone'}`);
          points++;
        }
      }
      report(name, { steps, points, wrong: 0 });
    });
  }

  it('a full disk still gives space back', async () => {
    const disk = base.copy();
    const rig = await openRig(disk.mount());
    await rig.call(
      'history.append',
      numbers(1000, 3000).map((n) => eventOf(n, { timestamp: at(n % 200) })),
    );
    await rig.endPart();
    await rig.endPart();
    const full = disk.bytesUsed();
    disk.capacity = full;
    await assert.rejects(rig.retention.saveState('anything', 'x'.repeat(500)));
    const plan = await rig.retention.plan(planRequest({ cutoff: at(239) }));
    await rig.purge(plan.planId, 0);
    await rig.sweep(true);
    await rig.retention.giveBack(true);
    const left = disk.bytesUsed();
    assert.equal((await rig.events()).length, 1);
    report('full disk', { 'bytes before': full, 'bytes after': left });
    assert.ok(left < full * 0.75, `${left} of ${full} bytes are left`);
    await rig.retention.saveState('anything', 'x'.repeat(500));
    await rig.service.close();
    const again = await openRig(disk.mount());
    assert.equal((await again.events()).length, 1);
    assert.deepEqual(again.problems, []);
    await again.service.close();
  });
});
