import assert from 'node:assert/strict';
import { isFailure, Failure, type FailureCode } from '../../../../src/domain/failure.ts';
import { connectionsRig, userEntry, workspaceEntry, workspaceRoot, type Rig } from '../../../support/connectionsRig.ts';

const dev = { id: 'dev', name: 'Dev', host: 'localhost', environment: 'dev' } as const;
const prod = { id: 'prod', name: 'Shop prod', host: 'db', username: 'app', environment: 'prod' } as const;
const reason = 'INC-204: clear poisoned cart';

const failsWith = (code: FailureCode, path?: string) => (error: unknown) => {
  assert.ok(isFailure(error, code), String(error));
  if (path !== undefined) assert.equal(error.details?.path, path);
  return true;
};
const actions = (rig: Rig) => rig.events.map((event) => `${event.action} ${event.status}`);
const sentSecrets = (rig: Rig) => rig.opened.map((each) => each.credentials.secret.password);

describe('connections: definitions', () => {
  it('saves several and lists them with their state', async () => {
    const { service } = connectionsRig();
    await service.add(dev);
    await service.add(prod, { scope: 'workspace' });
    const listed = (await service.list()).map(({ id, scope, state, readOnly }) => ({ id, scope, state, readOnly }));
    assert.deepEqual(listed, [
      { id: 'dev', scope: 'user', state: 'disconnected', readOnly: false },
      { id: 'prod', scope: 'workspace', state: 'disconnected', readOnly: true },
    ]);
  });

  it('lists a broken entry with its problem, and connects nothing for it', async () => {
    const rig = connectionsRig([userEntry({ ...dev, hots: 'x' }), userEntry(prod), userEntry(prod)]);
    const [broken, whole, twice] = await rig.service.list();
    assert.match(broken?.cause ?? '', /hots is not a field/);
    assert.equal(whole?.state, 'disconnected');
    assert.match(twice?.cause ?? '', /id is used by an earlier entry/);
    await assert.rejects(rig.service.connect('dev'), failsWith('VALIDATION_ERROR', 'hots'));
    assert.equal(rig.opened.length, 0);
  });

  it('saves nothing when a field is wrong, an id is taken, or there is no folder', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    await assert.rejects(
      rig.service.add({ ...prod, port: -1 }, { secret: { password: 'x' } }),
      failsWith('VALIDATION_ERROR', 'port'),
    );
    await assert.rejects(rig.service.add(dev), failsWith('VALIDATION_ERROR', 'id'));
    assert.equal(rig.entries().length, 1);
    assert.equal(rig.secrets.size, 0);
  });

  it('edits in the scope that the entry came from; a new destination replaces the old way to name it', async () => {
    const rig = connectionsRig([userEntry(dev), workspaceEntry({ ...prod, port: 6380 })]);
    await rig.service.update('prod', { url: 'rediss://app@db.example', name: 'P' });
    assert.deepEqual(rig.entries()[1], {
      scope: 'workspace',
      scopeRoot: workspaceRoot,
      draft: { id: 'prod', name: 'P', username: 'app', environment: 'prod', url: 'rediss://app@db.example' },
    });
    await assert.rejects(rig.service.update('prod', { id: 'other' }), failsWith('VALIDATION_ERROR', 'id'));
    await assert.rejects(rig.service.update('prod', { db: -1 }), failsWith('VALIDATION_ERROR', 'db'));
    assert.equal(rig.entries().length, 2);
  });

  it('removes the entry, its session and its secrets', async () => {
    const rig = connectionsRig();
    await rig.service.add(dev, { secret: { password: 'S3CR3T' } });
    await rig.service.connect('dev');
    await rig.service.remove('dev');
    assert.deepEqual(rig.entries(), []);
    assert.equal(rig.sessions[0]?.closed, true);
    assert.doesNotMatch(JSON.stringify([...rig.secrets]), /S3CR3T/);
  });

  it('finds an id in the nearest scope, and any entry by uid', async () => {
    const rig = connectionsRig([userEntry(dev), workspaceEntry({ ...dev, name: 'Team dev' })]);
    assert.equal(rig.service.view('dev').summary.name, 'Team dev');
    const uids = (await rig.service.list()).map((each) => each.uid);
    assert.equal(new Set(uids).size, 2);
    assert.equal(rig.service.view(uids[0] ?? '').summary.name, 'Dev');
    assert.throws(() => rig.service.view('nope'), failsWith('VALIDATION_ERROR', 'id'));
  });
});

