import assert from 'node:assert/strict';
import type { FileSystem } from '../../src/adapters/store/disk/fileSystem.ts';
import { MemoryDisk } from '../support/memoryDisk.ts';
import { waitFor } from '../support/waiting.ts';
import { report } from './report.ts';
import { commitNumber, hastyClock, held, openSmall } from './workload.ts';

describe('faults: space', function () {
  this.timeout(120_000);

  it('returns when rows are deleted, in the main database and in finished parts', async () => {
    const disk = new MemoryDisk();
    const { engine } = await openSmall(disk.mount(), { logBytes: 1 << 20 });
    for (let round = 0; round < 4; round++) {
      await engine.commit((tx) => {
        for (let n = round * 100; n < round * 100 + 100; n++) {
          tx.run('INSERT INTO kept (n, body) VALUES (?, ?)', [n, 'x'.repeat(2000)]);
          tx.run('INSERT INTO rows (n, body) VALUES (?, ?)', [n, 'x'.repeat(2000)], 'part');
        }
      });
      await engine.checkpoint();
    }
    await engine.checkpoint();
    const reserve = disk.bytes('/store/reserve').length;
    const full = disk.bytesUsed() - reserve;
    await engine.commit((tx) => {
      tx.run('DELETE FROM kept WHERE n < 390');
      for (const { id } of engine.eventParts()) tx.run('DELETE FROM rows WHERE n < 390', [], id);
    });
    const other = await openSmall(disk.mount());
    assert.deepEqual(held(other.engine).rows, held(engine).rows, 'another window sees the same before a generation');
    await other.engine.close();
    for (let i = 0; i < 3; i++) await engine.checkpoint();
    const left = disk.bytesUsed() - reserve;
    assert.deepEqual(held(engine).rows, [390, 391, 392, 393, 394, 395, 396, 397, 398, 399]);
    await engine.close();
    const again = await openSmall(disk.mount());
    assert.deepEqual(held(again.engine).rows, [390, 391, 392, 393, 394, 395, 396, 397, 398, 399]);
    assert.deepEqual(held(again.engine).kept.length, 10);
    assert.deepEqual(again.problems, []);
    await again.engine.close();
    report('space', { 'bytes before': full, 'bytes after': left });
    assert.ok(left < full / 5, `${left} of ${full} bytes are left`);
  });

  it('a full disk makes the store read-only, loses nothing acknowledged, and it recovers by itself', async () => {
    const disk = new MemoryDisk();
    const healthy = await openSmall(disk.mount());
    for (let n = 1; n <= 10; n++) await commitNumber(healthy.engine, n);
    await healthy.engine.close();
    for (const how of ['ENOSPC', 'EROFS', 'EACCES'] as const) {
      const mount = disk.copy().mount({ at: 3, how, lasting: true });
      const { engine } = await openSmall(mount);
      await assert.rejects(commitNumber(engine, 11));
      assert.equal(engine.health.kind, 'readOnly');
      assert.equal(held(engine).kept.length, 10, 'what was acknowledged can still be read');
      await engine.tryToRecover();
      assert.equal(engine.health.kind, 'readOnly');
      mount.heal();
      await engine.tryToRecover();
      assert.equal(engine.health.kind, 'ready');
      await commitNumber(engine, 12);
      assert.deepEqual(held(engine).kept, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
      await engine.close();
    }
  });

  it('a full disk still lets rows be deleted, from a reserve that comes back', async () => {
    const disk = new MemoryDisk();
    const { engine } = await openSmall(disk.mount(), { logBytes: 1 << 30 });
    await engine.commit((tx) => {
      for (let n = 0; n < 300; n++) tx.run('INSERT INTO kept (n, body) VALUES (?, ?)', [n, 'x'.repeat(2000)]);
    });
    await engine.checkpoint();
    await engine.checkpoint();
    assert.ok(disk.has('/store/reserve'));
    disk.capacity = disk.bytesUsed() + 20;
    await assert.rejects(commitNumber(engine, 1000), { code: 'INTERNAL_ERROR' });
    assert.equal(engine.health.kind, 'readOnly');
    await engine.commit((tx) => tx.run('DELETE FROM kept WHERE n < 299'), true);
    assert.ok(!disk.has('/store/reserve'));
    for (let i = 0; i < 3; i++) await engine.checkpoint();
    assert.equal(engine.health.kind, 'ready');
    assert.ok(disk.has('/store/reserve'));
    await commitNumber(engine, 1000);
    assert.deepEqual(held(engine).kept, [299, 1000]);
    await engine.close();
  });

  it('a folder that cannot be made leaves a store that can be asked, says so, and takes writes later', async () => {
    const mount = new MemoryDisk().mount({ at: 1, how: 'EACCES', lasting: true });
    const { engine } = await openSmall(mount);
    assert.deepEqual(engine.health, {
      kind: 'readOnly',
      reason: 'the folder of the store may not be written',
      newer: false,
    });
    assert.deepEqual(held(engine).kept, []);
    await assert.rejects(commitNumber(engine, 1), { code: 'INTERNAL_ERROR' });
    mount.heal();
    await engine.tryToRecover();
    await commitNumber(engine, 2);
    assert.deepEqual(held(engine).kept, [2]);
    await engine.close();
  });

  it('a generation that cannot be written is told, loses nothing, and is written when it can be', async () => {
    const disk = new MemoryDisk();
    const mount = disk.mount();
    let full = false;
    const fs: FileSystem = {
      ...bound(mount),
      rename(from, to) {
        if (full && to.includes('/main-')) throw Object.assign(new Error('ENOSPC by the test'), { code: 'ENOSPC' });
        mount.rename(from, to);
      },
    };
    const clock = hastyClock();
    const { engine } = await openSmall(fs, { clock });
    full = true;
    await assert.rejects(engine.checkpoint());
    assert.deepEqual(engine.health, { kind: 'notCompacted', reason: 'the disk is full' });
    for (let n = 1; n <= 40; n++) await commitNumber(engine, n);
    assert.equal(engine.health.kind, 'notCompacted', 'writes go on');
    full = false;
    await waitFor('a generation', 30_000, async () => {
      await engine.tryToRecover();
      return engine.health.kind === 'ready';
    });
    await engine.close();
    const again = await openSmall(disk.mount());
    assert.equal(held(again.engine).kept.length, 40);
    await again.engine.close();
  });

  it('a flood of writes that never pauses does not keep generations from being written', async () => {
    const disk = new MemoryDisk();
    const { engine } = await openSmall(disk.mount(), { logBytes: 2000 });
    let written = 0;
    const waiting: Promise<void>[] = [];
    const generations = new Set<string>();
    for (let n = 1; n <= 400; n++) {
      waiting.push(commitNumber(engine, n).then(() => void written++));
      if (waiting.length > 8) await waiting.shift();
      for (const name of disk.list('/store')) if (name.startsWith('generation-')) generations.add(name);
    }
    assert.ok(written < 400, 'the queue has not run dry');
    await Promise.all(waiting);
    report('generations during a flood', { writes: 400, generations: generations.size });
    assert.ok(generations.size >= 3, `${generations.size} generations were written meanwhile`);
    await engine.close();
  });
});

/** The methods of a mounted disk as plain properties. */
function bound(mount: FileSystem): FileSystem {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(mount)) as (keyof FileSystem)[];
  const methods = names.filter((name) => typeof mount[name] === 'function');
  return Object.fromEntries(methods.map((name) => [name, mount[name].bind(mount)])) as unknown as FileSystem;
}
