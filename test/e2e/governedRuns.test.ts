// A person and a policy whose window opens later: packs by the dialogs, why something is blocked, a start that waits.
import assert from 'node:assert/strict';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { workflowsByHand } from '../support/host/workflowsByHand.ts';
import { ownFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const RUNS = 'Workflows';
const PACKS = 'Governance';
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const hourMs = 3_600_000;

describe('runs that a policy holds back', function () {
  this.timeout(420_000);
  let redis: RedisBox;
  const folder = realpathSync(ownFolder('cachify-packs-'));
  const imported = join(folder, 'packs.json');
  const exported = join(folder, 'exported.json');

  before(async () => {
    redis = await startRedis();
    await redis.cli('eval', "for i=1,40 do redis.call('SET','night:'..i,'v') end return 1", '0');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    folder,
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop dev', host: '127.0.0.1', port: redis.port, environment: 'dev', timeoutMs: 20_000 },
      ],
      'files.simpleDialog.enable': true,
    },
  }));
  const { pressButton, planFolder } = workflowsByHand(workbench);
  const count = async (pattern: string): Promise<number> =>
    Number(await redis.cli('eval', "return #redis.call('KEYS',ARGV[1])", '0', pattern));

  const answerFileDialog = (title: string, path: string): Promise<void> =>
    workbench().quickInput.answerFileDialog(title, (proposed) => proposed.startsWith(folder), path);

  it('imports a pack by the dialog, which then holds the connection back and says why where the mouse rests', async () => {
    await workbench().openContainer('Cachify');
    await workbench().expand('Connections', 'Shop dev');
    await workbench().row('Connections', 'night:').waitFor({ timeout: 60_000 });
    const opens = new Date(Date.now() + 3 * hourMs);
    const window = {
      id: 'night',
      weekdays: [days[opens.getUTCDay()]],
      startTime: opens.toISOString().slice(11, 16),
      endTime: new Date(opens.getTime() + 2 * hourMs).toISOString().slice(11, 16).replace('00:00', '24:00'),
      timezone: 'UTC',
    };
    const pack = {
      id: 'night-work',
      version: 1,
      name: 'Night work',
      environments: ['dev'],
      maxWorkflowItems: 1000,
      maxRetryAttempts: 2,
      schedulingEnabled: true,
      executionWindows: [window],
      enabled: true,
    };
    writeFileSync(imported, JSON.stringify({ format: 'cachify.policyPacks/1', packs: [pack] }));
    await workbench().run('Cachify: Import Policy Packs…');
    await answerFileDialog('Import policy', imported);
    await workbench().notification(/1 policy pack imported/);
    await workbench().clearNotifications();
    await workbench().menu('Connections', 'Shop dev', 'Assign Policy Packs…');
    await waitFor('the choice', 20_000, async () => (await workbench().quickInput.items()).length === 1);
    await workbench().quickInput.pick('Night work');
    await workbench().quickInput.accept();
    await workbench().openView(PACKS);
    await workbench().rowSaying(PACKS, /^Night work closed, it opens/);
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

  it('waits for its window by a button, explains itself from the run', async () => {
    const page = await planFolder('night:', /40 keys/);
    await page.locator('.notice', { hasText: 'Night work' }).locator('vscode-button', { hasText: 'Why?' }).click();
    const why = await workbench().webview('.why-panel');
    await why.locator('.why-head', { hasText: /Blocked: starting .* on Shop dev/ }).waitFor({ timeout: 30_000 });
    await workbench().screenshot('run-why');
    await workbench()
      .tab(/Workflow run/)
      .click();
    await pressButton('Start when the window opens');
    await workbench().dialogButton('Start when it opens');
    await workbench().rowSaying(RUNS, /^Delete night:\*.*waiting for its window/);
    assert.match(await workbench().notification(/Waits for the window that opens/), /\d\d:\d\d UTC/);
    assert.equal(await count('night:*'), 40);
    await workbench().screenshot('run-waiting');
    await workbench().clearNotifications();
  });

  it('duplicates, turns off and on, and exports packs meanwhile', async () => {
    await workbench().menu(PACKS, 'Night work', 'Duplicate Policy Pack');
    await workbench().rowSaying(PACKS, /^Night work \(copy\) closed/);
    await workbench().menu(PACKS, 'Night work (copy)', 'Turn Off Policy Pack');
    await workbench().rowSaying(PACKS, /^Night work \(copy\) off/);
    await workbench().menu(PACKS, 'Night work (copy)', 'Turn On Policy Pack');
    await workbench().rowSaying(PACKS, /^Night work \(copy\) closed/);
    await workbench().menu(PACKS, 'Night work (copy)', 'Export Policy Packs…');
    await answerFileDialog('Export Night', exported);
    await workbench().notification(/Exported to/);
    const { packs } = JSON.parse(readFileSync(exported, 'utf8')) as { packs: { name: string; version: number }[] };
    assert.deepEqual(
      packs.map(({ name, version }) => `${name} ${version}`),
      ['Night work (copy) 3'],
    );
    await workbench().clearNotifications();
  });
});
