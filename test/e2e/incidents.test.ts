import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { seedHistory } from '../../scripts/demo/history.ts';
import { startDemoServers, type DemoServer } from '../../scripts/demo/servers.ts';
import { demoConnections } from '../../scripts/demo/workspace.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder } from '../support/processes.ts';
import type { Workbench } from '../support/host/workbench.ts';
import { waitFor } from '../support/waiting.ts';

const VIEW = 'Incidents & Storage';

/** The dialog proposes a name a moment after it opens, which would replace what was typed before. */
async function answerDialog({ quickInput }: Workbench, path: string): Promise<void> {
  await waitFor('the question for a file, with its proposal', 30_000, async () => {
    const title = await quickInput.title();
    return title.startsWith('Export incident bundle') && (await quickInput.value()).endsWith('.zip');
  });
  await quickInput.answer(path);
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
    await seedHistory(join(dataFolder, 'user/User/globalStorage/cachify.cachify-studio/store'), servers);
    return { dataFolder, settings: { 'cachify.connections': demoConnections(servers) } };
  });
  const panel = (): Promise<Frame> => workbench().webview('.bundle');
  const button = async (text: string | RegExp) => (await panel()).locator('vscode-button', { hasText: text });

  async function exportTo(path: string): Promise<void> {
    await (await button(/Export bundle/)).click();
    await answerDialog(workbench(), path);
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
    for (const theme of ['light', 'contrast', 'contrastLight'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`incident-bundle-${theme}`);
    }
    await workbench().page.setViewportSize({ width: 800, height: 900 });
    await workbench().screenshot('incident-bundle-narrow');
    await workbench().page.setViewportSize({ width: 1280, height: 800 });
    await workbench().setTheme('dark');
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
    const row = await waitFor('the bundle in the view', 30_000, async () =>
      (await workbench().rows(VIEW)).find(({ label }) => label === 'shop.zip'),
    );
    assert.match(row.description, /[\d,]+ events/);
    await workbench().screenshot('incident-bundle-tree');
  });
});
