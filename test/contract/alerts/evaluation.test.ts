import assert from 'node:assert/strict';
import type { AlertRuleDraft } from '../../../src/domain/alerts/rule.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { AlertsRig, summaryOf, type AlertWindow } from '../../support/alertsRig.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';

const minute = 60_000;

const failing: AlertRuleDraft = {
  name: 'Failing',
  metric: 'failedOperationCount',
  aggregation: 'sum',
  operator: '>',
  threshold: 5,
  lookbackMinutes: 2,
  forSeconds: 0,
  severity: 'critical',
  scope: { connections: '*', environments: '*' },
  enabled: true,
};

describe('evaluation of alerts, on the real store', function () {
  this.timeout(120_000);
  let directory: string;
  let rig: AlertsRig;
  let windows: AlertWindow[];

  beforeEach(() => {
    directory = ownFolder('cachify-alerts-');
    rig = new AlertsRig(directory);
    windows = [];
  });
  afterEach(async () => {
    for (const window of windows) await window.close();
    removeFolder(directory);
  });

  const open = async (name: string): Promise<AlertWindow> => {
    const window = await rig.window(name);
    windows.push(window);
    return window;
  };
  const stateOf = async (window: AlertWindow, ruleId: string): Promise<string> =>
    (await window.service.evaluate()).find((state) => state.ruleId === ruleId)?.state ?? 'none';

  it('installs the starter rules once, five of them on', async () => {
    const window = await open('a');
    const rules = await window.service.list();
    assert.equal(rules.length, 15);
    assert.equal(rules.filter(({ enabled }) => enabled).length, 5);
    await window.service.remove('starter.swapped');
    await window.close();
    windows = [];
    const again = await open('b');
    await again.service.evaluate();
    assert.equal((await again.service.rules.rules()).length, 14);
  });

  it('fires on what our operations did, tells of it once, and resolves', async () => {
    const window = await open('a');
    const rule = await window.service.save(failing);
    await rig.watch(window, { ok: 10, failed: 6 });
    assert.equal(await stateOf(window, rule.id), 'firing');
    for (let slot = 0; slot < 3; slot++) {
      rig.clock.advance(30_000);
      await rig.watch(window, { failed: 3 });
      assert.equal(await stateOf(window, rule.id), 'firing');
    }
    const events = await window.service.events();
    assert.equal(events.length, 1);
    assert.equal(events[0]?.title, 'Failing on shop');
    assert.equal(events[0]?.connectionId, 'shop');
    assert.match(events[0]?.message ?? '', /Failed operations is 6, above 5/);
    for (let slot = 0; slot < 5; slot++) {
      rig.clock.advance(30_000);
      await rig.watch(window, { ok: 5 });
    }
    assert.equal(await stateOf(window, rule.id), 'resolved');
    const [over] = await window.service.events();
    assert.ok(over?.episodeTo !== undefined && over.episodeTo > (over.episodeFrom ?? ''));
  });

  it('forgets alerts that are older than the minutes they are about', async () => {
    const window = await open('a');
    await window.service.save(failing);
    const old = { severity: 'info', title: 'Old', message: '', source: 'policy', read: false } as const;
    await window.stores.alerts.raise(
      { ...old, id: 'old', createdAt: '2025-10-01T00:00:00.000Z' },
      '2025-10-01T00:00:00.000Z',
    );
    await window.stores.alerts.raise(
      { ...old, id: 'kept', createdAt: '2025-11-01T00:00:00.000Z' },
      '2025-11-01T00:00:00.000Z',
    );
    await rig.watch(window, { failed: 6 });
    await window.service.evaluate();
    const ids = (await window.service.events()).map(({ id }) => id);
    assert.deepEqual([ids.includes('old'), ids.includes('kept'), ids.length], [false, true, 2]);
  });

  it('one message per episode with two windows, also when the evaluating one is killed at once', async () => {
    const [first, second] = [await open('a'), await open('b')];
    const rule = await first.service.save(failing);
    await rig.watch(first, { failed: 6 });
    await first.service.evaluate();
    await rig.follows(
      'the second window to see it',
      async () => (await second.stores.alerts.events({ limit: 9 })).length === 1,
    );
    // Killed before anybody was shown anything.
    await first.kill();
    rig.gone.add('a');
    windows = [second];
    for (let slot = 0; slot < 4; slot++) {
      rig.clock.advance(30_000);
      await rig.watch(second, { failed: 6 });
      assert.equal(await stateOf(second, rule.id), 'firing');
      await second.toasts.look();
    }
    assert.equal((await second.service.events()).length, 1);
    assert.equal(second.shown.length, 1);
    const third = await open('c');
    await third.toasts.look();
    assert.equal(third.shown.length, 0);
  });

  it('two windows that look at once show one message; a window that died with it lets another one show it', async () => {
    const [first, second] = [await open('a'), await open('b')];
    await first.service.save(failing);
    await rig.watch(first, { failed: 6 });
    await first.service.evaluate();
    rig.clock.advance(11_000);
    await rig.follows(
      'the second window to see it',
      async () => (await second.stores.alerts.events({ limit: 9 })).length === 1,
    );
    await Promise.all([first.toasts.look(), second.toasts.look()]);
    assert.equal(first.shown.length + second.shown.length, 1);

    // The next one is taken by a window that dies before it says that it showed it.
    const other = await first.service.save({ ...failing, name: 'Failing too', threshold: 4 });
    rig.clock.advance(6 * minute);
    await rig.watch(first, { failed: 6 });
    // The lease ran out while the clock jumped: whoever has it by now judges.
    await rig.follows('the second alert', async () => {
      rig.clock.advance(1000);
      await Promise.all([first.service.evaluate(), second.service.evaluate()]);
      return (await first.stores.alerts.events({ limit: 9 })).some(({ ruleId }) => ruleId === other.id);
    });
    rig.clock.advance(11_000);
    const nowMs = rig.clock.wallMs();
    const taken = await first.stores.alerts.claimToasts({ holder: 'a', nowMs, takenBeforeMs: 0, gone: [] });
    assert.deepEqual(
      taken.map(({ ruleId }) => ruleId),
      [other.id],
    );
    rig.gone.add('a');
    await rig.follows('the claim to arrive', async () => (await second.stores.alerts.toastHolders()).includes('a'));
    const before = second.shown.length;
    await second.toasts.look();
    assert.equal(second.shown.length, before + 1);
  });

  it('coalesces what fires together on one connection, and rests for five minutes', async () => {
    const window = await open('a');
    await window.service.save(failing);
    await window.service.save({ ...failing, name: 'Failing too', threshold: 3 });
    await rig.watch(window, { failed: 6 });
    await window.service.evaluate();
    await window.toasts.look();
    assert.equal(window.shown.length, 0);
    rig.clock.advance(11_000);
    await window.toasts.look();
    assert.deepEqual(
      window.shown.map((events) => events.length),
      [2],
    );
    await window.service.save({ ...failing, name: 'Third', threshold: 1 });
    await window.service.evaluate();
    rig.clock.advance(11_000);
    await window.toasts.look();
    assert.equal(window.shown.length, 1);
    rig.clock.advance(5 * minute);
    await window.toasts.look();
    assert.equal(window.shown.length, 2);
  });

  it('a snoozed alert is silent, and shown again when it still fires then', async () => {
    const window = await open('a');
    const rule = await window.service.save(failing);
    await window.service.snooze({ ruleId: rule.id, connectionId: 'shop', minutes: 10 });
    await rig.watch(window, { failed: 6 });
    assert.equal(await stateOf(window, rule.id), 'firing');
    rig.clock.advance(15_000);
    await window.toasts.look();
    assert.equal(window.shown.length, 0);
    assert.equal(await window.stores.alerts.unread(), 0);
    for (let slot = 0; slot < 21; slot++) {
      rig.clock.advance(30_000);
      await rig.watch(window, { failed: 6 });
      await window.service.evaluate();
    }
    rig.clock.advance(15_000);
    await window.toasts.look();
    assert.equal(window.shown.length, 1);
    assert.equal((await window.service.events()).length, 1);
  });

  it('9. RESETSTAT between samples: counts are never negative, and nothing fires', async () => {
    const window = await open('a');
    const rule = await window.service.save({
      ...failing,
      name: 'Rejected',
      metric: 'rejectedConnections',
      threshold: 0,
    });
    for (const rejected of [0, 0, 0]) {
      await rig.watch(window, { engine: { gauges: {}, counters: { rejectedConnections: rejected } } });
      rig.clock.advance(30_000);
    }
    const state = (await window.service.evaluate()).find(({ ruleId }) => ruleId === rule.id);
    assert.deepEqual([state?.state, state?.value], ['normal', 0]);
  });

  it('10. and 11. a server without a limit says "not available here"; nothing to divide by is no data', async () => {
    const window = await open('a');
    const memory = await window.service.save({
      ...failing,
      name: 'Memory',
      metric: 'memoryRatio',
      aggregation: 'last',
      threshold: 0.9,
    });
    const errors = await window.service.save({
      ...failing,
      name: 'Errors',
      metric: 'errorRate',
      aggregation: 'ratio',
      threshold: 0.5,
    });
    await rig.watch(window, { engine: { gauges: { maxMemoryUnset: 1 }, counters: {} } });
    const states = await window.service.evaluate();
    const of = (id: string) => states.find(({ ruleId }) => ruleId === id);
    assert.equal(of(memory.id)?.overlay, 'noData');
    assert.match(of(memory.id)?.reason ?? '', /^not available here: The server has no memory limit/);
    assert.equal(of(errors.id)?.overlay, 'noData');
    assert.match(of(errors.id)?.reason ?? '', /nothing happened/);
  });

  it('12. a lost connection mutes the rest; once it is back, they are judged on fresh data only', async () => {
    const window = await open('a');
    const memory = await window.service.save({
      ...failing,
      name: 'Memory',
      metric: 'memoryRatio',
      aggregation: 'max',
      threshold: 0.5,
      lookbackMinutes: 15,
    });
    const down = await window.service.save({
      ...failing,
      name: 'Down',
      metric: 'connectionDown',
      aggregation: 'min',
      operator: '>=',
      threshold: 1,
      lookbackMinutes: 1,
    });
    await rig.watch(window, { engine: { gauges: { connectionDown: 0, memoryRatio: 0.4 }, counters: {} }, seconds: 60 });
    assert.equal(await stateOf(window, down.id), 'normal');
    for (let slot = 0; slot < 4; slot++) {
      rig.clock.advance(30_000);
      await window.stores.alerts.markDown(['uid-shop'], rig.clock.wallMs());
    }
    const lost = await window.service.evaluate();
    assert.equal(lost.find(({ ruleId }) => ruleId === down.id)?.state, 'firing');
    assert.match(lost.find(({ ruleId }) => ruleId === memory.id)?.reason ?? '', /until the connection is back/);
    // High before it went, low since it is back.
    rig.clock.advance(60_000);
    await rig.watch(window, { engine: { gauges: { connectionDown: 0, memoryRatio: 0.3 }, counters: {} }, seconds: 30 });
    const back = await window.service.evaluate();
    assert.equal(back.find(({ ruleId }) => ruleId === down.id)?.state, 'resolved');
    for (let slot = 0; slot < 20; slot++) {
      rig.clock.advance(30_000);
      await rig.watch(window, { engine: { gauges: { connectionDown: 0, memoryRatio: 0.3 }, counters: {} } });
    }
    const later = (await window.service.evaluate()).find(({ ruleId }) => ruleId === memory.id);
    assert.deepEqual([later?.state, later?.value], ['normal', 0.30000001192092896]);
  });

  for (const [what, awayMs] of [
    ['20 minutes', 20 * minute],
    ['3 hours', 180 * minute],
  ] as const) {
    it(`closed for ${what} while firing: nothing fires a second time; what ended is one message`, async () => {
      const window = await open('a');
      const still = await window.service.save(failing);
      const over = await window.service.save({ ...failing, name: 'Over', metric: 'slowOperationCount' });
      await rig.watch(window, { ok: 8, failed: 8, ms: 500 });
      const states = await window.service.evaluate();
      assert.deepEqual(
        [still, over].map(({ id }) => states.find(({ ruleId }) => ruleId === id)?.state),
        ['firing', 'firing'],
      );
      await window.close();
      rig.clock.advance(awayMs);
      const again = await open('b');
      windows = [again];
      for (let slot = 0; slot < 4; slot++) {
        await rig.watch(again, { failed: 8 });
        await again.service.evaluate();
        rig.clock.advance(30_000);
      }
      const events = await again.service.events();
      assert.equal(events.filter(({ ruleId }) => ruleId === still.id).length, 1);
      const digests = events.filter(({ id }) => id.startsWith('digest/'));
      assert.equal(digests.length, 1);
      assert.match(digests[0]?.message ?? '', /1 still firing: Failing on shop/);
    });
  }

  it('a rule that is turned off, or whose connection leaves its scope, is normal at once and in silence', async () => {
    rig.summaries = [summaryOf('shop'), summaryOf('dev', 'dev')];
    const window = await open('a');
    const rule = await window.service.save({ ...failing, scope: { connections: '*', environments: ['prod'] } });
    await rig.watch(window, { failed: 6 });
    await rig.watch(window, { id: 'dev', failed: 6 });
    const states = (await window.service.evaluate()).filter(({ ruleId }) => ruleId === rule.id);
    assert.deepEqual(
      states.map(({ connectionId, state }) => [connectionId, state]),
      [['shop', 'firing']],
    );
    await window.service.save({ ...failing, id: rule.id, enabled: false });
    rig.clock.advance(30_000);
    assert.deepEqual(
      (await window.service.evaluate()).filter(({ ruleId }) => ruleId === rule.id),
      [],
    );
    const [event] = await window.service.events();
    assert.ok(event?.episodeTo !== undefined, 'an episode without an end would keep its rows for ever');
    const other = await window.service.save({ ...failing, name: 'Deleted' });
    await window.service.evaluate();
    await window.service.remove(other.id);
    rig.clock.advance(30_000);
    await window.service.evaluate();
    const events = await window.service.events();
    assert.equal(events.filter(({ episodeTo }) => episodeTo === undefined).length, 0);
    assert.ok(events.some(({ ruleId }) => ruleId === other.id));
  });

  it('takes rules from the settings of a workspace, and says what is wrong with one', async () => {
    const window = await open('a');
    const { name: _name, ...nameless } = failing;
    window.settings = [
      {
        root: 'file:///work',
        scope: 'workspace',
        entries: [
          { ...failing, id: 'team', name: 'Of the team' },
          nameless,
          { ...failing, name: 'Bad', threshold: Number.NaN },
        ],
      },
    ];
    await rig.watch(window, { failed: 6 });
    const states = await window.service.evaluate();
    const rule = (await window.service.rules.rules()).find(({ origin }) => origin === 'settings');
    assert.equal(rule?.name, 'Of the team');
    assert.equal(states.find(({ ruleId }) => ruleId === rule?.id)?.state, 'firing');
    const { settingsProblems } = await window.service.picture();
    assert.deepEqual(
      settingsProblems.map(({ path }) => path),
      ['cachify.alertRules[1].name', 'cachify.alertRules[2].threshold'],
    );
    await assert.rejects(window.service.save({ ...failing, id: rule?.id }), (error) => isFailure(error, 'BLOCKED'));
    const [copy] = await window.service.import(await window.service.export([rule?.id ?? '']));
    assert.deepEqual([copy?.name, copy?.origin], ['Of the team (2)', 'own']);
  });

  it('refuses a rule by its field and changes nothing; exports and imports all or none', async () => {
    const window = await open('a');
    await window.service.evaluate();
    const before = JSON.stringify(await window.service.rules.rules());
    const refused = (path: string) => (error: unknown) =>
      isFailure(error, 'VALIDATION_ERROR') && error.details?.path === path;
    await assert.rejects(window.service.save({ ...failing, metric: 'nonsense' }), refused('metric'));
    await assert.rejects(window.service.save({ ...failing, name: 'memory HIGH' }), refused('name'));
    await assert.rejects(
      window.service.save({ ...failing, scope: { connections: ['nobody'], environments: '*' } }),
      refused('scope.connections[0]'),
    );
    await assert.rejects(window.service.save({ ...failing, id: 'nobody' }), refused('id'));
    const json = await window.service.rules.toJson();
    const broken = JSON.parse(json) as { rules: { threshold: unknown }[] };
    (broken.rules[3] ?? { threshold: 0 }).threshold = 'much';
    await assert.rejects(window.service.import(JSON.stringify(broken)), refused('rules[3].threshold'));
    await assert.rejects(window.service.import('{}'), refused('format'));
    assert.equal(JSON.stringify(await window.service.rules.rules()), before);
    const imported = await window.service.import(json);
    assert.equal(imported.length, 15);
    assert.ok(imported.every(({ name }) => name.endsWith('(2)')));
  });

  it('backtests over what is stored, with coverage', async () => {
    const window = await open('a');
    const from = new Date(rig.clock.wallMs()).toISOString();
    for (let slot = 0; slot < 60; slot++) {
      rig.clock.advance(30_000);
      if (slot < 40) await rig.watch(window, { ok: 2, failed: slot >= 10 && slot < 20 ? 4 : 0 });
    }
    const to = new Date(rig.clock.wallMs()).toISOString();
    const { episodes, coverage, series, connectionIds } = await window.service.backtest({ rule: failing, from, to });
    assert.deepEqual(connectionIds, ['shop']);
    assert.equal(episodes.length, 1);
    assert.ok((episodes[0]?.worst ?? 0) >= 8);
    assert.ok(episodes[0]?.to !== null);
    assert.ok(Math.abs(coverage - 20 / 30) < 0.05, String(coverage));
    assert.equal(series.length, 30);
    assert.equal(series.at(-1)?.value, null);
  });
});
