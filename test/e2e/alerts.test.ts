import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const connectionName = 'Shop <img src=x onerror="window.pwned=1">';
/** A slot is half a minute; what fires needs two, and what recovers a whole minute of its lookback. */
const SLOTS_MS = 240_000;

const slowRule = {
  id: 'slow',
  name: 'Slow here',
  metric: 'slowOperationCount',
  aggregation: 'sum',
  operator: '>',
  threshold: 0,
  lookbackMinutes: 1,
  forSeconds: 1,
  severity: 'critical',
  scope: { connections: ['shop'], environments: '*' },
};

describe('alerts', () => {
  let redis: RedisBox;
  const dataFolder = ownFolder('cachify-alerts-');

  before(async () => {
    redis = await startRedis({ args: ['--enable-debug-command', 'yes'] });
    await redis.cli('SET', 'cart:1', 'value');
    await mkdir(join(dataFolder, 'user/User'), { recursive: true });
    const read = {
      key: 'ctrl+alt+f9',
      command: 'cachify.keys.read',
      args: { connectionId: 'shop', key: 'cart:1' },
    };
    await writeFile(join(dataFolder, 'user/User/keybindings.json'), JSON.stringify([read]));
  });
  const workbench = useWorkbench(() => ({
    dataFolder,
    settings: {
      'cachify.connections': [
        { id: 'shop', name: connectionName, host: '127.0.0.1', port: redis.port, environment: 'dev' },
      ],
      'cachify.observability.sampleSeconds': 5,
      'cachify.alertRules': [slowRule, { ...slowRule, id: 'broken', name: 'Broken', threshold: 'much' }],
    },
  }));
  after(async () => {
    await redis.stop();
    removeFolder(dataFolder);
  });

  const labels = async (): Promise<string[]> => (await workbench().rows('Alerts')).map(({ label }) => label);
  const described = async (label: string): Promise<string> =>
    (await workbench().rows('Alerts')).find((row) => row.label === label)?.description ?? '';

  /** Our own reads while the server sleeps, until `done`. */
  async function slowReads(done: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + SLOTS_MS;
    while (!(await done())) {
      if (Date.now() > end) {
        const [slow, stats] = [await labels(), await redis.cli('INFO', 'commandstats')];
        throw new Error(`Nothing fired in time; shown: ${slow.join(', ')}; the server had: ${stats}`);
      }
      const sleeping = redis.cli('DEBUG', 'SLEEP', '1.5');
      // One of them comes while it sleeps, however long the command needs to get there.
      for (let read = 0; read < 10; read++) {
        await workbench().page.keyboard.press('Control+Alt+F9');
        await workbench().page.waitForTimeout(150);
      }
      await sleeping;
    }
  }

  it('has its starter rules, five of them on, and says what is wrong in the settings', async () => {
    await workbench().openContainer('Cachify');
    await workbench().foldView('Workflows');
    await workbench().openView('Alerts');
    await waitFor('the rules', 60_000, async () => (await described('Rules')) === '16, 6 on');
    await workbench().expand('Alerts', 'Rules');
    await workbench().row('Alerts', 'Persistence failing').waitFor();
    await workbench()
      .row('Alerts', /^cachify\.alertRules\[1\]\.threshold must be a finite number/)
      .waitFor();
    await workbench().click('Alerts', 'Rules');
  });

  it('a server that sleeps: pending, then firing, told once, with its chart', async function () {
    this.timeout(SLOTS_MS + 120_000);
    await workbench().click('Connections', connectionName);
    await workbench().row('Connections', 'cart:').waitFor({ timeout: 60_000 });
    let wasPending = false;
    await slowReads(async () => {
      const shown = await labels();
      wasPending ||= shown.includes('Pending');
      return (await described('Firing')) === '1';
    });
    assert.ok(wasPending, 'it was never pending');
    const message = await workbench().notification(/Slow here on Shop/, 60_000);
    assert.match(message, /Slow operations is \d+, above 0/);
    assert.equal(await workbench().page.evaluate('window.pwned'), undefined);
    assert.equal((await workbench().notifications()).filter((text) => text.includes('Slow here')).length, 1);
    await workbench()
      .statusItem(/1 alert/)
      .waitFor();
    assert.match(await described('Slow here'), /^Shop /);
    await workbench().notificationButton(/Slow here on Shop/, 'Open');
    const page = await workbench().webview('.chart');
    await page.locator('figure', { hasText: 'Latency of our operations' }).first().waitFor();
  });

  it('it recovers by itself, and the history says how long it lasted', async function () {
    this.timeout(SLOTS_MS + 60_000);
    await waitFor('the alert to end', SLOTS_MS, async () => (await described('Firing')) === 'nothing');
    assert.equal(
      await workbench()
        .statusItem(/1 alert/)
        .count(),
      0,
    );
    await workbench().expand('Alerts', 'History');
    await waitFor('the history', 20_000, async () => {
      const row = (await workbench().rows('Alerts')).find(({ label }) => label.startsWith('Slow here on Shop'));
      return row !== undefined && /lasted /.test(row.description) && !row.description.includes('unread');
    });
    const offered = await workbench().openMenu('Alerts', /^Slow here on Shop/);
    for (const act of [
      'Open Chart of Alert',
      'Open Failures During Alert',
      'Compare Alert With Before',
      'Make Incident Bundle of Alert',
    ]) {
      assert.ok(offered.includes(act), `${act} is not in ${offered.join(' | ')}`);
    }
    await workbench().page.keyboard.press('Escape');
  });

  it('the builder says what is wrong by its field, tests over the real history, and saves', async () => {
    await workbench().closeEditors();
    await workbench().run('Cachify: New Alert Rule');
    const page = await workbench().webview('.rule-form');
    const field = (name: string) => page.locator('.field', { hasText: name });
    const type = (label: string, text: string) => typeInto(page, label, text);
    await type('Name', 'Slow again');
    await choose(page, 'Metric', 'Slow operations (ours)');
    await type('Condition', 'much');
    await field('Condition').locator('.field-problem', { hasText: 'must be a finite number' }).waitFor();
    await type('Condition', '0');
    await type('Looks back', '1');
    await page
      .locator('.rule-sentence', {
        hasText: 'Fires as soon as the number of slow operations of any connection is above 0 within 1 minute.',
      })
      .waitFor();
    await page
      .locator('.rule-verdict', { hasText: /Would have fired (once|\d+ times) in the last 24 h, longest .*, coverage/ })
      .waitFor({ timeout: 30_000 });
    assert.ok((await page.locator('.rule-episodes tbody tr').count()) >= 1);
    await page.locator('vscode-button', { hasText: 'Create rule' }).click();
    await page.locator('vscode-button', { hasText: 'Save rule' }).waitFor();
    await waitFor('the rule in the view', 20_000, async () => (await described('Rules')) === '17, 7 on');
    assert.equal(await page.evaluate('window.pwned'), undefined);
  });
});

/** A field by its name; the control itself lives in a shadow tree. */
async function typeInto(page: Frame, field: string, text: string): Promise<void> {
  await page.locator(`.field[aria-label="${field}"] vscode-text-field`).first().click();
  await page.page().keyboard.press('Control+A');
  await page.page().keyboard.type(text);
}

async function choose(page: Frame, field: string, choice: string): Promise<void> {
  await page.locator(`.field[aria-label="${field}"] vscode-dropdown`).first().click();
  await page.locator(`.field[aria-label="${field}"] vscode-option`, { hasText: choice }).first().click();
}
