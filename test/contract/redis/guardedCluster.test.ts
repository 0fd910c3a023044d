// Clusters as they stand in production: TLS between all, nodes under names that only their own network knows, users that may
// do little.
import assert from 'node:assert/strict';
import type { Credentials, RedisSession } from '../../../src/app/ports/redis.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { KeyList } from '../../../src/domain/keys/keyList.ts';
import { RedisErrorReply, type RedisCommand } from '../../../src/domain/redis/command.ts';
import { bytesOf, makeAuthority, type Authority } from '../../support/certificates.ts';
import { startCluster, type RedisCluster } from '../../support/redisCluster.ts';
import { closeSessions, openSession } from '../../support/redisParts.ts';

const options = { deadlineMs: 5_000, maxReplyBytes: 8 << 20 };
const tls = { enabled: true, rejectUnauthorized: true };
const keys = Array.from({ length: 120 }, (_, i) => `k:${i}`);

/** Uses every kind of connection of a session: control, bulk, and the transaction's own. */
async function worksEverywhere(session: RedisSession, cluster: RedisCluster): Promise<void> {
  const sent = await session.send(
    keys.map((key): RedisCommand => ['SET', key, key]),
    options,
  );
  assert.ok(sent.every((outcome) => outcome.kind === 'reply'));
  const sizes = await Promise.all(cluster.boxes.map((box) => box.cli('DBSIZE')));
  assert.ok(
    sizes.every((size) => Number(size) > 10),
    sizes.join(' '),
  );
  const seen = new Set<string>();
  for await (const page of session.scan({})) for (const key of page.keys) seen.add(Buffer.from(key).toString());
  assert.equal(seen.size, keys.length);
  const { types } = await session.describe(KeyList.of(keys.map((key) => Buffer.from(key))), { type: true });
  assert.ok(types.every((type) => type === 'string'));
  const head = await session.head(Buffer.from('k:7'), ['GET', 'k:7'], options);
  assert.equal(Buffer.from(head.reply as Uint8Array).toString(), 'k:7');
  const watch = [Buffer.from('k:7')];
  const swapped = await session.compareAndSet({ watch, read: [], decide: () => [['SET', 'k:7', 'swapped']], options });
  assert.ok(swapped.every((outcome) => outcome.kind === 'reply'));
}

describe('a cluster that speaks TLS only', function () {
  this.timeout(60_000);
  let authority: Authority;
  let cluster: RedisCluster;
  const secret = (): Credentials => ({ secret: { password: 'hunter2' }, ca: bytesOf(authority.ca) });

  before(async () => {
    authority = makeAuthority();
    const issued = authority.issue('node', { alt: ['IP:127.0.0.1'] });
    const password = 'hunter2';
    cluster = await startCluster({ password, tls: { cert: issued.cert, key: issued.key, ca: authority.ca } });
  });
  afterEach(closeSessions);
  after(async () => {
    await cluster?.stop();
    authority.remove();
  });

  it('is used over TLS on every connection to every node', async () => {
    const session = await openSession({ tls, cluster: { nodes: cluster.nodes } }, secret());
    assert.equal(session.server.mode, 'cluster');
    await worksEverywhere(session, cluster);
  });

  it('finds the other nodes from one, when the connection allows their host', async () => {
    const [first = ''] = cluster.nodes;
    const session = await openSession({ tls, cluster: { nodes: [first], allowedHosts: ['127.0.0.1'] } }, secret());
    await worksEverywhere(session, cluster);
  });

  it('is not spoken to under another name, nor with an authority that did not sign it', async () => {
    const named = cluster.nodes.map((node) => node.replace('127.0.0.1', 'localhost'));
    const other = makeAuthority();
    for (const [nodes, credentials] of [
      [named, secret()],
      [cluster.nodes, { ...secret(), ca: bytesOf(other.ca) }],
    ] as const) {
      const opening = openSession({ tls, cluster: { nodes } }, credentials);
      await assert.rejects(
        opening,
        (error: unknown) => isFailure(error, 'CONNECTION_FAILED') && /certificate/i.test(error.message),
      );
    }
    other.remove();
  });
});

