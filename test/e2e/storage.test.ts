import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from '../support/processes.ts';
import { eventOf, sampleOf, snapshotOf } from '../support/storeRows.ts';
import { storesIn } from '../support/storesIn.ts';
import { waitFor } from '../support/waiting.ts';
import { pictureEveryLook } from '../support/host/everyLook.ts';
import { storageByHand } from '../support/host/storageByHand.ts';
import { globalStorageOf, storeFolderOf } from '../support/host/userData.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';

const VIEW = 'Incidents & Storage';
const dayMs = 86_400_000;

/** Sixty days of events, of which a third is older than the thirty that are kept; two weeks of a dataset that grows. */
async function seed(dataFolder: string): Promise<void> {
  const stores = await storesIn(storeFolderOf(dataFolder));
  const now = Date.now();
  const at = (days: number, n: number): string => new Date(now - days * dayMs + n * 1000).toISOString();
  const events = Array.from({ length: 9000 }, (_, n) => eventOf(n, { timestamp: at(n < 3000 ? 45 : 12, n) }));
  for (let n = 0; n < events.length; n += 1000) await stores.history.append(events.slice(n, n + 1000));
  await stores.history.appendSamples(
    Array.from({ length: 2000 }, (_, n) => sampleOf(n, { timestamp: at(10, n * 15) })),
  );
  await stores.snapshots.add(
    Array.from({ length: 300 }, (_, n) => snapshotOf(n, { takenAt: at(3, n), sealed: new Uint8Array(20_000) })),
  );
  const { datasets } = await stores.retention.usage({ pins: [], files: [] });
  for (let day = 14; day > 0; day--) {
    const used = datasets.map(({ dataset, rows, bytes }) => ({
      dataset,
      rows,
      bytes: Math.round((bytes * (20 - day)) / 20),
    }));
    await stores.retention.noteDay(at(day, 0).slice(0, 10), used);
  }
  await stores.retention.savePolicy({
    dataset: 'timelineEvents',
    retentionDays: 30,
    storageBudgetMb: 4,
    autoPurgeOldest: false,
  });
  await stores.close();
}

describe('storage', function () {
  this.timeout(240_000);
  const dataFolder = ownFolder('cachify-storage-');

  before(() => seed(dataFolder));
  const workbench = useWorkbench(() => ({ dataFolder }));
  const { panel, dataset, open } = storageByHand(workbench);
  const total = async (): Promise<string> =>
    (await (await dataset('Timeline events')).locator('.dataset-facts span').first().innerText()).trim();

  it('shows what is kept against its budget, in the view and in the panel', async () => {
    await open('Timeline events');
    assert.equal(await total(), '9,000 events');
    await workbench().screenshot('storage');
  });

  it('looks right in every theme, wide and narrow', async () => {
    const events = await dataset('Timeline events');
    await events.locator('vscode-button', { hasText: 'Purge…' }).click();
    await (await panel()).locator('.plan-table').waitFor();
    await pictureEveryLook(workbench(), 'storage-plan');
    // High enough for all rows of the view below the others.
    await workbench().page.setViewportSize({ width: 1280, height: 1400 });
  });

  it('purges by the mouse what the plan said, and gives it back', async () => {
    const page = await panel();
    await page.locator('.detail-acts vscode-button', { hasText: 'Delete 3,000 events' }).click();
    await page.locator('.notice', { hasText: '3,000 events deleted.' }).waitFor({ timeout: 60_000 });
    assert.equal(await total(), '6,000 events');
    // The view shares the side bar with others: its last rows may be below.
    await workbench().row(VIEW, 'Timeline events').hover();
    await workbench().page.mouse.wheel(0, 2000);
    await workbench().row(VIEW, 'Purged 3,000 events').waitFor({ timeout: 60_000 });
    await workbench().page.mouse.wheel(0, -2000);
    await workbench().screenshot('storage-purged');
    await page.locator('.notice vscode-button', { hasText: 'Undo' }).click();
    await waitFor('the events', 60_000, async () => (await total()) === '9,000 events');
  });

  it('changes the limits by the keyboard, refuses what breaks a rule, and says what is over budget', async () => {
    const events = await dataset('Timeline events');
    await events.locator('vscode-button', { hasText: 'Limits…' }).focus();
    await workbench().page.keyboard.press('Enter');
    const page = await panel();
    const budget = page.locator('.field', { hasText: 'Budget' }).locator('input');
    await budget.focus();
    await workbench().page.keyboard.press('ControlOrMeta+A');
    await workbench().page.keyboard.type('0');
    await page.locator('.field-problem', { hasText: 'whole number from 1' }).waitFor();
    await workbench().screenshot('storage-limits');
    await workbench().page.keyboard.press('ControlOrMeta+A');
    await workbench().page.keyboard.type('1');
    await workbench().page.keyboard.press('Enter');
    await events.locator('.dataset-level', { hasText: 'over budget' }).waitFor({ timeout: 60_000 });
    await workbench().rowSaying(VIEW, /^Timeline events over budget/);
    await workbench().screenshot('storage-over');
    await events.locator('vscode-button', { hasText: 'Purge…' }).focus();
    await workbench().page.keyboard.press('Enter');
    const button = page.locator('.detail-acts vscode-button', { hasText: /Delete [\d,]+ events/ });
    await button.waitFor({ timeout: 60_000 });
    await button.focus();
    await workbench().page.keyboard.press('Enter');
    await page.locator('.notice', { hasText: 'events deleted.' }).waitFor({ timeout: 60_000 });
    await waitFor('room again', 60_000, async () => (await events.locator('.dataset-level').count()) === 0);
  });

  it('empties the store only for who types it, after a backup', async () => {
    const page = await panel();
    await page.locator('.storage-head vscode-button', { hasText: 'Reset…' }).click();
    await waitFor('the question', 20_000, async () => (await workbench().quickInput.title()).startsWith('Reset'));
    await workbench().quickInput.answer('delete everything');
    await workbench().notification(/The local store is empty/, 60_000);
    await waitFor('nothing', 60_000, async () => (await total()) === '0 events');
    const folder = globalStorageOf(dataFolder);
    const [backup] = readdirSync(folder).filter((name) => /^backup-.*\.sqlite$/.test(name));
    assert.ok(backup !== undefined, 'a backup stands beside the store');
    const count = execFileSync('sqlite3', [join(folder, backup), 'SELECT count(*) FROM history_events'], {
      encoding: 'utf8',
    });
    assert.ok(Number(count) > 1000, `${count} events are in the backup`);
  });
});