describe('connections: secrets', () => {
  it('keep the stored password when an edit leaves it blank', async () => {
    const rig = connectionsRig();
    await rig.service.add(prod, { secret: { password: 'S3CR3T' } });
    await rig.service.update('prod', { name: 'Renamed' });
    await rig.service.update('prod', { tags: ['eu'] }, { secret: { password: '' } });
    await rig.service.update('prod', {}, { secret: { keyPassphrase: 'K' } });
    await rig.service.connect('prod');
    assert.deepEqual(rig.opened[0]?.credentials.secret, { password: 'S3CR3T', keyPassphrase: 'K' });
  });

  it('leave no half profile when they cannot be kept', async () => {
    const rig = connectionsRig();
    rig.world.secretsForget = true;
    await assert.rejects(rig.service.add(prod, { secret: { password: 'x' } }), failsWith('NOT_SUPPORTED'));
    assert.deepEqual(rig.entries(), []);
  });

  it('are taken back when the definition cannot be saved', async () => {
    const rig = connectionsRig();
    rig.world.settingsFail = true;
    await assert.rejects(rig.service.add(prod, { secret: { password: 'S3CR3T' } }), failsWith('INTERNAL_ERROR'));
    assert.doesNotMatch(JSON.stringify([...rig.secrets]), /S3CR3T/);
    assert.deepEqual(await rig.service.list(), []);
  });

  it('stand nowhere but in the secret storage', async () => {
    const rig = connectionsRig();
    await rig.service.add(prod, { secret: { password: 'S3CR3T' } });
    await rig.service.connect('prod');
    const elsewhere = [rig.entries(), rig.events, rig.records, [...rig.memory], rig.service.views()];
    assert.doesNotMatch(JSON.stringify(elsewhere), /S3CR3T/);
    for (const name of rig.secrets.keys()) assert.match(name, /^cachify\.(?:installKey|secret\.[0-9a-f]{64})$/);
  });

  const redirects: Record<string, Record<string, unknown>> = {
    'another host': { host: 'evil' },
    'another port': { port: 6666 },
    'another user': { username: 'root' },
    'TLS off': { tls: { enabled: false } },
    'another certificate authority': { tls: { caFile: 'evil.pem' } },
    'a jump host': { tls: { caFile: 'ca.pem' }, ssh: { host: 'evil' } },
  };
  for (const [what, change] of Object.entries(redirects)) {
    it(`are not sent when the file names ${what}: the user is asked again`, async () => {
      const entry = { ...prod, tls: { caFile: 'ca.pem' } };
      const rig = connectionsRig();
      await rig.service.add(entry, { scope: 'workspace', secret: { password: 'S3CR3T' } });
      rig.edit([workspaceEntry({ ...entry, ...change })]);
      await assert.rejects(rig.service.connect('prod'), failsWith('CANCELLED'));
      assert.equal(rig.opened.length, 0);
      assert.match(rig.asked[0]?.why ?? '', /was not sent/);
      assert.doesNotMatch(JSON.stringify(rig.asked), /S3CR3T/);
      await assert.rejects(rig.service.active('prod'), failsWith('UNAUTHORIZED'));

      rig.world.answer = 'for the new one';
      await rig.service.connect('prod');
      await rig.service.disconnect('prod');
      rig.edit([workspaceEntry(entry)]);
      await rig.service.connect('prod');
      assert.deepEqual(sentSecrets(rig), ['for the new one', 'S3CR3T']);
    });
  }

  it('are asked for when the keyring is locked, and the connection still works', async () => {
    const rig = connectionsRig();
    await rig.service.add(prod, { secret: { password: 'S3CR3T' } });
    rig.world.secretsLocked = true;
    rig.world.answer = 'typed';
    await rig.service.connect('prod');
    assert.deepEqual(sentSecrets(rig), ['typed']);
    await rig.service.disconnect('prod');
    rig.world.secretsLocked = false;
    await rig.service.connect('prod');
    assert.deepEqual(sentSecrets(rig), ['typed', 'S3CR3T']);
  });

  it('are found again when another window wrote the list of their names at the same moment', async () => {
    const rig = connectionsRig();
    await rig.service.add(prod, { secret: { password: 'S3CR3T' } });
    rig.memory.clear();
    await rig.service.connect('prod');
    assert.deepEqual(sentSecrets(rig), ['S3CR3T']);
  });

  it('of equal ids in two projects never mix', async () => {
    const rig = connectionsRig();
    await rig.service.add(prod, { scope: 'workspace', secret: { password: 'S3CR3T' } });
    rig.edit([{ scope: 'workspace', scopeRoot: 'file:///work/other', draft: prod }]);
    await rig.service.connect('prod');
    assert.deepEqual(sentSecrets(rig), [undefined]);
  });

  it('come from the environment, a command or a question when the entry says so', async () => {
    const rig = connectionsRig([
      userEntry({ ...dev, id: 'env', secret: { env: 'SHOP_PASSWORD' } }),
      userEntry({ ...dev, id: 'none', secret: { env: 'NOT_SET' } }),
      userEntry({ ...dev, id: 'command', secret: { command: ['pass', 'show', 'redis'] } }),
      userEntry({ ...dev, id: 'ask', secret: 'ask' }),
    ]);
    rig.world.answer = 'from-person';
    await rig.service.connect('env');
    await rig.service.connect('command');
    await rig.service.connect('ask');
    assert.deepEqual(sentSecrets(rig), ['from-env', 'from-command', 'from-person']);
    assert.deepEqual(rig.commandsRun, [['pass', 'show', 'redis']]);
    await assert.rejects(rig.service.connect('none'), failsWith('UNAUTHORIZED'));
    assert.doesNotMatch(JSON.stringify([...rig.secrets]), /from-/);
  });
});

