import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openStores } from '../../../src/adapters/store/openStores.ts';
import { JobLeases, leaseMs } from '../../../src/app/leases/jobLeases.ts';
import { SoleJob } from '../../../src/app/leases/soleJob.ts';
import type { Stores } from '../../../src/app/ports/stores.ts';
import { manualClock, type ManualClock } from '../../support/manualClock.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { storeBuild } from '../../support/storeBuild.ts';
import { systemClock } from '../../support/systemClock.ts';
import { waitFor } from '../../support/waiting.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the leases of jobs, on the real store', function () {
  this.timeout(60_000);
  let folder: string;
  let stores: Stores;
  let clock: ManualClock;

  beforeEach(async () => {
    folder = ownFolder('cachify-leases-');
    clock = manualClock();
    stores = openStores({ ...(await storeBuild()), directory: join(folder, 'store'), clock: systemClock });
  });
  afterEach(async () => {
    await stores.close();
    removeFolder(folder);
  });

  const windowOf = (name: string, isGone = (_other: string): boolean => false): JobLeases =>
    new JobLeases({ leases: stores.leases, holder: { name, isGone }, clock, log });

  /** A job whose begins and ends are counted; one that begins twice has begun in two windows. */
  function jobIn(leases: JobLeases): { readonly job: SoleJob; readonly told: string[] } {
    const told: string[] = [];
    const options = { name: 'alerts', begin: () => void told.push('begin'), end: () => void told.push('end') };
    return { job: new SoleJob({ clock, log }, leases, options), told };
  }

  it('one of two windows does the job; the other one when it is given back', async () => {
    const [first, second] = [jobIn(windowOf('a')), jobIn(windowOf('b'))];
    await first.job.start();
    await second.job.start();
    assert.deepEqual([first.told, second.told], [['begin'], []]);
    await first.job.dispose();
    clock.advance(10_000);
    await waitFor('the second window to have the job', 20_000, () => second.job.isHere);
    assert.deepEqual([first.told, second.told], [['begin', 'end'], ['begin']]);
    await second.job.dispose();
  });

  it('a holder that slept is replaced once its lease ran out, and its fence is old', async () => {
    const sleeper = await windowOf('a').take('alerts');
    assert.ok('fence' in sleeper);
    const other = jobIn(windowOf('b'));
    await other.job.start();
    assert.ok(!other.job.isHere);
    await waitFor('the other window to have the job', 20_000, () => {
      clock.advance(1000);
      return other.job.isHere;
    });
    assert.equal(await stores.leases.renew('alerts', sleeper.fence, clock.wallMs() + leaseMs), false);
    await other.job.dispose();
  });

  it('a holder whose process is gone is replaced at once', async () => {
    await windowOf('a').take('alerts');
    const other = jobIn(windowOf('b', (name) => name === 'a'));
    await other.job.start();
    assert.ok(other.job.isHere);
    await other.job.dispose();
  });
});
