// From a spike on the heatmap to its events, a failed operation, its attempts, and the key.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { openStores } from '../../src/adapters/store/openStores.ts';
import { uidSource } from '../../src/domain/connections/identity.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { storeBuild } from '../support/storeBuild.ts';
import { idOf } from '../support/storeRows.ts';
import { systemClock } from '../support/systemClock.ts';
import { waitFor } from '../support/waiting.ts';

const uid = ((): string => {
  const hash = createHash('sha256');
  for (const part of uidSource('', 'shop')) hash.update(part);
  return hash.digest('hex').slice(0, 32);
})();

/** Half an hour of reads; ten minutes ago three tries to read cart:7 timed out. */
async function seed(directory: string): Promise<void> {
  const stores = openStores({ directory, clock: systemClock, ...(await storeBuild()) });
  const now = Date.now();
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
      connectionId: uid,
      environment: 'dev',
      action: 'keys.read',
      keyOrPattern: failed ? 'cart:7' : `cart:${i % 5}`,
      durationMs: failed ? 500 : 2,
      status: failed ? 'error' : 'success',
      attempt: failed ? 3 : 1,
      ...(failed ? { errorCode: 'TIMEOUT', retryable: true, details: { attempts } } : {}),
    };
  });
  await stores.history.append(events);
  await stores.close();
}

describe('from a spike to its key', () => {
  const dataFolder = ownFolder('cachify-e2e-data-');
  let redis: RedisBox;
  before(async () => {
    redis = await startRedis();
    await redis.cli('SET', 'cart:7', '{"items":3}');
    await seed(join(dataFolder, 'user/User/globalStorage/cachify.cachify-studio/store'));
  });
  after(() => redis.stop());
  const workbench = useWorkbench(() => ({
    dataFolder,
    settings: {
      'cachify.connections': [{ id: 'shop', name: 'Shop', host: '127.0.0.1', port: redis.port, environment: 'dev' }],
    },
  }));
  let page: Frame;

  it('draws the spike on the heatmap', async () => {
    await workbench().run('Cachify: Open Observability');
    page = await workbench().webview('#page');
    await page.locator('.heat-cell > span').first().waitFor();
    assert.equal(await page.locator('.heat-cell > span').count(), 1);
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
});
