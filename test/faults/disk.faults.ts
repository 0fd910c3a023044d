import assert from 'node:assert/strict';
import { Killed, MemoryDisk, type Fault } from '../support/memoryDisk.ts';
import { seeded } from '../support/seeded.ts';
import { addUp, commitNumber, held, judge, openSmall, type Verdict } from './workload.ts';
import { faultsMode, isInPiece, report } from './report.ts';

const commits = 24;

interface Run {
  readonly disk: MemoryDisk;
  readonly acknowledged: Set<number>;
  readonly tried: Set<number>;
  readonly steps: number;
}

/** Opens a store, commits numbers one after another, and closes it, on a disk that may fail. */
async function run(
  fault: Fault | undefined,
  each?: (disk: MemoryDisk, acknowledged: ReadonlySet<number>, tried: ReadonlySet<number>) => Promise<void>,
): Promise<Run> {
  const disk = new MemoryDisk();
  const mount = disk.mount(fault);
  const acknowledged = new Set<number>();
  const tried = new Set<number>();
  try {
    const { engine } = await openSmall(mount);
    for (let n = 1; n <= commits && !mount.isDead; n++) {
      tried.add(n);
      try {
        await commitNumber(engine, n);
        acknowledged.add(n);
      } catch {
        if (!mount.isDead) await engine.tryToRecover().catch(() => undefined);
      }
      await each?.(disk, acknowledged, tried);
    }
    await engine.close();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  return { disk, acknowledged, tried, steps: mount.steps };
}

async function judgeDisk(
  disk: MemoryDisk,
  acknowledged: ReadonlySet<number>,
  tried: ReadonlySet<number>,
): Promise<Verdict> {
  const { engine, problems } = await openSmall(disk.mount());
  const verdict = judge(held(engine), acknowledged, tried, problems);
  await commitNumber(engine, 1000);
  assert.ok(held(engine).kept.includes(1000), 'a store that was opened again takes writes');
  await engine.close();
  return verdict;
}

function nothing(): Verdict {
  return { acknowledgedButLost: 0, duplicated: 0, corrupt: 0 };
}

describe('faults: the disk', function () {
  this.timeout(600_000);

  it('a failure at every step loses nothing acknowledged', async () => {
    const { steps } = await run(undefined);
    const sum = nothing();
    let points = 0;
    const codes = faultsMode === 'short' ? (['EIO'] as const) : (['ENOSPC', 'EIO', 'EACCES'] as const);
    for (const how of codes) {
      for (const lasting of [false, true]) {
        for (let at = 1; at <= steps; at++) {
          if (!isInPiece(at)) continue;
          const { disk, acknowledged, tried } = await run({ at, how, lasting, partial: at % 3 === 0 ? 0.5 : 0 });
          addUp(
            sum,
            await judgeDisk(
              disk.afterPowerLoss(() => false),
              acknowledged,
              tried,
            ),
          );
          addUp(sum, await judgeDisk(disk, acknowledged, tried));
          points++;
        }
      }
    }
    report('disk failure at every step', { steps, points, ...sum });
    assert.deepEqual(sum, nothing());
  });

  it('a process killed at every step loses nothing acknowledged', async () => {
    const { steps } = await run(undefined);
    const sum = nothing();
    let points = 0;
    for (const how of ['kill', 'killAfter'] as const) {
      for (let at = 1; at <= steps; at++) {
        const { disk, acknowledged, tried } = await run({ at, how, ...(at % 2 === 0 ? { partial: 0.4 } : {}) });
        addUp(sum, await judgeDisk(disk, acknowledged, tried));
        points++;
      }
    }
    report('process killed at every step', { steps, points, ...sum });
    assert.deepEqual(sum, nothing());
  });

  it('a power cut at every step, with any of the unsynced changes lost, loses nothing acknowledged', async () => {
    const { steps } = await run(undefined);
    const sum = nothing();
    let states = 0;
    let mostPending = 0;
    for (let at = 1; at <= steps; at++) {
      if (!isInPiece(at)) continue;
      const { disk, acknowledged, tried } = await run({ at, how: 'killAfter' });
      mostPending = Math.max(mostPending, disk.pendingCount);
      for (const keeps of combinations(disk.pendingCount, at)) {
        addUp(sum, await judgeDisk(disk.afterPowerLoss(keeps), acknowledged, tried));
        states++;
      }
    }
    report('power cut', { steps, states, mostPending, ...sum });
    assert.deepEqual(sum, nothing());
  });
});

const exhaustiveUpTo = { short: 3, full: 6, long: 10 }[faultsMode];
const sampled = { short: 2, full: 16, long: 400 }[faultsMode];
const prefixes = { short: 2, full: 16, long: 1000 }[faultsMode];

/** Every combination of kept changes when they are few, else all, none, every prefix and a seeded sample; and torn writes. */
function* combinations(count: number, seed: number): Generator<(index: number) => boolean | number> {
  if (count <= exhaustiveUpTo) {
    for (let bits = 0; bits < 2 ** count; bits++) yield (index) => (bits & (1 << index)) !== 0;
  } else {
    yield () => false;
    for (let length = Math.max(0, count - prefixes); length <= count; length++) yield (index) => index < length;
    const random = seeded(seed);
    for (let i = 0; i < sampled; i++) {
      const bits = Array.from({ length: count }, () => random() < 0.5);
      yield (index) => bits[index] ?? false;
    }
  }
  yield (index) => (index === count - 1 ? 0.5 : true);
  yield (index) => (index % 2 === 0 ? 0.3 : true);
}