describe('connections: an untrusted workspace', () => {
  it('lists everything; connects, reads and runs nothing', async () => {
    const rig = connectionsRig([
      userEntry(dev),
      workspaceEntry({ ...prod, secret: { command: ['x'] }, tls: { caFile: 'ca.pem' } }),
    ]);
    rig.world.trusted = false;
    rig.world.reconnect = true;
    assert.equal((await rig.service.list()).length, 2);
    for (const id of ['dev', 'prod']) {
      await assert.rejects(rig.service.connect(id), failsWith('BLOCKED'));
      await assert.rejects(rig.service.test({ id }), failsWith('BLOCKED'));
      await assert.rejects(rig.service.active(id), failsWith('BLOCKED'));
      await assert.rejects(rig.service.unlock(id, { reason }), failsWith('BLOCKED'));
      await assert.rejects(rig.service.approve(id), failsWith('BLOCKED'));
    }
    await assert.rejects(rig.service.test({ draft: dev }), failsWith('BLOCKED'));
    await rig.service.reconnect();
    assert.deepEqual([rig.opened, rig.commandsRun, rig.filesRead, rig.asked], [[], [], [], []]);

    rig.grantTrust();
    await rig.service.connect('dev');
    assert.equal(rig.opened.length, 1);
  });

  it('reconnects what was open when trust is granted, if the user wants that', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    await rig.service.connect('dev');
    await rig.service.dispose();
    rig.world.trusted = false;
    rig.world.reconnect = true;
    const next = rig.again();
    await next.reconnect();
    assert.equal(rig.opened.length, 1);
    rig.grantTrust();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(rig.opened.length, 2);
  });

  it('stops a ready session from being used when trust is gone', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    await rig.service.connect('dev');
    rig.world.trusted = false;
    await assert.rejects(rig.service.active('dev'), failsWith('BLOCKED'));
  });
});

