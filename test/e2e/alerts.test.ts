import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { bindKeys } from '../support/host/userData.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const VIEW = 'Alerts';
const connectionName = 'Shop <img src=x onerror="window.pwned=1">';
/** A slot is half a minute; what fires needs two, and what recovers a whole minute of its lookback. */
const SLOTS_MS = 240_000;
const minuteMs = 60_000;
const slotMs = 30_000;

const slow = {
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
/** Fires at once, and for as long as the tests need. */
const failing = {
  ...slow,
  id: 'failing',
  name: 'Failing here',
  metric: 'failedOperationCount',
  lookbackMinutes: 60,
  forSeconds: 0,
  severity: 'warning',
};
/** The server has no limit that its memory could be a share of. */
const memory = {
  ...slow,
  id: 'memory',
  name: 'Memory here',
  metric: 'memoryRatio',
  aggregation: 'last',
  threshold: 0.9,
  lookbackMinutes: 5,
  forSeconds: 0,
  severity: 'info',
};

describe('alerts', () => {
  let redis: RedisBox;
  let failedMs = 0;
  const dataFolder = ownFolder('cachify-alerts-');
  const folder = join(dataFolder, 'workspace');

  before(async () => {
    redis = await startRedis({ args: ['--enable-debug-command', 'yes'] });
    await redis.cli('SET', 'cart:1', 'value');
    await redis.cli('ACL', 'SETUSER', 'default', 'resetkeys', '~cart:*');
    const read = (key: string, name: string) => ({
      key,
      command: 'cachify.keys.read',
      args: { connectionId: 'shop', key: name },
    });
    await bindKeys(dataFolder, [read('ctrl+alt+f9', 'cart:1'), read('ctrl+alt+f8', 'refused:1')]);
    await mkdir(join(folder, '.vscode'), { recursive: true });
    const alertRules = [slow, failing, memory, { ...slow, id: 'broken', name: 'Broken', threshold: 'much' }];
    await writeFile(join(folder, '.vscode/settings.json'), JSON.stringify({ 'cachify.alertRules': alertRules }));
  });
  const at = (): object => ({ host: '127.0.0.1', port: redis.port, environment: 'dev' });
  const workbench = useWorkbench(() => ({
    dataFolder,
    folder,
    settings: {
      'cachify.connections': [
        { id: 'other', name: 'Other', ...at() },
        { id: 'shop', name: connectionName, ...at() },
      ],
      'cachify.observability.sampleSeconds': 5,
      'files.simpleDialog.enable': true,
    },
  }));
  after(async () => {
    await redis.stop();
    removeFolder(dataFolder);
  });

  const labels = async (): Promise<string[]> => (await workbench().rows(VIEW)).map(({ label }) => label);
  const described = async (label: string, level?: number): Promise<string> =>
    (await workbench().rows(VIEW)).find((row) => row.label === label && (level ?? row.level) === row.level)
      ?.description ?? '';
  const rulesAre = (line: string): Promise<unknown> =>
    waitFor(`the rules to be ${line}`, 30_000, async () => (await described('Rules')) === `${line} · 1 problem`);
  /** Folds a group of the view, when it is there. */
  const fold = async (group: string): Promise<void> => {
    if ((await workbench().rows(VIEW)).some(({ label, expanded }) => label === group && expanded === true))
      await workbench().click(VIEW, group);
  };

  /** Our own reads while the server sleeps, one at least whatever the sleep needs to get there. */
  async function slowReads(): Promise<void> {
    const sleeping = redis.cli('DEBUG', 'SLEEP', '1');
    for (let read = 0; read < 5; read++) {
      await workbench().page.keyboard.press('Control+Alt+F9');
      await workbench().page.waitForTimeout(150);
    }
    await sleeping;
  }

  /** In the first half of a minute only: it is pending when that is judged, and fires when the whole minute is. */
  async function slowUntilPending(): Promise<void> {
    const end = Date.now() + SLOTS_MS;
    while (!(await labels()).includes('Pending')) {
      if (Date.now() > end) {
        const [shown, stats] = [await labels(), await redis.cli('INFO', 'commandstats')];
        throw new Error(`Nothing was pending in time; shown: ${shown.join(', ')}; the server had: ${stats}`);
      }
      if (Date.now() % minuteMs < 25_000) await slowReads();
      else await workbench().page.waitForTimeout(250);
    }
  }

  it('has its starter rules, five of them on, and says what is wrong in the settings', async () => {
    await workbench().openContainer('Cachify');
    for (const other of ['Workflows', 'Governance', 'Incidents & Storage']) await workbench().foldView(other);
    await workbench().openView(VIEW);
    await rulesAre('18, 8 on');
    await workbench().row(VIEW, 'Nothing is watched').waitFor();
    await workbench().expand(VIEW, 'Rules');
    await workbench().row(VIEW, 'threshold must be a finite number').waitFor();
    assert.equal(await described('threshold must be a finite number'), 'rule 4 in settings');
    await fold('Rules');
  });

  it('a server that refuses and sleeps: what was refused fires at once, what is slow is pending first', async function () {
    this.timeout(SLOTS_MS + 120_000);
    await workbench().click('Connections', connectionName);
    await workbench().row('Connections', 'cart:').waitFor({ timeout: 60_000 });
    failedMs = Date.now();
    await workbench().page.keyboard.press('Control+Alt+F8');
    await slowUntilPending();
    await workbench().foldView('Connections');
    assert.match(await described('Slow here'), /fires after 1 s/);
  });

  it('a rule of the settings says where it stands and cannot be changed here', async () => {
    await fold('Pending');
    await workbench().expand(VIEW, 'Rules');
    await workbench().row(VIEW, 'Memory here').waitFor();
    assert.match(await described('Memory here'), /in settings$/);
    const offered = await workbench().openMenu(VIEW, 'Memory here');
    await workbench().page.keyboard.press('Escape');
    assert.ok(offered.includes('Duplicate Alert Rule'));
    for (const act of ['Delete Alert Rule…', 'Turn Off Alert Rule']) assert.ok(!offered.includes(act), act);
    await workbench().click(VIEW, 'Memory here');
    const page = await workbench().webview('.rule-form');
    await page.locator('.notice', { hasText: 'stands in the setting cachify.alertRules' }).waitFor();
    const save = page.locator('vscode-button', { hasText: 'Save rule' });
    assert.equal(await save.evaluate((button) => Reflect.get(button, 'disabled')), true);
    assert.equal(await page.locator('fieldset[disabled] .rule-form').count(), 1);
  });

  it('what a server lacks is said in the view and in the builder', async () => {
    await waitFor('the rule to say it', 60_000, async () =>
      (await described('Memory here')).includes('not available on Shop <img'),
    );
    const page = await workbench().webview('.rule-form');
    await page.locator('.segmented button', { hasText: '1h' }).click();
    await page.locator('.notice', { hasText: /Not available here: Shop <img/ }).waitFor();
    assert.equal(await page.evaluate('window.pwned'), undefined);
  });

  it('a rule is duplicated, turned on and off, and deleted from the view', async () => {
    await workbench().menu(VIEW, 'Memory here', 'Duplicate Alert Rule');
    await rulesAre('19, 8 on');
    const page = await workbench().webview('.rule-form');
    await page.locator('.field[aria-label="Name"] vscode-text-field').waitFor();
    await page.locator('vscode-button', { hasText: 'Delete…' }).waitFor();
    const copy = 'Memory here (2)';
    await workbench().menu(VIEW, copy, 'Turn On Alert Rule');
    await rulesAre('19, 9 on');
    await workbench().rowAction(VIEW, copy, 'Turn Off Alert Rule');
    await rulesAre('19, 8 on');
    await workbench().menu(VIEW, copy, 'Delete Alert Rule…');
    assert.match(await workbench().dialog(), /Delete the rule Memory here \(2\)\?/);
    await workbench().dialogButton('Delete rule');
    await rulesAre('18, 8 on');
    await page.locator('.empty-state', { hasText: 'This rule is gone' }).waitFor();
    await page.locator('.empty-state vscode-button', { hasText: 'Create rule' }).click();
    await page.locator('.rule-head vscode-button', { hasText: 'Create rule' }).waitFor();
  });

  it('rules go out to a file and come in again, all or none', async () => {
    const file = join(folder, 'alert-rules.json');
    const importRules = async (path: string): Promise<void> => {
      await workbench().run('Cachify: Import Alert Rules…');
      const { quickInput } = workbench();
      await quickInput.answerFileDialog('Import alert rules', (proposed) => proposed.startsWith(folder), path);
    };
    await workbench().menu(VIEW, 'Memory here', 'Export Alert Rules…');
    await workbench().quickInput.answerFileDialog('Export alert rules', (proposed) => proposed === file, file);
    await workbench().notification(/Alert rules exported to alert-rules\.json/);
    const exported = JSON.parse(await readFile(file, 'utf8')) as { rules: Record<string, unknown>[] };
    const { rules } = exported;
    assert.deepEqual(
      rules.map(({ name, threshold, scope }) => [name, threshold, scope]),
      [[memory.name, memory.threshold, memory.scope]],
    );
    const bad = join(folder, 'bad-rules.json');
    await writeFile(bad, JSON.stringify({ ...exported, rules: [rules[0], { ...rules[0], lookbackMinutes: 0 }] }));
    await importRules(bad);
    await workbench().notification(/rules\[1\]\.lookbackMinutes/);
    await importRules(file);
    await workbench().notification(/Imported 1 alert rule/);
    await rulesAre('19, 9 on');
    await fold('Rules');
  });

  it('what is slow for long enough fires: told once, counted on the container and in the status bar', async function () {
    this.timeout(SLOTS_MS);
    await waitFor('both to fire', SLOTS_MS / 2, async () => (await described('Firing')) === '2');
    const message = await workbench().notification(/Slow here on Shop/, 60_000);
    assert.match(message, /Slow operations is \d+, above 0/);
    assert.equal(await workbench().page.evaluate('window.pwned'), undefined);
    assert.equal((await workbench().notifications()).filter((text) => /Slow here|Failing here/.test(text)).length, 1);
    await workbench()
      .statusItem(/2 alerts/)
      .waitFor();
    const badge = workbench().page.locator('.activitybar .action-item', {
      has: workbench().page.locator('[aria-label*="Cachify"]'),
    });
    assert.equal((await badge.locator('.badge-content').first().textContent())?.trim(), '2');
    assert.match(await described('Slow here'), /^Shop /);
    await workbench().notificationButton(/Slow here on Shop/, 'Open');
    const page = await workbench().webview('#tab-overview');
    await chartHasFocus(page, 'latency');
  });

  it('from what fires: its chart, its failures, the time before, and a bundle of it, each where and when it was', async () => {
    await workbench().menu(VIEW, 'Failing here', 'Compare Alert With Before');
    const page = await workbench().webview('#tab-compare');
    await page.locator('#tab-compare[aria-selected=true]').waitFor();
    await page.locator('.period').first().waitFor();
    const moment = async (label: string): Promise<number> => {
      const title = await page.locator(`.period input[aria-label="${label}"]`).getAttribute('title');
      return Date.parse((title ?? '').replace(' UTC', 'Z').replace(' ', 'T'));
    };
    const beganMs = await moment('compare, from');
    assert.equal(beganMs % slotMs, 0, 'it began on a slot');
    assert.ok(Math.abs(beganMs - failedMs) <= slotMs, 'it began with the first slot after the failure');
    assert.equal(await moment('baseline, to'), beganMs);

    await workbench().menu(VIEW, 'Failing here', 'Open Chart of Alert');
    await chartHasFocus(page, 'operations');
    await rangeBegins(page, beganMs - 30 * minuteMs);
    const chosen = await page
      .locator('vscode-dropdown[aria-label="Connection"]')
      .evaluate((element) => String(Reflect.get(element, 'value')));
    assert.equal(chosen, 'shop');

    await workbench().menu(VIEW, 'Failing here', 'Open Failures During Alert');
    await page.locator('#tab-failures[aria-selected=true]').waitFor();
    await rangeBegins(page, beganMs - 5 * minuteMs);
    await page.locator('.failures-list .table-row', { hasText: 'UNAUTHORIZED' }).first().waitFor();

    await workbench().menu(VIEW, 'Failing here', 'Make Incident Bundle of Alert');
    const bundle = await workbench().webview('.bundle');
    const value = (label: string): Promise<string> =>
      bundle
        .locator('label.field', { hasText: `${label}, UTC` })
        .locator('vscode-text-field')
        .evaluate((element) => String(Reflect.get(element, 'value')));
    await waitFor(
      'the range of the bundle',
      20_000,
      async () => (await value('From')) === utcMinutes(beganMs - 15 * minuteMs),
    );
    const toMs = Date.parse(`${(await value('To')).replace(' ', 'T')}Z`);
    assert.ok(Math.abs(toMs - Date.now()) < 3 * minuteMs, 'it goes on: the bundle ends now');
    await bundle.locator('legend', { hasText: /Connections.*1 of 2/ }).waitFor();
  });

  it('a rule is muted and heard again, and what was told is read', async () => {
    await workbench().menu(VIEW, 'Failing here', 'Mute Alert Rule');
    await waitFor('it to be muted', 30_000, async () => (await described('Failing here')).includes('muted'));
    await workbench().menu(VIEW, 'Failing here', 'Unmute Alert Rule');
    await waitFor('it to be heard', 30_000, async () => !(await described('Failing here')).includes('muted'));
    await waitFor('one to be unread', 30_000, async () => (await described('History')) === '1 unread');
    await workbench().viewAction(VIEW, 'Mark All Alerts as Read');
    await waitFor('nothing to be unread', 30_000, async () => (await described('History')) === '');
  });

  it('it recovers by itself, and the history says how long it lasted', async function () {
    this.timeout(SLOTS_MS + 60_000);
    await waitFor('the alert to end', SLOTS_MS, async () => (await described('Firing')) === '1');
    await workbench().expand(VIEW, 'History');
    await waitFor('the history', 20_000, async () => {
      const row = (await workbench().rows(VIEW)).find(({ label }) => label.startsWith('Slow here on Shop'));
      return row !== undefined && /lasted /.test(row.description) && !row.description.includes('unread');
    });
    const offered = await workbench().openMenu(VIEW, /^Slow here on Shop/);
    for (const act of ['Open Chart of Alert', 'Make Incident Bundle of Alert']) assert.ok(offered.includes(act), act);
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
      .locator('.rule-verdict:not(.muted)', {
        hasText: /Would have fired (once|\d+ times) in the last 24 h, longest .*, coverage/,
      })
      .waitFor({ timeout: 30_000 });
    assert.ok((await page.locator('.rule-episodes tbody tr').count()) >= 1);
    await page.locator('vscode-button', { hasText: 'Create rule' }).click();
    await page.locator('vscode-button', { hasText: 'Save rule' }).waitFor();
    await rulesAre('20, 10 on');
    assert.equal(await page.evaluate('window.pwned'), undefined);
  });

  it('the builder is worked by keyboard alone', async () => {
    await workbench().run('Cachify: New Alert Rule');
    const page = await workbench().webview('.rule-form');
    const { keyboard } = workbench().page;
    await page.locator('.rule-head vscode-button', { hasText: 'Create rule' }).waitFor();
    await page.locator('.field[aria-label="Severity"] [aria-checked=true]').focus();
    await keyboard.press('ArrowRight');
    await page.locator('.field-hint', { hasText: 'Shows a message once per episode' }).waitFor();
    await page.locator('.field[aria-label="Name"] vscode-text-field').focus();
    await keyboard.press('Shift+Tab');
    await keyboard.press('Enter');
    await page.locator('.rule-head vscode-button', { hasText: 'Save rule' }).waitFor();
    await rulesAre('21, 11 on');
  });
});

async function chartHasFocus(page: Frame, chart: string): Promise<void> {
  const plot = page.locator(`#chart-${chart} .chart-plot`);
  await waitFor(`the chart ${chart} to have the focus`, 20_000, () =>
    plot.evaluate((element) => element.ownerDocument.activeElement === element),
  );
}

/** The fixed range of Observability begins in this minute, in the reader's time. */
async function rangeBegins(page: Frame, ms: number): Promise<void> {
  const expected = new Date(ms).toLocaleTimeString(undefined, {
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
  });
  await page.locator('.fixed-range', { hasText: new RegExp(`, ${expected} –`) }).waitFor();
}

function utcMinutes(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

/** A field by its name; the control itself lives in a shadow tree. */
async function typeInto(page: Frame, field: string, text: string): Promise<void> {
  await page.locator(`.field[aria-label="${field}"] vscode-text-field`).first().click();
  // Not Ctrl+A: VS Code selects all once more, a moment later, and the next letter would replace those before it.
  await page.page().keyboard.press('End');
  await page.page().keyboard.press('Shift+Home');
  await page.page().keyboard.type(text);
}

async function choose(page: Frame, field: string, choice: string): Promise<void> {
  await page.locator(`.field[aria-label="${field}"] vscode-dropdown`).first().click();
  await page.locator(`.field[aria-label="${field}"] vscode-option`, { hasText: choice }).first().click();
}
