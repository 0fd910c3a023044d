import assert from 'node:assert/strict';
import type { CommandOutcome, Credentials, RedisSession } from '../../../src/app/ports/redis.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { KeyList } from '../../../src/domain/keys/keyList.ts';
import { RedisErrorReply, type RedisCommand } from '../../../src/domain/redis/command.ts';
import { slotOf } from '../../../src/domain/redis/slot.ts';
import { bulk, politely, startHostileServer, type Answer } from '../../support/hostileServer.ts';
import { startCluster, type RedisCluster } from '../../support/redisCluster.ts';
import { closeSessions, openSession } from '../../support/redisParts.ts';

const secret: Credentials = { secret: { password: 'hunter2' } };
const options = { deadlineMs: 3_000, maxReplyBytes: 8 << 20 };

function text(outcome: CommandOutcome | undefined): unknown {
  if (outcome?.kind !== 'reply') return outcome?.kind;
  return outcome.reply instanceof Uint8Array ? Buffer.from(outcome.reply).toString() : outcome.reply;
}

describe('cluster', function () {
  this.timeout(40_000);
  let cluster: RedisCluster;
  let session: RedisSession;

  before(async () => {
    cluster = await startCluster({ password: 'hunter2' });
    session = await openSession({ cluster: { nodes: cluster.nodes } }, secret);
  });

  after(async () => {
    await closeSessions();
    await cluster?.stop();
  });

  it('sends every command to the node of its key', async () => {
    assert.equal(session.server.mode, 'cluster');
    const keys = Array.from({ length: 300 }, (_, i) => `k:${i}`);
    const sent = await session.send(
      keys.flatMap((key): RedisCommand[] => [
        ['SET', key, key],
        ['GET', key],
      ]),
      options,
    );
    keys.forEach((key, i) => assert.equal(text(sent[2 * i + 1]), key));
    const sizes = await Promise.all(cluster.boxes.map((box) => box.cli('DBSIZE')));
    assert.ok(sizes.every((size) => Number(size) > 50));
    assert.equal(text((await session.send([['DBSIZE']], options))[0]), 300);
  });

  it('scans and describes across all masters, each key where it lives', async () => {
    const seen: Uint8Array[] = [];
    let cursor: string | undefined;
    do {
      // Page by page, as a tree does it: a cursor leads from node to node.
      const pages = session.scan({ count: 100, ...(cursor === undefined ? {} : { cursor }) })[Symbol.asyncIterator]();
      const page = await pages.next();
      await pages.return?.();
      assert.ok(page.done !== true);
      seen.push(...page.value.keys);
      cursor = page.value.cursor;
    } while (cursor !== undefined);
    assert.equal(new Set(seen.map((key) => Buffer.from(key).toString())).size, 300);
    const columns = await session.describe(KeyList.of(seen), { type: true, ttl: true, memory: true });
    assert.ok(columns.types.every((type) => type === 'string'));
    assert.ok([...columns.memoryBytes].every((bytes) => bytes > 0));
  });

  it('runs transactions and compare-and-set on the node of their keys', async () => {
    const body: RedisCommand[] = [
      ['SET', '{t}a', '1'],
      ['INCR', '{t}a'],
    ];
    const sent = await session.send(body, { ...options, transaction: true });
    assert.deepEqual(sent.map(text), ['OK', 2]);
    const apart = await session.send(
      [
        ['SET', 'a', '1'],
        ['SET', 'b', '1'],
      ],
      { ...options, transaction: true },
    );
    assert.ok(apart.some((outcome) => outcome.kind === 'reply' && outcome.reply instanceof RedisErrorReply));
    const swapped = await session.compareAndSet({
      watch: [Buffer.from('{t}a')],
      read: [['GET', '{t}a']],
      decide: () => [['SET', '{t}a', 'swapped']],
      options,
    });
    assert.deepEqual(swapped.map(text), ['OK']);
  });

  it('follows a slot that moves, and one that has moved', async () => {
    const key = 'moving';
    const slot = String(slotOf(Buffer.from(key)));
    const at = cluster.boxes.findIndex((_, i) => Number(slot) <= [5460, 10922, 16383][i]!);
    const from = cluster.boxes[at];
    const to = cluster.boxes[(at + 1) % 3];
    assert.ok(from && to);
    const [fromId, toId] = await Promise.all([from.cli('CLUSTER', 'MYID'), to.cli('CLUSTER', 'MYID')]);
    await to.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const asked = await session.send(
      [
        ['SET', key, 'asked'],
        ['GET', key],
      ],
      options,
    );
    assert.deepEqual(asked.map(text), ['OK', 'asked']);
    for (const box of [to, from]) await box.cli('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    const moved = await session.send(
      [
        ['SET', key, 'moved'],
        ['GET', key],
      ],
      options,
    );
    assert.deepEqual(moved.map(text), ['OK', 'moved']);
    assert.equal(await to.cli('GET', key), 'moved');
    for (const box of [from, to]) await box.cli('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  });

  it('says what happened when a node dies, and serves the others', async () => {
    const [, , last] = cluster.boxes;
    assert.ok(last);
    const keys = Array.from({ length: 60 }, (_, i) => `d:${i}`);
    const lost = keys.filter((key) => slotOf(Buffer.from(key)) > 10_922);
    const kept = keys.filter((key) => slotOf(Buffer.from(key)) <= 5_460 || slotOf(Buffer.from(key)) < 10_000);
    last.pause();
    const sent = await session.send(
      [...lost, ...kept].map((key): RedisCommand => ['SET', key, '1']),
      { ...options, deadlineMs: 600 },
    );
    assert.ok(sent.slice(0, lost.length).every((outcome) => outcome.kind === 'unknown'));
    assert.ok(sent.slice(lost.length).every((outcome) => outcome.kind === 'reply'));
    last.resume();
  });
});

describe('cluster that leads astray', () => {
  afterEach(closeSessions);

  async function trap(allowed: (attackerPort: number) => readonly string[] | undefined) {
    const attacker = await startHostileServer(politely(() => '-ERR no\r\n'));
    const seed: { port: number } = { port: 0 };
    const answer: Answer = (command) => {
      if (command.join(' ').toUpperCase() !== 'CLUSTER SLOTS') return '-ERR unknown command\r\n';
      const own = `*2\r\n${bulk('127.0.0.1')}:${seed.port}\r\n`;
      const evil = `*2\r\n${bulk('127.0.0.1')}:${attacker.port}\r\n`;
      return `*2\r\n*3\r\n:0\r\n:8000\r\n${own}*3\r\n:8001\r\n:16383\r\n${evil}`;
    };
    const hostile = await startHostileServer(politely(answer));
    seed.port = hostile.port;
    const allowedHosts = allowed(attacker.port);
    const cluster = { nodes: [`127.0.0.1:${hostile.port}`], ...(allowedHosts === undefined ? {} : { allowedHosts }) };
    const opening = openSession({ username: 'u', cluster }, secret);
    return { attacker, hostile, opening };
  }

  it('gives not one byte to a listener that the connection does not name', async () => {
    for (const allowed of [undefined, [], ['10.0.0.0/8', '*.example.com']]) {
      const { attacker, hostile, opening } = await trap(() => allowed);
      await assert.rejects(
        opening,
        (error: unknown) =>
          isFailure(error, 'CONNECTION_FAILED') &&
          new RegExp(`127.0.0.1:${attacker.port}.*does not allow`).test(error.message),
      );
      assert.equal(attacker.connections, 0);
      await attacker.close();
      await hostile.close();
    }
  });

  it('follows to hosts that the connection allows', async () => {
    const { attacker, hostile, opening } = await trap((port) => [`127.0.0.1:${port}`]);
    const session = await opening;
    await session.send([['GET', 'foo']], options);
    assert.equal(attacker.connections, 1);
    await attacker.close();
    await hostile.close();
  });

  it('does not follow MOVED astray either', async () => {
    const attacker = await startHostileServer(() => '+OK\r\n');
    const answer: Answer = (command) => {
      if (command[0] === 'GET') return `-MOVED 12182 127.0.0.1:${attacker.port}\r\n`;
      if (command[0] === 'SET') return '-MOVED __proto__ 127.0.0.1:1\r\n';
      if (command.join(' ').toUpperCase() !== 'CLUSTER SLOTS') return '-ERR unknown command\r\n';
      return `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:${hostile.port}\r\n`;
    };
    const hostile = await startHostileServer(politely(answer));
    const session = await openSession({ cluster: { nodes: [`127.0.0.1:${hostile.port}`] } }, secret);
    const [moved, nonsense] = await session.send(
      [
        ['GET', 'foo'],
        ['SET', 'foo', '1'],
      ],
      options,
    );
    assert.ok(moved?.kind === 'notDone' && /does not allow/.test(moved.cause.message));
    assert.ok(nonsense?.kind === 'reply' && nonsense.reply instanceof RedisErrorReply);
    assert.equal(attacker.connections, 0);
    await attacker.close();
    await hostile.close();
  });
});
