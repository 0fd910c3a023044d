// The ACL users that match a pack, run on a real server: what they may and may not.
import assert from 'node:assert/strict';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import type { RedisSession } from '../../../src/app/ports/redis.ts';
import { aclText, commandsOf } from '../../../src/domain/governance/aclUser.ts';
import type { PackContent } from '../../../src/domain/governance/pack.ts';
import { RedisErrorReply, type RedisCommand } from '../../../src/domain/redis/command.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { closeSessions, definitionOf, openSession } from '../../support/redisParts.ts';

const pack: PackContent = {
  name: 'Prod change window',
  environments: ['prod'],
  maxWorkflowItems: 100,
  maxRetryAttempts: 0,
  schedulingEnabled: true,
  executionWindows: [{ id: 'w1', weekdays: ['fri'], startTime: '22:00', endTime: '06:00', timezone: 'UTC' }],
  enabled: true,
};

describe('ACL users that match a pack', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let admin: RedisSession;

  before(async () => {
    box = await startRedis();
    admin = await openSession({ port: box.port });
    const text = aclText(
      pack,
      { name: 'Shop', version: admin.server.version, allowed: true, table: admin.commandTable },
      Date.parse('2026-11-22T10:00:00Z'),
    );
    assert.match(text, /Fri 22:00: ACL SETUSER cachify-writer on/);
    assert.match(text, /Fri 06:00 of the next day: ACL SETUSER cachify-writer off/);
    for (const line of text.split('\n').filter((each) => each.startsWith('ACL '))) {
      const answer = await box.cli(...line.replace('CHANGE-THIS-PASSWORD', 'pw').split(' '));
      assert.equal(answer, 'OK');
    }
    await box.cli('set', 'k', 'v');
  });
  after(async () => {
    await closeSessions();
    await box.stop();
  });

  const as = async (username: string): Promise<RedisSession> =>
    new SocketGateway().open(definitionOf({ port: box.port, username }), { secret: { password: 'pw' } });

  async function tries(session: RedisSession, command: RedisCommand): Promise<string> {
    const [outcome] = await session.send([command], { deadlineMs: 5000, maxReplyBytes: 1 << 20 });
    if (outcome?.kind !== 'reply') return outcome?.kind ?? 'none';
    return outcome.reply instanceof RedisErrorReply ? outcome.reply.prefix : 'done';
  }

  it('the reader connects, browses and changes nothing', async () => {
    const session = await as('cachify-reader');
    try {
      for (const command of [
        ['GET', 'k'],
        ['SCAN', '0'],
        ['TYPE', 'k'],
        ['DUMP', 'k'],
        ['INFO'],
        ['SLOWLOG', 'GET'],
      ] as RedisCommand[])
        assert.equal(await tries(session, command), 'done', command.join(' '));
      for (const command of [
        ['SET', 'k', 'x'],
        ['UNLINK', 'k'],
        ['CONFIG', 'SET', 'maxmemory', '0'],
        ['FLUSHALL'],
        ['EVAL', 'return 1', '0'],
      ] as RedisCommand[])
        assert.equal(await tries(session, command), 'NOPERM', command.join(' '));
    } finally {
      await session.close();
    }
  });

  it('the writer changes keys, and administers nothing', async () => {
    const session = await as('cachify-writer');
    try {
      for (const command of [
        ['SET', 'k', 'x'],
        ['PEXPIRE', 'k', '100000'],
        ['RENAME', 'k', 'l'],
        ['UNLINK', 'l'],
      ] as RedisCommand[])
        assert.equal(await tries(session, command), 'done', command.join(' '));
      for (const command of [['FLUSHALL'], ['CONFIG', 'SET', 'maxmemory', '0'], ['SWAPDB', '0', '1']] as RedisCommand[])
        assert.equal(await tries(session, command), 'NOPERM', command.join(' '));
    } finally {
      await session.close();
    }
  });

  it('there is no writer where the pack allows nothing', () => {
    const text = aclText(
      pack,
      { name: 'Shop', version: '7', allowed: false, table: admin.commandTable },
      Date.parse('2026-11-22T10:00:00Z'),
    );
    assert.doesNotMatch(text, /SETUSER cachify-writer/);
    assert.ok(commandsOf(admin.commandTable).reading.length > 80);
  });
});
