// A person whose budget cannot be met, because what is over it belongs to an alert that is not over.
import assert from 'node:assert/strict';
import { pictureEveryLook } from '../support/host/everyLook.ts';
import { storageByHand } from '../support/host/storageByHand.ts';
import { globalStorageOf, storeFolderOf } from '../support/host/userData.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder } from '../support/processes.ts';
import { eventOf, idOf, sampleOf } from '../support/storeRows.ts';
import { storesIn } from '../support/storesIn.ts';

const VIEW = 'Incidents & Storage';
const dayMs = 86_400_000;

/** More events than 1 MB holds, all of them since an alert that still goes on. */
async function seed(dataFolder: string): Promise<void> {
  const stores = await storesIn(storeFolderOf(dataFolder));
  const now = Date.now();
  const at = (days: number, n = 0): string => new Date(now - days * dayMs + n * 1000).toISOString();
  const events = Array.from({ length: 8000 }, (_, n) =>
    eventOf(n, { timestamp: at(2, n), keyOrPattern: `session:${'x'.repeat(180)}:${n}` }),
  );
  for (let n = 0; n < events.length; n += 1000) await stores.history.append(events.slice(n, n + 1000));
  await stores.history.appendSamples(Array.from({ length: 500 }, (_, n) => sampleOf(n, { timestamp: at(2, n * 15) })));
  await stores.alerts.raise(
    {
      id: idOf(1),
      ruleId: 'slow',
      severity: 'warning',
      title: 'Slow commands on Shop prod',
      message: 'p95 is above 25 ms for 2 minutes.',
      source: 'rule',
      createdAt: at(2),
      read: true,
      episodeFrom: at(2),
    },
    at(3),
  );
  await stores.retention.savePolicy({
    dataset: 'timelineEvents',
    retentionDays: 30,
    storageBudgetMb: 1,
    autoPurgeOldest: true,
  });
  await stores.close();
}

describe('storage that pins hold over its budget', function () {
  this.timeout(240_000);
  const dataFolder = ownFolder('cachify-pins-');

  before(() => seed(dataFolder));
  const workbench = useWorkbench(() => ({ dataFolder }));
  const { panel, dataset, open } = storageByHand(workbench);

  it('says what is pinned and why, by how much it is over, and that samples rest', async () => {
    await open('Timeline events');
    const page = await panel();
    // Budgets are looked at when the window has started, and every minute.
    await page
      .locator('.notice', { hasText: /Timeline events: still over by [\d.,]+ [KM]B: 1 open alert/ })
      .waitFor({ timeout: 120_000 });
    await page.locator('.notice', { hasText: /are not collected until that budget is met/ }).waitFor();
    const pins = (await dataset('Timeline events')).locator('.dataset-pins');
    assert.match(await pins.innerText(), /MB pinned: Alert: Slow commands on Shop prod/);
    await workbench().rowSaying(VIEW, /^Timeline events over budget/);
    assert.match(await (await dataset('Timeline events')).locator('.dataset-facts').innerText(), /8,000 events/);
    await workbench().screenshot('storage-pins');
  });

  it('looks right in every theme, wide and narrow', async () => {
    await pictureEveryLook(workbench(), 'storage-pins');
  });

  it('plans a purge that takes nothing that is pinned, and says so', async () => {
    const events = await dataset('Timeline events');
    await events.locator('vscode-button', { hasText: 'Purge…' }).focus();
    await workbench().page.keyboard.press('Enter');
    await (await panel()).locator('.plan-table').waitFor({ timeout: 60_000 });
    await workbench().screenshot('storage-pins-plan');
    assert.match(await events.innerText(), /pinned/);
  });

  it('tells where the folder of the store is, where no file manager can be opened', async () => {
    await workbench().run('Cachify: Open Local Store’s Folder');
    const text = await workbench().notification(/It is on the (machine that serves this page|remote)/);
    assert.ok(text.includes(globalStorageOf(dataFolder)), text);
    await workbench().notificationButton(/It is on the/, 'Copy path');
  });
});
