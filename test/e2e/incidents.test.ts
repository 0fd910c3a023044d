import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { seedHistory } from '../../scripts/demo/history.ts';
import { startDemoServers, type DemoServer } from '../../scripts/demo/servers.ts';
import { demoConnections } from '../../scripts/demo/workspace.ts';
import { incidentWork } from '../../src/adapters/store/incidentWork.ts';
import { pictureEveryLook } from '../support/host/everyLook.ts';
import { extensionHosts } from '../support/host/extensionHosts.ts';
import { globalStorageOf, storeFolderOf } from '../support/host/userData.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder } from '../support/processes.ts';
import { storeBuild } from '../support/storeBuild.ts';
import { eventOf } from '../support/storeRows.ts';
import type { Workbench } from '../support/host/workbench.ts';
import { waitFor } from '../support/waiting.ts';
import { storesIn } from '../support/storesIn.ts';

const VIEW = 'Incidents & Storage';

async function chooseFile({ quickInput }: Workbench, path: string): Promise<void> {
  await quickInput.answerFileDialog('Export incident bundle', (proposed) => proposed.endsWith('.zip'), path);
}

describe('incident bundles', function () {
  this.timeout(240_000);
  let servers: readonly DemoServer[];
  const out = realpathSync(ownFolder('cachify-bundles-'));

  before(async function prepare() {
    this.timeout(120_000);
    servers = await startDemoServers(false);
  });
  after(async () => {
    for (const server of servers) await server.stop();
  });

  const workbench = useWorkbench(async () => {
    const dataFolder = ownFolder('cachify-incidents-window-');
    await seedHistory(storeFolderOf(dataFolder), servers);
    return { dataFolder, settings: { 'cachify.connections': demoConnections(servers) } };
  });
  const panel = (): Promise<Frame> => workbench().webview('.bundle');
  const button = async (text: string | RegExp) => (await panel()).locator('vscode-button', { hasText: text });

  async function exportTo(path: string): Promise<void> {
    await (await button(/Export bundle/)).click();
    await chooseFile(workbench(), path);
  }

  it('opens on the last hour and shows what it would hold, with a hash, before any file is written', async () => {
    await workbench().openContainer('Cachify');
    await workbench().expand('Connections', 'Shop dev');
    await workbench().run('Cachify: New Incident Bundle…');
    const page = await panel();
    await page.locator('.empty-state h2', { hasText: 'Hand over the truth' }).waitFor();
    await workbench().screenshot('incident-bundle-empty');
    await page.locator('.segmented button', { hasText: '6h' }).click();
    await page.locator('.range-chart figcaption', { hasText: /\d operations/ }).waitFor();
    await (await button(/Show what would be in it/)).click();
    await page.locator('.hash').first().waitFor({ timeout: 60_000 });
    assert.match(await page.locator('.hash').first().innerText(), /^[0-9a-f]{64}$/);
    const contents = await page.locator('.rows').first().innerText();
    for (const file of ['timeline.jsonl', 'metrics.jsonl', 'diagnostics.jsonl', 'index.html']) {
      assert.ok(contents.includes(file), contents);
    }
    await workbench().screenshot('incident-bundle-preview');
  });

  it('strict shows each kind with an example of before and after', async () => {
    const page = await panel();
    await page.locator('.segmented button', { hasText: 'Strict' }).click();
    await page.locator('.notice', { hasText: 'The form was changed' }).waitFor();
    await (await button(/Show again/)).click();
    await page.locator('.rows', { hasText: 'Key names, as tokens' }).waitFor({ timeout: 60_000 });
    assert.match(await page.locator('.rows', { hasText: 'Key names, as tokens' }).innerText(), /key_[0-9a-f]{16}/);
    await workbench().screenshot('incident-bundle-strict');
  });

  it('looks right in every theme, wide and narrow', async () => {
    await pictureEveryLook(workbench(), 'incident-bundle');
  });

  it('exports by the mouse, verifies, and lists the bundle in the view', async () => {
    const target = join(out, 'shop.zip');
    await exportTo(target);
    const page = await panel();
    await page.locator('h2', { hasText: 'Bundle written' }).waitFor({ timeout: 60_000 });
    assert.ok(existsSync(target));
    await (await button('Verify')).click();
    await page.locator('.notice', { hasText: 'Whole' }).waitFor({ timeout: 30_000 });
    await workbench().screenshot('incident-bundle-written');
    const lines = execFileSync('unzip', ['-p', target, 'timeline.jsonl'], { encoding: 'utf8', maxBuffer: 1 << 28 });
    assert.doesNotMatch(lines, /shop-dev|cart:/);
    await workbench().openView(VIEW);
    await workbench().rowSaying(VIEW, /^shop\.zip .*[\d,]+ events/);
    await workbench().screenshot('incident-bundle-tree');
  });
});

