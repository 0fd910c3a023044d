// Alerts as other extensions and key bindings use them: by commands with one plain argument.
import assert from 'node:assert/strict';
import { commands } from 'vscode';
import type { AlertRule } from '../../src/domain/alerts/rule.ts';
import type { AlertState, Backtest } from '../../src/domain/alerts/views.ts';

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
});
