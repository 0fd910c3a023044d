import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { Frame } from 'playwright-core';
import { contentSecurityPolicy } from '../../src/ui/panels/html.ts';
import { bindKeys } from '../support/host/userData.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const hostileName = 'Shop <img src=x onerror="window.pwned=1">';
const hostileKeys = [
  '<img src=x onerror="window.pwned=1">',
  '</script><script>window.pwned=1</script>',
  'javascript:window.pwned=1',
  '\u202Etxt.exe',
  '__proto__',
];

const keyBindings = hostileKeys.map((key, at) => ({
  key: `ctrl+alt+shift+${at + 1}`,
  command: 'cachify.keys.read',
  args: { connectionId: 'shop', key },
}));

/** What injected code would try, as source: it runs inside the page. */
const attempts = `async (port) => {
  const outcome = {};
  const script = document.createElement('script');
  script.textContent = 'window.pwned = 1';
  document.body.append(script);
  // In a turn of its own: what the driver runs directly may evaluate.
  await new Promise((resolve) =>
    setTimeout(() => {
      try {
        (0, eval)('window.pwned = 2');
      } catch {
        outcome.eval = 'refused';
      }
      resolve();
    }),
  );
  await fetch('http://127.0.0.1:' + port + '/').catch(() => (outcome.fetch = 'refused'));
  const image = new Image();
  image.src = 'http://127.0.0.1:' + port + '/image';
  await new Promise((resolve) => {
    image.addEventListener('load', resolve);
    image.addEventListener('error', resolve);
  });
  script.remove();
  return outcome;
}`;

