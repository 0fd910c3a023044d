import assert from 'node:assert/strict';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { startHostileServer, bulk } from '../../support/hostileServer.ts';
import { startSentinels, type SentinelTrio } from '../../support/redisCluster.ts';
import { closeSessions, definitionOf, openSession } from '../../support/redisParts.ts';
import { waitFor } from '../../support/waiting.ts';

const secret = { secret: { password: 'hunter2' } };
const options = { deadlineMs: 2_000, maxReplyBytes: 1 << 20 };

describe('sentinel', function () {
  this.timeout(60_000);
  let trio: SentinelTrio;

  before(async () => {
    trio = await startSentinels('hunter2');
  });

  afterEach(closeSessions);
  after(() => trio?.stop());

  it('finds the master although a Sentinel is down, and follows a failover with a new scan', async () => {
    const nodes = ['127.0.0.1:1', ...trio.nodes];
    const session = await openSession({ sentinel: { name: 'shop', nodes } }, secret);
    assert.deepEqual([session.server.role, session.server.mode], ['master', 'sentinel']);
    await trio.master.cli('EVAL', 'for i = 1, 5000 do redis.call("SET", "k:" .. i, "v") end', '0');
    await waitFor('the replica to have all', 5_000, async () => (await trio.replica.cli('DBSIZE')) === '5000');
    const pages = session.scan({ count: 500 })[Symbol.asyncIterator]();
    const first = await pages.next();
    await pages.return?.();
    const cursor = first.done === true ? undefined : first.value.cursor;
    assert.ok(cursor);
    const { runId } = session.server;
    await trio.master.kill();
    await waitFor('the new master', 30_000, () => session.state().kind === 'ready' && session.server.runId !== runId);
    assert.equal(session.server.role, 'master');
    const seen = new Set<string>();
    for await (const page of session.scan({ cursor }))
      for (const key of page.keys) seen.add(Buffer.from(key).toString());
    assert.equal(seen.size, 5_000);
    assert.equal((await session.send([['SET', 'k', 'v']], options))[0]?.kind, 'reply');
  });

  it('names a master that nobody knows', async () => {
    const definition = definitionOf({ sentinel: { name: 'other', nodes: trio.nodes } });
    await assert.rejects(new SocketGateway().open(definition, secret), /does not know a master named other/);
  });

  it('gives a Sentinel no password of Redis, and follows it to allowed hosts only', async () => {
    const attacker = await startHostileServer(() => '+OK\r\n');
    const liar = await startHostileServer(() => `*2\r\n${bulk('127.0.0.2')}${bulk(String(attacker.port))}`);
    const definition = definitionOf({ sentinel: { name: 'shop', nodes: [`127.0.0.1:${liar.port}`] } });
    await assert.rejects(
      new SocketGateway().open(definition, secret),
      (error: unknown) => isFailure(error, 'CONNECTION_FAILED') && /127.0.0.2.*does not allow/.test(error.message),
    );
    assert.equal(attacker.connections, 0);
    assert.doesNotMatch(Buffer.concat(liar.received).toString('latin1'), /hunter2/);
    await attacker.close();
    await liar.close();
  });
});
