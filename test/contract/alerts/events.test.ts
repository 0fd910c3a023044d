import assert from 'node:assert/strict';
import { nodeDigest } from '../../../src/adapters/node/digest.ts';
import { RaisedAlerts } from '../../../src/app/alerts/raisedAlerts.ts';
import type { RaisedAlert } from '../../../src/app/ports/alertEvents.ts';
import type { Stores } from '../../../src/app/ports/stores.ts';
import { manualClock } from '../../support/manualClock.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { storesIn } from '../../support/storesIn.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const blocked: RaisedAlert = {
  severity: 'warning',
  title: 'Delete tmp:* was blocked',
  message: 'The pack Change window is closed.',
  source: 'policy',
  connectionId: 'uid-1',
};

describe('alerts that features raise', function () {
  this.timeout(60_000);
  let directory: string;
  let stores: Stores;
  const clock = manualClock();

  beforeEach(async () => {
    directory = ownFolder('cachify-alert-events-');
    stores = await storesIn(directory);
  });
  afterEach(async () => {
    await stores.close();
    removeFolder(directory);
  });

  const raised = (): RaisedAlerts => new RaisedAlerts({ store: stores.alerts, clock, digest: nodeDigest, log: quiet });

  it('stand in the history, newest first and unread, and are told of', async () => {
    const alerts = raised();
    let told = 0;
    alerts.onDidRaise(() => told++);
    await alerts.raise(blocked);
    clock.advance(1000);
    await alerts.raise({
      severity: 'critical',
      title: 'Storage is full',
      message: 'Nothing is recorded.',
      source: 'storage',
    });
    const events = await stores.alerts.events({ limit: 10 });
    assert.deepEqual(
      events.map(({ title, source, read, connectionId }) => ({ title, source, read, connectionId })),
      [
        { title: 'Storage is full', source: 'storage', read: false, connectionId: undefined },
        { title: blocked.title, source: 'policy', read: false, connectionId: 'uid-1' },
      ],
    );
    assert.equal(told, 2);
  });

  it('are one when they are the same and nobody has read the first', async () => {
    const alerts = raised();
    await alerts.raise(blocked);
    clock.advance(60_000);
    await alerts.raise(blocked);
    await alerts.raise({ ...blocked, connectionId: 'uid-2' });
    assert.equal((await stores.alerts.events({ limit: 10 })).length, 2);
    await stores.alerts.markRead('all');
    await alerts.raise(blocked);
    assert.equal((await stores.alerts.events({ limit: 10, unreadOnly: true })).length, 1);
    clock.advance(11 * 60_000);
    await alerts.raise(blocked);
    assert.equal((await stores.alerts.events({ limit: 10, unreadOnly: true })).length, 2);
  });

  it('are read one by one or all, over a restart', async () => {
    const alerts = raised();
    for (const title of ['one', 'two', 'three']) await alerts.raise({ ...blocked, title });
    const [newest] = await stores.alerts.events({ limit: 1 });
    await stores.alerts.markRead([newest?.id ?? '']);
    await stores.close();
    stores = await storesIn(directory);
    assert.equal((await stores.alerts.events({ limit: 10, unreadOnly: true })).length, 2);
    await stores.alerts.markRead('all');
    assert.deepEqual(await stores.alerts.events({ limit: 10, unreadOnly: true }), []);
  });
});
