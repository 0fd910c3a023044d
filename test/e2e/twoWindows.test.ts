// Two windows of one user on two folders: they share one store, and neither needs the other to be well.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../support/host/chromium.ts';
import { startVscodeHost, type VscodeHost } from '../support/host/vscodeHost.ts';
import { WindowAgents, type WindowAgent } from '../support/host/windowAgents.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const connectionId = 'shared';
/** What the product promises: what one window saves holds in the others. */
const seenWithinMs = 2000;
const kills = 5;

interface Named {
  readonly id: string;
  readonly name: string;
}

function templateDraft(name: string): object {
  return { name, kind: 'deleteByPattern', parameters: { pattern: 'two:*' } };
}

function packDraft(name: string, environments: readonly string[]): object {
  const rules = { maxWorkflowItems: 100, maxRetryAttempts: 1, schedulingEnabled: false, executionWindows: [] };
  return { name, environments, ...rules, enabled: true };
}

describe('two windows on two folders', function () {
  this.timeout(240_000);
  const folders = [ownFolder('cachify-window-a-'), ownFolder('cachify-window-b-')] as const;
  let redis: RedisBox;
  let agents: WindowAgents;
  let host: VscodeHost;
  let browser: Browser;
  let person: BrowserContext;
  let pages: Page[];
  let a: WindowAgent;
  let b: WindowAgent;
  /** Hosts of the first folder that had their time. */
  const earlier: WindowAgent[] = [];

  const open = async (page: Page, folder: string): Promise<void> => {
    await page.goto(host.url(agents.entry, folder), { waitUntil: 'domcontentloaded', timeout: 60_000 });
  };

  before(async () => {
    redis = await startRedis();
    agents = await WindowAgents.listen();
    for (const folder of folders) mkdirSync(join(folder, '.vscode'), { recursive: true });
    const shared = { id: connectionId, name: 'Shared', host: '127.0.0.1', port: redis.port, environment: 'dev' };
    host = await startVscodeHost({
      folder: folders[0],
      env: { CACHIFY_AGENT_PORT: String(agents.port) },
      settings: { 'cachify.connections': [shared] },
    });
    browser = await launchChromium();
    // One profile: user settings, and with them the connection, belong to both windows.
    person = await browser.newContext();
    pages = [await person.newPage(), await person.newPage()];
    for (const [at, page] of pages.entries()) await open(page, folders[at] ?? '');
    [a, b] = await Promise.all([agents.of(folders[0]), agents.of(folders[1])]);
    for (const agent of [a, b]) {
      const found = await agent.call<Named[]>('connections.list');
      assert.ok(
        found.some(({ id }) => id === connectionId),
        'the connection of the user settings',
      );
    }
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    agents?.close();
    await redis?.stop();
    for (const folder of folders) removeFolder(folder);
  });

  it('are two extension hosts', () => {
    assert.notEqual(a.pid, b.pid);
  });

  it('both write, and each sees within two seconds what the other saved', async () => {
    const names = (agent: WindowAgent): Promise<string[]> =>
      agent.call<Named[]>('workflows.templates').then((all) => all.map(({ name }) => name));
    const late: number[] = [];
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const name = `saved by ${from.pid}`;
      await from.call('workflows.saveTemplate', templateDraft(name));
      const since = performance.now();
      await waitFor(`${name} in the other window`, 20_000, async () => (await names(to)).includes(name), 20);
      late.push(performance.now() - since);
    }
    const both = Array.from({ length: 20 }, (_, n) => [a, b].map((agent) => [agent, `${agent.pid} ${n}`] as const));
    await Promise.all(both.flat().map(([agent, name]) => agent.call('workflows.saveTemplate', templateDraft(name))));
    const expected = both.flat().map(([, name]) => name);
    for (const agent of [a, b]) {
      const seen = await names(agent);
      assert.deepEqual(
        expected.filter((name) => !seen.includes(name)),
        [],
      );
    }
    console.log(`    seen in the other window after ${late.map((ms) => ms.toFixed(0)).join(' and ')} ms`);
    assert.ok(Math.max(...late) <= seenWithinMs, `seen after ${late.join(', ')} ms`);
  });

  it('a pack saved in one blocks in the other within two seconds', async () => {
    await b.call('keys.write', { connectionId, key: 'held', type: 'string', value: 'x' });
    const pack = await a.call<Named>('governance.savePack', packDraft('Only staging', ['staging']));
    await a.call('governance.assign', { connectionId, packIds: [pack.id] });
    const since = performance.now();
    await waitFor(
      'the other window to refuse',
      20_000,
      async () => {
        const decision = await b.call<{ allowed: boolean }>('governance.explain', {
          connectionId,
          action: 'keys.remove',
        });
        return !decision.allowed;
      },
      20,
    );
    const late = performance.now() - since;
    await assert.rejects(b.call('keys.remove', { connectionId, keys: ['held'] }), { code: 'BLOCKED' });
    console.log(`    blocked in the other window after ${late.toFixed(0)} ms`);
    assert.ok(late <= seenWithinMs, `blocked after ${late} ms`);
    await a.call('governance.assign', { connectionId, packIds: [] });
  });

  it('a frozen window, and a host that outlives its window, lock nobody out', async () => {
    process.kill(a.pid, 'SIGSTOP');
    try {
      const since = performance.now();
      for (let n = 0; n < 5; n++) await b.call('workflows.saveTemplate', templateDraft(`beside a frozen one ${n}`));
      console.log(`    five writes beside a frozen window: ${(performance.now() - since).toFixed(0)} ms`);
    } finally {
      process.kill(a.pid, 'SIGCONT');
    }
    // A page that crashes says no goodbye: its host waits for it to come back.
    await pages[0]?.goto('chrome://crash').catch(() => undefined);
    await b.call('workflows.saveTemplate', templateDraft('beside a host without a window'));
    assert.doesNotThrow(() => process.kill(a.pid, 0), 'the host lives on without its window');
    await a.call('workflows.saveTemplate', templateDraft('by a host without a window'));
    const page = await person.newPage();
    pages[0] = page;
    await open(page, folders[0]);
    earlier.push(a);
    a = await agents.of(folders[0], earlier);
    const names = (await a.call<Named[]>('workflows.templates')).map(({ name }) => name);
    for (const name of ['beside a frozen one 4', 'beside a host without a window', 'by a host without a window']) {
      assert.ok(names.includes(name), name);
    }
  });

  it(`kill -9 of the extension host ${kills} times while both write: nothing acknowledged is lost or there twice`, async () => {
    const acknowledged = new Set<string>();
    const tried = new Set<string>();
    b.startWrites(1, connectionId);
    for (let kill = 0; kill < kills; kill++) {
      const before = (kill * 7) % 11;
      a.startWrites((kill + 1) * 100_000, connectionId);
      const dying = a;
      const enough = (): boolean => dying.acknowledged.size > 8 + before || dying.failure !== undefined;
      await waitFor('writes before the kill', 60_000, enough, 2);
      assert.equal(dying.failure, undefined);
      process.kill(dying.pid, 'SIGKILL');
      for (const name of dying.acknowledged) acknowledged.add(name);
      for (const name of dying.tried) tried.add(name);
      await pages[0]?.reload({ waitUntil: 'domcontentloaded' });
      earlier.push(dying);
      a = await agents.of(folders[0], earlier);
    }
    assert.equal(b.failure, undefined);
    for (const name of b.acknowledged) acknowledged.add(name);
    const written = b.acknowledged.size;
    const held = await everything(a);
    for (const name of b.tried) tried.add(name);
    const lost = [...acknowledged].filter((name) => !held.includes(name));
    const own = held.filter((name) => tried.has(name));
    const twice = own.length - new Set(own).size;
    console.log(
      `    kill -9 of the extension host: kills ${kills}, acknowledged ${acknowledged.size} (${written} beside), ` +
        `acknowledged but lost ${lost.length}, duplicated ${twice}`,
    );
    assert.deepEqual(lost, []);
    assert.equal(twice, 0);
    assert.deepEqual(await a.call('retention.verify'), { ok: true, problems: [] });
  });

  async function everything(agent: WindowAgent): Promise<string[]> {
    const templates = await agent.call<Named[]>('workflows.templates');
    const packs = await agent.call<Named[]>('governance.packs');
    const snapshots = await agent.call<{ key: unknown }[]>('keys.snapshots', { connectionId, limit: 10_000 });
    const keys = snapshots.map(({ key }) => String(key).replace(':', ' '));
    return [...templates.map(({ name }) => name), ...packs.map(({ name }) => name), ...keys];
  }
});
