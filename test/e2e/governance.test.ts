// A person makes a policy pack, draws its windows, assigns it, is blocked, sees why, and sees it open.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { countCommands, readCommands, type CommandCounter } from '../support/commandCounter.ts';
import { pictureEveryLook } from '../support/host/everyLook.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const VIEW = 'Governance';
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

describe('governance', function () {
  this.timeout(240_000);
  let redis: RedisBox;
  let counter: CommandCounter;

  before(async () => {
    redis = await startRedis();
    counter = await countCommands(redis.port);
    await redis.cli('mset', 'cart:1', 'a', 'cart:2', 'b', 'cart:3', 'c');
  });
  after(async () => {
    await counter.close();
    await redis.stop();
  });

  const workbench = useWorkbench(() => ({
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop dev', host: '127.0.0.1', port: counter.port, environment: 'dev', timeoutMs: 20_000 },
        { id: 'prod', name: 'Shop prod', host: '127.0.0.1', port: counter.port, environment: 'prod' },
      ],
    },
  }));
  const panel = (): Promise<Frame> => workbench().webview('.pack-head');
  const button = async (text: string | RegExp) => (await panel()).locator('vscode-button', { hasText: text });

  /** Row and x of an hour in the grid, in the window's own coordinates. */
  async function point(day: number, hour: number): Promise<{ x: number; y: number }> {
    const svg = (await panel()).locator('.week-grid svg');
    await svg.scrollIntoViewIfNeeded();
    const box = await svg.boundingBox();
    assert.ok(box !== null);
    return { x: box.x + ((hour + 0.25) / 24) * box.width, y: box.y + ((day + 0.5) / 7) * box.height };
  }
  /** Rows of the grid are Monday to Sunday. */
  const rowOf = (offsetDays: number): number => (new Date(Date.now() + offsetDays * 86_400_000).getUTCDay() + 6) % 7;

  it('says what the place is for before there is a pack', async () => {
    await workbench().openContainer('Cachify');
    await workbench().openView(VIEW);
    await waitFor('the welcome', 30_000, async () =>
      /Say when, where and how much/.test((await workbench().view(VIEW).textContent()) ?? ''),
    );
    await workbench().screenshot('governance-empty');
  });

  it('makes a pack and draws a window with the mouse', async () => {
    await workbench().run('Cachify: New Policy Pack');
    const page = await panel();
    await page.locator('.field vscode-text-field').first().click();
    await workbench().page.keyboard.type('Change window');
    await page.locator('vscode-checkbox', { hasText: 'Development' }).click();
    await page.locator('vscode-checkbox', { hasText: 'Production' }).click();
    // Three days from now, 08:00 to 16:00 UTC: closed today.
    const from = await point(rowOf(3), 8);
    const to = await point(rowOf(3), 15.5);
    const { mouse } = workbench().page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move((from.x + to.x) / 2, from.y, { steps: 5 });
    await workbench().screenshot('governance-drawing');
    await mouse.move(to.x, to.y, { steps: 5 });
    await mouse.up();
    await page.locator('.window-row').waitFor();
    const day = days[new Date(Date.now() + 3 * 86_400_000).getUTCDay()] ?? '';
    assert.equal(
      (await page.locator('.day-toggle[aria-pressed="true"]').innerText()).toLowerCase(),
      day,
      'the window is on the day that was drawn',
    );
    assert.match(await page.locator('.open-state').innerText(), /Closed, it opens/);
    await (await button('Create policy pack')).click();
    await workbench().rowSaying(VIEW, /^Change window closed, it opens/);
    await page.locator('.pack-head', { hasText: 'version 1' }).waitFor({ timeout: 20_000 });
    await workbench().screenshot('governance-pack');
  });

  it('is assigned by the tree, with a warning where it holds everything back', async () => {
    await workbench().menu(VIEW, 'Change window', 'Assign Policy Packs…');
    await waitFor('the choice', 20_000, async () => (await workbench().quickInput.items()).length === 2);
    await workbench().quickInput.pick('Shop dev');
    await workbench().quickInput.accept();
    await workbench().expand(VIEW, 'Change window');
    await waitFor('the connection under the pack', 30_000, async () =>
      (await workbench().rows(VIEW)).some(({ label, level }) => label === 'Shop dev' && level === 2),
    );
    await workbench().menu('Connections', 'Shop prod', 'Assign Policy Packs…');
    await waitFor('the choice', 20_000, async () => (await workbench().quickInput.items()).length === 1);
    await workbench().quickInput.pick('Change window');
    await workbench().quickInput.accept();
    assert.match(await workbench().dialog(), /Change window allows dev; Shop prod is prod, so it allows nothing there/);
    await workbench().screenshot('governance-conflict');
    await workbench().dialogButton('Assign anyway');
    await workbench().rowSaying(VIEW, /^Shop prod .*blocked/);
    await workbench().screenshot('governance-assigned');
  });

  it('blocks a delete, says why, and nothing reaches the server', async () => {
    await workbench().expand('Connections', 'Shop dev');
    await workbench().expand('Connections', 'cart:');
    await workbench().row('Connections', 'cart:1').waitFor({ timeout: 60_000 });
    counter.reset();
    await workbench().menu('Connections', 'cart:1', 'Delete Keys…');
    await workbench().dialogButton('Delete key');
    await workbench().notification(/A policy forbids this now\. Change window: Its window is closed/);
    await workbench().screenshot('governance-blocked');
    assert.deepEqual(counter.others(readCommands), []);
    assert.equal(await redis.cli('dbsize'), '3');
    await workbench().notificationButton(/A policy forbids this now/, 'Why?');
    const page = await workbench().webview('.why-panel');
    await page.locator('.why-head', { hasText: 'Blocked: deleting keys on Shop dev' }).waitFor({ timeout: 20_000 });
    assert.match(await page.locator('.why-panel').innerText(), /It opens \d{4}-\d\d-\d\d 08:00 UTC/);
    await workbench().clearNotifications();
    await workbench().screenshot('governance-why');
    await page.locator('.rows', { hasText: 'Blocked: deleting keys' }).first().waitFor({ timeout: 20_000 });
  });

  it('looks right in every theme, wide and narrow', async () => {
    await pictureEveryLook(workbench(), 'governance-why');
  });

  it('tries the pack on the past', async () => {
    const page = await panel();
    await (await button(/Try on the last 30 days/)).click();
    await page
      .locator('.replay-head', { hasText: /would have blocked \d+ of \d+ decision/ })
      .waitFor({ timeout: 30_000 });
    await workbench().screenshot('governance-replay');
  });

  it('is opened by the keyboard alone, and then lets the same delete through', async () => {
    const page = await panel();
    await page.locator('.week-grid').focus();
    const { keyboard } = workbench().page;
    await keyboard.press('PageUp');
    await keyboard.press('Home');
    // Today and tomorrow, so that midnight may come meanwhile.
    for (let row = 0; row < rowOf(0); row++) await keyboard.press('ArrowDown');
    await keyboard.press('Shift+End');
    await keyboard.press('Space');
    await page.locator('.open-state', { hasText: /^Open now/ }).waitFor({ timeout: 20_000 });
    await workbench().screenshot('governance-open');
    await (await button('Save policy pack')).click();
    await workbench().rowSaying(VIEW, /^Change window open now, closes/);
    await page.locator('.why-head', { hasText: 'Allowed now: deleting keys on Shop dev' }).waitFor({ timeout: 20_000 });
    await workbench().menu('Connections', 'cart:1', 'Delete Keys…');
    await workbench().dialogButton('Delete key');
    await waitFor('the key to be gone', 30_000, async () => (await redis.cli('dbsize')) === '2');
    await workbench().expand(VIEW, 'Recent decisions');
    await workbench().rowSaying(VIEW, /^Allowed: deleting keys Shop dev/);
    await workbench().rowSaying(VIEW, /^Blocked: deleting keys Shop dev/);
    await workbench().screenshot('governance-decisions');
  });
});
