import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { isFailure, type Failure } from '../../../../src/domain/failure.ts';
import { Distinct } from '../../../../src/domain/workflows/distinct.ts';
import { entriesOfFile } from '../../../../src/domain/workflows/entryFile.ts';
import { FolderCounts, fixedPart } from '../../../../src/domain/workflows/folders.ts';
import { requireConfirmation, type GuardQuestion } from '../../../../src/domain/workflows/guardrails.ts';
import { workflowKinds } from '../../../../src/domain/workflows/definition.ts';
import { kindOf } from '../../../../src/domain/workflows/kinds/registry.ts';
import { freshPace, largestBlindBatch, paceAfter, restMs } from '../../../../src/domain/workflows/pacing.ts';
import { KeyList } from '../../../../src/domain/keys/keyList.ts';
import { firstOf, indicesOf, rangesOf, sizeOf, subtract, union } from '../../../../src/domain/workflows/ranges.ts';
import { backoffMs, checkRetry, errorRateExceeded } from '../../../../src/domain/workflows/retry.ts';
import { serverChange } from '../../../../src/domain/workflows/serverMark.ts';
import { makeToken, provenToken } from '../../../../src/domain/workflows/token.ts';

const fails = (run: () => unknown, code: Failure['code'], path?: string): void => {
  assert.throws(run, (error) => isFailure(error, code) && (path === undefined || error.details?.path === path));
};

describe('workflow kinds', () => {
  for (const [kind, parameters, path] of [
    ['deleteByPattern', {}, 'parameters.pattern'],
    ['deleteByPattern', { pattern: 'a*', speed: 9 }, 'parameters.speed'],
    ['deleteByPattern', { pattern: 'x'.repeat(300) }, 'parameters.pattern'],
    ['deleteByPattern', { pattern: 'a*', idleSeconds: -1 }, 'parameters.idleSeconds'],
    ['deleteByPattern', { pattern: 'a*', idleSeconds: Number.NaN }, 'parameters.idleSeconds'],
    ['ttlNormalize', { pattern: 'a*', ttlSeconds: 0, mode: 'all' }, 'parameters.ttlSeconds'],
    ['ttlNormalize', { pattern: 'a*', ttlSeconds: 60, mode: 'some' }, 'parameters.mode'],
    ['ttlNormalize', { pattern: 'a*', ttlSeconds: 60, mode: 'all', jitterPercent: 95 }, 'parameters.jitterPercent'],
    ['warmupSet', { entries: [] }, 'parameters.entries'],
    ['warmupSet', { entries: [{ key: 'a', value: 'b', ttl: 1 }] }, 'parameters.entries.0.ttl'],
    ['warmupSet', { entries: [{ key: 'a', value: 5 }] }, 'parameters.entries.0.value'],
    [
      'warmupSet',
      {
        entries: [
          { key: 'a', value: 'b' },
          { key: 'a', value: 'c' },
        ],
      },
      'parameters.entries.1.key',
    ],
  ] as const) {
    it(`${kind} refuses ${JSON.stringify(parameters).slice(0, 60)}, naming ${path}`, () => {
      fails(() => kindOf(kind).check(parameters), 'VALIDATION_ERROR', path);
    });
  }

  it('remember no values', () => {
    const kind = kindOf('warmupSet');
    const checked = kind.check({ entries: [{ key: 'k', value: 'secret' }], overwrite: true });
    assert.deepEqual(kind.remember(checked), { entries: 1, overwrite: true });
  });

  it('say their guarantee and are absolute, all of them', () => {
    for (const kind of workflowKinds) {
      assert.ok(kindOf(kind).guarantee.length > 80);
      assert.equal(kindOf(kind).repeatable, true);
    }
  });
});

describe('checkpoint tokens', () => {
  const hmac = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString('hex').slice(-64);
  const token = makeToken({ runId: 'r1', sequence: 7, nonce: 'n' }, 'plan', hmac);

  it('prove what they name', () => {
    assert.deepEqual(provenToken(token, 'r1', 'plan', hmac), { runId: 'r1', sequence: 7, nonce: 'n' });
  });
  it('are refused altered, foreign, for another plan, and in no form at all', () => {
    fails(() => provenToken(token.replace('.7.', '.8.'), 'r1', 'plan', hmac), 'VALIDATION_ERROR', 'token');
    fails(() => provenToken(token, 'r2', 'plan', hmac), 'VALIDATION_ERROR', 'token');
    fails(() => provenToken(token, 'r1', 'other plan', hmac), 'VALIDATION_ERROR', 'token');
    for (const text of ['', 'cr1', 'cr1.r1.-1.n.x', 'cr2.r1.7.n.x', `${token}.x`])
      fails(() => provenToken(text, 'r1', 'plan', hmac), 'VALIDATION_ERROR', 'token');
  });
});

