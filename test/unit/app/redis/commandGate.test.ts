import assert from 'node:assert/strict';
import type { CommandOutcome, RedisSession } from '../../../../src/app/ports/redis.ts';
import type { ConnectionDefinition } from '../../../../src/domain/connections/definition.ts';
import { Failure, isFailure, type FailureCode } from '../../../../src/domain/failure.ts';
import { bundledCommandTable } from '../../../../src/domain/redis/bundledCommands.ts';
import { RedisErrorReply, type RedisCommand } from '../../../../src/domain/redis/command.ts';
import { definitionOf, gateOver } from '../../../support/redisParts.ts';

const lost = new Failure('CONNECTION_FAILED', 'The connection was lost.', { retryable: true });

/** A session that answers from a script; every batch that reached it is kept. */
function scripted(answers: ((commands: readonly RedisCommand[]) => readonly CommandOutcome[])[]) {
  const sent: (readonly RedisCommand[])[] = [];
  const session = {
    server: { version: '7', mode: 'standalone', role: 'master', runId: null, user: 'app', db: 0, pingMs: 1 },
    commandTable: bundledCommandTable(),
    send(commands: readonly RedisCommand[]) {
      sent.push(commands);
      return Promise.resolve((answers.shift() ?? (() => []))(commands));
    },
  } as unknown as RedisSession;
  return { session, sent };
}

const ok: CommandOutcome = { kind: 'reply', reply: Buffer.from('OK') };
const wrongType: CommandOutcome = { kind: 'reply', reply: new RedisErrorReply('WRONGTYPE x') };
const unknown: CommandOutcome = { kind: 'unknown', cause: lost };

async function codeOf(promise: Promise<unknown>): Promise<FailureCode | 'none'> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    assert.ok(error instanceof Failure);
    return error.code;
  }
}

function retrying(over: Partial<ConnectionDefinition['retry']> = {}): ConnectionDefinition {
  return definitionOf({
    retry: { maxAttempts: 2, backoffMs: 1, strategy: 'exponential', abortOnErrorRate: 1, ...over },
  });
}

const set = { action: 'keys.write', keyOrPattern: 'k', commands: [['SET', 'k', 'v']] as const };
const get = { action: 'keys.read', keyOrPattern: 'k', commands: [['GET', 'k']] as const };

