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
    ...(n === 200 ? { errorCode: 'TIMEOUT', retryable: true } : {}),
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
  const { runId } = await rig.service.plan({
    connectionId: 'shop',
    kind: 'deleteByPattern',
    parameters: { pattern: 'tmp:*' },
  });
  await rig.service.start({ runId });
  await rig.service.wait(runId);
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

  it('a brush on a chart: what was brushed', async () => {
    await workbench().page.keyboard.press('Control+Alt+Shift+2');
    const page = await workbench().webview('.charts .u-over');
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
});
