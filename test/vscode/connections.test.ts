// Definitions in real settings files: scopes, comments, validation, and what other extensions may call.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, window, workspace, ConfigurationTarget } from 'vscode';
import type { CachifyApi } from '../../src/api.ts';
import { testEnvironment } from './support/environment.ts';
import { activatedApi } from './support/product.ts';

const workspaceText = `{
  // the team's servers
  "cachify.connections": [
    // the shop
    { "id": "team", "name": "Team", /* for now */ "host": "127.0.0.1", "port": PORT, "environment": "dev" },
  ],
  "editor.rulers": [80], // keep
}
`;

async function userSettingsFile(): Promise<string> {
  await commands.executeCommand('workbench.action.openSettingsJson');
  const path = window.activeTextEditor?.document.uri.fsPath ?? '';
  await commands.executeCommand('workbench.action.closeActiveEditor');
  return path;
}

async function userSettingsText(): Promise<string> {
  return readFileSync(await userSettingsFile(), 'utf8');
}

describe('connections in settings', () => {
  const { redisPort, workspace: folder } = testEnvironment();
  const file = join(folder, '.vscode/settings.json');
  let api: CachifyApi;

  before(async () => {
    api = await activatedApi();
  });

  afterEach(async () => {
    for (const { uid } of await api.connections.list()) await api.connections.remove(uid);
    for (const target of [ConfigurationTarget.Global, ConfigurationTarget.Workspace]) {
      await workspace.getConfiguration('cachify').update('connections', undefined, target);
    }
  });

  async function writeWorkspace(text: string): Promise<void> {
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    writeFileSync(file, text);
    await until(async () => (await api.connections.list()).length > 0);
  }

  async function until(done: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 10_000;
    while (!(await done())) {
      assert.ok(Date.now() < end, 'VS Code did not take the settings over');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('adds to the user settings, edits there, and removes without a trace', async () => {
    const draft = { id: 'mine', name: 'Mine', host: '127.0.0.1', port: redisPort, environment: 'dev' } as const;
    const added = await api.connections.add(draft);
    assert.deepEqual([added.scope, added.state, added.readOnly], ['user', 'disconnected', false]);
    await api.connections.update('mine', { name: 'Renamed', tags: ['x'] });
    const text = await userSettingsText();
    assert.match(text, /"name": "Renamed"/);
    assert.deepEqual(
      (await api.connections.list()).map((each) => each.name),
      ['Renamed'],
    );
    await api.connections.remove('mine');
    assert.doesNotMatch(await userSettingsText(), /Renamed/);
    assert.deepEqual(await api.connections.list(), []);
  });

  it('keeps comments in the user settings', async () => {
    await api.connections.add({ id: 'a', name: 'A', host: 'h' });
    const userFile = await userSettingsFile();
    const commented = readFileSync(userFile, 'utf8').replace('"id": "a"', '// mine, hands off\n            "id": "a"');
    writeFileSync(userFile, commented);
    await api.connections.update('a', { name: 'B' });
    await api.connections.add({ id: 'c', name: 'C', host: 'h' });
    const text = await userSettingsText();
    assert.match(text, /\/\/ mine, hands off/);
    assert.match(text, /"name": "B"/);
    assert.deepEqual(
      (await api.connections.list()).map((each) => each.id),
      ['a', 'c'],
    );
  });

  it('edits a workspace entry in the workspace file, comments and all else as they were', async () => {
    const text = workspaceText.replace('PORT', String(redisPort));
    await writeWorkspace(text);
    const [listed] = await api.connections.list();
    assert.equal(listed?.scope, 'workspace');
    await api.connections.update('team', { name: 'Renamed' });
    assert.equal(readFileSync(file, 'utf8'), text.replace('"Team"', '"Renamed"'));
    await api.connections.add({ id: 'second', name: 'Second', host: 'h' }, { scope: 'workspace' });
    await api.connections.remove('second');
    for (const comment of ["// the team's servers", '// the shop', '/* for now */', '// keep']) {
      assert.ok(readFileSync(file, 'utf8').includes(comment), comment);
    }
    await api.connections.connect('team');
    assert.equal((await api.connections.list())[0]?.state, 'ready');
  });

  it('refuses to write into a file with unsaved changes, and leaves it alone', async () => {
    await writeWorkspace(workspaceText.replace('PORT', String(redisPort)));
    const document = await workspace.openTextDocument(file);
    const editor = await window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(document.positionAt(0), '// not saved\n'));
    assert.ok(document.isDirty);
    await assert.rejects(
      api.connections.update('team', { name: 'X' }),
      (error: { code?: string }) => error.code === 'CONFLICT',
    );
    await commands.executeCommand('workbench.action.files.revert');
    await commands.executeCommand('workbench.action.closeActiveEditor');
    assert.ok(!readFileSync(file, 'utf8').includes('"X"'));
  });

  it('names the wrong field, and saves nothing', async () => {
    const draft = { id: 'bad', name: 'Bad', host: '127.0.0.1', port: -1 };
    await assert.rejects(
      api.connections.add(draft, { secret: { password: 'S3CR3T' } }),
      (error: { code?: string; details?: { path?: string } }) =>
        error.code === 'VALIDATION_ERROR' && error.details?.path === 'port',
    );
    await assert.rejects(
      api.connections.add({ ...draft, port: 1, hots: 'x' } as typeof draft),
      (error: { details?: { path?: string } }) => error.details?.path === 'hots',
    );
    assert.deepEqual(await api.connections.list(), []);
  });

  it('a hand-written mistake is listed with its cause, and follows its correction', async () => {
    await writeWorkspace('{ "cachify.connections": [{ "id": "team", "name": "Team", "hots": "x" }] }');
    const [broken] = await api.connections.list();
    assert.equal(broken?.state, 'failed');
    assert.match(broken.cause ?? '', /hots/);
    await writeWorkspace('{ "cachify.connections": [{ "id": "team", "name": "Team", "host": "x" }] }');
    await until(async () => (await api.connections.list())[0]?.state === 'disconnected');
  });

  it('its methods are commands for other extensions: add, connect, unlock, lock', async () => {
    const draft = { id: 'mine', name: 'Mine', host: '127.0.0.1', port: redisPort, environment: 'prod' };
    await commands.executeCommand('cachify.connections.add', { draft });
    await commands.executeCommand('cachify.connections.connect', { id: 'mine' });
    const listed = await commands.executeCommand<{ state: string; readOnly: boolean }[]>(
      'cachify.connections.list',
      {},
    );
    assert.deepEqual(
      listed.map(({ state, readOnly }) => [state, readOnly]),
      [['ready', true]],
    );
    const { until: end } = await commands.executeCommand<{ until: string }>('cachify.connections.unlock', {
      id: 'mine',
      reason: 'INC-204: repair a cart',
      minutes: 1,
    });
    assert.ok(Date.parse(end) - Date.now() <= 60_000);
    assert.equal((await api.connections.list())[0]?.readOnly, false);
    await commands.executeCommand('cachify.connections.lock', { id: 'mine' });
    assert.equal((await api.connections.list())[0]?.readOnly, true);
  });
});
