import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Environment } from '../../../../src/domain/connections/definition.ts';
import { conflictsOf } from '../../../../src/domain/governance/conflicts.ts';
import { decidePolicy, type HoldingPack } from '../../../../src/domain/governance/decide.ts';
import type { RecordedDecision } from '../../../../src/domain/governance/decision.ts';
import type { PackContent } from '../../../../src/domain/governance/pack.ts';
import { permissionOf } from '../../../../src/domain/governance/permission.ts';
import { replayPack } from '../../../../src/domain/governance/replay.ts';
import { packState, stateWords } from '../../../../src/domain/governance/words.ts';
import { minutesOfWindows } from '../../../../src/domain/governance/week.ts';

// A Monday.
const monday = Date.parse('2026-11-23T10:00:00Z');

function pack(id: string, changes: Partial<PackContent> = {}): HoldingPack {
  return {
    id,
    content: {
      name: id.toUpperCase(),
      environments: ['dev', 'staging', 'prod'],
      maxWorkflowItems: 1000,
      maxRetryAttempts: 3,
      schedulingEnabled: false,
      executionWindows: [],
      enabled: true,
      ...changes,
    },
  };
}

const times = (...windows: readonly (readonly [days: string, from: string, to: string])[]): Partial<PackContent> => ({
  schedulingEnabled: true,
  executionWindows: windows.map(([days, startTime, endTime], index) => ({
    id: `w${index + 1}`,
    weekdays: days.split(' ') as PackContent['executionWindows'][number]['weekdays'],
    startTime,
    endTime,
    timezone: 'UTC',
  })),
});

interface Ask {
  readonly environment?: Environment;
  readonly action?: string;
  readonly items?: number;
  readonly atMs?: number;
}

function decide(packs: readonly HoldingPack[], ask: Ask = {}) {
  const { environment = 'prod', action = 'workflows.start', items = 10, atMs = monday } = ask;
  return decidePolicy({ action, environment, items, packs, unreadable: [], atMs });
}

const rules = (packs: readonly HoldingPack[], ask: Ask = {}): string[] =>
  decide(packs, ask).decision.violations.map(({ packId, rule }) => `${packId}:${rule}`);