describe('guardrails', () => {
  const harmless: GuardQuestion = {
    connectionName: 'Shop',
    environment: 'dev',
    count: 3,
    pattern: 'tmp:*',
    snapshots: { needed: 10, room: 100 },
    undoDoubt: null,
    serverDoubt: null,
  };
  const asks = (over: Partial<GuardQuestion>, confirm?: string) => () =>
    requireConfirmation({ ...harmless, ...over }, confirm, 'The run');

  it('let the harmless pass', () => asks({})());
  for (const over of [
    { environment: 'prod' },
    { environment: 'unknown' },
    { pattern: '*' },
    { pattern: '*:tmp' },
    { pattern: '[ab]*' },
    { snapshots: { needed: 101, room: 100 } },
    { undoDoubt: 'DUMP is not permitted' },
    { serverDoubt: 'the server was replaced' },
  ] as const) {
    it(`ask for the name for ${JSON.stringify(over)}`, () => {
      assert.throws(
        asks(over),
        (error) => isFailure(error, 'BLOCKED') && error.details?.confirm === 'Shop' && error.details['count'] === 3,
      );
      fails(asks(over, 'shop'), 'BLOCKED');
      asks(over, 'Shop')();
    });
  }
});

describe('pace and retries', () => {
  it('grow after a few quick batches, shrink at once, and stay within bounds', () => {
    let pace = freshPace;
    for (let i = 0; i < 100; i++) pace = paceAfter(pace, pace.size, 5);
    assert.equal(pace.size, largestBlindBatch);
    pace = paceAfter(pace, pace.size, 900);
    assert.equal(pace.size, largestBlindBatch / 2);
    for (let i = 0; i < 100; i++) pace = paceAfter(pace, pace.size, 900);
    assert.equal(pace.size, 10);
  });
  it('rest when the server became slower', () => {
    const quick = paceAfter(freshPace, 100, 10);
    assert.equal(restMs(quick), 0);
    let slow = quick;
    for (let i = 0; i < 20; i++) slow = paceAfter(slow, 100, 150);
    assert.ok(restMs(slow) > 0 && restMs(slow) <= 1000);
  });
  it('back off within bounds, and judge an error rate on enough items', () => {
    const retry = { maxAttempts: 3, backoffMs: 100, strategy: 'exponential', abortOnErrorRate: 0.5 } as const;
    assert.deepEqual(
      [1, 2, 3].map((attempt) => backoffMs(retry, attempt, 1)),
      [100, 200, 400],
    );
    assert.equal(backoffMs(retry, 40, 1), 60_000);
    assert.equal(errorRateExceeded(retry, 10, 10), false);
    assert.equal(errorRateExceeded(retry, 10, 20), true);
    fails(() => checkRetry({ ...retry, abortOnErrorRate: 0 }), 'VALIDATION_ERROR', 'retry.abortOnErrorRate');
    fails(() => checkRetry({ ...retry, maxAttempts: 1.5 }), 'VALIDATION_ERROR', 'retry.maxAttempts');
  });
});

