// From a spike to its events, a failed operation, its attempts and its key; by links; by keyboard; and out into files.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { uidOf } from '../support/connectionUid.ts';
import { brushChart } from '../support/host/brushChart.ts';
import { bindKeys, storeFolderOf } from '../support/host/userData.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { idOf } from '../support/storeRows.ts';
import { waitFor } from '../support/waiting.ts';
import { storesIn } from '../support/storesIn.ts';

const formula = '=HYPERLINK("http://127.0.0.1/","open")';
const runId = '5c1d0c55-0000-4000-8000-00000000c0de';

/** Half an hour of reads; ten minutes ago three tries to read cart:7 timed out. On production, a run of three batches. */
async function seed(directory: string, now: number): Promise<void> {
  const stores = await storesIn(directory);
  const events = Array.from({ length: 180 }, (_, i): HistoryEvent => {
    const at = now - 1_800_000 + i * 10_000;
    const failed = i === 120;
    const attempts = [0, 1, 2].map((n) => ({
      at: new Date(at + n * 700).toISOString(),
      durationMs: 500,
      errorCode: 'TIMEOUT',
      ...(n < 2 ? { delayMs: 200 } : { stopReason: 'exhausted' }),
    }));
    return {
      id: idOf(i),
      timestamp: new Date(at).toISOString(),
      source: 'app',
      connectionId: uidOf('shop'),
      environment: 'dev',
      action: 'keys.read',
      keyOrPattern: failed ? 'cart:7' : i === 60 ? formula : `cart:${i % 5}`,
      durationMs: failed ? 500 : 2,
      status: failed ? 'error' : 'success',
      attempt: failed ? 3 : 1,
      ...(failed ? { errorCode: 'TIMEOUT', retryable: true, details: { attempts } } : {}),
    };
  });
  const batches = [0, 1, 2].map((n): HistoryEvent => ({
    id: idOf(1000 + n),
    timestamp: new Date(now - 900_000 + n * 1000).toISOString(),
    source: 'app',
    connectionId: uidOf('prod'),
    environment: 'prod',
    action: 'workflows.start',
    keyOrPattern: 'tmp:*',
    durationMs: 20,
    status: 'success',
    runId,
  }));
  await stores.history.append([...events, ...batches]);
  await stores.close();
}

