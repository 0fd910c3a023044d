import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Notice } from '../../../../src/adapters/store/messages.ts';
import { readMigrations } from '../../../../src/adapters/store/migrations.ts';
import { StoreService } from '../../../../src/adapters/store/worker/storeService.ts';
import { hastyClock, sqlEngine } from '../../../faults/workload.ts';
import { MemoryDisk } from '../../../support/memoryDisk.ts';
import { projectRoot } from '../../../support/root.ts';
import { waitFor } from '../../../support/waiting.ts';

const LIMIT_MS = 20_000;

describe('a thread of the store that holds too much memory', function () {
  this.timeout(60_000);

  it('asks for a fresh one, but not while what it holds cannot be written', async () => {
    const disk = new MemoryDisk();
    const mount = disk.mount();
    let notices: Notice[] = [];
    let looks = 0;
    const service = await StoreService.open({
      directory: '/stores',
      fs: mount,
      sql: await sqlEngine(),
      clock: hastyClock(),
      migrations: readMigrations(join(projectRoot(), 'migrations')),
      tell: (notice) => void notices.push(notice),
      heldBytes: () => {
        looks++;
        return 2 ** 40;
      },
    });
    const isSaid = (kind: Notice['kind']) => (): boolean => notices.some((notice) => notice.kind === kind);
    const isHealth = (kind: string) => (): boolean =>
      notices.some((notice) => notice.kind === 'health' && notice.health.kind === kind);
    await waitFor('the wish', LIMIT_MS, isSaid('wantsRenewal'));
    disk.capacity = disk.bytesUsed();
    await assert.rejects(
      service.answer('leases.take', [{ name: 'job', holder: 'me', nowMs: 0, untilMs: 1, gone: [] }]),
    );
    await waitFor('the state', LIMIT_MS, isHealth('readOnly'));
    notices = [];
    const before = looks;
    for (let n = 0; n < 200; n++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isSaid('wantsRenewal')(), false);
    assert.equal(looks, before);
    disk.capacity = Infinity;
    await waitFor('the wish again', LIMIT_MS, isSaid('wantsRenewal'));
    await service.close();
  });
});
