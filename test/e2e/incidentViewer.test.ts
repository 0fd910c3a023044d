// The page inside a bundle, opened from disk by a browser.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { PageData } from '../../src/domain/incidents/pageData.ts';
import { bundlePage } from '../../src/domain/incidents/page.ts';
import { launchChromium } from '../support/host/chromium.ts';
import { diagnosedServer } from '../support/diagnosedServer.ts';
import { ownFolder } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';

const fromMs = Date.UTC(2026, 10, 22, 3);
const iso = (ms: number): string => new Date(ms).toISOString();

/** What people put into names to have a script run, 200 of them. */
const attacks: readonly ((run: string) => string)[] = [
  (run) => `<script>${run}</script>`,
  (run) => `</script><script>${run}</script>`,
  (run) => `<img src=x onerror="${run}">`,
  (run) => `"><svg onload=${run}>`,
  (run) => `<iframe srcdoc="<script>${run}</script>">`,
  (run) => `javascript:${run}`,
  (run) => `<a href="javascript:${run}" autofocus onfocus="${run}">x</a>`,
  (run) => `<!--<script>${run}`,
  (run) => `]]><script>${run}</script>`,
  (run) => `</title><script>${run}</script>`,
  (run) => `</style><script>${run}</script>`,
  (run) => `<details open ontoggle=${run}>`,
  (run) => `<base href="https://evil.example/"><script src="x.js">${run}</script>`,
  (run) => `<meta http-equiv="refresh" content="0;url=data:text/html,<script>${run}</script>">`,
  (run) => `\u2028<script>${run}</script>\u2029`,
  (run) => `<form action="javascript:${run}"><input type=submit autofocus>`,
  (run) => `<object data="data:text/html,<script>${run}</script>">`,
  (run) => `{{constructor.constructor('${run}')()}}`,
  (run) => `__proto__<img src=x onerror=${run}>`,
  (run) => `<style>@import "javascript:${run}"; body { display: none !important; }</style>`,
];
const hostileNames = Array.from(
  { length: 200 },
  (_, n) => `${n}:${attacks[n % attacks.length]?.(`window.ran=${n + 1}`) ?? ''}`,
);