describe('a cluster behind a network address translation', function () {
  this.timeout(60_000);
  const names = ['node-1.shop.internal', 'node-2.shop.internal', 'node-3.shop.internal'];
  const secret: Credentials = { secret: { password: 'hunter2' } };
  let cluster: RedisCluster;

  before(async () => {
    cluster = await startCluster({ password: 'hunter2', names });
  });
  afterEach(closeSessions);
  after(() => cluster?.stop());

  const ports = (): number[] => cluster.boxes.map(({ port }) => port);
  const natMap = (): Record<string, string> =>
    Object.fromEntries(ports().map((port, i) => [`${names[i]}:${port}`, `127.0.0.1:${port}`]));

  it('is reached at the addresses that the connection maps its names to', async () => {
    const [first = ''] = cluster.nodes;
    const session = await openSession({ cluster: { nodes: [first], natMap: natMap() } }, secret);
    await worksEverywhere(session, cluster);
  });

  it('is refused, by name, where the map does not say', async () => {
    const [first = ''] = cluster.nodes;
    const { [`${names[2]}:${ports()[2]}`]: _left, ...partly } = natMap();
    const opening = openSession({ cluster: { nodes: [first], natMap: partly } }, secret);
    await assert.rejects(
      opening,
      (error: unknown) =>
        isFailure(error, 'CONNECTION_FAILED') &&
        /node-3\.shop\.internal:\d+, which this connection does not allow/.test(error.message),
    );
  });
});

describe('a cluster for a user that may do little', function () {
  this.timeout(60_000);
  let cluster: RedisCluster;
  const secret: Credentials = { secret: { password: 'looking' } };

  before(async () => {
    cluster = await startCluster({ password: 'hunter2' });
    for (const box of cluster.boxes) {
      const may = ['+ping', '+cluster|slots', '+command', '+scan', '+get', '+type', '+pttl', '+readonly'];
      await box.cli('ACL', 'SETUSER', 'looker', 'on', '>looking', '~shop:*', 'resetchannels', '-@all', ...may);
      await box.cli('SET', '{a}x', '1').catch(() => '');
    }
  });
  afterEach(closeSessions);
  after(() => cluster?.stop());

  it('connects, reads what it may, and says in words what it may not', async () => {
    const session = await openSession({ username: 'looker', cluster: { nodes: cluster.nodes } }, secret);
    assert.equal(session.server.user, 'looker');
    for (const name of ['info', 'config', 'slowlog', 'memory'] as const) {
      const capability = session.capabilities[name];
      assert.ok(!capability.available, name);
      assert.match(capability.reason, /looker|NOPERM|may not/i);
    }
    const [own, others, write] = await session.send(
      [
        ['GET', 'shop:1'],
        ['GET', 'other'],
        ['SET', 'shop:1', 'x'],
      ],
      options,
    );
    assert.deepEqual(own, { kind: 'reply', reply: null });
    for (const outcome of [others, write]) {
      assert.ok(outcome?.kind === 'reply' && outcome.reply instanceof RedisErrorReply);
      assert.match(outcome.reply.message, /^NOPERM/);
    }
    let scanned = 0;
    for await (const page of session.scan({})) scanned += page.keys.length;
    assert.equal(scanned, 1);
  });

  it('is told which command it lacks when it may not even see the slots', async () => {
    for (const box of cluster.boxes) await box.cli('ACL', 'SETUSER', 'blind', 'on', '>looking', '-@all', '+ping');
    const opening = openSession({ username: 'blind', cluster: { nodes: cluster.nodes } }, secret);
    await assert.rejects(
      opening,
      (error: unknown) => isFailure(error) && /CLUSTER SLOTS/i.test(`${error.message} ${error.nextAction ?? ''}`),
    );
  });
});
