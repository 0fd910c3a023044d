// Alerts as other extensions and key bindings use them: by commands with one plain argument.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { commands, extensions } from 'vscode';
import type { CachifyApi } from '../../src/api.ts';
import type { AlertEvent } from '../../src/domain/alerts/event.ts';
import type { AlertRule } from '../../src/domain/alerts/rule.ts';
import type { AlertState, Backtest } from '../../src/domain/alerts/views.ts';
import { waitFor } from '../support/waiting.ts';
import { testEnvironment } from './support/environment.ts';

const draft = {
  name: 'Of a test',
  metric: 'failedOperationCount',
  aggregation: 'sum',
  operator: '>',
  threshold: 1_000_000,
  lookbackMinutes: 5,
  forSeconds: 0,
  severity: 'info',
  scope: { connections: '*', environments: '*' },
  enabled: true,
};

const call = <T>(method: string, argument: object = {}): Thenable<T> =>
  commands.executeCommand<T>(`cachify.alerts.${method}`, argument);

describe('alerts', () => {
  it('rules are saved, changed, exported, imported and removed', async () => {
    const rule = await call<AlertRule>('saveRule', draft);
    assert.equal(rule.origin, 'own');
    const changed = await call<AlertRule>('saveRule', { ...draft, id: rule.id, threshold: 5 });
    assert.deepEqual([changed.id, changed.threshold], [rule.id, 5]);
    const json = await call<string>('exportRules', { ids: [rule.id] });
    const [copy] = await call<AlertRule[]>('importRules', { json });
    assert.equal(copy?.name, 'Of a test (2)');
    for (const id of [rule.id, copy.id]) await call('removeRule', { id });
    const rules = await call<AlertRule[]>('rules');
    assert.ok(!rules.some(({ id }) => id === rule.id || id === copy.id));
    assert.equal(rules.filter(({ origin }) => origin === 'starter').length, 15);
  });

  it('a wrong field is named, and nothing changes', async () => {
    const refused = async (argument: object, path: string): Promise<void> => {
      await assert.rejects(
        async () => call('saveRule', argument),
        (error) => error instanceof Error && error.message.includes(path),
      );
    };
    await refused({ ...draft, threshold: 'much' }, 'threshold');
    await refused({ ...draft, lookbackMinutes: 0 }, 'lookbackMinutes');
    await refused({ ...draft, nonsense: 1 }, 'nonsense');
    assert.ok(!(await call<AlertRule[]>('rules')).some(({ name }) => name === draft.name));
  });

  it('an evaluation and a backtest answer, and the history can be read', async () => {
    const states = await call<AlertState[]>('evaluate', {});
    assert.ok(Array.isArray(states));
    const to = new Date().toISOString();
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const tested = await call<Backtest>('backtest', { rule: draft, from, to });
    assert.deepEqual(tested.episodes, []);
    await assert.rejects(async () => call('backtest', { rule: draft, from: to, to: from }));
    await call('markRead', { ids: 'all' });
    assert.deepEqual(await call<unknown[]>('events', { unreadOnly: true }), []);
  });

  describe('of other features', function () {
    this.timeout(120_000);
    const { redisPort } = testEnvironment();
    const connectionId = 'alerting';
    const redis = (...args: string[]): Buffer => execFileSync('redis-cli', ['-p', String(redisPort), ...args]);
    let api: CachifyApi;

    before(async () => {
      const extension = extensions.getExtension<CachifyApi>('cachify.cachify-studio');
      assert.ok(extension);
      api = await extension.activate();
      await api.connections.add({
        id: connectionId,
        name: 'Alerting',
        host: '127.0.0.1',
        port: redisPort,
        environment: 'dev',
      });
      await api.connections.connect(connectionId);
      redis('EVAL', "for i=1,20 do redis.call('SET','alerting:'..i,'v') end return 1", '0');
      await api.alerts.markRead('all');
    });
    after(async () => {
      redis('EVAL', "for _,key in ipairs(redis.call('KEYS','alerting:*')) do redis.call('DEL',key) end return 1", '0');
      await api.connections.remove(connectionId);
    });

    const raised = (source: AlertEvent['source']): Promise<AlertEvent> =>
      waitFor(`the alert of ${source}`, 30_000, async () =>
        (await api.alerts.events({ unreadOnly: true })).find(
          (event) => event.source === source && event.connectionId === connectionId,
        ),
      );

    it('a change that a policy blocks stands in the history', async () => {
      const pack = await api.governance.savePack({
        name: 'Nothing in development',
        environments: ['prod'],
        maxWorkflowItems: 10,
        maxRetryAttempts: 1,
        schedulingEnabled: false,
        executionWindows: [],
        enabled: true,
      });
      try {
        await api.governance.assign({ connectionId, packIds: [pack.id] });
        const write = { connectionId, key: 'alerting:1', type: 'string' as const, value: 'other' };
        await assert.rejects(api.keys.write(write), { code: 'BLOCKED' });
        const event = await raised('policy');
        assert.match(`${event.title} ${event.message}`, /blocked .* on Alerting Nothing in development forbids it/);
      } finally {
        await api.governance.removePack(pack.id);
      }
    });

    it('a run that fails stands in the history', async () => {
      const { runId } = await api.workflows.plan({
        connectionId,
        kind: 'deleteByPattern',
        parameters: { pattern: 'alerting:*' },
      });
      redis('ACL', 'SETUSER', 'default', '-unlink', '-del');
      try {
        await api.workflows.start({ runId });
        assert.equal((await api.workflows.wait(runId)).state, 'failed');
      } finally {
        redis('ACL', 'SETUSER', 'default', '+unlink', '+del');
      }
      const event = await raised('workflow');
      assert.match(
        `${event.title} ${event.message}`,
        /failed: Delete alerting:\*.*On Alerting: 0 of 20 items are done\./s,
      );
    });
  });
});