describe('connections: a shared entry', () => {
  const own = { ...prod, tls: { caFile: '/own.pem' } };
  const weak = { ...prod, host: 'db', readOnly: false, tls: { enabled: false } };

  it('never weakens TLS or read-only of the own entry of the same id until the user approves', async () => {
    const rig = connectionsRig([userEntry(own), workspaceEntry(weak)]);
    const held = await rig.service.active('prod');
    assert.equal(held.definition.tls.enabled, true);
    assert.equal(held.readOnlyNow, true);

    const fields = rig.service.view('prod').entry;
    assert.ok(fields.usable);
    assert.deepEqual(
      fields.concerns.map((concern) => concern.field),
      ['tls.enabled', 'tls.caFile', 'readOnly'],
    );
    await rig.service.approve('prod');
    const approved = await rig.service.active('prod');
    assert.equal(approved.definition.tls.enabled, false);
    assert.equal(approved.readOnlyNow, false);
    assert.equal(rig.sessions[0]?.closed, true, 'the session of the stricter definition is closed');
  });

  it('loses the approval when it points elsewhere or asks for more', async () => {
    const rig = connectionsRig([userEntry(own), workspaceEntry(weak)]);
    await rig.service.approve('prod');
    rig.edit([userEntry(own), workspaceEntry({ ...weak, host: 'evil' })]);
    assert.equal((await rig.service.active('prod')).readOnlyNow, true);
    rig.edit([userEntry(own), workspaceEntry(weak)]);
    assert.equal((await rig.service.active('prod')).readOnlyNow, false);
  });

  it('runs no program for its secret until the user approves', async () => {
    const rig = connectionsRig([workspaceEntry({ ...dev, secret: { command: ['curl', 'evil'] } })]);
    await assert.rejects(rig.service.connect('dev'), failsWith('BLOCKED'));
    await assert.rejects(rig.service.test({ id: 'dev' }), failsWith('BLOCKED'));
    assert.deepEqual(rig.commandsRun, []);
    await rig.service.approve('dev');
    await rig.service.connect('dev');
    assert.deepEqual(rig.commandsRun, [['curl', 'evil']]);
  });
});

describe('connections: states', () => {
  it('go from connecting to ready, tell their listeners, and share one attempt', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    const seen: string[] = [];
    rig.service.onDidChange(() => seen.push(rig.service.view('dev').state.kind));
    await Promise.all([rig.service.connect('dev'), rig.service.active('dev'), rig.service.active('dev')]);
    assert.equal(rig.opened.length, 1);
    assert.equal(seen[0], 'connecting');
    assert.equal(seen.at(-1), 'ready');
    assert.deepEqual(actions(rig), ['connections.connect success']);
    assert.equal(rig.records[0]?.destination, 'redis://localhost:6379');
    assert.equal(rig.service.view('dev').server?.version, '7.0.15');
  });

  it('show the true cause of a failure, once in the timeline', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    rig.world.open = () => Promise.reject(new Failure('UNAUTHORIZED', 'The server refused the password (WRONGPASS).'));
    await assert.rejects(rig.service.connect('dev'), failsWith('UNAUTHORIZED'));
    assert.deepEqual(rig.service.view('dev').state, {
      kind: 'failed',
      cause: 'The server refused the password (WRONGPASS).',
    });
    assert.deepEqual(actions(rig), ['connections.connect error']);
    assert.equal(rig.events[0]?.errorCode, 'UNAUTHORIZED');
  });

  it('follow the session when it is lost, back, or proves to be another server', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    await rig.service.connect('dev');
    const session = rig.sessions[0];
    session?.become({ kind: 'reconnecting', attempt: 2, nextInMs: 400 });
    assert.deepEqual(rig.service.view('dev').state, { kind: 'reconnecting', attempt: 2, nextInMs: 400 });
    session?.become({ kind: 'reconnecting', attempt: 3, nextInMs: 800 });
    rig.clock.advance(1500);
    session?.become({ kind: 'ready' });
    session?.become({ kind: 'closed', cause: new Failure('UNAUTHORIZED', 'The user is another one now.') });
    assert.equal(rig.service.view('dev').summary.cause, 'The user is another one now.');
    assert.deepEqual(actions(rig).slice(1), [
      'connections.lost error',
      'connections.restored success',
      'connections.lost error',
    ]);
    assert.equal(rig.events[2]?.durationMs, 1500);
  });

  it('stay disconnected once the user said so, until the user connects', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    await rig.service.connect('dev');
    await rig.service.disconnect('dev');
    assert.equal(rig.sessions[0]?.closed, true);
    await assert.rejects(rig.service.active('dev'), failsWith('CONNECTION_FAILED'));
    await rig.service.connect('dev');
    assert.equal((await rig.service.active('dev')).readOnlyNow, false);
  });

  it('give up an attempt that the user disconnects, and close what it brings', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    let arrive = (): void => {};
    rig.world.open = () => new Promise((resolve) => (arrive = resolve));
    const attempt = rig.service.connect('dev');
    await new Promise((resolve) => setImmediate(resolve));
    await rig.service.disconnect('dev');
    arrive();
    await assert.rejects(attempt, failsWith('CANCELLED'));
    assert.equal(rig.sessions[0]?.closed, true);
    assert.equal(rig.service.view('dev').state.kind, 'disconnected');
  });

  it('end with the definition that they were opened with', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    await rig.service.connect('dev');
    rig.edit([userEntry({ ...dev, name: 'Other name', tags: ['x'] })]);
    assert.equal(rig.service.view('dev').state.kind, 'ready');
    rig.edit([userEntry({ ...dev, db: 3 })]);
    assert.equal(rig.service.view('dev').state.kind, 'disconnected');
    assert.equal(rig.sessions[0]?.closed, true);
    await rig.service.connect('dev');
    rig.edit([]);
    assert.equal(rig.sessions[1]?.closed, true);
  });

  it('come back at start-up when the user wants that: what was open, nothing else, and no question', async () => {
    const rig = connectionsRig([userEntry(dev), userEntry(prod), userEntry({ ...dev, id: 'ask', secret: 'ask' })]);
    rig.world.answer = 'x';
    for (const id of ['dev', 'prod', 'ask']) await rig.service.connect(id);
    await rig.service.disconnect('prod');
    await rig.service.dispose();
    const asked = rig.asked.length;

    const off = rig.again();
    await off.reconnect();
    assert.equal(rig.opened.length, 3);
    rig.world.reconnect = true;
    const on = rig.again();
    await on.reconnect();
    assert.deepEqual(
      (await on.list()).map((each) => each.state),
      ['ready', 'disconnected', 'failed'],
    );
    assert.equal(rig.asked.length, asked);
  });
});

