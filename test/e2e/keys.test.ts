// A person's path through keys in the real workbench: find, open, edit, save, conflict, delete, undo.
import assert from 'node:assert/strict';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { waitFor } from '../support/waiting.ts';

const VIEW = 'Connections';

describe('keys in the workbench', function () {
  this.timeout(120_000);
  let redis: RedisBox;

  before(async () => {
    redis = await startRedis();
    await redis.cli('HSET', 'cart:1', 'sku:1', '2', 'sku:2', '1');
    await redis.cli('PEXPIRE', 'cart:1', '7200000');
    await redis.cli('MSET', 'cart:2', 'x', 'session:a', '1', 'session:b', '2', 'plain', '{"a": 12345678901234567890}');
    await redis.cliBytes('SET', Uint8Array.of(0xff, 0xfe, 0), 'binary name');
    await redis.cli('MSET', '', 'empty name', '<img src=x onerror=alert(1)>', 'html', '__proto__', 'proto');
    await redis.cli('SET', '\u202eabc', 'rtl');
    await redis.cli('SET', '$(zap)', 'icon');
    await redis.cli('SETRANGE', 'huge', String((256 << 20) - 1), 'x');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    settings: {
      // The host's own default, said aloud: this path is about it.
      'files.autoSave': 'afterDelay',
      'files.autoSaveDelay': 200,
      'cachify.connections': [
        { id: 'shop-dev', name: 'Shop dev', host: '127.0.0.1', port: redis.port, environment: 'dev' },
        { id: 'shop-prod', name: 'Shop prod', host: '127.0.0.1', port: redis.port, environment: 'prod' },
      ],
    },
  }));

  const labels = async () => (await workbench().rows(VIEW)).map(({ label }) => label);
  const shows = (label: string) => waitFor(`the row ${label}`, 20_000, async () => (await labels()).includes(label));

  it('gives Connections the most room of the side bar', async () => {
    await workbench().openContainer('Cachify');
    const height = async (view: string) => {
      await workbench().view(view).waitFor();
      return (await workbench().view(view).boundingBox())?.height ?? 0;
    };
    const others = ['Workflows', 'Alerts', 'Governance', 'Incidents & Storage'];
    await waitFor('Connections to be half as high again as any other view', 20_000, async () => {
      const highest = Math.max(...(await Promise.all(others.map(height))));
      return highest > 0 && (await height(VIEW)) >= 1.5 * highest;
    });
    await workbench().screenshot('keys-side-bar');
  });

  it('connects when a connection is unfolded, and lists folders with counts and hostile names as text', async () => {
    await workbench().openContainer('Cachify');
    for (const other of ['Workflows', 'Alerts']) await workbench().foldView(other);
    await workbench().expand(VIEW, 'Shop dev');
    // Types come a moment after the names.
    await workbench().rowSaying(VIEW, /^plain string/);
    const rows = await workbench().rows(VIEW);
    const described = Object.fromEntries(rows.map(({ label, description }) => [label, description]));
    assert.equal(described['cart:'], '2');
    assert.equal(described['session:'], '2');
    for (const label of [
      '(empty)',
      '$\\u{28}zap)',
      '\\xff\\xfe\\u{0}',
      '<img src=x onerror=alert(1)>',
      '__proto__',
      '\\u{202e}abc',
    ]) {
      assert.ok(label in described, `${label} is not among ${Object.keys(described).join(' ')}`);
    }
    await waitFor('the number of keys', 10_000, async () =>
      /\b12 keys/.test((await workbench().rows(VIEW))[0]?.description ?? ''),
    );
    assert.equal(await workbench().page.locator('.view-lines img, .monaco-list-row img').count(), 0);
    await workbench().screenshot('keys-tree');
  });

  it('opens a key, edits it with auto save on, and only Ctrl+S reaches Redis; the TTL stays', async () => {
    await workbench().expand(VIEW, 'cart:');
    await workbench().click(VIEW, 'cart:1');
    await workbench().editorShows('["sku:1", "2"]');
    await workbench().replaceText('[["sku:1", "3"], ["sku:2", "1"]]');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.equal(await redis.cli('HGET', 'cart:1', 'sku:1'), '2');
    await workbench().screenshot('keys-document');
    await workbench().save();
    await waitFor('the new value', 10_000, async () => (await redis.cli('HGET', 'cart:1', 'sku:1')) === '3');
    assert.ok(Number(await redis.cli('PTTL', 'cart:1')) > 7_000_000);
  });

  it('shows the difference when somebody else wrote meanwhile, and overwrites only when told', async () => {
    await workbench().replaceText('[["sku:1", "mine"]]');
    await redis.cli('HSET', 'cart:1', 'sku:1', 'theirs');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await workbench().save();
    const message = await workbench().notification(/newer|changed/);
    assert.match(message, /cart:1/);
    assert.equal(await redis.cli('HGET', 'cart:1', 'sku:1'), 'theirs');
    await workbench().screenshot('keys-conflict');
    await workbench().notificationButton(/newer|changed/, 'Compare');
    await waitFor(
      'the comparison',
      20_000,
      async () => (await workbench().page.locator('.diff-editor, .monaco-diff-editor').count()) > 0,
    );
    await workbench().screenshot('keys-conflict-diff');
    await workbench()
      .page.getByRole('button', { name: /overwrite/i })
      .first()
      .click();
    await waitFor('my value', 10_000, async () => (await redis.cli('HGET', 'cart:1', 'sku:1')) === 'mine');
    await workbench().closeEditors();
  });

  it('deletes a key after asking, and brings it back by Undo', async () => {
    await workbench().menu(VIEW, 'cart:2', 'Delete Keys…');
    assert.match(await workbench().dialog(), /Delete cart:2 on Shop dev \(DEV\)\?/);
    await workbench().dialogButton('Delete key');
    await waitFor('the key to go', 10_000, async () => (await redis.cli('EXISTS', 'cart:2')) === '0');
    await waitFor('the row to go', 10_000, async () => !(await labels()).includes('cart:2'));
    await workbench().notificationButton('Deleted cart:2.', 'Undo');
    await waitFor('the key to be back', 10_000, async () => (await redis.cli('GET', 'cart:2')) === 'x');
    await shows('cart:2');
  });

  /** One question gives way to the next: an answer waits for its own. */
  const asks = (title: RegExp) =>
    waitFor(`the question ${title}`, 20_000, async () => title.test(await workbench().quickInput.title()));

  it('opens a key by name, and says when there is none', async () => {
    await workbench().run('Cachify: Open Key by Name…');
    await workbench().quickInput.pick('Shop dev');
    await asks(/Open key on Shop dev/);
    await workbench().quickInput.answer('\\xff\\xfe\\u{0}');
    await workbench().editorShows('binary name');
    await workbench().run('Cachify: Open Key by Name…');
    await workbench().quickInput.pick('Shop dev');
    await asks(/Open key on Shop dev/);
    await workbench().quickInput.answer('no-such-key');
    await workbench().notification('There is no key no-such-key on Shop dev (DEV).');
    await workbench().clearNotifications();
  });

  it('opens a huge value cut and read-only, with the reason above it', async () => {
    await workbench().click(VIEW, 'huge');
    await waitFor('the reason', 20_000, async () =>
      /first 64 KB of 256 MB/.test(
        await workbench()
          .page.locator('.codelens-decoration')
          .allInnerTexts()
          .then((all) => all.join(' ')),
      ),
    );
    await workbench().screenshot('keys-huge');
    await workbench().closeEditors();
  });

  it('filters by pattern and type, and clears the filter', async () => {
    await workbench().rowAction(VIEW, 'Shop dev', 'Filter Keys…');
    await workbench().quickInput.answer('sess');
    await workbench().quickInput.pick('string');
    await shows('filter: *sess* · string');
    await waitFor('only sessions', 10_000, async () => !(await labels()).includes('cart:'));
    await workbench().rowAction(VIEW, 'filter: *sess* · string', 'Clear Key Filter');
    await shows('cart:');
  });

  it('refuses on production until it is unlocked and the name is typed', async () => {
    await workbench().expand(VIEW, 'Shop prod');
    await waitFor('both trees', 20_000, async () => (await labels()).filter((label) => label === 'cart:').length === 2);
    const remove = async () => {
      await workbench().run('Cachify: Delete Keys…');
      await workbench().quickInput.pick('Shop prod');
      await asks(/Delete key on Shop prod/);
      await workbench().quickInput.answer('plain');
    };
    await remove();
    await workbench().notification(/read-only/);
    assert.equal(await redis.cli('EXISTS', 'plain'), '1');
    await workbench().screenshot('keys-prod-refused');
    await workbench().clearNotifications();

    await workbench().run('Cachify: Unlock for Writing…');
    await workbench().quickInput.pick('Shop prod');
    await asks(/Unlock Shop prod/);
    await workbench().quickInput.answer('INC-42: a broken configuration key');
    await workbench().quickInput.pick('5 minutes');
    await waitFor('the unlock', 10_000, async () =>
      (await workbench().statusBar()).some((text) => /unlocked/.test(text)),
    );
    await remove();
    await waitFor('the question', 10_000, async () =>
      /Delete plain on Shop prod \(PROD\)\?/.test(await workbench().quickInput.title()),
    );
    await workbench().quickInput.answer('Shop prod');
    await waitFor('the key to go', 10_000, async () => (await redis.cli('EXISTS', 'plain')) === '0');

    await workbench().run('Cachify: Restore a Previous Value…');
    await workbench().quickInput.pick('Shop prod');
    await workbench().quickInput.pick('plain');
    await waitFor('the key to be back', 10_000, async () => (await redis.cli('EXISTS', 'plain')) === '1');
    assert.equal(await redis.cli('GET', 'plain'), '{"a": 12345678901234567890}');
    await workbench().notification('Restored plain');
  });
});