describe('policy decisions', () => {
  it('allow all without a pack, and with packs that are off', () => {
    for (const packs of [[], [pack('a', { enabled: false, environments: ['dev'] })]]) {
      const ruling = decide(packs);
      assert.equal(ruling.decision.allowed, true);
      assert.deepEqual([ruling.maxItems, ruling.maxRetryAttempts, ruling.packIds], [null, null, []]);
    }
  });

  it('intersect environments: only what all packs allow', () => {
    const packs = [pack('a', { environments: ['dev', 'prod'] }), pack('b', { environments: ['prod', 'staging'] })];
    assert.deepEqual(rules(packs), []);
    assert.deepEqual(rules(packs, { environment: 'dev' }), ['b:environments']);
    assert.deepEqual(rules(packs, { environment: 'staging' }), ['a:environments']);
  });

  it('deny where nothing is in common, and name both packs', () => {
    const packs = [pack('a', { environments: ['dev'] }), pack('b', { environments: ['prod'] })];
    for (const environment of ['dev', 'prod', 'staging'] as const)
      assert.deepEqual(rules(packs, { environment }), ['a:environments', 'b:environments']);
  });

  it('an environment that nobody named matches no allowlist', () => {
    assert.deepEqual(rules([pack('a')], { environment: 'unknown' }), ['a:environments']);
  });

  it('take the lowest caps, and bind by the pack that has them', () => {
    const packs = [pack('a', { maxWorkflowItems: 100, maxRetryAttempts: 0 }), pack('b', { maxWorkflowItems: 50 })];
    const ruling = decide(packs, { items: 50 });
    assert.deepEqual([ruling.maxItems, ruling.maxRetryAttempts], [50, 0]);
    assert.deepEqual(ruling.packIds, ['b', 'a']);
    assert.deepEqual(rules(packs, { items: 51 }), ['b:maxWorkflowItems']);
    assert.deepEqual(rules(packs, { items: 101 }), ['a:maxWorkflowItems', 'b:maxWorkflowItems']);
    assert.deepEqual(rules(packs, { items: 101, action: 'keys.remove' }), []);
  });

  it('list every violated rule, not the first only', () => {
    const strict = pack('a', { environments: ['dev'], maxWorkflowItems: 5, ...times(['tue', '08:00', '16:00']) });
    assert.deepEqual(rules([strict]), ['a:environments', 'a:executionWindows', 'a:maxWorkflowItems']);
    assert.equal(decide([strict]).decision.nextOpening, undefined);
  });

  it('say when it opens, where only the window is in the way', () => {
    const packs = [pack('a', times(['mon tue', '12:00', '16:00'])), pack('b', times(['tue', '14:00', '18:00']))];
    const { decision, windowId } = decide(packs);
    assert.equal(decision.nextOpening, '2026-11-24T14:00:00.000Z');
    assert.equal(windowId, 'w1');
    assert.match(decision.violations[0]?.message ?? '', /closed; it opens 12:00 UTC, in 2 h/);
    const open = decide(packs, { atMs: Date.parse('2026-11-24T14:00:00Z') });
    assert.equal(open.decision.allowed, true);
    assert.equal(decide(packs, { atMs: Date.parse('2026-11-24T16:00:00Z') }).decision.allowed, false);
  });

  it('name both packs whose windows never meet', () => {
    const packs = [pack('a', times(['mon', '08:00', '12:00'])), pack('b', times(['mon', '12:00', '16:00']))];
    assert.deepEqual(rules(packs), ['a:executionWindows', 'b:executionWindows']);
    assert.equal(decide(packs).decision.nextOpening, undefined);
  });

  it('ignore windows while scheduling is off', () => {
    assert.deepEqual(rules([pack('a', { ...times(['tue', '08:00', '09:00']), schedulingEnabled: false })]), []);
  });

  it('let a dry run read, within the cap', () => {
    const ruling = decide([pack('a', { environments: ['dev'], maxWorkflowItems: 7 })], { action: 'workflows.plan' });
    assert.deepEqual([ruling.decision.allowed, ruling.maxItems], [true, 7]);
  });

  it('deny where a pack cannot be read', () => {
    const unreadable = [{ id: 'x', name: 'Team rules', problem: 'environments is empty' }];
    const question = { action: 'keys.remove', environment: 'dev', items: 1, packs: [], atMs: monday } as const;
    const { decision } = decidePolicy({ ...question, unreadable });
    assert.deepEqual([decision.allowed, decision.violations[0]?.rule], [false, 'unreadablePack']);
  });

  it('are pure: the same question, the same answer', () => {
    const packs = [pack('a', times(['mon', '11:00', '12:00'])), pack('b', { environments: ['dev'] })];
    const before = JSON.stringify(packs);
    assert.equal(JSON.stringify(decide(packs)), JSON.stringify(decide(packs)));
    assert.equal(JSON.stringify(packs), before);
  });

  const anyPack = fc.record({
    environments: fc.uniqueArray(fc.constantFrom('dev' as const, 'staging' as const, 'prod' as const), {
      minLength: 1,
    }),
    maxWorkflowItems: fc.integer({ min: 1, max: 40 }),
    maxRetryAttempts: fc.integer({ min: 0, max: 5 }),
    enabled: fc.boolean(),
    window: fc.option(
      fc.tuple(fc.constantFrom('mon', 'tue', 'sun'), fc.integer({ min: 0, max: 22 }), fc.integer({ min: 1, max: 23 })),
    ),
  });

  it('another pack never allows more', () => {
    const hours = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
    fc.assert(
      fc.property(
        fc.array(anyPack, { maxLength: 4 }),
        anyPack,
        fc.constantFrom('dev' as const, 'prod' as const, 'unknown' as const),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 7 * 24 * 60 }),
        (given, one, environment, items, minute) => {
          const built = [...given, one].map(({ window, ...rest }, index) =>
            pack(`p${index}`, {
              ...rest,
              ...(window === null || window[1] === window[2]
                ? {}
                : times([window[0], hours(window[1]), hours(window[2])])),
            }),
          );
          const ask = { environment, items, atMs: monday + minute * 60_000 };
          const fewer = decide(built.slice(0, -1), ask);
          const more = decide(built, ask);
          if (more.decision.allowed) assert.equal(fewer.decision.allowed, true);
          assert.ok((more.maxItems ?? Infinity) <= (fewer.maxItems ?? Infinity));
          assert.ok((more.maxRetryAttempts ?? Infinity) <= (fewer.maxRetryAttempts ?? Infinity));
          const { nextOpening } = more.decision;
          if (nextOpening === undefined) return;
          const then = decide(built, { ...ask, atMs: Date.parse(nextOpening) });
          assert.equal(then.decision.allowed, true);
          assert.equal(decide(built, { ...ask, atMs: Date.parse(nextOpening) - 1 }).decision.allowed, false);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

describe('a run under policies', () => {
  const begun = { maxItems: 1000, maxRetryAttempts: 3 };
  const batch = { action: 'workflows.batch', items: 300 };

  it('goes on under the bounds that it began with when a policy is loosened or removed', () => {
    for (const packs of [[], [pack('a', { maxWorkflowItems: 5000, maxRetryAttempts: 9 })]])
      assert.deepEqual(permissionOf(decide(packs, batch), begun), { allowed: true, maxItems: 1000 });
  });

  for (const [what, changes] of [
    ['items', { maxWorkflowItems: 500 }],
    ['items, below what is done', { maxWorkflowItems: 200 }],
    ['retries', { maxRetryAttempts: 0 }],
    ['environments', { environments: ['dev'] }],
  ] as const) {
    it(`is paused by the policy when ${what} were tightened`, () => {
      const permission = permissionOf(decide([pack('a', changes)], batch), begun);
      assert.ok(!permission.allowed && permission.state === 'paused_policy' && permission.cause.code === 'BLOCKED');
    });
  }

  it('is paused by the window at its end, with the next opening', () => {
    const closed = pack('a', times(['mon', '08:00', '10:00']));
    const permission = permissionOf(decide([closed], batch), begun);
    assert.ok(!permission.allowed && permission.state === 'paused_window');
    assert.equal(permission.cause.details?.['nextOpening'], '2026-11-30T08:00:00.000Z');
  });

  it('is paused by the policy, not the window, when windows never open', () => {
    const never = [pack('a', times(['mon', '08:00', '09:00'])), pack('b', times(['tue', '08:00', '09:00']))];
    const permission = permissionOf(decide(never, batch), begun);
    assert.ok(!permission.allowed && permission.state === 'paused_policy');
  });
});

describe('conflicts of packs', () => {
  const shop = { name: 'Shop prod', environment: 'prod' } as const;
  const sentences = (...packs: HoldingPack[]): string => conflictsOf(packs, shop, monday).join('\n');

  it('are silent where packs fit', () => assert.equal(sentences(pack('a'), pack('b', { environments: ['prod'] })), ''));
  it('name packs without a common environment', () => {
    const text = sentences(pack('a', { environments: ['dev'] }), pack('b', { environments: ['prod'] }));
    assert.match(text, /A \(dev\) and B \(prod\) have no environment in common/);
  });
  it('say that a pack allows nothing here', () => {
    assert.match(sentences(pack('a', { environments: ['dev'] })), /A allows dev; Shop prod is prod/);
  });
  it('name windows that never meet, also of three packs together', () => {
    const [a, b, c] = [
      pack('a', times(['mon tue', '08:00', '09:00'])),
      pack('b', times(['tue wed', '08:00', '09:00'])),
      pack('c', times(['mon wed', '08:00', '09:00'])),
    ];
    assert.match(sentences(a, pack('d', times(['thu', '08:00', '09:00']))), /windows of A and D have no minute/);
    assert.match(sentences(a, b, c), /windows of A, B, C have no minute/);
  });
  it('warn of packs that are off', () => assert.match(sentences(pack('a', { enabled: false })), /A is off/));
});

describe('replay of a pack', () => {
  const record = (at: string, changes: Partial<RecordedDecision> = {}): RecordedDecision => ({
    id: at,
    connectionId: 'c1',
    environment: 'prod',
    action: 'keys.remove',
    items: 1,
    allowed: true,
    violations: [],
    packs: [],
    at,
    ...changes,
  });

  it('gives what it would have blocked, with its reasons, and nothing else', () => {
    const { content } = pack('a', { ...times(['mon', '08:00', '16:00']), maxWorkflowItems: 50 });
    const blocked = replayPack(content, [
      record('2026-11-23T09:00:00.000Z'),
      record('2026-11-23T17:00:00.000Z'),
      record('2026-11-23T10:00:00.000Z', { action: 'workflows.start', items: 51 }),
      record('2026-11-23T11:00:00.000Z', { environment: 'unknown' }),
      record('2026-11-22T11:00:00.000Z', { action: 'workflows.plan' }),
    ]);
    assert.deepEqual(
      blocked.map(({ at, violations }) => [at.slice(5, 16), violations.map(({ rule }) => rule).join()]),
      [
        ['11-23T17:00', 'executionWindows'],
        ['11-23T10:00', 'maxWorkflowItems'],
        ['11-23T11:00', 'environments'],
      ],
    );
  });
});

describe('words of policies', () => {
  it('say what is open and until when', () => {
    const { content } = pack('a', times(['mon', '08:00', '11:12']));
    assert.equal(packState(content, monday), 'open now, closes 11:12 UTC, in 1 h 12 min');
    const closed = minutesOfWindows([{ weekdays: ['thu'], startTime: '08:00', endTime: '09:00' }]);
    assert.equal(stateWords(closed, monday), 'closed, it opens Thu 08:00 UTC, in 2 d 22 h');
    assert.equal(packState({ ...content, enabled: false }, monday), 'off');
  });
});
