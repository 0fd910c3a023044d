// A disk that is full, a folder that may not be written or is gone: what a person sees of it in a real VS Code, and that
// nothing that was acknowledged is lost.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/host/chromium.ts';
import { storeFolderOf } from '../support/host/userData.ts';
import { startVscodeHost, type VscodeHost } from '../support/host/vscodeHost.ts';
import { WindowAgents, type WindowAgent } from '../support/host/windowAgents.ts';
import { Workbench } from '../support/host/workbench.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { isAlive, signalFamily } from '../support/processTree.ts';
import { waitFor } from '../support/waiting.ts';

const megabytes = 24;
const LIMIT_MS = 60_000;
const notSaving = 'Cachify: not saving';

interface Named {
  readonly name: string;
}

function isMounted(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe('a store in trouble', function () {
  this.timeout(240_000);
  const dataFolder = ownFolder('cachify-trouble-');
  const folder = join(dataFolder, 'one');
  const store = storeFolderOf(dataFolder);
  const saved: string[] = [];
  const earlier: WindowAgent[] = [];
  let canMount = false;
  let agents: WindowAgents;
  let host: VscodeHost;
  let browser: Browser;
  let page: Page;
  let workbench: Workbench;
  let agent: WindowAgent;

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
    for (const each of [folder, store]) mkdirSync(each, { recursive: true });
    canMount = isMounted(store);
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
    if (canMount) execFileSync('umount', ['-l', store], { stdio: 'pipe' });
    removeFolder(dataFolder);
  });

  it('on a full disk says so in the status bar and in one message, loses nothing, and goes on when there is room', async function () {
    if (!canMount) {
      console.log('    skipped: no tmpfs may be mounted here');
      this.skip();
    }
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
    if (!canMount) this.skip();
    const remount = (how: 'ro' | 'rw'): void => {
      execFileSync('mount', ['-o', `remount,${how}`, store], { stdio: 'pipe' });
    };
    // What a window has open for writing keeps the system from taking that away.
    await leave();
    await waitFor('the folder to be let go', LIMIT_MS, () => {
      remount('ro');
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
      remount('rw');
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