describe('gate', () => {
  it('gives replies and leaves one record', async () => {
    const { session } = scripted([() => [ok]]);
    const { gate, events } = gateOver(session);
    const replies = await gate.run('uid-test', { ...set, correlationId: 'c', redactedDiff: '2 bytes' });
    assert.equal(replies.length, 1);
    assert.equal(events.length, 1);
    const [event] = events;
    assert.equal(event?.status, 'success');
    assert.equal(event?.action, 'keys.write');
    assert.equal(event?.correlationId, 'c');
    assert.equal(event?.attempt, 1);
    assert.equal(event?.environment, 'dev');
  });

  it('sends nothing of a batch that holds one write to a read-only connection, and records it', async () => {
    const { session, sent } = scripted([]);
    const box = gateOver(session);
    box.active = { ...box.active, readOnlyNow: true };
    const commands = [
      ['GET', 'k'],
      ['SET', 'k', 'v'],
    ] as const;
    assert.equal(await codeOf(box.gate.run('uid-test', { ...set, commands })), 'BLOCKED');
    assert.equal(sent.length, 0);
    assert.equal(box.events[0]?.status, 'blocked');
    assert.equal(box.gate.drainOperationStats('uid-test').operations, 0);
  });

  it('says that the outcome of a write is unknown, and never repeats it', async () => {
    const { session, sent } = scripted([() => [unknown], () => [ok]]);
    const { gate, events } = gateOver(session, retrying());
    assert.equal(await codeOf(gate.run('uid-test', set)), 'OUTCOME_UNKNOWN');
    assert.equal(sent.length, 1);
    assert.equal(events[0]?.errorCode, 'OUTCOME_UNKNOWN');
    assert.equal(events[0]?.retryable, false);
  });

  it('tries a read again as the connection says, in one record', async () => {
    const { session, sent } = scripted([() => [unknown], () => [unknown], () => [ok]]);
    const { gate, events } = gateOver(session, retrying());
    await gate.run('uid-test', get);
    assert.equal(sent.length, 3);
    assert.equal(events.length, 1);
    assert.equal(events[0]?.attempt, 3);
    const attempts = events[0]?.details?.['attempts'] as { delayMs?: number }[];
    assert.deepEqual(
      attempts.map(({ delayMs }) => delayMs),
      [1, 2, undefined],
    );
  });

  it('gives up after the last try, at once for what cannot get better, and when too much fails', async () => {
    const exhausted = scripted([() => [unknown], () => [unknown], () => [unknown]]);
    assert.equal(await codeOf(gateOver(exhausted.session, retrying()).gate.run('uid-test', get)), 'CONNECTION_FAILED');
    assert.equal(exhausted.sent.length, 3);
    const hopeless = scripted([() => [{ kind: 'reply', reply: new RedisErrorReply('WRONGTYPE x') }]]);
    assert.equal(await codeOf(gateOver(hopeless.session, retrying()).gate.run('uid-test', get)), 'CONFLICT');
    assert.equal(hopeless.sent.length, 1);
    const failing = scripted(Array.from({ length: 60 }, () => () => [unknown]));
    const box = gateOver(failing.session, retrying({ maxAttempts: 1, abortOnErrorRate: 0.5 }));
    for (let i = 0; i < 10; i++) await codeOf(box.gate.run('uid-test', get));
    const before = failing.sent.length;
    await codeOf(box.gate.run('uid-test', get));
    assert.equal(failing.sent.length, before + 1);
  });

  it('puts an unknown write before every other failure of a batch', async () => {
    const { session } = scripted([
      () => [{ kind: 'reply', reply: new RedisErrorReply('WRONGTYPE x') }, unknown, { kind: 'notDone', cause: lost }],
    ]);
    const { gate } = gateOver(session);
    const commands = [
      ['LPUSH', 'k', 'v'],
      ['SET', 'k', 'v'],
      ['SET', 'k', 'v'],
    ] as const;
    await assert.rejects(gate.run('uid-test', { ...set, commands }), (error: unknown) => {
      assert.ok(isFailure(error, 'OUTCOME_UNKNOWN'));
      assert.deepEqual(
        [error.details?.['acknowledged'], error.details?.['unknown'], error.details?.['notDone']],
        [1, 1, 1],
      );
      return true;
    });
  });

  it('hands error replies over when the caller wants them', async () => {
    const { session } = scripted([() => [{ kind: 'reply', reply: new RedisErrorReply('ERR x') }]]);
    const { gate } = gateOver(session);
    const [reply] = await gate.run('uid-test', { ...get, tolerateErrorReplies: true });
    assert.ok(reply instanceof RedisErrorReply);
  });

  it('counts recorded operations for the sampler, and nothing of our own polling', async () => {
    const { session } = scripted([() => [ok], () => [unknown], () => [ok]]);
    const { gate, events } = gateOver(session);
    await gate.run('uid-test', get);
    await codeOf(gate.run('uid-test', get));
    await gate.run('uid-test', { ...get, record: false });
    const stats = gate.drainOperationStats('uid-test');
    assert.deepEqual([stats.operations, stats.errors, stats.latency.count], [2, 1, 1]);
    assert.equal(gate.drainOperationStats('uid-test').operations, 0);
    assert.equal(events.length, 2);
  });

  it('makes one record of an act in trips, with every retry of each', async () => {
    const { session } = scripted([
      () => [ok],
      () => [unknown],
      () => [ok],
      () => [ok],
      () => [unknown],
      () => [wrongType],
    ]);
    const { gate, events } = gateOver(session, retrying({ maxAttempts: 1 }));
    const about = { action: 'keys.read', keyOrPattern: 'k' };
    const commands = get.commands;
    const answer = await gate.inTrips('uid-test', about, async (act) => {
      await act.run({ commands });
      await act.run({ commands });
      return 'what the work says';
    });
    assert.equal(answer, 'what the work says');
    assert.deepEqual(
      events.map(({ status, attempt }) => [status, attempt]),
      [['success', 2]],
    );
    const failing = gate.inTrips('uid-test', about, async (act) => {
      await act.run({ commands });
      await act.run({ commands });
    });
    assert.equal(await codeOf(failing), 'CONFLICT');
    assert.deepEqual(
      events.map(({ status, attempt, errorCode }) => [status, attempt, errorCode]),
      [
        ['success', 2, undefined],
        ['error', 2, 'CONFLICT'],
      ],
    );
    const stats = gate.drainOperationStats('uid-test');
    assert.deepEqual([stats.operations, stats.errors], [2, 1]);
  });

  it('makes no record of an act that asked nothing, and none of what the work makes of replies', async () => {
    const { session } = scripted([() => [ok]]);
    const { gate, events } = gateOver(session);
    const about = { action: 'keys.read', keyOrPattern: 'k' };
    await assert.rejects(gate.inTrips('uid-test', about, () => Promise.reject(new Error('before'))));
    assert.equal(events.length, 0);
    const work = gate.inTrips('uid-test', about, async (act) => {
      await act.run({ commands: get.commands });
      throw new Error('after');
    });
    await assert.rejects(work, /after/);
    assert.deepEqual(
      events.map(({ status }) => status),
      ['success'],
    );
  });
});