describe('connections: test', () => {
  it('proves a definition and closes again', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    const proven = await rig.service.test({ id: 'dev' });
    assert.deepEqual(
      { ...proven, capabilities: proven.capabilities['info'] },
      { latencyMs: 0.4, serverVersion: '7.0.15', mode: 'standalone', user: 'default', capabilities: true },
    );
    assert.equal(rig.sessions[0]?.closed, true);
    assert.equal(rig.service.view('dev').state.kind, 'disconnected');
  });

  it('tries a draft with its secret before anything is saved', async () => {
    const rig = connectionsRig();
    await rig.service.test({ draft: prod, secret: { password: 'S3CR3T' } });
    assert.deepEqual(sentSecrets(rig), ['S3CR3T']);
    assert.deepEqual([rig.entries(), [...rig.secrets]], [[], []]);
    await assert.rejects(rig.service.test({ draft: { ...prod, port: 0 } }), failsWith('VALIDATION_ERROR', 'port'));
  });

  const refused = new Failure('CONNECTION_FAILED', 'refused', { retryable: true });
  it('tries once more at most, within the timeout', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    rig.world.open = () => Promise.reject(refused);
    const attempt = rig.service.test({ id: 'dev' });
    await new Promise((resolve) => setImmediate(resolve));
    rig.clock.advance(100);
    await assert.rejects(attempt, failsWith('CONNECTION_FAILED'));
    assert.deepEqual(
      rig.opened.map((each) => each.definition.timeoutMs),
      [5000, 4900],
    );
  });

  it('does not try again after a no, nor when the time is over', async () => {
    const rig = connectionsRig([userEntry(dev)]);
    rig.world.open = () => Promise.reject(new Failure('UNAUTHORIZED', 'WRONGPASS'));
    await assert.rejects(rig.service.test({ id: 'dev' }), failsWith('UNAUTHORIZED'));
    assert.equal(rig.opened.length, 1);
    rig.world.open = async () => {
      rig.clock.advance(4900);
      throw refused;
    };
    await assert.rejects(rig.service.test({ id: 'dev' }), failsWith('CONNECTION_FAILED'));
    assert.equal(rig.opened.length, 2);
  });
});

