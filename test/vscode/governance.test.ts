// Under a pack that denies, no way in sends a command that writes: counted on the wire, in the activated extension.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { commands, extensions, Position, Uri, workspace, WorkspaceEdit } from 'vscode';
import type { CachifyApi } from '../../src/api.ts';
import { countCommands, readCommands, type CommandCounter } from '../support/commandCounter.ts';
import { entryPoints } from '../support/entryPoints.ts';
import { waitFor } from '../support/waiting.ts';
import { testEnvironment } from './support/environment.ts';

const { redisPort } = testEnvironment();
const connectionId = 'governed';
const deleteGoverned = { kind: 'deleteByPattern' as const, parameters: { pattern: 'gov:*' } };

function redis(...args: string[]): string {
  return execFileSync('redis-cli', ['-p', String(redisPort), ...args])
    .toString()
    .trim();
}

/** Of all keys, values and expiries. */
function digest(): string {
  return redis(
    'eval',
    `local keys=redis.call('KEYS','*') table.sort(keys) local sum=''
     for _,key in ipairs(keys) do
       sum=redis.sha1hex(sum..key..redis.call('DUMP',key)..redis.call('PEXPIRETIME',key)) end return sum`,
    '0',
  );
}

const draft = {
  name: 'Production only',
  environments: ['prod' as const],
  maxWorkflowItems: 100_000,
  maxRetryAttempts: 2,
  schedulingEnabled: false,
  executionWindows: [],
  enabled: true,
};

interface Refusal {
  readonly code?: unknown;
  readonly details?: { readonly rule?: unknown; readonly violations?: readonly { readonly rule: string }[] };
}

