// A disk that is really full and really read-only. Where none may be mounted these say so; space.faults.ts does the same with
// a disk in memory.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem } from '../../src/adapters/store/disk/nodeFileSystem.ts';
import { SmallDisk } from '../support/smallDisk.ts';
import { systemClock } from '../support/systemClock.ts';
import { waitFor } from '../support/waiting.ts';
import { report } from './report.ts';
import { held, openSmall, type SmallStore } from './workload.ts';

const megabytes = 4;

describe('faults: a real disk', function () {
  this.timeout(120_000);
  let disk: SmallDisk | undefined;
  let folder: string;
  let opened: SmallStore[] = [];

  before(async function () {
    try {
      disk = await SmallDisk.mount(megabytes);
    } catch (error) {
      console.log(`    skipped: ${error instanceof Error ? error.message : String(error)}`);
      this.skip();
    }
    ({ folder } = disk);
  });
  after(() => disk?.remove());

  const open = async (): Promise<SmallStore> => {
    const options = { path: join(folder, 'store'), clock: systemClock, logBytes: 1 << 16 };
    const store = await openSmall(nodeFileSystem, options);
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const { engine } of opened) await engine.close();
    opened = [];
  });

  it('that is full: what was acknowledged stays, rows can be deleted, and writing goes on when there is room', async () => {
    const { engine } = await open();
    const acknowledged: number[] = [];
    const write = (n: number): Promise<void> =>
      engine.commit((tx) => tx.run('INSERT INTO kept (n, body) VALUES (?, ?)', [n, randomBytes(20_000)]));
    await engine.checkpoint();
    const filler = join(folder, 'filler');
    const untilFull = async (): Promise<unknown> => {
      for (let n = 1; n < 1000; n++) {
        if (n === 20) writeFileSync(filler, Buffer.alloc((megabytes - 2) << 20, 1));
        try {
          await write(n);
        } catch (error) {
          return error;
        }
        acknowledged.push(n);
      }
      return undefined;
    };
    const error = await untilFull();
    assert.match(String(error), /the disk is full/);
    assert.deepEqual(engine.health, { kind: 'readOnly', reason: 'the disk is full', newer: false });
    const lost = acknowledged.filter((n) => !held(engine).kept.includes(n));
    assert.deepEqual(lost, []);
    await engine.commit((tx) => tx.run('DELETE FROM kept WHERE n = 1'), true);
    rmSync(filler);
    await engine.tryToRecover();
    await waitFor('the store to be well again', 30_000, async () => {
      await engine.tryToRecover();
      return engine.health.kind === 'ready';
    });
    await write(2000);
    await opened.shift()?.engine.close();
    const again = await open();
    const expected = [...acknowledged.filter((n) => n !== 1), 2000];
    assert.deepEqual(held(again.engine).kept, expected);
    assert.deepEqual(
      again.problems.filter(({ kind }) => kind !== 'tornTail'),
      [],
    );
    report('a real full disk', { acknowledged: acknowledged.length, lost: lost.length });
  });

  it('that is read-only: it can be read, says so, and is written again when it may', async () => {
    disk?.remount('ro');
    const { engine } = await open();
    const before = held(engine).kept;
    assert.ok(before.length > 10);
    const write = (): Promise<void> => engine.commit((tx) => tx.run('INSERT INTO kept (n) VALUES (5000)'));
    await assert.rejects(write(), { code: 'INTERNAL_ERROR' });
    assert.deepEqual(engine.health, {
      kind: 'readOnly',
      reason: 'the folder of the store is read-only',
      newer: false,
    });
    disk?.remount('rw');
    await engine.tryToRecover();
    await waitFor('the store to be well again', 30_000, async () => {
      await engine.tryToRecover();
      return engine.health.kind === 'ready';
    });
    await write();
    assert.deepEqual(held(engine).kept, [...before, 5000]);
  });
});
