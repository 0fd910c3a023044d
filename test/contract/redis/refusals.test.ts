import assert from 'node:assert/strict';
import type { RedisSession } from '../../../src/app/ports/redis.ts';
import { Failure, isFailure, type FailureCode } from '../../../src/domain/failure.ts';
import { RedisErrorReply, type RedisCommand } from '../../../src/domain/redis/command.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { closeSessions, definitionOf, gateOver, openSession, type GateBox } from '../../support/redisParts.ts';
import { waitFor } from '../../support/waiting.ts';

function command(line: string): RedisCommand {
  const [name = '', ...args] = line.split(' ');
  return [name, ...args];
}

describe('a server that refuses', () => {
  let box: RedisBox;
  let session: RedisSession;
  let gate: GateBox['gate'];
  let events: GateBox['events'];

  beforeEach(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'local', '--min-replicas-max-lag', '10'] });
    await box.cli('ACL', 'SETUSER', 'app', 'on', '>hunter2', '~*', '&*', '+@all');
    session = await openSession({ port: box.port, username: 'app' }, { secret: { password: 'hunter2' } });
    ({ gate, events } = gateOver(session, definitionOf({ name: 'Shop dev' })));
  });

  afterEach(async () => {
    await closeSessions();
    await box.stop();
  });

  async function refusal(...lines: string[]): Promise<Failure> {
    try {
      await gate.run('uid-test', { action: 'keys.write', keyOrPattern: 'k', commands: lines.map(command) });
    } catch (error) {
      assert.ok(error instanceof Failure);
      return error;
    }
    throw new Error(`${lines.join()} was not refused`);
  }

  async function is(code: FailureCode, words: RegExp, ...lines: string[]): Promise<void> {
    const failure = await refusal(...lines);
    assert.equal(failure.code, code, failure.message);
    assert.match(failure.message, words);
    assert.ok(failure.nextAction);
    assert.doesNotMatch(JSON.stringify(failure), /hunter2/);
  }

  it('names the right that was revoked meanwhile, and writes nothing more', async () => {
    await gate.run('uid-test', { action: 'keys.write', keyOrPattern: 'k', commands: [command('SET k v')] });
    await box.cli('ACL', 'SETUSER', 'app', '-@write');
    await is('UNAUTHORIZED', /Shop dev refused SET: the user `app` may not run SET/, 'SET k v');
    assert.equal(events.at(-1)?.errorCode, 'UNAUTHORIZED');
    assert.equal(events.at(-1)?.details?.['prefix'], 'NOPERM');
    assert.equal(
      (await gate.run('uid-test', { action: 'keys.read', keyOrPattern: 'k', commands: [command('GET k')] })).length,
      1,
    );
  });

  it('stops reconnecting when the user is gone, and says so', async () => {
    await box.cli('ACL', 'DELUSER', 'app');
    await waitFor('the session to give up', 5_000, () => session.state().kind === 'closed');
    const state = session.state();
    assert.ok(state.kind === 'closed' && isFailure(state.cause, 'UNAUTHORIZED'));
    await assert.rejects(
      gate.run('uid-test', { action: 'keys.read', keyOrPattern: 'k', commands: [command('GET k')] }),
      (error: unknown) => isFailure(error, 'UNAUTHORIZED'),
    );
  });

  it('explains memory, replicas, disk, types and scripts', async () => {
    await box.cli('SET', 'text', 'v');
    await is('CONFLICT', /another type/, 'LPUSH text x');
    await box.cli('CONFIG', 'SET', 'min-replicas-to-write', '3');
    await is('BLOCKED', /fewer replicas/, 'SET k v');
    await box.cli('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await box.cli('CONFIG', 'SET', 'maxmemory', '1');
    await is('BLOCKED', /memory is full/, 'SET k v');
    await box.cli('CONFIG', 'SET', 'maxmemory', '0');
    await box.cli('REPLICAOF', '127.0.0.1', '1');
    await is('BLOCKED', /read-only replica/, 'SET k v');
    await box.cli('REPLICAOF', 'NO', 'ONE');
    await is('NOT_SUPPORTED', /does not know NO.SUCH/, 'NO.SUCH hunter2');
    await is('VALIDATION_ERROR', /SETEX/, 'SETEX k 0 v');
  });

  it('applies nothing of a transaction of which one command has no memory', async () => {
    await box.cli('SET', 'n', '1');
    const digest = await box.cli('DEBUG', 'DIGEST');
    await box.cli('CONFIG', 'SET', 'maxmemory', '1');
    const outcomes = await session.send([command('DEL n'), command('SET big v')], {
      deadlineMs: 1_000,
      maxReplyBytes: 1 << 20,
      transaction: true,
    });
    const refused = (outcome: (typeof outcomes)[number]): boolean =>
      outcome.kind === 'notDone' || (outcome.kind === 'reply' && outcome.reply instanceof RedisErrorReply);
    assert.ok(outcomes.every(refused));
    await box.cli('CONFIG', 'SET', 'maxmemory', '0');
    assert.equal(await box.cli('DEBUG', 'DIGEST'), digest);
  });

  it('says that a script keeps it busy', async () => {
    await box.cli('CONFIG', 'SET', 'busy-reply-threshold', '50');
    const looping = box.cli('EVAL', 'while true do end', '0').catch(() => undefined);
    await waitFor('the server to be busy', 5_000, async () => {
      const failure = await refusal('GET k').catch(() => undefined);
      return failure !== undefined && /script that does not end/.test(failure.message);
    });
    await box.cli('SCRIPT', 'KILL');
    await looping;
  });

  it('stays within the budget against a value of 512 MB', async () => {
    await box.cli('SETRANGE', 'huge', String((1 << 29) - 1), 'x');
    const before = process.memoryUsage().rss;
    await is('BLOCKED', /larger than the 8,388,608 bytes/, 'GET huge');
    assert.ok(process.memoryUsage().rss - before < 150 << 20);
    await waitFor('the session to be ready', 3_000, () => session.state().kind === 'ready');
    const part = {
      action: 'keys.read',
      keyOrPattern: 'huge',
      commands: [command('GETRANGE huge 0 9'), command('STRLEN huge')],
    };
    const [bytes, length] = await gate.run('uid-test', part);
    assert.ok(bytes instanceof Uint8Array && bytes.length === 10);
    assert.equal(length, 1 << 29);
  });
});
