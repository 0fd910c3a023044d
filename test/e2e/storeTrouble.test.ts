// A disk that is full, a folder that may not be written or is gone: what a person sees of it in a real VS Code, and that
// nothing that was acknowledged is lost.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/host/chromium.ts';
import { storeFolderOf } from '../support/host/userData.ts';
import { startVscodeHost, type VscodeHost } from '../support/host/vscodeHost.ts';
import { WindowAgents, type WindowAgent } from '../support/host/windowAgents.ts';
import { Workbench } from '../support/host/workbench.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { isAlive, signalFamily } from '../support/processTree.ts';
import { SmallDisk } from '../support/smallDisk.ts';
import { waitFor } from '../support/waiting.ts';

const megabytes = 24;
const LIMIT_MS = 60_000;
const notSaving = 'Cachify: not saving';

interface Named {
  readonly name: string;
}

describe('a store in trouble', function () {
  this.timeout(240_000);
  const dataFolder = ownFolder('cachify-trouble-');
  const folder = join(dataFolder, 'one');
  const store = storeFolderOf(dataFolder);
  const saved: string[] = [];
  const earlier: WindowAgent[] = [];
  let disk: SmallDisk | undefined;
  let whyNoDisk = '';
  let agents: WindowAgents;
  let host: VscodeHost;
  let browser: Browser;
  let page: Page;
  let workbench: Workbench;
  let agent: WindowAgent;

  /** The disk that the store is on; leaves out the test, and says why, where none may be mounted. */
  const diskOrSkip = (test: Mocha.Context): SmallDisk => {
    if (disk !== undefined) return disk;
    console.log(`    skipped: ${whyNoDisk}`);
    return test.skip();
  };
  const open = async (): Promise<WindowAgent> => {
    await page.goto(host.url(agents.entry, folder), { waitUntil: 'domcontentloaded', timeout: LIMIT_MS });
    const found = await agents.of(folder, earlier);
    earlier.push(found);
    return found;
  };
  /** The window is closed and its extension host is gone, without waiting for it to come back. */
  const leave = async (): Promise<void> => {
    await page.goto('about:blank');
    signalFamily(agent.pid, 'SIGKILL');
    await waitFor('the host to be gone', LIMIT_MS, () => !isAlive(agent.pid));
  };
  const save = async (name: string, bytes = 10): Promise<void> => {
    const parameters = { pattern: `${'x'.repeat(bytes)}:*` };
    await agent.call('workflows.saveTemplate', { name, kind: 'deleteByPattern', parameters });
    saved.push(name);
  };
  const lost = async (): Promise<string[]> => {
    const held = (await agent.call<Named[]>('workflows.templates')).map(({ name }) => name);
    return saved.filter((name) => !held.includes(name));
  };
  const isSaid = (text: string) => async (): Promise<boolean> =>
    (await workbench.statusBar()).some((item) => item.includes(text));
  const isWell = async (): Promise<boolean> =>
    !(await workbench.statusBar()).some((item) => /Cachify: (?:not saving|no store|store grows)/.test(item));

  before(async () => {
    for (const each of [folder, dirname(store)]) mkdirSync(each, { recursive: true });
    disk = await SmallDisk.mount(megabytes).catch((error: unknown) => {
      whyNoDisk = error instanceof Error ? error.message : String(error);
      return undefined;
    });
    if (disk !== undefined) symlinkSync(disk.folder, store);
    agents = await WindowAgents.listen();
    host = await startVscodeHost({
      dataFolder,
      folder,
      env: { CACHIFY_AGENT_PORT: String(agents.port) },
    });
    browser = await launchChromium();
    page = await browser.newPage();
    workbench = new Workbench(page, host, browser, true, []);
    agent = await open();
    await workbench.ready();
  });
  afterEach(async function picture() {
    if (this.currentTest?.state === 'failed')
      await workbench?.screenshot('failed-store-trouble').catch(() => undefined);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    agents?.close();
    await disk?.remove();
    removeFolder(dataFolder);
  });

  it('on a full disk says so in the status bar and in one message, loses nothing, and goes on when there is room', async function () {
    diskOrSkip(this);
    await save('before');
    const { bavail, bsize } = statfsSync(store);
    const filler = join(store, 'filler');
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - (1 << 16)), 1));
    const failed = await (async () => {
      for (let n = 0; n < 1000; n++) {
        try {
          await save(`while it fills ${n}`, 200);
        } catch (error) {
          return error as { readonly message: string; readonly code: string };
        }
      }
      return undefined;
    })();
    assert.equal(failed?.code, 'INTERNAL_ERROR');
    assert.match(failed.message, /^Nothing was saved: the disk is full\./);
    await waitFor('the status bar', LIMIT_MS, isSaid(notSaving));
    const said = /The local store of Cachify is read-only: the disk is full\. What happens now is not being saved\./;
    await workbench.notification(said);
    await workbench.screenshot('store-full');
    await assert.rejects(save('still full'));
    assert.equal((await workbench.notifications()).filter((text) => said.test(text)).length, 1);
    assert.deepEqual(await lost(), []);
    rmSync(filler);
    await waitFor('the status bar to be quiet again', LIMIT_MS, isWell);
    await save('there is room again');
    assert.deepEqual(await lost(), []);
  });

  it('in a folder that may not be written says why, and goes on when it may', async function () {
    const mounted = diskOrSkip(this);
    // What a window has open for writing keeps the system from taking that away.
    await leave();
    await waitFor('the folder to be let go', LIMIT_MS, () => {
      mounted.remount('ro');
      return true;
    });
    try {
      agent = await open();
      await workbench.ready();
      await assert.rejects(save('read-only'), { code: 'INTERNAL_ERROR' });
      await waitFor('the status bar', LIMIT_MS, isSaid(notSaving));
      await workbench.notification(/is read-only: the folder of the store is read-only\./);
      assert.deepEqual(await lost(), [], 'it can be read');
    } finally {
      mounted.remount('rw');
    }
    await waitFor('the status bar to be quiet again', LIMIT_MS, isWell);
    await save('may be written again');
  });

  it('whose folder is gone says so, and makes it again with all that was acknowledged', async () => {
    for (const name of ['control', 'history']) rmSync(join(store, name), { recursive: true });
    await assert.rejects(save('without a folder'), { code: 'INTERNAL_ERROR' });
    await waitFor('the status bar', LIMIT_MS, isSaid(notSaving));
    await workbench.notification(/is read-only: the folder of the store is gone\./);
    await waitFor('the status bar to be quiet again', LIMIT_MS, isWell);
    await save('after the folder was made again');
    assert.deepEqual(await lost(), []);
    agent = await open();
    await workbench.ready();
    assert.deepEqual(await lost(), [], 'also for the next window');
    assert.deepEqual(await agent.call('retention.verify'), { ok: true, problems: [] });
  });
});
