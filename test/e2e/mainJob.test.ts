// The main job, as a person does it: open a cart, edit it, save it, meet a second writer, delete in production under
// guard, bring it back, and read in the Timeline what happened. Auto save is on, as this host has it by default.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startDemoServers, type DemoServer } from '../../scripts/demo/servers.ts';
import { demoConnections, makeWorkspace } from '../../scripts/demo/workspace.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { waitFor } from '../support/waiting.ts';

const run = promisify(execFile);
const reason = 'INC-204: remove a poisoned cart';
/** Longer than the host's own auto save takes (1 s). */
const AUTO_SAVE_MS = 4000;
const LIMIT_MS = 20_000;

describe('the main job', function mainJob() {
  this.timeout(180_000);
  let servers: readonly DemoServer[] = [];
  const workbench = useWorkbench(async () => {
    servers = await startDemoServers();
    return {
      folder: await makeWorkspace(demoConnections(servers), true),
      size: { width: 1400, height: 900 },
    };
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  async function redis(id: string, ...args: string[]): Promise<string> {
    const server = servers.find((each) => each.id === id);
    const { stdout } = await run('redis-cli', ['-p', String(server?.port), ...args]);
    return stdout.replace(/\n$/, '');
  }

  it('opens a cart from the tree', async () => {
    await workbench().openContainer('Cachify');
    for (const other of ['Workflows', 'Alerts']) await workbench().foldView(other);
    await workbench().expand('Connections', /^Shop dev/);
    await workbench().expand('Connections', 'cart:');
    await workbench().click('Connections', 'cart:1');
    await workbench().editorShows('"currency": "EUR"');
  });

  it('writes nothing before the person saves, although auto save is on', async () => {
    const before = await redis('shop-dev', 'GET', 'cart:1');
    await workbench().replaceText('{"currency": "EUR", "lines": []}');
    await pause(AUTO_SAVE_MS);
    assert.equal(await redis('shop-dev', 'GET', 'cart:1'), before);
  });

  it('writes exactly the text on Ctrl+S, and keeps the TTL', async () => {
    const expiresAt = await redis('shop-dev', 'PEXPIRETIME', 'cart:1');
    await workbench().save();
    await waitFor('the new text in Redis', LIMIT_MS, async () => {
      return (await redis('shop-dev', 'GET', 'cart:1')) === '{"currency": "EUR", "lines": []}';
    });
    assert.equal(await redis('shop-dev', 'PEXPIRETIME', 'cart:1'), expiresAt);
  });

  it('refuses to overwrite what a second writer wrote, and shows the difference', async () => {
    await workbench().replaceText('{"currency": "EUR", "lines": ["mine"]}');
    await redis('shop-dev', 'SET', 'cart:1', '{"currency": "EUR", "lines": ["theirs"]}', 'KEEPTTL');
    await workbench().save();
    await workbench().notificationButton(/newer|changed/i, 'Compare');
    await workbench().page.locator('.monaco-diff-editor').waitFor();
    assert.match(await redis('shop-dev', 'GET', 'cart:1'), /theirs/);
    await workbench().screenshot('main-job-conflict');
    await workbench().run('File: Revert File');
    await workbench().closeEditors();
  });

  it('refuses to delete in production, which is read-only', async () => {
    await workbench().click('Connections', /^Shop dev/);
    await workbench().page.keyboard.press('ArrowLeft');
    await workbench().expand('Connections', /^Shop prod/);
    await workbench().expand('Connections', 'cart:');
    await workbench().menu('Connections', 'cart:1', 'Delete Keys…');
    const message = await workbench().notification('read-only');
    assert.match(message, /Nothing was changed/);
    assert.match(message, /Unlock for Writing/);
    assert.equal(await redis('shop-prod', 'EXISTS', 'cart:1'), '1');
    await workbench().clearNotifications();
  });

  it('lets a person unlock it with a reason, counts down, and deletes after the name was typed', async () => {
    await workbench().menu('Connections', /^Shop prod/, 'Unlock for Writing…');
    await workbench().quickInput.answer(reason);
    await workbench().quickInput.pick('5 minutes');
    await workbench()
      .statusItem(/Shop prod.*\d:\d\d|Shop prod.*min/)
      .waitFor();
    await workbench().screenshot('main-job-unlocked');
    await workbench().menu('Connections', 'cart:1', 'Delete Keys…');
    await workbench().quickInput.type('shop');
    await workbench().quickInput.says(/not Shop prod/);
    await workbench().quickInput.answer('Shop prod');
    await waitFor('the key to be gone', LIMIT_MS, async () => (await redis('shop-prod', 'EXISTS', 'cart:1')) === '0');
  });

  it('restores it from its snapshot, with its TTL', async () => {
    await workbench().run('Cachify: Restore a Previous Value…');
    await workbench().quickInput.waitUntilOpen();
    if (/connection/i.test(await workbench().quickInput.title())) await workbench().quickInput.pick('Shop prod');
    await waitFor('the previous value to choose', LIMIT_MS, async () => {
      const items = await workbench().quickInput.items();
      return items.some((item) => item.includes('cart:1'));
    });
    await workbench().quickInput.accept();
    await waitFor('the key to be back', LIMIT_MS, async () => (await redis('shop-prod', 'EXISTS', 'cart:1')) === '1');
    assert.ok(Number(await redis('shop-prod', 'TTL', 'cart:1')) > 0);
    assert.match(await redis('shop-prod', 'GET', 'cart:1'), /"currency": "EUR"/);
  });

  it('shows each step in the Timeline', async () => {
    await workbench().run('Cachify: Open Timeline');
    const page = await workbench().webview('[role="grid"], [role="table"]');
    const expected = ['keys.restore', 'keys.remove', 'connections.unlock', 'connections.connect'];
    await waitFor('the steps in the Timeline', LIMIT_MS, async () => {
      const text = await page.locator('body').innerText();
      return expected.every((action) => text.includes(action));
    });
    await workbench().screenshot('main-job-timeline');
  });
});
