// From an alert, a run, a failed operation and a brush on a chart to a bundle of that range; and what becomes of bundles.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { ZipReader } from '../../src/adapters/files/zipReader.ts';
import type { BundleManifest } from '../../src/domain/incidents/definition.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { uidOf } from '../support/connectionUid.ts';
import { brushChart } from '../support/host/brushChart.ts';
import { bindKeys, globalStorageOf } from '../support/host/userData.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { idOf } from '../support/storeRows.ts';
import { waitFor } from '../support/waiting.ts';
import { workflowRig } from '../support/workflowRig.ts';

const VIEW = 'Incidents & Storage';
const minute = 60_000;
const failedId = idOf(777);

/** The past of the connection `shop`: an hour of reads, one that failed, an alert that is over, and a run. */
async function seed(global: string, port: number, now: number): Promise<void> {
  const uid = uidOf('shop');
  const iso = (offsetMs: number): string => new Date(now + offsetMs).toISOString();
  const rig = await workflowRig({
    directory: global,
    definition: { port, id: 'shop', uid, name: 'Shop' },
  });
  const { runId } = await rig.service.plan({
    connectionId: 'shop',
    kind: 'deleteByPattern',
    parameters: { pattern: 'tmp:*' },
  });
  await rig.service.start({ runId });
  await rig.service.wait(runId);
  const events = Array.from({ length: 360 }, (_, n): HistoryEvent => ({
    id: n === 200 ? failedId : idOf(n),
    timestamp: iso((n - 360) * 10_000),
    source: 'app',
    connectionId: uid,
    environment: 'dev',
    action: 'keys.read',
    keyOrPattern: `cart:${n % 7}`,
    durationMs: 2,
    status: n === 200 ? 'error' : 'success',
    attempt: 1,
    // Of the run are the one that failed and one that is too far away in time to be related otherwise.
    ...(n === 200 ? { errorCode: 'TIMEOUT', retryable: true, runId } : {}),
    ...(n === 0 ? { runId } : {}),
  }));
  await rig.stores.history.append(events);
  const alert = {
    id: idOf(900),
    connectionId: uid,
    severity: 'warning',
    title: 'Reads of Shop are slow',
    message: 'They took 22 ms for 4 min.',
    source: 'rule',
    createdAt: iso(-30 * minute),
    read: false,
    episodeFrom: iso(-34 * minute),
    episodeTo: iso(-30 * minute),
  } as const;
  await rig.stores.alerts.raise(alert, alert.createdAt);
  await rig.close();
}

