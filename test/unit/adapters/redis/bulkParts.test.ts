import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Pace } from '../../../../src/adapters/redis/pace.ts';
import { decodeCursor, encodeCursor } from '../../../../src/adapters/redis/scanCursor.ts';
import { redirectOf, slotRangesOf } from '../../../../src/adapters/redis/slotMap.ts';
import { unwrapped } from '../../../../src/adapters/redis/transaction.ts';
import { parseHostPort } from '../../../../src/adapters/redis/endpoint.ts';
import { Failure, isFailure } from '../../../../src/domain/failure.ts';
import { RedisErrorReply, type RedisCommand } from '../../../../src/domain/redis/command.ts';

describe('pace of a scan', () => {
  const bounds = { first: 1_000, least: 100, most: 10_000 };

  it('grows while the server is quick, up to the most', () => {
    const pace = new Pace(bounds, 0.1);
    for (let i = 0; i < 10; i++) pace.learn(pace.current, 1, 1);
    assert.equal(pace.current, 10_000);
  });

  it('shrinks when a step keeps the server busy, down to the least', () => {
    const pace = new Pace(bounds, 0.1);
    for (let i = 0; i < 10; i++) pace.learn(pace.current, 100, 100);
    assert.equal(pace.current, 100);
  });

  it('does not take the network for the server', () => {
    const far = new Pace(bounds, 100);
    for (let i = 0; i < 10; i++) far.learn(far.current, 103, 103);
    assert.equal(far.current, 10_000);
    const thin = new Pace(bounds, 1);
    for (let i = 0; i < 10; i++) thin.learn(thin.current, 400, 2);
    assert.equal(thin.current, 10_000);
  });
});

describe('cursor of a scan', () => {
  it('survives its text, for any node and run id', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.option(fc.string({ maxLength: 40 })),
        fc.nat(15),
        fc.nat(),
        (node, runId, db, at) => {
          const position = { node, runId, db, cursor: String(at) };
          assert.deepEqual(decodeCursor(encodeCursor(position), db), position);
        },
      ),
    );
  });

  it('is refused when it is foreign, of another database, or made up', () => {
    const good = encodeCursor({ node: 'own', runId: 'r', db: 1, cursor: '7' });
    assert.throws(
      () => decodeCursor(good, 2),
      (error: unknown) => isFailure(error, 'VALIDATION_ERROR'),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.throws(
          () => decodeCursor(text, 0),
          (error: unknown) => isFailure(error) && error.details?.path === 'cursor',
        );
      }),
    );
  });
});

describe('answers of a cluster', () => {
  it('are read when they make sense', () => {
    const bytes = (text: string): Uint8Array => Buffer.from(text);
    const asked = { host: 'seed', port: 1 };
    const row = [0, 5, [bytes('10.0.0.1'), 7000, bytes('id')], [bytes('10.0.0.2'), 7001]];
    assert.deepEqual(slotRangesOf([row], asked), [{ from: 0, to: 5, master: { host: '10.0.0.1', port: 7000 } }]);
    assert.equal(slotRangesOf([[0, 5, [null, 7000]]], asked)?.[0]?.master.host, 'seed');
    for (const bad of [
      null,
      5,
      [5],
      [[0, 16_384, [bytes('h'), 1]]],
      [[5, 0, [bytes('h'), 1]]],
      [[0, 1, [bytes('h'), 0]]],
    ]) {
      assert.equal(slotRangesOf(bad, asked), null);
    }
  });

  it('redirect to a place, or nowhere', () => {
    assert.deepEqual(redirectOf('MOVED 3999 127.0.0.1:6381'), {
      kind: 'MOVED',
      slot: 3999,
      host: '127.0.0.1',
      port: 6381,
    });
    assert.deepEqual(redirectOf('ASK 1 ::1:6381'), { kind: 'ASK', slot: 1, host: '::1', port: 6381 });
    assert.equal(redirectOf('MOVED 3999 :6381')?.host, '');
    for (const bad of ['MOVED __proto__ h:1', 'MOVED 99999 h:1', 'MOVED 1 h:99999', 'MOVED 1 h', 'ERR x']) {
      assert.equal(redirectOf(bad), null, bad);
    }
  });

  it('name hosts and ports', () => {
    assert.deepEqual(parseHostPort('h:7', 1), { host: 'h', port: 7 });
    assert.deepEqual(parseHostPort('h', 1), { host: 'h', port: 1 });
    assert.deepEqual(parseHostPort('[::1]:7', 1), { host: '::1', port: 7 });
    for (const bad of ['h:0', 'h:70000', 'a b', 'h/x', 'u@h']) assert.equal(parseHostPort(bad, 1), null, bad);
  });
});

describe('outcomes of a transaction', () => {
  const body: RedisCommand[] = [
    ['SET', 'a', '1'],
    ['INCR', 'a'],
  ];
  const reply = (value: RedisErrorReply | Uint8Array | null | readonly number[]) =>
    ({ kind: 'reply', reply: value }) as const;
  const queued = reply(Buffer.from('QUEUED'));
  const ok = reply(Buffer.from('OK'));

  it('are the replies of EXEC', () => {
    assert.deepEqual(
      unwrapped(body, [ok, queued, queued, reply([1, 2])]).map((outcome) => outcome.kind === 'reply' && outcome.reply),
      [1, 2],
    );
  });

  it('are not done when a watched key changed, and unknown when EXEC was not answered', () => {
    const conflict = unwrapped(body, [ok, queued, queued, reply(null)]);
    assert.ok(conflict.every((outcome) => outcome.kind === 'notDone' && outcome.cause.code === 'CONFLICT'));
    const cause = new Failure('TIMEOUT', 'x');
    const lost = unwrapped(body, [ok, queued, queued, { kind: 'unknown', cause }]);
    assert.ok(lost.every((outcome) => outcome.kind === 'unknown'));
  });

  it('name the command that was refused; the rest is not done', () => {
    const refused = reply(new RedisErrorReply('OOM no'));
    const aborted = unwrapped(body, [ok, queued, refused, reply(new RedisErrorReply('EXECABORT x'))]);
    assert.deepEqual(
      aborted.map(({ kind }) => kind),
      ['notDone', 'reply'],
    );
    const bare = unwrapped(body, [ok, queued, queued, reply(new RedisErrorReply('EXECABORT x'))]);
    assert.ok(bare.every((outcome) => outcome.kind === 'reply' && outcome.reply instanceof RedisErrorReply));
  });
});