describe('governance in the extension host', () => {
  let api: CachifyApi;
  let counter: CommandCounter;
  let packId = '';
  /** What each way that changes keys is called with. */
  const calls = new Map<string, Record<string, unknown>>();

  before(async function prepare() {
    this.timeout(120_000);
    const extension = extensions.getExtension<CachifyApi>('cachify.cachify-studio');
    assert.ok(extension);
    api = await extension.activate();
    counter = await countCommands(redisPort);
    const { port } = counter;
    await api.connections.add({ id: connectionId, name: 'Governed', host: '127.0.0.1', port, environment: 'dev' });
    await api.connections.connect(connectionId);
    redis('eval', "for i=1,40 do redis.call('SET','gov:'..i,'v') end return 1", '0');

    const { snapshotId } = await api.keys.write({ connectionId, key: 'gov:1', type: 'string', value: 'second' });
    const done = await api.workflows.plan({
      connectionId,
      kind: 'ttlNormalize',
      parameters: { pattern: 'gov:*', ttlSeconds: 9000, mode: 'all' },
    });
    await api.workflows.start({ runId: done.runId });
    assert.equal((await api.workflows.wait(done.runId)).state, 'completed');
    const planned = await api.workflows.plan({ connectionId, ...deleteGoverned });
    // A run that a policy paused, to be resumed: it is tightened while the run goes on.
    const limit = { ...draft, name: 'Limit', environments: ['dev' as const] };
    const limited = await api.governance.savePack(limit);
    await api.governance.assign({ connectionId, packIds: [limited.id] });
    redis('eval', "for i=1,30000 do redis.call('SET','many:'..i,'v') end return 1", '0');
    const paused = await api.workflows.plan({
      connectionId,
      kind: 'deleteByPattern',
      parameters: { pattern: 'many:*' },
    });
    await api.workflows.start({ runId: paused.runId });
    await api.governance.savePack({ ...limit, id: limited.id, maxWorkflowItems: 10 });
    const stopped = await api.workflows.wait(paused.runId);
    assert.equal(stopped.state, 'paused_policy', JSON.stringify(stopped.error));
    assert.ok(stopped.can.resume);

    packId = (await api.governance.savePack(draft)).id;
    const { warnings } = await api.governance.assign({ connectionId, packIds: [packId] });
    assert.match(warnings.join(), /Production only allows prod; Governed is dev/);
    for (const [id, argument] of Object.entries({
      'cachify.keys.write': { connectionId, key: 'gov:2', type: 'string', value: 'new' },
      'cachify.keys.remove': { connectionId, keys: ['gov:2'] },
      'cachify.keys.rename': { connectionId, key: 'gov:2', to: 'gov:3', overwrite: true },
      'cachify.keys.setTtl': { connectionId, key: 'gov:2', ttlMs: 60_000 },
      'cachify.keys.command': { connectionId, args: ['SET', 'gov:2', 'new'] },
      'cachify.keys.restore': { snapshotId, overwrite: true },
      'cachify.workflows.start': { runId: planned.runId },
      'cachify.workflows.schedule': { runId: planned.runId },
      'cachify.workflows.resume': { runId: stopped.id },
      'cachify.workflows.undo': { runId: done.runId },
    }))
      calls.set(id, argument);
  });
  after(async function tidy() {
    this.timeout(60_000);
    redis('eval', "for _,key in ipairs(redis.call('KEYS','many:*')) do redis.call('UNLINK',key) end return 1", '0');
    for (const { id } of await api.governance.packs()) await api.governance.removePack(id);
    await api.connections.remove(connectionId);
    await counter.close();
  });

  const changing = Object.entries(entryPoints).filter(([, reach]) => reach === 'changes');

  it('a command that is refused ends, although nobody has closed its message', async () => {
    // Of a view's row only: without one it is refused at once.
    assert.equal(await commands.executeCommand('cachify.governance.unassign'), undefined);
  });

  it('has a call for every way in that changes keys', () => {
    assert.deepEqual([...calls.keys()].sort(), changing.map(([id]) => id).sort());
    assert.ok(changing.length >= 10);
  });

  for (const [id] of changing) {
    it(`${id} is refused by its command and by the API, and sends nothing that writes`, async () => {
      const before = digest();
      const argument = calls.get(id);
      counter.reset();
      const [, namespace = '', method = ''] = id.split('.');
      const call: unknown = Reflect.get(Reflect.get(api, namespace) as object, method);
      assert.ok(typeof call === 'function');
      for (const attempt of [
        () => Promise.resolve(commands.executeCommand(id, argument)),
        () => call(argument) as Promise<unknown>,
      ]) {
        const refusal = await attempt().then(
          () => undefined,
          (error: unknown) => error as Refusal,
        );
        assert.ok(refusal !== undefined, `${id} was let through`);
        assert.equal(refusal.code, 'BLOCKED', JSON.stringify(refusal));
        assert.equal(refusal.details?.rule, 'policy');
        assert.equal(refusal.details?.violations?.[0]?.rule, 'environments');
      }
      assert.deepEqual(counter.others(readCommands), [], 'commands on the wire that may write');
      assert.equal(digest(), before);
    });
  }

  it('documents are neither saved, deleted nor renamed', async () => {
    const uri = Uri.parse(api.keys.uri({ connectionId, key: 'gov:4' }));
    const other = Uri.parse(api.keys.uri({ connectionId, key: 'gov:5' }));
    const document = await workspace.openTextDocument(uri);
    const edit = new WorkspaceEdit();
    edit.insert(uri, new Position(0, 0), 'changed');
    assert.ok(await workspace.applyEdit(edit));
    const before = digest();
    counter.reset();
    const saved = await Promise.resolve(document.save()).catch(() => false);
    assert.equal(saved, false);
    assert.ok(document.isDirty, 'what was typed is kept');
    await assert.rejects(Promise.resolve(workspace.fs.delete(uri)));
    await assert.rejects(Promise.resolve(workspace.fs.rename(uri, other, { overwrite: true })));
    assert.deepEqual(counter.others(readCommands), []);
    assert.equal(digest(), before);
    const decisions = await api.governance.decisions({ connectionId, limit: 1 });
    assert.deepEqual([decisions[0]?.action, decisions[0]?.allowed], ['keys.write', false]);
    await commands.executeCommand('workbench.action.files.revert');
  });

  it('plans still read, and say what the policy says', async () => {
    const plan = await api.workflows.plan({ connectionId, ...deleteGoverned });
    assert.deepEqual([plan.count, plan.decision.allowed], [40, false]);
    assert.equal(plan.decision.violations[0]?.packName, 'Production only');
  });

  it('what was refused is recorded, explained, replayed and in the timeline', async () => {
    const decisions = await api.governance.decisions({ connectionId, limit: 1000 });
    for (const action of ['keys.remove', 'keys.command', 'workflows.start', 'workflows.resume', 'workflows.undo'])
      assert.ok(
        decisions.some((each) => each.action === action && !each.allowed),
        action,
      );
    const explained = await api.governance.explain({ connectionId, action: 'keys.remove' });
    assert.equal(explained.violations[0]?.packId, packId);
    assert.equal((await api.governance.explain({ connectionId, action: 'keys.read' })).allowed, true);
    await assert.rejects(api.governance.explain({ connectionId, action: 'keys.destroy' }), {
      code: 'VALIDATION_ERROR',
    });
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const to = new Date(Date.now() + 60_000).toISOString();
    const { evaluated, wouldBlock } = await api.governance.replay({ pack: draft, from, to });
    assert.ok(evaluated >= wouldBlock.length && wouldBlock.length > 0);
    const { events } = await api.observability.timeline({ from, to, actions: ['governance.decision'] });
    assert.ok(events.some(({ status }) => status === 'blocked'));
  });

  it('packs keep versions, travel as JSON, and bad ones are refused with the field named', async () => {
    const json = await api.governance.exportPacks([packId]);
    assert.deepEqual(
      (await api.governance.importPacks(json)).map(({ id, version }) => [id, version]),
      [[packId, 1]],
    );
    const changed = await api.governance.savePack({ ...draft, id: packId, maxWorkflowItems: 5 });
    assert.equal(changed.version, 2);
    await assert.rejects(api.governance.importPacks(json), { code: 'CONFLICT' });
    const path = (field: string) => (error: unknown) =>
      (error as { code?: unknown }).code === 'VALIDATION_ERROR' &&
      (error as { details?: { path?: unknown } }).details?.path === field;
    await assert.rejects(api.governance.savePack({ ...draft, environments: [] }), path('environments'));
    await assert.rejects(
      api.governance.importPacks(json.replace('["prod"]', '[]').replace(/\[\s*"prod"\s*\]/, '[]')),
      path('packs.0.environments'),
    );
    await assert.rejects(api.governance.importPacks('{"format":1,"format":2}'), path('format'));
    await assert.rejects(api.governance.importPacks('{'), path('json'));
    await assert.rejects(api.governance.assign({ connectionId, packIds: ['nowhere'] }), path('packIds.0'));
    await assert.rejects(api.governance.removePack('nowhere'), path('id'));
  });

  it('packs of the workspace hold as soon as they are saved, and tighten only', async () => {
    const settings = workspace.getConfiguration('cachify');
    await api.governance.assign({ connectionId, packIds: [] });
    await api.keys.setTtl({ connectionId, key: 'gov:2', ttlMs: 60_000 });
    await settings.update('policyPacks', [{ ...draft, id: 'team', name: 'Team' }], false);
    try {
      await waitFor('the pack of the workspace', 20_000, async () =>
        (await api.governance.packs()).some(({ id }) => id === 'settings:team'),
      );
      await assert.rejects(api.keys.setTtl({ connectionId, key: 'gov:2', ttlMs: 60_000 }), { code: 'BLOCKED' });
      await assert.rejects(api.governance.removePack('settings:team'), { code: 'NOT_SUPPORTED' });
    } finally {
      await settings.update('policyPacks', undefined, false);
    }
  });
});