describe('plans', () => {
  it('know each key once, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 300 }), (names) => {
        const distinct = new Distinct(utf8('12345678'));
        const seen = new Set<string>();
        // In pages, as a scan gives them.
        for (let from = 0; from < names.length; from += 50) {
          const page = KeyList.of(names.slice(from, from + 50));
          const repeated = [...page].flatMap((name, index) => {
            const text = Buffer.from(name).toString('latin1');
            const known = seen.has(text);
            seen.add(text);
            return known ? [index] : [];
          });
          assert.deepEqual(distinct.addAll(page.bytes, page.ends), repeated);
        }
        assert.equal(distinct.size, seen.size);
      }),
    );
  });
  it('count folders one level below the pattern', () => {
    const folders = new FolderCounts(utf8(':'), fixedPart(utf8('a:b:*')));
    for (const name of ['a:b:1', 'a:b:x:1', 'a:b:x:2', 'a:b:y:1']) folders.add(utf8(name), 0, name.length);
    assert.deepEqual(folders.result().listed, [
      { name: 'a:b:x:', count: 2 },
      { name: 'a:b:', count: 1 },
      { name: 'a:b:y:', count: 1 },
    ]);
  });
  it('join and part ranges as sets of their positions', () => {
    const positions = fc.uniqueArray(fc.nat({ max: 60 })).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(positions, positions, fc.nat({ max: 70 }), (a, b, count) => {
        const sets = [rangesOf(a), rangesOf(b)] as const;
        assert.deepEqual(union(...sets), rangesOf([...new Set([...a, ...b])].sort((x, y) => x - y)));
        assert.deepEqual(subtract(...sets), rangesOf(a.filter((index) => !b.includes(index))));
        assert.deepEqual(firstOf(sets[0], count), rangesOf(a.slice(0, count)));
      }),
      { numRuns: 2000 },
    );
  });
  it('keep sets of positions as ranges', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500)), (indices) => {
        const sorted = indices.toSorted((a, b) => a - b);
        assert.deepEqual([...indicesOf(rangesOf(sorted))], sorted);
        assert.equal(sizeOf(rangesOf(sorted)), sorted.length);
      }),
    );
  });
  it('read warm-up files, naming what is wrong with them', () => {
    assert.deepEqual(entriesOfFile('a.csv', utf8('key,value,ttlSeconds\na,"x,""y""",60\r\nb,z,\n')), [
      { key: 'a', value: 'x,"y"', ttlSeconds: 60 },
      { key: 'b', value: 'z' },
    ]);
    assert.deepEqual(entriesOfFile('a.json', utf8('{"a":"1"}')), [{ key: 'a', value: '1' }]);
    for (const [name, text] of [
      ['a.csv', 'a,b\n1,2'],
      ['a.csv', 'key,value\n1'],
      ['a.json', '{'],
      ['a.json', '5'],
    ] as const)
      fails(() => entriesOfFile(name, utf8(text)), 'VALIDATION_ERROR', 'parameters.file');
  });
});

describe('the server behind an address', () => {
  const planned = {
    runId: 'a',
    replicationId: 'r',
    previousReplicationId: null,
    role: 'master',
    db: 0,
    user: 'default',
    destination: 'h:1',
  };
  for (const [over, kind] of [
    [{}, 'same'],
    [{ runId: 'b' }, 'succeeded'],
    [{ runId: 'b', replicationId: 's', previousReplicationId: 'r' }, 'succeeded'],
    [{ runId: 'b', replicationId: 's' }, 'unproven'],
    [{ destination: 'h:2' }, 'different'],
    [{ db: 1 }, 'different'],
  ] as const) {
    it(`${JSON.stringify(over)} is ${kind}`, () =>
      assert.equal(serverChange(planned, { ...planned, ...over }).kind, kind));
  }

  const node = (
    name: string,
    runId: string | null,
    replicationId: string,
    previousReplicationId: string | null = null,
  ) => ({ node: `${name}:1`, runId, replicationId, previousReplicationId }) as const;
  const nodes = [node('a', 'pa', 'ra'), node('b', 'pb', 'rb'), node('c', 'pc', 'rc')] as const;
  const [a, b, c] = nodes;
  for (const [what, now, kind, inQuestion] of [
    ['the same processes', [c, b, a], 'same', undefined],
    ['fewer of the same', [a, b], 'same', undefined],
    ['a replica that took over', [a, b, node('d', 'pd', 'rd', 'rc')], 'succeeded', undefined],
    ['a restart that kept its replication id', [a, b, node('c', 'pd', 'rc')], 'succeeded', undefined],
    ['a node that was added', [...nodes, node('d', 'pd', 'rd')], 'unproven', ['d:1']],
    ['a node that came back empty', [a, node('b', 'px', 'rx'), c], 'unproven', ['b:1']],
    ['another cluster', [node('a', 'x', 'rx'), node('b', 'y', 'ry')], 'unproven', ['a:1', 'b:1']],
    ['no node that answers', [], 'unproven', undefined],
  ] as const) {
    it(`of a cluster, ${what} is ${kind}`, () => {
      const change = serverChange({ ...planned, nodes }, { ...planned, runId: 'z', nodes: now });
      assert.equal(change.kind, kind);
      assert.deepEqual(change.kind === 'unproven' ? change.nodes : undefined, inQuestion);
    });
  }
});
