import assert from 'node:assert/strict';
import { freeName, rulesOfJson, rulesToJson } from '../../../../src/domain/alerts/exchange.ts';
import { firedEvent } from '../../../../src/domain/alerts/messages.ts';
import { isInScope, type AlertRuleDraft } from '../../../../src/domain/alerts/rule.ts';
import { starterRules } from '../../../../src/domain/alerts/starters.ts';
import { ruleSentence } from '../../../../src/domain/alerts/words.ts';
import { mutedBy } from '../../../../src/domain/alerts/delivery.ts';
import { isFailure } from '../../../../src/domain/failure.ts';
import { Bench, ruleOf } from './support.ts';

const names: Readonly<Record<string, string>> = { a: 'Shop prod', b: 'Shop eu' };
const sentence = (over: Partial<AlertRuleDraft>): string => ruleSentence(ruleOf(over), (id) => names[id] ?? id);
const stamp = {
  id: 'r',
  origin: 'own',
  createdAt: '2026-11-22T10:00:00.000Z',
  updatedAt: '2026-11-22T10:00:00.000Z',
} as const;

describe('a rule in words', () => {
  const latency = { metric: 'latencyP95Ms', aggregation: 'p95', threshold: 25, forSeconds: 120 } as const;
  const cases: readonly [Partial<AlertRuleDraft>, string][] = [
    [
      { ...latency, scope: { connections: '*', environments: ['prod'] } },
      'Fires when p95 latency of prod stays above 25 ms for 2 minutes.',
    ],
    [
      { ...latency, recoveryThreshold: 15, scope: { connections: ['a', 'b'], environments: '*' } },
      'Fires when p95 latency of Shop prod or Shop eu stays above 25 ms for 2 minutes. It is over once it is down to 15 ms.',
    ],
    [
      { metric: 'failedOperationCount', aggregation: 'sum', threshold: 10 },
      'Fires as soon as the number of failed operations of any connection is above 10 within 5 minutes.',
    ],
    [
      {
        metric: 'hitRatio',
        operator: '<',
        threshold: 0.5,
        forSeconds: 3600,
        scope: { connections: ['a'], environments: ['prod'] },
      },
      'Fires when the hit ratio of Shop prod (prod) stays below 50 % for 1 hour.',
    ],
    [
      { metric: 'replicationLinkDown', aggregation: 'last', operator: '>=', threshold: 1, forSeconds: 90 },
      'Fires when any connection has a broken replication link for 90 seconds.',
    ],
    [
      { metric: 'persistenceFailing', aggregation: 'last', operator: '>=', threshold: 1 },
      'Fires as soon as any connection has failing persistence.',
    ],
  ];
  for (const [rule, words] of cases) it(words, () => assert.equal(sentence(rule), words));

  it('every starter rule has one', () => {
    for (const { id, rule } of starterRules) assert.match(ruleSentence(rule, String), /^Fires .+\.$/, id);
  });

  it('its message says what, how much, since when, and what to do', () => {
    const bench = new Bench(ruleOf()).see(0.9);
    const episode = bench.instance?.episode;
    assert.ok(episode);
    const [first] = starterRules.filter(({ id }) => id === 'starter.memoryHigh');
    assert.ok(first);
    const rule = { ...first.rule, ...stamp, id: first.id };
    const event = firedEvent(
      { rule, connectionId: 'uid', connectionName: 'Shop\u202Eprod' },
      episode,
      0.93,
      bench.nowMs,
    );
    assert.equal(
      event.message,
      'Memory used is 93 %, above 80 %, since 01:00 UTC. Look which key patterns grow, set expiries, or raise maxmemory.',
    );
    assert.doesNotMatch(event.title, /\u202E/);
  });
});

describe('who is told', () => {
  const rule = (over: Partial<AlertRuleDraft>, id: string) => ({ ...ruleOf(over), ...stamp, id });
  const firing = new Bench(ruleOf()).see(0.9).instance;

  it('a lost connection mutes the rest, a critical alert the milder one of its metric, none itself', () => {
    const down = { rule: rule({ metric: 'connectionDown', name: 'Down' }, 'down'), instance: firing };
    const critical = { rule: rule({ severity: 'critical' }, 'critical'), instance: firing };
    const warning = { rule: rule({ severity: 'warning' }, 'warning'), instance: firing };
    assert.equal(mutedBy(down, [down, critical]), null);
    assert.equal(mutedBy(critical, [down, critical]), 'down');
    assert.equal(mutedBy(critical, [critical, warning]), null);
    assert.equal(mutedBy(warning, [critical, warning]), 'critical');
    assert.equal(mutedBy(warning, [{ ...critical, instance: null }, warning]), null);
  });

  it('a connection is in scope by id or uid, and by its environment', () => {
    const connection = { id: 'shop', uid: 'u1', environment: 'prod' } as const;
    const scoped = (connections: '*' | string[], environments: '*' | ('prod' | 'dev')[]): boolean =>
      isInScope(ruleOf({ scope: { connections, environments } }), connection);
    assert.ok(scoped('*', '*') && scoped(['shop'], ['prod']) && scoped(['u1'], '*'));
    assert.ok(!scoped(['other'], '*') && !scoped('*', ['dev']));
  });
});

describe('rules as a file', () => {
  it('come back as they went, connections by id', () => {
    const rule = { ...ruleOf({ scope: { connections: ['u1'], environments: ['prod'] } }), ...stamp };
    const json = rulesToJson([rule], () => 'shop');
    assert.deepEqual(rulesOfJson(json), [ruleOf({ scope: { connections: ['shop'], environments: ['prod'] } })]);
  });

  for (const [what, json, path] of [
    ['no JSON', '{', ''],
    ['other JSON', '[1]', 'format'],
    ['a newer version', '{"format":"cachify.alertRules","version":2,"rules":[]}', 'version'],
    ['no list', '{"format":"cachify.alertRules","version":1,"rules":{}}', 'rules'],
  ] as const) {
    it(`refuse ${what}`, () =>
      assert.throws(
        () => rulesOfJson(json),
        (error) => isFailure(error, 'VALIDATION_ERROR') && error.details?.path === path,
      ));
  }

  it('names that are taken get the next number', () => {
    assert.equal(freeName('A', ['B']), 'A');
    assert.equal(freeName('A', ['a', 'A (2)']), 'A (3)');
    assert.equal(freeName('A (2)', ['A (2)']), 'A (3)');
    assert.ok(freeName('x'.repeat(80), ['x'.repeat(80)]).length <= 80);
  });
});