/** Names of keys, and with `everywhere` of everything else that a user or a server names. */
function pageData(names: readonly string[], everywhere: boolean): PageData {
  const named = (at: number, usual: string): string => (everywhere ? (names[at] ?? usual) : usual);
  const minutes = 60;
  const samples = Array.from({ length: minutes * 2 }, (_, n) => ({
    at: iso(fromMs + n * 30_000),
    connection: n % 2 === 0 ? 'shop-prod' : 'shop-eu',
    opsPerSecond: 900 + 300 * Math.sin(n / 9) + (n % 2) * 250,
    latencyP95Ms: n > 70 && n < 90 ? 18 + (n % 5) : 2 + (n % 7) / 10,
    usedMemoryBytes: 640e6 + n * 1e6,
    connectedClients: 40 + (n % 9),
  }));
  return {
    tool: { name: 'Cachify Studio', version: '1.0.0' },
    createdAt: iso(fromMs + 65 * 60_000),
    from: iso(fromMs),
    to: iso(fromMs + 60 * 60_000),
    includes: ['timeline', 'logs', 'diagnostics', 'metrics'],
    profile: 'default',
    counts: { timeline: 12_031, logs: 40, diagnostics: 92, metrics: 480, alerts: 2, workflows: 1, decisions: 3 },
    omitted: [],
    buckets: Array.from({ length: 120 }, (_, n) => ({
      success: Math.round(80 + 30 * Math.sin(n / 11)),
      error: n > 70 && n < 92 ? 18 + (n % 7) : n % 9 === 0 ? 1 : 0,
      blocked: n > 88 && n < 96 ? 4 : 0,
    })),
    events: {
      of: 12_031,
      shown: names.map((name, n) => ({
        at: iso(fromMs + n * 17_000),
        id: String(n),
        source: 'app',
        connection: n % 3 === 0 ? 'shop-eu' : 'shop-prod',
        environment: 'prod',
        action: ['keys.read', 'keys.write', 'keys.remove', 'workflows.batch'][n % 4],
        key: name,
        durationMs: 0.6 + (n % 30) / 4,
        status: n % 5 === 0 ? 'error' : n % 11 === 0 ? 'blocked' : 'success',
        ...(n % 5 === 0
          ? { errorCode: 'TIMEOUT', details: { failure: everywhere ? name : 'no answer within 500 ms' } }
          : {}),
      })),
    },
    samples,
    workflows: [
      {
        id: 'r1',
        name: named(1, 'Delete tmp:*'),
        state: 'paused_policy',
        connection: 'shop-prod',
        startedAt: iso(fromMs + 12 * 60_000),
        counts: { planned: 50_500, done: 31_204, skipped: 12, failed: 0 },
        error: { code: 'BLOCKED', message: 'The connection was locked.' },
      },
    ],
    alerts: {
      events: [
        {
          createdAt: iso(fromMs + 36 * 60_000),
          severity: 'critical',
          title: named(2, 'Latency p95 above 15 ms'),
          message: 'It was 18.2 ms for 4 min.',
          connection: 'shop-prod',
        },
      ],
      rules: [],
      states: [],
    },
    decisions: [0, 1, 2].map((n) => ({
      at: iso(fromMs + n * 60_000),
      action: 'workflows.batch',
      allowed: n !== 2,
      connection: named(n, 'shop-prod'),
      violations:
        n === 2
          ? [{ packName: named(n, 'Nights only'), rule: 'executionWindows', message: 'Its window is closed.' }]
          : [],
    })),
    diagnostics: [
      {
        record: 'connection',
        connection: 'shop-prod',
        name: named(3, 'Shop prod'),
        environment: 'prod',
        state: 'ready',
        destination: named(4, '10.0.0.7:6379'),
        capabilities: { info: { available: true }, config: { available: false } },
      },
      {
        record: 'info',
        connection: 'shop-prod',
        at: iso(fromMs),
        fields: { used_memory: '734003200', maxmemory: '0' },
      },
      {
        record: 'config',
        connection: 'shop-prod',
        name: 'maxmemory-policy',
        value: 'allkeys-lru',
        usual: 'noeviction',
      },
      {
        record: 'connection',
        connection: 'shop-eu',
        name: 'Shop EU',
        environment: 'prod',
        state: 'ready',
        destination: '10.1.0.7:6379',
        tls: true,
        readOnly: true,
        serverVersion: '7.2.4',
        mode: 'standalone',
        role: 'replica',
      },
      {
        record: 'problem',
        connection: 'shop-prod',
        what: 'CONFIG',
        code: 'UNAUTHORIZED',
        reason: named(5, 'denied'),
      },
      {
        record: 'slowlog',
        connection: 'shop-prod',
        at: iso(fromMs),
        durationMs: 31,
        command: 'SET',
        key: named(6, 'cart:1412'),
      },
      { record: 'pack', id: 'p', name: named(7, 'Nights'), enabled: true, connections: ['shop-prod'] },
    ],
    logs: [{ at: iso(fromMs), level: 'error', event: named(8, 'timeline not written') }],
    redactions: [
      { kind: 'user', count: 40 },
      { kind: 'credential', count: 3 },
    ],
  };
}