describe('the ways to a bundle and what becomes of it', function () {
  this.timeout(180_000);
  const dataFolder = ownFolder('cachify-incident-paths-');
  const out = realpathSync(ownFolder('cachify-bundles-'));
  /** When it begins; files are read long before. */
  let now: number;
  let redis: RedisBox;

  before(async function prepare() {
    this.timeout(120_000);
    now = Date.now();
    redis = await startRedis();
    for (let n = 0; n < 20; n++) await redis.cli('SET', `tmp:${n}`, 'x');
    const failure = { event: { id: failedId, timestamp: new Date(now - 1_600_000).toISOString() } };
    await bindKeys(dataFolder, [
      { key: 'ctrl+alt+shift+1', command: 'cachify.observability.openFailures', args: failure },
      { key: 'ctrl+alt+shift+2', command: 'cachify.observability.open', args: { connectionIds: ['shop'] } },
    ]);
    await seed(globalStorageOf(dataFolder), redis.port, now);
  });
  after(() => redis.stop());
  const workbench = useWorkbench(() => ({
    dataFolder,
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop', host: '127.0.0.1', port: redis.port, environment: 'dev' },
        { id: 'other', name: 'Other', host: '127.0.0.1', port: redis.port, environment: 'dev' },
      ],
      'files.simpleDialog.enable': true,
    },
  }));
  const panel = (): Promise<Frame> => workbench().webview('.bundle');
  const button = async (text: string | RegExp) => (await panel()).locator('vscode-button', { hasText: text });

  /** What the form says, once the panel shows it and is the editor that is looked at. */
  async function shownScope(): Promise<{ from: string; to: string }> {
    const page = await panel();
    const field = (at: number): Promise<string> =>
      page
        .locator('.range-fields vscode-text-field')
        .nth(at)
        .evaluate((one) => (one as unknown as { value: string }).value);
    await page.locator('legend', { hasText: 'Connections' }).locator('.muted', { hasText: '1 of 2' }).waitFor();
    const boxes = page.locator('.form-list vscode-checkbox');
    const checked = await boxes.evaluateAll((all) =>
      all.map((one) => (one as unknown as { value: string; checked: boolean }).checked),
    );
    const names = await boxes.allInnerTexts();
    assert.deepEqual(
      names.filter((_, at) => checked[at]).map((name) => name.split(/\s/)[0]),
      ['Shop'],
    );
    assert.ok((await workbench().page.locator('.tab.active').innerText()).includes('Incident bundle'));
    return { from: await field(0), to: await field(1) };
  }

  /** Exports what the panel shows, and checks that the manifest says the same. */
  async function exported(name: string): Promise<BundleManifest> {
    const shown = await shownScope();
    const target = join(out, name);
    await (await button(/Show what would be in it|Show again/)).click();
    await (await button(/Export bundle/)).click({ timeout: 60_000 });
    await workbench().quickInput.answerFileDialog('Export incident bundle', (path) => path.endsWith('.zip'), target);
    await (await panel()).locator('h2', { hasText: 'Bundle written' }).waitFor({ timeout: 60_000 });
    const manifest = JSON.parse(
      execFileSync('unzip', ['-p', target, 'manifest.json'], { encoding: 'utf8' }),
    ) as BundleManifest;
    const { from, to, connections } = manifest.scope;
    assert.deepEqual(
      [from, to].map((time) => time.slice(0, 16).replace('T', ' ')),
      [shown.from, shown.to],
    );
    assert.deepEqual(connections, ['shop']);
    return manifest;
  }

  function minutesFrom(manifest: BundleManifest): readonly [number, number] {
    const { from, to } = manifest.scope;
    return [Math.round((Date.parse(from) - now) / minute), Math.round((Date.parse(to) - now) / minute)];
  }

  it('an alert: its episode with a quarter of an hour on either side, on its connection', async () => {
    await workbench().openContainer('Cachify');
    await workbench().openView('Alerts');
    await workbench().expand('Alerts', 'History');
    await workbench().menu('Alerts', /^Reads of Shop are slow/, 'Make Incident Bundle of Alert');
    assert.deepEqual(minutesFrom(await exported('alert.zip')), [-49, -15]);
  });

  it('a run: from five minutes before it, not beyond now', async () => {
    await workbench().foldView('Alerts');
    await workbench().openView('Workflows');
    await workbench().expand('Workflows', 'Runs');
    const label = /^Delete/;
    const titles = await workbench().openMenu('Workflows', label);
    await workbench().page.keyboard.press('Escape');
    const title = titles.find((text) => text.includes('Bundle'));
    assert.ok(title, titles.join(' | '));
    await workbench().menu('Workflows', label, title);
    const manifest = await exported('run.zip');
    const jsonl = execFileSync('unzip', ['-p', join(out, 'run.zip'), 'workflows.jsonl'], { encoding: 'utf8' });
    const { startedAt } = JSON.parse(jsonl) as { readonly startedAt: string };
    const before = Date.parse(startedAt) - Date.parse(manifest.scope.from);
    assert.ok(before >= 5 * minute && before <= 6 * minute, `${before} ms before the run`);
    assert.ok(Date.parse(manifest.scope.to) <= Date.now());
    assert.equal(manifest.entries.find(({ path }) => path === 'workflows.jsonl')?.records, 1);
  });

  it('a failed operation: some minutes around it', async () => {
    await workbench().foldView('Workflows');
    await workbench().page.keyboard.press('Control+Alt+Shift+1');
    const page = await workbench().webview('.failures-details');
    await page.locator('.failures-details vscode-button', { hasText: 'Incident bundle…' }).click({ timeout: 30_000 });
    const manifest = await exported('failure.zip');
    const middle = (Date.parse(manifest.scope.from) + Date.parse(manifest.scope.to)) / 2;
    assert.ok(Math.abs(middle - (now - 1_600_000)) < 1000, new Date(middle).toISOString());
    const lines = execFileSync('unzip', ['-p', join(out, 'failure.zip'), 'timeline.jsonl'], { encoding: 'utf8' });
    assert.ok(lines.includes(failedId));
  });

  it('from the same failure to the run that it belongs to', async () => {
    await workbench().page.keyboard.press('Control+Alt+Shift+1');
    const page = await workbench().webview('.failures-details');
    await page.locator('.related tr', { hasText: 'same workflow run' }).waitFor({ timeout: 30_000 });
    await page.locator('.failures-details vscode-button', { hasText: 'Open run' }).click({ timeout: 30_000 });
    const run = await workbench().webview('.run-head');
    await run.locator('.run-head', { hasText: /Delete.*on Shop/s }).waitFor();
    await run.locator('.run-state', { hasText: 'completed' }).waitFor();
    await run.locator('.run-counts', { hasText: '20 done' }).waitFor();
  });

  it('a brush on a chart: what was brushed', async () => {
    await workbench().page.keyboard.press('Control+Alt+Shift+2');
    const page = await workbench().webview('#tab-overview');
    const plot = page.locator('.charts .u-over').first();
    await plot.waitFor({ timeout: 30_000 });
    await brushChart(plot, 0.4, 0.6);
    await page.locator('.fixed-range vscode-button', { hasText: 'Incident bundle…' }).click({ timeout: 30_000 });
    const { from, to } = (await exported('brush.zip')).scope;
    const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
    // A fifth of what the charts showed, and its middle.
    const shownMs = (toMs - fromMs) * 5;
    const middleAgo = Date.now() - (fromMs + toMs) / 2;
    assert.ok(
      toMs - fromMs > minute / 2 && Math.abs(middleAgo - shownMs / 2) < shownMs / 5 + 2 * minute,
      `${from} ${to}`,
    );
  });

  it('the history: open, reveal, export again, verify, and the record goes while the file stays', async () => {
    await workbench().closeEditors();
    await workbench().openView(VIEW);
    await workbench().expand(VIEW, 'Bundles');
    await workbench().menu(VIEW, 'alert.zip', 'Open Incident Bundle…');
    const page = await panel();
    await page.locator('.path', { hasText: 'alert.zip' }).waitFor();
    const manifest = await shownScope();
    await workbench().menu(VIEW, 'alert.zip', 'Verify Incident Bundle…');
    await workbench().notification(/alert\.zip is whole/, 30_000);
    await workbench().clearNotifications();
    await workbench().menu(VIEW, 'alert.zip', 'Export Again…');
    await page.locator('.empty-state h2', { hasText: 'Hand over the truth' }).waitFor();
    assert.deepEqual(await shownScope(), manifest);
    const titles = await workbench().openMenu(VIEW, 'alert.zip');
    await workbench().page.keyboard.press('Escape');
    assert.ok(
      titles.some((title) => title.startsWith('Reveal')) && titles.some((title) => title.includes('Browser')),
      titles.join(),
    );
    await workbench().menu(VIEW, 'run.zip', 'Delete Bundle Record');
    assert.match(await workbench().dialog(), /The file itself stays/);
    await workbench().dialogButton('Delete record');
    await waitFor('the record to go', 30_000, async () =>
      (await workbench().rows(VIEW)).every(({ label }) => label !== 'run.zip'),
    );
    assert.ok(readFileSync(join(out, 'run.zip')).length > 0);
  });

  it('verify names the file that differs', async () => {
    const path = join(out, 'failure.zip');
    const zip = await ZipReader.open(path);
    const member = zip?.members.find((one) => one.path === 'timeline.jsonl');
    await zip?.close();
    assert.ok(member);
    const bytes = readFileSync(path);
    const at = member.at + 30 + member.path.length + Math.floor(member.packedBytes / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0x20;
    writeFileSync(path, bytes);
    await workbench().menu(VIEW, 'failure.zip', 'Verify Incident Bundle…');
    assert.match(await workbench().dialog(), /not what was written[\s\S]*Differs: timeline\.jsonl/);
    await workbench().screenshot('incident-verify-differs');
    await workbench().dialogButton('OK');
  });

  it('shows where a file went: renamed in its folder, or missing', async () => {
    renameSync(join(out, 'alert.zip'), join(out, 'alert-of-sunday.zip'));
    rmSync(join(out, 'brush.zip'));
    await workbench().viewAction(VIEW, 'Refresh Storage');
    const described = async (label: string): Promise<string> =>
      (await workbench().rows(VIEW)).find((row) => row.label === label)?.description ?? '';
    await waitFor('the renamed file', 30_000, async () => /file renamed/.test(await described('alert-of-sunday.zip')));
    await waitFor('the missing file', 30_000, async () => /file missing/.test(await described('brush.zip')));
    await workbench().menu(VIEW, 'brush.zip', 'Open Incident Bundle…');
    await (await panel()).locator('h2', { hasText: 'The file is not where it was written' }).waitFor();
    await workbench().screenshot('incident-bundle-missing');
  });

  describe('without a mouse', () => {
    const pressed = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await workbench().page.keyboard.press(key);
    };

    /** A command by its name in the palette, chosen with Enter. */
    async function command(title: string): Promise<void> {
      await pressed('F1');
      await workbench().quickInput.type(`>${title}`);
      await waitFor(`${title} on top`, 30_000, async () => (await workbench().quickInput.items())[0] === title);
      await pressed('Enter');
    }

    /** Tab by Tab until the focus is on what matches. */
    async function tabTo(page: Frame, selector: string, text = ''): Promise<void> {
      const passed: string[] = [];
      await waitFor(`the focus on ${selector} ${text}`, 30_000, async () => {
        await pressed('Tab');
        const [at, said] = await page.locator('body').evaluate((body, wanted) => {
          const focused = body.ownerDocument.activeElement;
          return [focused?.matches(wanted) === true, (focused?.textContent ?? '').trim()] as const;
        }, selector);
        passed.push(said);
        return at && said.startsWith(text);
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${passed.join(' | ')}`, { cause: error });
      });
    }

    const focusedText = (page: Frame): Promise<string> =>
      page.locator('body').evaluate((body) => (body.ownerDocument.activeElement?.textContent ?? '').trim());

    /** Puts the focus on a row of the view, from wherever it is. */
    async function focusRow(label: string): Promise<void> {
      await command(`Cachify: Focus on ${VIEW} View`);
      const focused = workbench().view(VIEW).locator('.monaco-list-row.focused .label-name').first();
      await pressed('Home');
      await waitFor(`the focus on ${label}`, 30_000, async () => {
        if ((await focused.innerText({ timeout: 2000 }).catch(() => '')) === label) return true;
        await pressed('ArrowDown');
        return false;
      });
    }

    /** Chooses from a row's menu, which opens by the menu key. */
    async function fromMenu(label: string, item: string): Promise<void> {
      await focusRow(label);
      await pressed('Shift+F10');
      const chosen = workbench().page.locator('.monaco-menu .action-item.focused');
      await waitFor(`${item} in the menu`, 30_000, async () => {
        if ((await chosen.allInnerTexts()).some((text) => text.trim().startsWith(item))) return true;
        await pressed('ArrowDown');
        return false;
      });
      await pressed('Enter');
    }

    it('from the command to the form, to its preview, to the file', async () => {
      await workbench().closeEditors();
      await command('Cachify: New Incident Bundle…');
      const page = await panel();
      await tabTo(page, '[role=radio][aria-checked=true]', '1h');
      await pressed('ArrowRight');
      await page.locator('[role=radio][aria-checked=true]', { hasText: '6h' }).waitFor();
      await tabTo(page, 'vscode-checkbox', 'Other');
      await pressed('Space');
      await page.locator('legend', { hasText: '1 of 2' }).waitFor();
      await tabTo(page, '[role=radio][aria-checked=true]', 'Default');
      await pressed('ArrowRight');
      await page.locator('[role=radio][aria-checked=true]', { hasText: 'Strict' }).waitFor();
      await tabTo(page, 'vscode-button', 'Show what would be in it');
      await pressed('Enter');
      await page.locator('.hash').first().waitFor({ timeout: 60_000 });
      await tabTo(page, 'vscode-button', 'Export bundle');
      await workbench().screenshot('incident-bundle-focus');
      // Escape changes nothing, and the way goes on from the same button.
      await pressed('Enter');
      await workbench().quickInput.waitUntilOpen();
      await pressed('Escape');
      await workbench().quickInput.waitUntilClosed();
      await waitFor('the focus to be back', 20_000, async () => (await focusedText(page)).startsWith('Export bundle'));
      await pressed('Enter');
      await workbench().quickInput.answerFileDialog(
        'Export incident bundle',
        (path) => path.endsWith('.zip'),
        join(out, 'keys.zip'),
      );
      await waitFor(
        'the focus on what was written',
        60_000,
        async () => (await focusedText(page)) === 'Bundle written',
      );
    });

    it('its buttons: verify, reveal, open in a browser', async () => {
      const page = await panel();
      await tabTo(page, 'vscode-button', 'Verify');
      await pressed('Enter');
      await page.locator('.notice', { hasText: 'Whole' }).waitFor({ timeout: 30_000 });
      assert.equal(await focusedText(page), 'Verify');
      await tabTo(page, 'vscode-button', 'Reveal');
      await pressed('Space');
      // VS Code in a browser has no file manager for it.
      assert.ok((await workbench().notification(/^It is on the /)).includes(join(out, 'keys.zip')));
      await workbench().clearNotifications();
      await command('View: Focus Active Editor Group');
      await tabTo(page, 'vscode-button', 'Open in browser');
      await pressed('Enter');
      const told = await workbench().notification(/to open it in a browser/);
      const path = /: (\/.*index\.html)\./.exec(told)?.[1] ?? told;
      const html = readFileSync(path, 'utf8');
      assert.equal(html, execFileSync('unzip', ['-p', join(out, 'keys.zip'), 'index.html'], { encoding: 'utf8' }));
      await workbench().clearNotifications();
    });

    it('the history: each of its actions from the row', async () => {
      const path = join(out, 'keys.zip');
      await workbench().closeEditors();
      await focusRow('keys.zip');
      await pressed('Enter');
      await (await panel()).locator('.path', { hasText: 'keys.zip' }).waitFor();
      await fromMenu('keys.zip', 'Reveal Incident Bundle');
      assert.ok((await workbench().notification(/^It is on the /)).includes(path));
      await workbench().clearNotifications();
      await fromMenu('keys.zip', 'Open Incident Bundle in Browser');
      await workbench().notification(/index\.html/);
      await workbench().clearNotifications();
      await fromMenu('keys.zip', 'Verify Incident Bundle…');
      await workbench().notification(/keys\.zip is whole/);
      await workbench().clearNotifications();
      await fromMenu('keys.zip', 'Export Again…');
      const page = await panel();
      await page.locator('.empty-state h2', { hasText: 'Hand over the truth' }).waitFor();
      await page.locator('[role=radio][aria-checked=true]', { hasText: 'Strict' }).waitFor();
      await fromMenu('keys.zip', 'Delete Bundle Record');
      assert.match(await workbench().dialog(), /The file itself stays/);
      await pressed('Enter');
      await waitFor('the record to go', 30_000, async () =>
        (await workbench().rows(VIEW)).every(({ label }) => label !== 'keys.zip'),
      );
      assert.ok(readFileSync(path).length > 0);
    });
  });
});