describe('an export whose extension host dies', function () {
  this.timeout(300_000);
  // Enough that none of the stretches between two deaths can finish it.
  const events = 800_000;
  const out = realpathSync(ownFolder('cachify-bundles-'));
  const dataFolder = ownFolder('cachify-incidents-window-');
  const global = globalStorageOf(dataFolder);

  before(async function seed() {
    this.timeout(180_000);
    const stores = await storesIn(join(global, 'store'));
    const startMs = Date.now() - 50 * 60_000;
    // Each append is made durable: few large ones take a fraction of the time.
    for (let n = 0; n < events; n += 5000) {
      const rows = Array.from({ length: 5000 }, (_, i) => {
        const timestamp = new Date(startMs + Math.floor(((n + i) * 45 * 60_000) / events)).toISOString();
        return eventOf(n + i, { timestamp, keyOrPattern: `user:${((n + i) * 7919) % 1_000_003}` });
      });
      await stores.history.append(rows);
    }
    await stores.close();
  });

  const workbench = useWorkbench(() => ({ dataFolder, settings: { 'cachify.connections': [] } }));
  const panel = (): Promise<Frame> => workbench().webview('.bundle');

  it('three times, is found interrupted each time and resumed, and the file is the one of an undisturbed export', async () => {
    const target = join(out, 'killed.zip');
    await workbench().openContainer('Cachify');
    await workbench().run('Cachify: New Incident Bundle…');
    await (await panel()).locator('vscode-button', { hasText: 'Show what would be in it' }).click();
    await (await panel()).locator('.hash').first().waitFor({ timeout: 120_000 });
    await (await panel()).locator('vscode-button', { hasText: /Export bundle/ }).click();
    await chooseFile(workbench(), target);
    for (let kill = 0; kill < 3; kill++) {
      const before = kill === 0 ? 0 : stateBytes();
      await waitFor('some more of it on disk', 60_000, () => Promise.resolve(stateBytes() > before));
      for (const pid of extensionHosts(workbench().host.pid)) process.kill(pid, 'SIGKILL');
      assert.ok(!existsSync(target), 'it was finished too soon to be killed');
      await workbench().reload();
      await workbench().openContainer('Cachify');
      await workbench().openView(VIEW);
      await workbench().rowSaying(VIEW, /^killed\.zip interrupted at/);
      if (kill === 0) {
        // The notification of the new start resumes as well as the command does.
        const told = /The export of .*killed\.zip was interrupted/;
        await workbench().notification(told, 60_000);
        await workbench().screenshot('incident-export-interrupted');
        await workbench().notificationButton(told, 'Resume export');
        await (await panel()).locator('.path', { hasText: 'killed.zip' }).waitFor({ timeout: 30_000 });
        continue;
      }
      await workbench().run('Cachify: Resume Incident Export');
      await waitFor('the choice of an export', 20_000, async () => (await workbench().quickInput.items()).length > 0);
      await workbench().quickInput.accept();
    }
    await (await panel()).locator('h2', { hasText: 'Bundle written' }).waitFor({ timeout: 120_000 });
    const stores = await storesIn(join(global, 'store'));
    const [preview] = await stores.incidents.previews();
    await stores.close();
    assert.ok(preview);
    const work = incidentWork(
      { ...(await storeBuild()), directory: join(global, 'store') },
      { folder: join(global, 'incidents'), pageScript: '', pageStyle: '' },
    );
    const { id, request, query, cut, names, manifest } = preview;
    const whole = join(out, 'whole.zip');
    const job = { jobId: 'undisturbed', previewId: id, request, query, cut, names, entries: manifest.entries };
    await work.export({ ...job, target: whole, salt: '00', secrets: [] }, {});
    assert.ok(readFileSync(target).equals(readFileSync(whole)));
  });

  /** How much the exports have noted as done. */
  function stateBytes(): number {
    const folder = join(global, 'incidents');
    if (!existsSync(folder)) return 0;
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.state'));
    return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  }
});