describe('the page inside a bundle', function () {
  this.timeout(120_000);
  let browser: Browser;
  const folder = ownFolder('cachify-viewer-');

  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  function written(names: readonly string[], everywhere = true): string {
    const built = (name: string): string => readFileSync(join(projectRoot(), 'dist/webviews', name), 'utf8');
    const pieces = bundlePage(
      {
        script: built('incidentViewer.js'),
        style: built('incidentViewer.css'),
        sha256Base64: (text) => createHash('sha256').update(text).digest('base64'),
      },
      [JSON.stringify(pageData(names, everywhere))],
    );
    const path = join(folder, `page-${names.length}.html`);
    writeFileSync(path, [...pieces].join(''));
    return pathToFileURL(path).href;
  }

  async function opened(
    url: string,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; told: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
    const told: string[] = [];
    page.on('dialog', (dialog) => {
      told.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== url) told.push(`request ${request.url()}`);
    });
    page.on('console', (message) => told.push(`console ${message.text()}`));
    page.on('pageerror', (error) => told.push(`error ${error.message}`));
    await page.goto(url);
    await page.locator('h1', { hasText: 'Incident bundle' }).waitFor();
    return { page, told };
  }

  it('runs no script of 200 hostile names, asks for nothing, and shows each as the text that it is', async () => {
    assert.equal(hostileNames.length, 200);
    const { page, told } = await opened(written(hostileNames));
    const cells = page.locator('section[aria-labelledby=timeline] tbody td.mono.wrap');
    await page.waitForFunction(
      "document.querySelectorAll('section[aria-labelledby=timeline] tbody tr').length === 200",
    );
    assert.deepEqual(
      (await cells.allTextContents()).map((text) => text.replaceAll(/\s/g, '')),
      hostileNames.map((name) => name.replaceAll(/\s/g, '')),
    );
    await page.locator('input[type=search]').fill('onerror');
    await page.keyboard.press('Tab');
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.equal(await page.locator('iframe, object, img, form, base, a').count(), 0);
    assert.equal(await page.locator('script').count(), 2);
    assert.deepEqual(told, []);
    await page.close();
  });

  it('has a policy under which a script that got in would not run', async () => {
    const { page } = await opened(written(hostileNames.slice(0, 5)));
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'window.ran = 1';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran = 2">');
    }`);
    await page.waitForTimeout(200);
    assert.equal(await page.evaluate('window.ran'), undefined);
    await page.close();
  });

  it('shows charts, runs, alerts, decisions and the redaction report, in light and dark, wide and narrow', async () => {
    const keys = Array.from(
      { length: 180 },
      (_, n) => ['cart:', 'session:', 'product:', 'rate:'][n % 4] + String(1000 + n * 7),
    );
    const url = written(keys, false);
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, told } = await opened(url, { colorScheme });
      for (const title of ['Alerts', 'Workflow runs', 'Policy decisions', 'Timeline', 'Redaction report']) {
        assert.equal(await page.locator('h2', { hasText: title }).count(), 1, title);
      }
      assert.ok((await page.locator('svg').count()) >= 5);
      const style = 'getComputedStyle(document.body)';
      const [text, surface] = [await page.evaluate(`${style}.color`), await page.evaluate(`${style}.backgroundColor`)];
      assert.notEqual(text, surface);
      await page.screenshot({
        path: join(projectRoot(), `out/pictures/incident-viewer-${colorScheme}.png`),
        fullPage: true,
      });
      await page.setViewportSize({ width: 420, height: 900 });
      await page.screenshot({ path: join(projectRoot(), `out/pictures/incident-viewer-${colorScheme}-narrow.png`) });
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
      assert.ok(overflow <= 0, `${overflow} px too wide`);
      assert.deepEqual(told, []);
      await page.close();
    }
  });

  it('tells of a real server what it said, what it did not tell, and what went wrong with us', async function () {
    this.timeout(120_000);
    const server = await diagnosedServer();
    try {
      for (const limited of [false, true]) {
        if (limited) await server.limitUser();
        const zip = await server.bundle('default');
        const path = join(folder, `real-${limited}.html`);
        writeFileSync(path, execFileSync('unzip', ['-p', zip, 'index.html'], { maxBuffer: 1 << 28 }));
        for (const colorScheme of ['dark', 'light'] as const) {
          const { page, told } = await opened(pathToFileURL(path).href, { colorScheme });
          const card = page.locator('section[aria-labelledby=servers] article');
          assert.match(await card.innerText(), /Shop prod[\s\S]*Redis \d+\.\d+\.\d+ · standalone · master/);
          assert.equal(await card.locator('details').count(), limited ? 1 : 4);
          assert.equal((await card.innerText()).includes('CONFIG (denied)'), limited);
          for (const summary of await card.locator('summary').all()) {
            await summary.focus();
            await page.keyboard.press('Enter');
          }
          if (!limited) assert.match(await card.innerText(), /maxmemory-policy\s+allkeys-lru\s+noeviction/);
          assert.match(await page.locator('main').innerText(), /Nights only[\s\S]*timeline not written/);
          const name = `incident-viewer-real-${limited ? 'limited-' : ''}${colorScheme}`;
          await page.screenshot({ path: join(projectRoot(), `out/pictures/${name}.png`), fullPage: true });
          await page.setViewportSize({ width: 420, height: 900 });
          await page.screenshot({ path: join(projectRoot(), `out/pictures/${name}-narrow.png`), fullPage: true });
          const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
          assert.ok(overflow <= 0, `${overflow} px too wide`);
          assert.deepEqual(told, []);
          await page.close();
        }
      }
    } finally {
      await server.close();
    }
  });
});
