// The dialogs about keys in the real workbench: create, rename, TTL, compare, Load more; by mouse and by keyboard alone.
import assert from 'node:assert/strict';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { waitFor } from '../support/waiting.ts';

const VIEW = 'Connections';

describe('dialogs about keys in the workbench', function () {
  this.timeout(120_000);
  let redis: RedisBox;

  before(async () => {
    redis = await startRedis();
    await redis.cli('MSET', 'cart:1', 'first cart', 'cart:2', 'second cart', 'cart:3', 'third cart');
    await redis.cli('EVAL', "for i = 1, 120 do redis.call('SET', 'item:' .. i, i) end", '0');
    const line = "string.rep('x', 99) .. '\\n'";
    await redis.cli('EVAL', `redis.call('SET', 'report', string.rep(${line}, 13000))`, '0');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    // High enough for a tree above the other views of the container.
    size: { width: 1280, height: 1100 },
    settings: {
      'cachify.keys.pageSize': 50,
      'cachify.keys.snapshotBudgetMb': 1,
      'cachify.keys.maxDocumentBytes': 2 << 20,
      'cachify.connections': [
        { id: 'shop-dev', name: 'Shop dev', host: '127.0.0.1', port: redis.port, environment: 'dev' },
        { id: 'shop-prod', name: 'Shop prod', host: '127.0.0.1', port: redis.port, environment: 'prod' },
      ],
    },
  }));

  const descriptions = async () =>
    Object.fromEntries((await workbench().rows(VIEW)).map(({ label, description }) => [label, description]));
  const shows = (label: string, description = /^/) =>
    waitFor(`the row ${label} ${description}`, 20_000, async () => {
      const found = (await descriptions())[label];
      return found !== undefined && description.test(found);
    });
  /** One question gives way to the next: an answer waits for its own. */
  const asks = (title: RegExp) =>
    waitFor(`the question ${title}`, 20_000, async () => title.test(await workbench().quickInput.title()));

  it('creates a key from its name, type and first element, and shows it', async () => {
    await workbench().openContainer('Cachify');
    await workbench().expand(VIEW, 'Shop dev');
    await shows('cart:', /^3$/);
    await workbench().menu(VIEW, 'Shop dev', 'Create Key…');
    await asks(/Create a key on Shop dev \(DEV\)/);
    await workbench().quickInput.accept();
    await workbench().quickInput.says(/Type a name/);
    await workbench().quickInput.answer('board:week');
    await workbench().quickInput.pick('zset');
    await workbench().quickInput.says(/First member/);
    await workbench().quickInput.answer('ann');
    await workbench().quickInput.says(/score/);
    await workbench().quickInput.answer('many');
    await workbench().quickInput.says(/not a number/);
    await workbench().quickInput.answer('1.5');
    await workbench().editorShows('["ann", "1.5"]');
    assert.equal(await redis.cli('ZSCORE', 'board:week', 'ann'), '1.5');
    await shows('board:', /^1$/);
  });

  it('says that a name is taken before it asks for a value, and opens that key', async () => {
    await workbench().run('Cachify: Create Key…');
    await workbench().quickInput.pick('Shop dev');
    await asks(/Create a key on Shop dev/);
    await workbench().quickInput.answer('cart:1');
    const message = 'There is a key cart:1 on Shop dev (DEV) already.';
    await workbench().notificationButton(message, 'Open Key');
    await workbench().editorShows('first cart');
    assert.equal(await redis.cli('GET', 'cart:1'), 'first cart');
    await workbench().clearNotifications();
  });

  it('renames a key, and replaces another only when told', async () => {
    await workbench().expand(VIEW, 'cart:');
    await workbench().menu(VIEW, 'cart:2', 'Rename Key…');
    await asks(/Rename cart:2 on Shop dev \(DEV\)/);
    assert.equal(await workbench().quickInput.value(), 'cart:2');
    await workbench().quickInput.answer('cart:two');
    await shows('cart:two');
    assert.equal(await redis.cli('GET', 'cart:two'), 'second cart');
    assert.ok(!('cart:2' in (await descriptions())));

    await workbench().menu(VIEW, 'cart:two', 'Rename Key…');
    await asks(/Rename cart:two/);
    await workbench().quickInput.answer('cart:3');
    assert.match(
      await workbench().dialog(),
      /There is a key cart:3 on Shop dev \(DEV\) already\. Replace it\?\s+Its value is kept for undo\./,
    );
    await workbench().dialogButton('Cancel');
    assert.equal(await redis.cli('GET', 'cart:3'), 'third cart');

    await workbench().menu(VIEW, 'cart:two', 'Rename Key…');
    await asks(/Rename cart:two/);
    await workbench().quickInput.answer('cart:3');
    await workbench().dialogButton('Replace key');
    await waitFor('the key to be replaced', 10_000, async () => (await redis.cli('GET', 'cart:3')) === 'second cart');
    assert.equal(await redis.cli('EXISTS', 'cart:two'), '0');
    await waitFor('the old row to go', 10_000, async () => !('cart:two' in (await descriptions())));

    await workbench().menu(VIEW, 'cart:3', 'Restore a Previous Value…');
    await workbench().quickInput.pick('cart:3');
    await workbench().dialogButton('Replace key');
    await waitFor('the value to be back', 10_000, async () => (await redis.cli('GET', 'cart:3')) === 'third cart');
    await workbench().clearNotifications();
  });

  it('sets a TTL from words, refuses nonsense, and clears it', async () => {
    await workbench().menu(VIEW, 'cart:1', 'Set or Clear TTL…');
    await asks(/TTL of cart:1 on Shop dev \(DEV\)/);
    await workbench().quickInput.says(/It never expires now/);
    await workbench().quickInput.answer('soon');
    await workbench().quickInput.says(/Type a duration such as 30 min, or never/);
    await workbench().quickInput.answer('30 min');
    await shows('cart:1', /^string · 30 min$/);
    const ttl = Number(await redis.cli('PTTL', 'cart:1'));
    assert.ok(ttl > 1_700_000 && ttl <= 1_800_000, String(ttl));

    await workbench().menu(VIEW, 'cart:1', 'Set or Clear TTL…');
    await workbench().quickInput.says(/It expires in (30|29) min/);
    await workbench().quickInput.answer('never');
    await shows('cart:1', /^string$/);
    assert.equal(await redis.cli('PTTL', 'cart:1'), '-1');
  });

  it('compares the two selected keys, and one with another by its name', async () => {
    await workbench().closeEditors();
    await workbench().click(VIEW, 'cart:1');
    await workbench().editorShows('first cart');
    await workbench()
      .row(VIEW, 'cart:3')
      .click({ modifiers: ['ControlOrMeta'] });
    await workbench().menu(VIEW, 'cart:3', 'Compare with Another Key…');
    const diff = workbench().page.locator('.monaco-diff-editor');
    const sides = async () =>
      (await diff.locator('.view-lines').allInnerTexts()).map((text) => text.replaceAll('\u00a0', ' '));
    await waitFor('both values', 20_000, async () => {
      const [left, right] = await sides();
      return left === 'first cart' && right === 'third cart';
    });
    await workbench()
      .tab(/cart:1 ↔ cart:3 · Shop dev \(DEV\)/)
      .waitFor();
    await workbench().closeEditors();

    await workbench().click(VIEW, 'board:');
    await workbench().menu(VIEW, 'cart:1', 'Compare with Another Key…');
    await workbench().quickInput.pick('Shop dev');
    await asks(/Compare with key on Shop dev/);
    await workbench().quickInput.answer('item:7');
    await waitFor('both values', 20_000, async () => {
      const [left, right] = await sides();
      return left === 'first cart' && right === '7';
    });
    await workbench().closeEditors();
  });

  it('loads more of a folder, page by page, until all are shown', async () => {
    await workbench().run('Cachify: Filter Keys…');
    await workbench().quickInput.pick('Shop dev');
    await workbench().quickInput.answer('item:');
    await workbench().quickInput.pick('any type');
    await shows('filter: *item:*');
    await waitFor('only items', 10_000, async () => !('cart:' in (await descriptions())));
    await workbench().expand(VIEW, 'item:');
    for (const shown of [50, 100]) {
      const more = await scrollsTo('Load more');
      assert.equal(more.description, `(${shown} of 120 shown)`);
      await workbench().click(VIEW, 'Load more');
      await waitFor('the next page', 20_000, async () => (await descriptions())['Load more'] !== more.description);
    }
    await scrollsTo('item:99');
    assert.ok(!('Load more' in (await descriptions())));
    // Not to the connection's own row: that one sticks to the top.
    await scrollsTo('filter: *item:*', -600);
    await workbench().menu(VIEW, 'Shop dev', 'Clear Key Filter');
    await shows('cart:');
    await workbench().closeEditors();
  });

  /** Turns the wheel until a row is in sight, and gives it. */
  async function scrollsTo(label: string, by = 600): Promise<{ readonly description: string }> {
    return waitFor(`the row ${label}`, 20_000, async () => {
      const found = (await workbench().rows(VIEW)).find((row) => row.label === label);
      if (found !== undefined) return found;
      const box = await workbench().view(VIEW).boundingBox();
      await workbench().page.mouse.move((box?.x ?? 0) + 80, (box?.y ?? 0) + (box?.height ?? 0) / 2);
      await workbench().page.mouse.wheel(0, by);
      return undefined;
    });
  }

  it('is used by keyboard alone: to a key, into it, and through its menu', async () => {
    const { keyboard } = workbench().page;
    await workbench()
      .run('Collapse Folders in Explorer')
      .catch(() => undefined);
    await workbench().run('Cachify: Focus on Connections View');
    const focused = () => workbench().view(VIEW).locator('.monaco-list-row.focused .label-name').first().innerText();
    const to = async (label: string, key: 'ArrowDown' | 'ArrowUp') => {
      await waitFor(`the focus on ${label}`, 20_000, async () => {
        if ((await focused().catch(() => '')) === label) return true;
        await keyboard.press(key);
        return false;
      });
    };
    await keyboard.press('Home');
    await to('cart:', 'ArrowDown');
    await keyboard.press('ArrowRight');
    await shows('cart:1');
    await to('cart:1', 'ArrowDown');
    await keyboard.press('Enter');
    await workbench().editorShows('first cart');
    await workbench().run('Cachify: Focus on Connections View');
    await to('cart:3', 'ArrowDown');
    await keyboard.press('Shift+F10');
    const chosen = workbench().page.locator('.monaco-menu .action-item.focused');
    await waitFor('Rename in the menu', 20_000, async () => {
      if ((await chosen.allInnerTexts()).some((text) => text.startsWith('Rename Key…'))) return true;
      await keyboard.press('ArrowDown');
      return false;
    });
    await keyboard.press('Enter');
    await asks(/Rename cart:3 on Shop dev/);
    await keyboard.type('cart:by-keyboard');
    await keyboard.press('Enter');
    await waitFor('the new name', 10_000, async () => (await redis.cli('GET', 'cart:by-keyboard')) === 'third cart');
  });

  it('saves what cannot be undone only when that is confirmed', async () => {
    await workbench().closeEditors();
    await workbench().run('Cachify: Open Key by Name…');
    await workbench().quickInput.pick('Shop dev');
    await asks(/Open key on Shop dev/);
    await workbench().quickInput.answer('report');
    await workbench().editorShows(/^x{99}$/m);
    await workbench().replaceText('short');
    await workbench().save();
    await asks(/This cannot be undone: the value takes about 1\.\d MB/);
    await workbench().quickInput.close();
    await workbench().notification('not confirmed');
    assert.equal(await redis.cli('STRLEN', 'report'), '1300000');
    await workbench().clearNotifications();
    await workbench().editor().click();
    await workbench().save();
    await asks(/This cannot be undone/);
    await workbench().quickInput.answer('Shop dev without undo');
    await waitFor('the value to be written', 10_000, async () => (await redis.cli('GET', 'report')) === 'short');
    await workbench().closeEditors();
  });

  it('asks nothing on production that cannot be done, and offers to unlock it there', async () => {
    await workbench().run('Cachify: Create Key…');
    await workbench().quickInput.pick('Shop prod');
    const refusal = 'Shop prod (PROD) is read-only: no key can be created there until it is unlocked.';
    await workbench().notificationButton(refusal, 'Unlock for Writing…');
    await asks(/Unlock Shop prod for writing/);
    await workbench().quickInput.answer('INC-7: a missing flag');
    await workbench().quickInput.pick('5 minutes');
    await asks(/Create a key on Shop prod \(PROD\)/);
    await workbench().quickInput.answer('flag:new');
    await workbench().quickInput.pick('string');
    await workbench().quickInput.answer('on');
    await workbench().editorShows('on');
    assert.equal(await redis.cli('GET', 'flag:new'), 'on');
  });
});
