// A person adds, unlocks and loses connections; and what a hostile or careless settings file cannot do.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import type { Workbench } from '../support/host/workbench.ts';
import { ownFolder } from '../support/processes.ts';
import { freePort, startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const SECRET = 'pl4nted-S3CR3T-0f-the-shop';

/** Every file below a folder whose bytes hold the text, in any of the forms that a secret is written in. */
function filesWith(folder: string, text: string): string[] {
  const forms = [text, encodeURIComponent(text), Buffer.from(text).toString('base64').replace(/=+$/, '')];
  const needles = [...forms.map((form) => Buffer.from(form)), Buffer.from(text, 'utf16le')];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .filter((path) => {
      const bytes = readFileSync(path);
      return needles.some((needle) => bytes.includes(needle));
    });
}

async function question(workbench: Workbench, words: string): Promise<void> {
  await waitFor(`the question "${words}"`, 20_000, async () => {
    const { quickInput } = workbench;
    return `${await quickInput.message().catch(() => '')} ${await quickInput.placeholder()}`.includes(words);
  });
}

describe('connections by hand', () => {
  const dataFolder = ownFolder('cachify-e2e-data-');
  const folder = ownFolder('cachify-e2e-folder-');
  let redis: RedisBox;
  before(async () => {
    redis = await startRedis({ password: SECRET });
    await redis.cli('SET', 'cart:1', 'x');
    await redis.cli('ACL', 'SETUSER', 'open', 'on', '>open', '~*', '+@all');
  });
  after(() => redis.stop());
  const workbench = useWorkbench(() => ({ dataFolder, folder, env: { OPEN_PASSWORD: 'open' } }));

  it('opens', async () => {
    await workbench().openContainer('Cachify');
    await workbench().view('Connections').waitFor();
  });

  it('a pasted URL becomes a connection; its password goes to the secret storage', async () => {
    const { quickInput } = workbench();
    await workbench().run('Cachify: Add Connection…');
    await question(workbench(), 'A URL, a host with its port');
    await quickInput.answer('redis://h:x');
    await question(workbench(), 'port');
    await quickInput.answer(`redis://default:${SECRET}@127.0.0.1:${redis.port}/2`);
    await question(workbench(), 'nobody confuses');
    await quickInput.answer('Shop prod');
    await question(workbench(), 'What is this server for?');
    await quickInput.pick('Production');
    await question(workbench(), 'Where is the connection saved?');
    await quickInput.pick('For this workspace');
    await workbench().statusItem('PROD · Shop prod · read-only').waitFor();
    const saved = JSON.parse(readFileSync(join(folder, '.vscode/settings.json'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual(saved['cachify.connections'], [
      {
        id: 'shop-prod',
        name: 'Shop prod',
        host: '127.0.0.1',
        port: redis.port,
        db: 2,
        username: 'default',
        environment: 'prod',
      },
    ]);
    assert.match(await redis.cli('CLIENT', 'LIST'), / db=2 /);
  });

  it('is unlocked for a reason, counts down, and is locked again', async () => {
    const { quickInput } = workbench();
    await workbench().run('Cachify: Unlock for Writing…');
    await quickInput.pick('Shop prod');
    await question(workbench(), 'Why?');
    await quickInput.answer('short');
    await question(workbench(), '10 to 500 characters');
    await quickInput.answer('INC-204: clear poisoned cart');
    await question(workbench(), 'For how long?');
    await quickInput.pick('15 minutes');
    await workbench()
      .statusItem(/PROD · Shop prod · unlocked 14:5\d/)
      .waitFor();
    await workbench().run('Cachify: Lock Again');
    await quickInput.pick('Shop prod');
    await workbench().statusItem('PROD · Shop prod · read-only').waitFor();
  });

  it('keeps its password over a reload of the window', async () => {
    await workbench().reload();
    await workbench().run('Cachify: Connect');
    await workbench().quickInput.pick('Shop prod');
    await workbench().statusItem('PROD · Shop prod · read-only').waitFor();
  });

  it('shows the true cause when the password is wrong, and offers to enter it', async () => {
    await redis.cli('CONFIG', 'SET', 'requirepass', 'n0w-an0ther');
    await workbench().run('Cachify: Disconnect');
    await workbench().quickInput.pick('Shop prod');
    await workbench().run('Cachify: Connect');
    await workbench().quickInput.pick('Shop prod');
    const text = await workbench().notification('WRONGPASS');
    assert.doesNotMatch(text, new RegExp(SECRET));
    await workbench().notificationButton('WRONGPASS', 'Enter Password…');
    await question(workbench(), 'It goes to the secret storage');
    await workbench().quickInput.answer('n0w-an0ther');
    await workbench().statusItem('PROD · Shop prod · read-only').waitFor();
  });

  it('is removed after a confirmation that says what happens', async () => {
    await workbench().run('Cachify: Remove Connection…');
    await workbench().quickInput.pick('Shop prod');
    assert.match(await workbench().dialog(), /Remove Shop prod\?/);
    await workbench().dialogButton('Remove connection');
    await waitFor('the entry to be gone', 10_000, () => {
      const text = readFileSync(join(folder, '.vscode/settings.json'), 'utf8');
      return !text.includes('shop-prod');
    });
  });

  it('a shared entry that allows writes to production stays read-only until it is reviewed', async () => {
    const entry = { id: 'eu', name: 'Shop eu', host: '127.0.0.1', port: redis.port, readOnly: false };
    const settings = {
      'cachify.connections': [{ ...entry, environment: 'prod', username: 'open', secret: { env: 'OPEN_PASSWORD' } }],
    };
    writeFileSync(join(folder, '.vscode/settings.json'), JSON.stringify(settings));
    await workbench().row('Connections', 'Shop eu').waitFor();
    await workbench().run('Cachify: Connect');
    await workbench().quickInput.pick('Shop eu');
    await workbench().statusItem('PROD · Shop eu · read-only').waitFor();
    await workbench().run('Cachify: Review Shared Connection…');
    await workbench().quickInput.pick('Shop eu');
    assert.match(await workbench().dialog(), /allows writes to a connection that counts as production/);
    await workbench().dialogButton('Allow on This Machine');
    await waitFor('the lock to be gone', 10_000, async () =>
      (await workbench().statusBar()).some((text) => text.endsWith('PROD · Shop eu')),
    );
  });

  it('left the secret in no file: not in settings, logs, the store or the state', async () => {
    // Long enough for the store and the logs to be written.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.deepEqual([...filesWith(dataFolder, SECRET), ...filesWith(folder, SECRET)], []);
    assert.deepEqual(filesWith(dataFolder, 'n0w-an0ther'), []);
    assert.ok(filesWith(dataFolder, 'connections.unlock').length > 0, 'the search finds what was written');
  });
});

describe('connections in Restricted Mode', () => {
  const folder = ownFolder('cachify-e2e-untrusted-');
  const connects: number[] = [];
  let port = 0;
  const server = createServer((socket) => {
    connects.push(Date.now());
    socket.destroy();
  });
  before(async () => {
    port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const entry = { id: 'evil', name: 'Evil', host: '127.0.0.1', port, environment: 'dev' };
    const entries = [entry, { ...entry, id: 'run', name: 'Run', secret: { command: ['touch', join(folder, 'ran')] } }];
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    const settings = { 'cachify.connections': entries, 'cachify.reconnectOnStartup': true };
    writeFileSync(join(folder, '.vscode/settings.json'), JSON.stringify(settings));
  });
  after(() => server.close());
  const workbench = useWorkbench(() => ({
    folder,
    restrictedMode: true,
    settings: { 'security.workspace.trust.startupPrompt': 'never' },
  }));

  it('lists connections, and nothing connects or runs', async () => {
    await workbench().openContainer('Cachify');
    await workbench().view('Connections').waitFor();
    await workbench().run('Cachify: Edit Connection…');
    assert.deepEqual((await workbench().quickInput.items()).sort(), ['Evil', 'Run']);
    await workbench().quickInput.close();
    await workbench().run('Cachify: Test Connection');
    await workbench().quickInput.pick('Evil');
    await workbench().notification('not trusted');
    await workbench().clearNotifications();
    await workbench().run('Cachify: Test Connection');
    await workbench().quickInput.pick('Run');
    await workbench().notification('not trusted');
    assert.deepEqual(connects, []);
    assert.ok(!readdirSync(folder).includes('ran'));
  });
});

describe('connections of a multi-root workspace', () => {
  const root = ownFolder('cachify-e2e-roots-');
  const file = join(root, 'shop/.vscode/settings.json');
  const workspaceFile = join(root, 'team.code-workspace');
  const entry = (name: string) =>
    `{ "id": "same", /* ours */ "name": "${name}", "host": "127.0.0.1", "environment": "dev" }`;
  before(() => {
    mkdirSync(join(root, 'shop/.vscode'), { recursive: true });
    mkdirSync(join(root, 'queue'), { recursive: true });
    writeFileSync(file, `{\n  // of the shop\n  "cachify.connections": [${entry('Of the folder')}]\n}\n`);
    const settings = `{ "cachify.connections": [${entry('Of the workspace')}] }`;
    writeFileSync(workspaceFile, `{ "folders": [{ "path": "shop" }, { "path": "queue" }], "settings": ${settings} }`);
  });
  const workbench = useWorkbench(() => ({ folder: join(root, 'shop') }));

  /** As VS Code's own Explorer shows them, which is open in a new window. */
  const hasFolders = (): Promise<boolean> =>
    workbench()
      .page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'queue' })
      .waitFor({ timeout: 10_000 })
      .then(
        () => true,
        () => false,
      );

  it('edits each entry in the file that it came from, and keeps the comments', async () => {
    const { page, quickInput } = workbench();
    const address = new URL(workbench().host.url());
    address.searchParams.delete('folder');
    address.searchParams.set('workspace', workspaceFile);
    await page.goto(address.toString());
    await workbench().ready();
    // VS Code in a browser sometimes opens such a workspace without its folders, until it is loaded again.
    for (let loads = 1; !(await hasFolders()); loads++) {
      assert.ok(loads < 5, 'VS Code opened the workspace without its folders, five times');
      await workbench().reload();
    }
    await workbench().openContainer('Cachify');
    // Settings of a folder may be read after those of the workspace.
    for (const scope of ['folder', 'workspace']) await workbench().row('Connections', `Of the ${scope}`).waitFor();
    for (const scope of ['folder', 'workspace']) {
      await workbench().run('Cachify: Edit Connection…');
      await quickInput.pick(`Of the ${scope}`);
      await question(workbench(), 'What do you want to change?');
      await quickInput.pick('Name');
      await question(workbench(), 'What you see everywhere');
      await quickInput.answer(`Renamed in the ${scope}`);
      await question(workbench(), 'Not saved yet');
      await quickInput.pick('Save changes');
      const text = () => readFileSync(scope === 'folder' ? file : workspaceFile, 'utf8');
      await waitFor('the file to be written', 10_000, () => text().includes(`"Renamed in the ${scope}"`));
      assert.ok(text().includes('/* ours */'));
    }
    assert.ok(readFileSync(file, 'utf8').includes('// of the shop'));
    assert.ok(!readFileSync(file, 'utf8').includes('workspace'));
  });

  it('shows the connections of a folder that is added, and no more when it is taken out', async () => {
    const added = join(root, 'added');
    mkdirSync(join(added, '.vscode'), { recursive: true });
    writeFileSync(join(added, '.vscode/settings.json'), `{ "cachify.connections": [${entry('Of the added folder')}] }`);
    const before = readFileSync(workspaceFile, 'utf8');
    writeFileSync(workspaceFile, before.replace('{ "path": "queue" }', '{ "path": "queue" }, { "path": "added" }'));
    await workbench().row('Connections', 'Of the added folder').waitFor();
    writeFileSync(workspaceFile, before);
    await workbench().row('Connections', 'Of the added folder').waitFor({ state: 'detached' });
    await workbench().row('Connections', 'Renamed in the folder').waitFor();
  });
});
