// A person and runs that something holds back: undo that will be partial, a pause, a policy whose window opens later.
import assert from 'node:assert/strict';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const RUNS = 'Workflows';
const PACKS = 'Governance';
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** Long enough to assign the pack, plan and schedule on a busy machine. */
const opensInMs = 150_000;

describe('runs that are held back', function () {
  this.timeout(420_000);
  let redis: RedisBox;
  const folder = realpathSync(ownFolder('cachify-packs-'));
  const imported = join(folder, 'packs.json');
  const exported = join(folder, 'exported.json');

  before(async () => {
    redis = await startRedis({ args: ['--enable-debug-command', 'yes', '--rdbcompression', 'no'] });
    await redis.cli('eval', "for i=1,700 do redis.call('SET','big:'..i,string.rep('x',100000)) end return 1", '0');
    await redis.cli('debug', 'populate', '250000', 'many');
    await redis.cli('eval', "for i=1,40 do redis.call('SET','night:'..i,'v') end return 1", '0');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop dev', host: '127.0.0.1', port: redis.port, environment: 'dev', timeoutMs: 20_000 },
      ],
      'cachify.keys.snapshotBudgetMb': 64,
      'files.simpleDialog.enable': true,
    },
  }));
  const run = (): Promise<Frame> => workbench().webview('.run-head');
  const button = async (text: string | RegExp) =>
    (await run()).locator('.run-actions vscode-button', { hasText: text });
  const rowOf = (view: string, text: RegExp, limitMs = 60_000): Promise<string> =>
    waitFor(`a row ${text}`, limitMs, async () => {
      const rows = await workbench().rows(view);
      return rows.map(({ label, description }) => `${label} ${description}`).find((row) => text.test(row)) ?? false;
    });
  const count = async (pattern: string): Promise<number> =>
    Number(await redis.cli('eval', "return #redis.call('KEYS',ARGV[1])", '0', pattern));

  async function planFolder(name: string, sentence: RegExp): Promise<Frame> {
    await waitFor(`the plan of ${name}`, 90_000, async () => {
      await workbench().menu('Connections', name, 'Delete Folder…');
      return rowOf(RUNS, new RegExp(`^Delete ${name}`), 20_000).catch(() => false);
    });
    const page = await run();
    await page.locator('.plan-facts strong', { hasText: sentence }).waitFor({ timeout: 60_000 });
    return page;
  }

  async function typeName(question: RegExp): Promise<void> {
    await waitFor('the question', 30_000, async () => question.test(await workbench().quickInput.title()));
    await workbench().quickInput.answer('Shop dev');
  }

  it('asks for the name where undo will be partial, and says so before and while it asks', async () => {
    await workbench().openContainer('Cachify');
    await workbench().expand('Connections', 'Shop dev');
    await workbench().row('Connections', 'big:').waitFor({ timeout: 60_000 });
    const page = await planFolder('big:', /700 keys/);
    const notice = page.locator('.notice', { hasText: 'Undo will be partial' });
    assert.match(
      await notice.innerText(),
      /the values need about \d+ MB and \d+ MB are free.*asks for the connection’s name/s,
    );
    await workbench().screenshot('run-partial-undo');
    await (await button(/Delete 700 keys/)).click();
    await workbench().dialogButton('Delete 700 keys');
    await waitFor('the question', 30_000, async () => /on Shop dev/.test(await workbench().quickInput.title()));
    assert.match(await workbench().quickInput.says(/Undo will be partial/), /Type Shop dev to go on/);
    await workbench().quickInput.type('Shop');
    await workbench().quickInput.says(/This is not Shop dev/);
    assert.equal(await count('big:*'), 700);
    await workbench().quickInput.answer('Shop dev');
    await rowOf(RUNS, /^Delete big:\*.*700 done/);
    await (await button(/^Undo/)).click();
    await workbench().dialogButton('Undo');
    await workbench().notification(/keys are as they were before/, 60_000);
    const restored = await count('big:*');
    assert.ok(restored > 300 && restored < 700, `${restored} of 700 came back`);
    await workbench().clearNotifications();
  });

  it('is paused and resumed by the mouse', async () => {
    await planFolder('many:', /250,000 keys/);
    await (await button(/Delete 250,000 keys/)).click();
    await workbench().dialogButton('Delete 250,000 keys');
    // What the run before keeps for its undo leaves little room.
    await typeName(/on Shop dev/);
    await (await button('Pause')).click({ timeout: 30_000 });
    await rowOf(RUNS, /^Delete many:\*.*paused at \d+ %/);
    const left = await count('many:*');
    assert.ok(left > 0 && left < 250_000, `${left} keys are left`);
    await workbench().screenshot('run-paused');
    await (await button(/^Resume, [\d,]+ left$/)).click();
    await workbench().dialogButton('Resume');
    await typeName(/more keys on Shop dev/);
    await rowOf(RUNS, /^Delete many:\*.*250,000 done/, 120_000);
    assert.equal(await count('many:*'), 0);
    await workbench().clearNotifications();
  });

  it('imports a pack by the dialog, which then holds the connection back and says why where the mouse rests', async () => {
    const opens = new Date(Math.ceil((Date.now() + opensInMs) / 60_000) * 60_000);
    const window = {
      id: 'night',
      weekdays: [days[opens.getUTCDay()]],
      startTime: opens.toISOString().slice(11, 16),
      endTime: new Date(opens.getTime() + 2 * 3_600_000).toISOString().slice(11, 16),
      timezone: 'UTC',
    };
    const pack = {
      id: 'night-work',
      version: 1,
      name: 'Night work',
      environments: ['dev'],
      maxWorkflowItems: 100_000,
      maxRetryAttempts: 2,
      schedulingEnabled: true,
      executionWindows: [window],
      enabled: true,
    };
    writeFileSync(imported, JSON.stringify({ format: 'cachify.policyPacks/1', packs: [pack] }));
    await workbench().run('Cachify: Import Policy Packs…');
    await waitFor('the dialog', 30_000, async () => (await workbench().quickInput.title()).startsWith('Import policy'));
    await workbench().quickInput.answer(imported);
    await workbench().notification(/1 policy pack imported/);
    await workbench().clearNotifications();
    await workbench().menu('Connections', 'Shop dev', 'Assign Policy Packs…');
    await waitFor('the choice', 20_000, async () => (await workbench().quickInput.items()).length === 1);
    await workbench().quickInput.pick('Night work');
    await workbench().quickInput.accept();
    await workbench().openView(PACKS);
    await rowOf(PACKS, /^Night work closed, it opens/);
    await workbench().expand(PACKS, 'Night work');
    const held = workbench().row(PACKS, 'Shop dev');
    await held.waitFor({ timeout: 30_000 });
    await waitFor('the hover', 30_000, async () => {
      await workbench().page.mouse.move(700, 400);
      await held.hover();
      const hover = workbench().page.locator('.monaco-hover', { hasText: 'Changes on Shop dev are blocked now.' });
      return hover.waitFor({ timeout: 3000 }).then(
        async () => /Night work: Its window is closed.*All packs together open/s.test(await hover.innerText()),
        () => false,
      );
    });
    await workbench().screenshot('governance-hover');
  });

  it('waits for its window by a button, explains itself from the run, and starts by itself when it opens', async () => {
    await workbench().row('Connections', 'night:').waitFor({ timeout: 60_000 });
    const page = await planFolder('night:', /40 keys/);
    await page.locator('.notice', { hasText: 'Night work' }).locator('vscode-button', { hasText: 'Why?' }).click();
    const why = await workbench().webview('.why-panel');
    await why.locator('.why-head', { hasText: /Blocked: starting .* on Shop dev/ }).waitFor({ timeout: 30_000 });
    await workbench().screenshot('run-why');
    await workbench().tab('Workflow run').click();
    await (await button('Start when the window opens')).click();
    await workbench().dialogButton('Start when it opens');
    await rowOf(RUNS, /^Delete night:\*.*waiting for its window/);
    assert.match(await workbench().notification(/Waits for the window that opens/), /\d\d:\d\d UTC/);
    assert.equal(await count('night:*'), 40);
    await workbench().screenshot('run-waiting');
    await workbench().clearNotifications();
  });

  it('duplicates, turns off and on, and exports packs meanwhile', async () => {
    await workbench().menu(PACKS, 'Night work', 'Duplicate Policy Pack');
    await rowOf(PACKS, /^Night work \(copy\) closed/);
    await workbench().menu(PACKS, 'Night work (copy)', 'Turn Off Policy Pack');
    await rowOf(PACKS, /^Night work \(copy\) off/);
    await workbench().menu(PACKS, 'Night work (copy)', 'Turn On Policy Pack');
    await rowOf(PACKS, /^Night work \(copy\) closed/);
    await workbench().menu(PACKS, 'Night work (copy)', 'Export Policy Packs…');
    await waitFor('the dialog', 30_000, async () => (await workbench().quickInput.title()).startsWith('Export Night'));
    await workbench().quickInput.answer(exported);
    await workbench().notification(/Exported to/);
    const { packs } = JSON.parse(readFileSync(exported, 'utf8')) as { packs: { name: string; version: number }[] };
    assert.deepEqual(
      packs.map(({ name, version }) => `${name} ${version}`),
      ['Night work (copy) 3'],
    );
    await workbench().clearNotifications();
  });

  it('has started once the window is open', async () => {
    await waitFor('the run to start by itself', opensInMs + 90_000, async () => (await count('night:*')) === 0, 500);
    await rowOf(RUNS, /^Delete night:\*.*40 done/);
    await rowOf(PACKS, /^Night work open now/);
    await workbench().screenshot('run-started-by-itself');
  });
});
