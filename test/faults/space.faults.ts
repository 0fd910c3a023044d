import assert from 'node:assert/strict';
import { MemoryDisk } from '../support/memoryDisk.ts';
import { report } from './report.ts';
import { commitNumber, held, openSmall } from './workload.ts';

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
});