describe('connections: break-glass', () => {
  const readOnly = async (rig: Rig) => (await rig.service.active('prod')).readOnlyNow;

  it('opens for a reason, counts down and locks itself again', async () => {
    const rig = connectionsRig([userEntry(prod)]);
    assert.equal(await readOnly(rig), true);
    const { until } = await rig.service.unlock('prod', { reason, minutes: 10 });
    assert.equal(until, '2026-11-22T03:10:00.000Z');
    assert.equal(await readOnly(rig), false);
    assert.equal(rig.service.view('prod').summary.unlockedUntil, until);
    rig.clock.advance(10 * 60_000 - 1);
    assert.equal(await readOnly(rig), false);
    rig.clock.advance(1);
    assert.equal(await readOnly(rig), true);
    const [, unlocked, relocked] = rig.events;
    assert.deepEqual(unlocked?.details, { reason, minutes: 10, until });
    assert.equal(relocked?.action, 'connections.relock');
    assert.deepEqual(relocked.details, { reason, cause: 'time is up' });
    assert.equal(relocked.durationMs, 600_000);
  });

  it('refuses a short reason, wrong minutes, and a connection that is not read-only', async () => {
    const rig = connectionsRig([userEntry(prod), userEntry(dev)]);
    await assert.rejects(rig.service.unlock('prod', { reason: 'short' }), failsWith('VALIDATION_ERROR', 'reason'));
    await assert.rejects(
      rig.service.unlock('prod', { reason, minutes: 121 }),
      failsWith('VALIDATION_ERROR', 'minutes'),
    );
    await assert.rejects(rig.service.unlock('dev', { reason }), failsWith('VALIDATION_ERROR', 'id'));
    assert.deepEqual(rig.events, []);
  });

  it('locks at once when asked, on disconnect, and when the definition changes', async () => {
    const rig = connectionsRig([userEntry(prod)]);
    await rig.service.unlock('prod', { reason });
    await rig.service.lock('prod');
    assert.equal(await readOnly(rig), true);
    await rig.service.unlock('prod', { reason });
    await rig.service.disconnect('prod');
    await rig.service.connect('prod');
    assert.equal(await readOnly(rig), true);
    await rig.service.unlock('prod', { reason });
    rig.edit([userEntry({ ...prod, host: 'other' })]);
    assert.equal(await readOnly(rig), true);
    const causes = rig.events.flatMap((event) =>
      event.details?.['reason'] === reason ? (event.details['cause'] ?? []) : [],
    );
    assert.deepEqual(causes, ['locked by the user', 'disconnected', 'definition changed']);
  });

  it('ends after a sleep of the machine and when the wall clock is set back', async () => {
    const rig = connectionsRig([userEntry(prod)]);
    await rig.service.unlock('prod', { reason, minutes: 60 });
    rig.clock.setWall(Date.UTC(2026, 10, 22, 4, 0, 0));
    assert.equal(await readOnly(rig), true);
    await rig.service.unlock('prod', { reason, minutes: 60 });
    rig.clock.setWall(Date.UTC(2020, 0, 1));
    rig.clock.advance(30_000);
    assert.equal(rig.events.at(-1)?.action, 'connections.relock');
  });

  it('a new unlock replaces the old one, with one relock at its end', async () => {
    const rig = connectionsRig([userEntry(prod)]);
    await rig.service.unlock('prod', { reason, minutes: 1 });
    rig.clock.advance(30_000);
    await rig.service.unlock('prod', { reason, minutes: 2 });
    rig.clock.advance(60_000);
    assert.equal(await readOnly(rig), false);
    rig.clock.advance(60_000);
    assert.equal(rig.events.filter((event) => event.action === 'connections.relock').length, 1);
  });

  it('does not outlive its window', async () => {
    const rig = connectionsRig([userEntry(prod)]);
    await rig.service.unlock('prod', { reason });
    assert.equal((await rig.again().active('prod')).readOnlyNow, true);
  });
});
