import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreWorker } from '../../../src/adapters/store/storeWorker.ts';
import type { StoredKeySnapshot } from '../../../src/app/ports/stores.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { storeBuild } from '../../support/storeBuild.ts';
import { snapshotOf } from '../../support/storeRows.ts';
import { systemClock } from '../../support/systemClock.ts';

const size = 200_000;
const count = 60;

/** Bytes that no compression makes smaller, made of a number. */
function sealedOf(n: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, i) =>
    createHash('sha256').update(`${n} ${i}`).digest(),
  );
  return new Uint8Array(Buffer.concat(blocks).subarray(0, size));
}

describe('large previous values', function () {
  this.timeout(120_000);
  let directory: string;
  const workers: StoreWorker[] = [];

  async function openWindow(): Promise<StoreWorker> {
    const worker = new StoreWorker({
      directory,
      clock: systemClock,
      onNotice: () => undefined,
      ...(await storeBuild()),
    });
    workers.push(worker);
    return worker;
  }

  const bytesOf = (kind: RegExp): number =>
    readdirSync(join(directory, 'control'))
      .filter((name) => kind.test(name))
      .reduce((sum, name) => sum + statSync(join(directory, 'control', name)).size, 0);

  const snapshot = (n: number): StoredKeySnapshot => snapshotOf(n, { sealed: sealedOf(n), bytes: size });

  before(async () => {
    directory = ownFolder('cachify-sealed-');
    const window = await openWindow();
    for (let n = 1; n <= count; n++) await window.call('snapshots.add', [snapshot(n)]);
    await window.call('snapshots.add', [snapshotOf(1000)]);
  });
  after(async () => {
    for (const worker of workers) await worker.close();
    removeFolder(directory);
  });

  it('are read back exactly, in this window, another one, and after a restart', async () => {
    const [first] = workers;
    const other = await openWindow();
    for (const window of [first, other]) {
      for (const n of [1, 2, count / 2, count]) {
        assert.deepEqual((await window?.call('snapshots.get', snapshot(n).id))?.sealed, sealedOf(n), `value ${n}`);
      }
      assert.deepEqual((await window?.call('snapshots.get', snapshotOf(1000).id))?.sealed, snapshotOf(1000).sealed);
    }
    assert.equal(await other.call('snapshots.usedBytes', undefined), count * size + snapshotOf(1000).sealed.length);
  });

  it('stand beside the main database, and are written once', async () => {
    await workers[0]?.call('store.checkpoint');
    assert.ok(bytesOf(/^main-/) < 500_000, `${bytesOf(/^main-/)} bytes of main databases`);
    assert.ok(bytesOf(/^part-/) > count * size);
    assert.deepEqual(await workers[0]?.call('store.verify'), { ok: true, problems: [] });
  });

  it('give their room back when they are removed', async () => {
    const [window, other] = workers;
    const gone = Array.from({ length: count - 2 }, (_, i) => snapshot(i + 1).id);
    await window?.call('snapshots.remove', gone);
    for (let i = 0; i < 2; i++) await window?.call('store.checkpoint');
    assert.ok(bytesOf(/^(?:part|main|log)-/) < 12 * size, `${bytesOf(/^(?:part|main|log)-/)} bytes are left`);
    for (const one of [window, other, await openWindow()]) {
      assert.equal(await one?.call('snapshots.get', gone[0] ?? ''), null);
      assert.deepEqual((await one?.call('snapshots.get', snapshot(count).id))?.sealed, sealedOf(count));
    }
  });
});