describe('investigating', () => {
  const dataFolder = ownFolder('cachify-e2e-data-');
  const now = Date.now();
  let redis: RedisBox;

  const links = [
    { command: 'openTimeline', args: { runId } },
    { command: 'openTimeline', args: { environments: ['prod'] } },
    { command: 'openFailures', args: { event: { id: idOf(120), timestamp: new Date(now - 600_000).toISOString() } } },
    { command: 'open', args: { from: iso(-1_200_000), to: iso(-300_000), connectionIds: ['shop'], metric: 'memory' } },
    { command: 'openCompare', args: { from: iso(-900_000), to: iso(0), connectionIds: ['shop'] } },
    { command: 'openTimeline', args: { from: iso(0), to: iso(-1000) } },
    { command: 'openTimeline', args: { text: 'HYPERLINK' } },
  ];
  function iso(offsetMs: number): string {
    return new Date(now + offsetMs).toISOString();
  }
  const follow = (link: number): Promise<void> => workbench().page.keyboard.press(`Control+Alt+Shift+${link + 1}`);

  before(async () => {
    redis = await startRedis();
    await redis.cli('SET', 'cart:7', '{"items":3}');
    const bindings = links.map(({ command, args }, at) => ({
      key: `ctrl+alt+shift+${at + 1}`,
      command: `cachify.observability.${command}`,
      args,
    }));
    await bindKeys(dataFolder, bindings);
    await seed(storeFolderOf(dataFolder), now);
  });
  after(() => redis.stop());
  const workbench = useWorkbench(() => ({
    dataFolder,
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop', host: '127.0.0.1', port: redis.port, environment: 'dev' },
        { id: 'prod', name: 'Shop prod', host: '127.0.0.1', port: redis.port, environment: 'prod' },
      ],
      'files.simpleDialog.enable': true,
    },
  }));
  let page: Frame;
  const rows = (): Locator => page.locator('.timeline .table-window .table-row');
  const pressed = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await workbench().page.keyboard.press(key);
  };

  it('draws the spike on the heatmap', async () => {
    await workbench().run('Cachify: Open Observability');
    page = await workbench().webview('#page');
    await page.locator('.heat-cell > span').first().waitFor();
    assert.equal(await page.locator('.heat-cell > span').count(), 1);
  });

  it('shows in the tables what was brushed on a chart', async () => {
    await brushChart(page.locator('#chart-operations .u-over'), 0.6, 0.8);
    await page.locator('.fixed-range').waitFor();
    await page.locator('#tab-timeline').click();
    // A fifth of the hour, in which something happened every ten seconds.
    const count = page.locator('.timeline-count');
    await waitFor('the events of twelve minutes', 20_000, async () => {
      const events = Number(/^(\d+) events/.exec(((await count.textContent()) ?? '').trim())?.[1]);
      return events >= 62 && events <= 82;
    });
    await page.locator('.segmented button', { hasText: '1h' }).click();
    await page.locator('#tab-overview').click();
    await page.locator('.heat-cell > span').first().waitFor();
  });

  it('leads from the spike to its events', async () => {
    await page.locator('.heat-cell:has(> span)').click();
    const row = page.locator('.timeline .table-window .table-row');
    await waitFor('the failed operation alone', 20_000, async () => (await row.count()) === 1);
    assert.match((await row.textContent()) ?? '', /keys\.read.*cart:7.*TIMEOUT/s);
    await row.dblclick();
  });

  it('leads from the event to its attempts, with their pauses and the reason to stop', async () => {
    await page.getByText('Show attempts').click();
    const rows = page.locator('.attempts tbody tr');
    await waitFor('three attempts', 20_000, async () => (await rows.count()) === 3);
    assert.match((await rows.first().textContent()) ?? '', /500 ms.*TIMEOUT.*waited 200 ms/s);
    assert.match((await page.locator('.failures-details').textContent()) ?? '', /Stopped because no tries left/);
    assert.match((await page.locator('.related').textContent()) ?? '', /same keys within 60 s/);
    assert.match((await page.locator('.failures-details').textContent()) ?? '', /Nobody had looked at the server/);
  });

  it('leads from the failure to its key', async () => {
    await page.locator('.failures-details').getByText('Open key', { exact: true }).click();
    assert.match(await workbench().editorShows(/items/), /"items":3/);
  });

  it('leads from the failure to a bundle of the minutes around it, of its connection', async () => {
    await follow(2);
    page = await workbench().webview('#tab-failures');
    await page.locator('.attempts tbody tr').nth(2).waitFor();
    await page.locator('.failures-details').getByText('Incident bundle…').click();
    const bundle = await workbench().webview('.bundle');
    const failedAt = now - 600_000;
    for (const [label, at] of [
      ['From', failedAt - 300_000],
      ['To', failedAt + 300_000],
    ] as const) {
      const field = bundle.locator(`vscode-text-field[aria-label="${label}, UTC"]`);
      await waitFor(`${label} around the failure`, 20_000, async () => {
        const shown = await field.evaluate((element) => String(Reflect.get(element, 'value')));
        return Math.abs(Date.parse(`${shown.replace(' ', 'T')}:00Z`) - at) <= 60_000;
      });
    }
    await bundle.locator('legend', { hasText: '1 of 2' }).waitFor();
  });

  it('goes by a link to the events of a run, on whatever connection they were', async () => {
    await follow(0);
    // The key's document had covered the panel: its page is a new one.
    page = await workbench().webview('#tab-timeline');
    await page.locator('#tab-timeline[aria-selected=true]').waitFor();
    await waitFor('the three batches', 20_000, async () => (await rows().count()) === 3);
    assert.match((await page.locator('.timeline .toolbar').textContent()) ?? '', /run 5c1d0c55/);
    await rows().first().dblclick();
    await page.locator('.details').getByText('Open run', { exact: true }).click();
    await workbench().notification(/This run is not there any more/);
    await workbench().clearNotifications();
    await page.locator('.details').getByText('Incident bundle…').waitFor();
    await pressed('Escape');
  });

  it('goes by a link to an environment, and back to all by hand', async () => {
    await follow(1);
    await waitFor('production alone', 20_000, async () => (await rows().count()) === 3);
    const environment = page.locator('vscode-dropdown[aria-label="Environment"]');
    await waitFor('the link’s environment', 20_000, () =>
      environment.evaluate((element) => Reflect.get(element, 'value') === 'prod'),
    );
    await environment.click();
    await environment.locator('vscode-option', { hasText: 'Development' }).click();
    await waitFor('development', 20_000, async () => (await rows().count()) > 10);
    await environment.click();
    await environment.locator('vscode-option', { hasText: 'Any environment' }).click();
    await waitFor('both', 20_000, async () =>
      /18\d events/.test((await page.locator('.timeline-count').textContent()) ?? ''),
    );
  });

  it('goes by a link to a failure, to a chart, and to a comparison', async () => {
    await follow(2);
    await page.locator('.attempts tbody tr').nth(2).waitFor();
    await follow(3);
    await page.locator('.fixed-range').waitFor();
    await waitFor('the chart to have the focus', 20_000, async () =>
      page.locator('#chart-memory .chart-plot').evaluate((chart) => chart.ownerDocument.activeElement === chart),
    );
    await follow(4);
    await page.locator('#tab-compare[aria-selected=true]').waitFor();
    await page.locator('.segmented [aria-checked=true]', { hasText: 'Custom' }).waitFor();
    await page.locator('.findings li').first().waitFor();
  });

  it('does not go by a link that makes no sense, and says what is wrong with it', async () => {
    await follow(5);
    await workbench().notification(/`to` must be later than its `from`/);
    await workbench().clearNotifications();
    assert.equal(await page.locator('#tab-compare[aria-selected=true]').count(), 1);
  });

  it('opens what is behind a bar or a point, by mouse and by keyboard', async () => {
    await page.locator('#tab-keyspace').click();
    const chart = page.locator('.keyspace .chart-plot');
    await chart.locator('.u-over').click({ position: { x: 300, y: 30 } });
    await page.locator('#tab-timeline[aria-selected=true]').waitFor();
    await page.locator('.fixed-range').waitFor();
    await page.locator('#tab-overview').click();
    await page.locator('#chart-operations .chart-plot').focus();
    // The first bar began before the range did.
    await pressed('Home');
    await page.locator('#chart-operations .chart-legend-time:not(:empty)').waitFor();
    await pressed('End', 'ArrowLeft', 'Enter');
    await page.locator('#tab-timeline[aria-selected=true]').waitFor();
  });

  it('is worked by keyboard alone, tab by tab', async () => {
    await page.locator('.segmented button', { hasText: '1h' }).click();
    await page.locator('#tab-timeline').focus();
    await pressed('Home');
    await page.locator('#tab-overview[aria-selected=true]').waitFor();
    await page.locator('.heat-cell > span').first().waitFor();
    await page.locator('.heat-cell:has(> span)').focus();
    await pressed('Enter');
    await waitFor('the failed operation alone', 20_000, async () => (await rows().count()) === 1);
    await page.locator('#tab-timeline').focus();
    await pressed('Home', 'ArrowRight');
    await page.locator('#tab-keyspace[aria-selected=true]').waitFor();
    await page.locator('.ranking .text-button').first().waitFor();
    await page.locator('.ranking .text-button').first().focus();
    await pressed('Enter');
    await page.locator('#tab-timeline[aria-selected=true]').waitFor();
    await page.locator('#tab-timeline').focus();
    await pressed('Home', 'ArrowRight', 'ArrowRight');
    await page.locator('.failures-list .table').focus();
    await pressed('Home', 'Enter');
    await page.locator('.attempts tbody tr').first().waitFor();
    await page.locator('#tab-failures').focus();
    await pressed('ArrowRight');
    await page.locator('.compare .segmented [aria-checked=true]').focus();
    await pressed('ArrowLeft');
    await page.locator('.compare .segmented [aria-checked=true]', { hasText: 'Last week' }).waitFor();
    await page.locator('#tab-compare').focus();
    await pressed('ArrowRight');
    await page.locator('#tab-slow[aria-selected=true]').waitFor();
    await waitFor('the slow operation', 20_000, async () => (await rows().count()) >= 1);
    await page.locator('.timeline .table').focus();
    await pressed('Home', 'Enter');
    await page.locator('.details').waitFor();
    await page.locator('.details vscode-button').first().focus();
    await pressed('Escape');
    await page.locator('.details').waitFor({ state: 'detached' });
  });

  it('writes the filtered rows into files that no spreadsheet runs', async () => {
    await follow(6);
    await rows().filter({ hasText: 'HYPERLINK' }).waitFor();
    assert.equal(await rows().count(), 1);
    const exported = async (format: 'CSV' | 'JSONL'): Promise<string> => {
      const name = `timeline.${format.toLowerCase()}`;
      const path = join(dataFolder, 'workspace', name);
      await page.locator('.timeline vscode-button', { hasText: new RegExp(`^\\s*${format}\\s*$`) }).click();
      const { quickInput } = workbench();
      await quickInput.answerFileDialog('Export the filtered events', (proposed) => proposed === path, path);
      await page.locator('.timeline .toolbar', { hasText: '1 row written' }).waitFor();
      return readFile(path, 'utf8');
    };
    const [header, row, ...rest] = (await exported('CSV')).split('\r\n');
    assert.match(header ?? '', /^timestamp,source,connectionId,/);
    assert.deepEqual(rest, ['']);
    assert.ok(row?.includes(`"'=HYPERLINK(""http://127.0.0.1/"",""open"")"`), row);
    const line = JSON.parse(await exported('JSONL')) as HistoryEvent;
    assert.deepEqual([line.keyOrPattern, line.connectionId, line.status], [formula, 'shop', 'success']);
  });
});