describe('the Observability panel', () => {
  let redis: RedisBox;
  const dataFolder = ownFolder('cachify-observability-');

  before(async () => {
    redis = await startRedis();
    for (const key of hostileKeys) await redis.cliBytes('SET', key, 'value');
    await bindKeys(dataFolder, keyBindings);
  });
  const workbench = useWorkbench(() => ({
    dataFolder,
    settings: {
      'cachify.connections': [
        { id: 'shop', name: hostileName, host: '127.0.0.1', port: redis.port, environment: 'dev' },
      ],
      'cachify.observability.sampleSeconds': 5,
    },
  }));
  // After the workbench was closed, which `useWorkbench` does in a hook of its own: it writes there until then.
  after(async () => {
    await redis.stop();
    removeFolder(dataFolder);
  });

  const panel = (): Promise<Frame> => workbench().webview('.page');

  it('opens without a connection, says so, and connects by its button', async () => {
    await workbench().activityIcon('Cachify').waitFor();
    await workbench().run('Cachify: Open Observability');
    const page = await panel();
    await page.locator('.notice', { hasText: 'is not connected' }).waitFor();
    await page.locator('.notice vscode-button', { hasText: 'Connect' }).click();
    await page.locator('.connection-state', { hasText: 'Connected' }).waitFor();
    assert.equal(await page.locator('.environment').first().innerText(), 'DEV');
  });

  it('draws what was really measured', async () => {
    const page = await panel();
    const load = page.locator('figure', { hasText: 'Load of the server' });
    await waitFor('a sample of the server in the chart', 20_000, async () => {
      const label = await load.getAttribute('aria-label');
      return label !== null && /last \d/.test(label);
    });
    await waitFor('six charts', 20_000, async () => (await page.locator('.charts canvas').count()) === 6);
    const memory = page.locator('.stat', { hasText: 'Memory' }).locator('.stat-value');
    await waitFor('the memory figure', 10_000, async () => /^[\d.]+ MB$/.test(await memory.innerText()));
    await load.locator('button').click();
    await load.locator('td', { hasText: /\/s$/ }).first().waitFor();
    await load.locator('button').click();
  });

  it('lists each operation in the Timeline, names as text and nothing else', async () => {
    const page = await panel();
    await page.locator('#tab-timeline').click();
    await page.locator('.table-row', { hasText: 'connections.connect' }).waitFor();
    for (let at = 1; at <= hostileKeys.length; at++) await workbench().page.keyboard.press(`Control+Alt+Shift+${at}`);
    await page.locator('.table-row', { hasText: '<img src=x onerror=' }).waitFor();
    await page.locator('.table-row', { hasText: '\\u{202e}txt.exe' }).waitFor();
    await page.locator('.table-row', { hasText: '__proto__' }).waitFor();
    await page.locator('.table-row', { hasText: '</script>' }).click();
    await workbench().page.keyboard.press('Enter');
    await page.locator('.details-key', { hasText: '</script>' }).waitFor();
    assert.equal(await page.locator('img, iframe, .page script').count(), 0);
    assert.equal(await page.evaluate('window.pwned'), undefined);
    await workbench().page.keyboard.press('Escape');
  });

  it('is worked by keyboard alone: filter, arrows, Enter, Escape', async () => {
    const page = await panel();
    const { keyboard } = workbench().page;
    await page.locator('vscode-text-field').click();
    await keyboard.type('__proto__');
    await waitFor('one row', 5000, async () => (await page.locator('.table-window .table-row').count()) === 1);
    await keyboard.press('Escape');
    await waitFor('all rows', 5000, async () => (await page.locator('.table-window .table-row').count()) > 3);
    await page.locator('.table').focus();
    for (const key of ['Home', 'ArrowDown', 'Enter']) await keyboard.press(key);
    await page.locator('.details').waitFor();
    await page.locator('.details vscode-button').first().focus();
    await keyboard.press('Escape');
    await page.locator('.details').waitFor({ state: 'detached' });
  });

  it('is told nothing while hidden, and knows everything when it shows again', async () => {
    const { keyboard } = workbench().page;
    await workbench().run('File: New Untitled Text File');
    await workbench().editor().waitFor();
    for (let time = 0; time < 3; time++) await keyboard.press('Control+Alt+Shift+5');
    await workbench().page.locator('.tabs-container .tab[aria-label^="Observability"]').click();
    const page = await panel();
    await page.locator('#tab-timeline[aria-selected=true]').waitFor();
    await waitFor('the operations of the meantime', 10_000, async () => {
      return (await page.locator('.table-row', { hasText: '__proto__' }).count()) >= 4;
    });
  });

  it('lets nothing run and nothing out but what is ours', async () => {
    const page = await panel();
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    const nonce = /'nonce-([\w-]{22})'/.exec(policy ?? '')?.[1] ?? '';
    const source = /style-src (.+?);/.exec(policy ?? '')?.[1] ?? '';
    assert.equal(policy, contentSecurityPolicy(nonce, source));
    assert.doesNotMatch(source, /unsafe|\*;|data:/);

    let calls = 0;
    const listener: Server = createServer((_request, response) => {
      calls += 1;
      response.end();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    assert.ok(address !== null && typeof address === 'object');
    const tried = await page.evaluate(`(${attempts})(${address.port})`);
    listener.close();
    assert.deepEqual(tried, { eval: 'refused', fetch: 'refused' });
    assert.equal(await page.evaluate('window.pwned'), undefined);
    assert.equal(calls, 0);
  });

  it('stands again as it was after the window was reloaded', async () => {
    const before = await panel();
    await before.locator('vscode-text-field').click();
    await workbench().page.keyboard.type('connections');
    await before.locator('.segmented button', { hasText: '24h' }).click();
    await waitFor(
      'the filter to work',
      5000,
      async () => (await before.locator('.table-window .table-row').count()) >= 1,
    );
    // VS Code in a browser writes what its pages keep every five seconds, and when it is idle.
    await workbench().page.waitForTimeout(8000);
    await workbench().reload();
    const page = await panel();
    await page.locator('#tab-timeline[aria-selected=true]').waitFor();
    await page.locator('.segmented button[aria-checked=true]', { hasText: '24h' }).waitFor();
    const field = page.locator('vscode-text-field');
    assert.equal(await field.evaluate((element) => Reflect.get(element, 'value') as unknown), 'connections');
    await page.locator('.table-row', { hasText: 'connections.connect' }).first().waitFor();
  });
});
