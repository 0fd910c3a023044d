import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RedisSession } from '../../../src/app/ports/redis.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { globMatches } from '../../../src/domain/redis/glob.ts';
import { classify, keysOf, type CommandInfo } from '../../../src/domain/redis/classify.ts';
import { RedisErrorReply, type RedisCommand, type RedisReply } from '../../../src/domain/redis/command.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { closeSessions, definitionOf, gateOver, openSession } from '../../support/redisParts.ts';

const options = { deadlineMs: 5_000, maxReplyBytes: 64 << 20 };

function replyOf(outcome: { kind: string; reply?: RedisReply } | undefined): RedisReply {
  assert.ok(outcome?.kind === 'reply');
  return outcome.reply ?? null;
}

describe('glob against the server', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let session: RedisSession;

  before(async () => {
    box = await startRedis();
    session = await openSession({ port: box.port });
  });

  after(async () => {
    await closeSessions();
    await box.stop();
  });

  // A few bytes, so that patterns and names meet often; all that is special, and bytes that are not UTF-8.
  const alphabet = [...Buffer.from('ab*?[]^-\\!{}/'), 0x00, 0xff, 0x80];
  const piece = fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((bytes) => Uint8Array.from(bytes));
  /** A name, and a pattern made of it, so that many pairs match. */
  const related = fc.array(fc.tuple(fc.constantFrom(...alphabet), fc.nat(6)), { maxLength: 8 }).map((parts) => {
    const forms = (byte: number): number[][] => [
      [byte],
      [0x5c, byte],
      [0x3f],
      [0x2a],
      [0x5b, byte, 0x5d],
      [0x5b, 0x5e, byte, 0x5d],
      [],
    ];
    const pattern = Uint8Array.from(parts.flatMap(([byte, form]) => forms(byte)[form] ?? []));
    return [pattern, Uint8Array.from(parts.map(([byte]) => byte))] as [Uint8Array, Uint8Array];
  });
  // Answers whether names match, asked of HSCAN with one field each: its MATCH is the one of SCAN.
  const script = `local out = {}
    for i = 1, #ARGV, 2 do
      redis.call('DEL', KEYS[1])
      redis.call('HSET', KEYS[1], ARGV[i + 1], '1')
      out[#out + 1] = #redis.call('HSCAN', KEYS[1], '0', 'MATCH', ARGV[i], 'COUNT', '10')[2]
    end
    return out`;

  it('agrees on 20,000 pairs', async () => {
    const pairs = fc.sample(fc.oneof(fc.tuple(piece, piece), related), { numRuns: 20_000, seed: 20_261_122 });
    let matched = 0;
    for (let at = 0; at < pairs.length; at += 500) {
      const batch = pairs.slice(at, at + 500);
      const [outcome] = await session.send([['EVAL', script, '1', 'h', ...batch.flat()]], options);
      const answers = replyOf(outcome) as RedisReply[];
      batch.forEach(([pattern, name], i) => {
        const server = answers[i] === 2;
        if (server) matched += 1;
        const what = `pattern ${Buffer.from(pattern).toString('hex')} name ${Buffer.from(name).toString('hex')}`;
        assert.equal(globMatches(pattern, name), server, what);
      });
    }
    assert.ok(matched > 2_000, `${matched} matched`);
  });
});

describe('read-only connections', function () {
  this.timeout(60_000);
  let box: RedisBox;
  let session: RedisSession;

  before(async () => {
    box = await startRedis({ args: ['--enable-debug-command', 'local'] });
    session = await openSession({ port: box.port });
    for (const line of [
      'SET s text',
      'SET n 41',
      'SETBIT bits 7 1',
      'RPUSH l a b c',
      'SADD set a b c',
      'ZADD z 1 a 2 b',
      'HSET h f v g w',
      'XADD x 1-1 f v',
      'XGROUP CREATE x grp 0',
      'PFADD hll a b c',
      'GEOADD geo 13.3 38.1 p 15.0 37.5 q',
      'SET expiring v EX 1000',
      // The first count of a HyperLogLog is kept within its value; Redis calls that a read, and nobody sees it.
      'PFCOUNT hll',
    ]) {
      await box.cli(...line.split(' '));
    }
  });

  after(async () => {
    await closeSessions();
    await box.stop();
  });

  const keys = ['s', 'n', 'bits', 'l', 'set', 'z', 'h', 'x', 'hll', 'geo', 'expiring', 'gone'];
  const words = [
    '0',
    '1',
    '-1',
    '10',
    'f',
    'a',
    'WITHSCORES',
    'COUNT',
    'STREAMS',
    'REPLACE',
    'BYSCORE',
    'LIMIT',
    '*',
    '+',
    '-',
    'm',
    'km',
  ];
  const argument = fc.oneof(fc.constantFrom(...keys), fc.constantFrom(...words), fc.uint8Array({ maxLength: 4 }));

  function commandFrom(info: CommandInfo, args: readonly (string | Uint8Array)[]): RedisCommand {
    const [name = '', ...sub] = info.name.split('|');
    return [name, ...sub, ...args];
  }

  it('never let a random command change the data (P15), and every refused one stays here', async () => {
    const { gate, events, ...rest } = gateOver(session, definitionOf({ readOnly: true }));
    assert.ok(rest.active.readOnlyNow);
    // Each server lists its commands in another order: the seed stands for one sequence only when they are sorted.
    const leaves = [...session.commandTable.values()]
      .filter((info) => !info.hasSubcommands)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const digest = await box.cli('DEBUG', 'DIGEST');
    const until = performance.now() + 15_000;
    let allowed = 0;
    let refused = 0;
    const answered = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...leaves), fc.array(argument, { maxLength: 5 }), async (info, args) => {
        if (performance.now() > until) return;
        const command = commandFrom(info, args);
        const mayRead = !classify(command, session.commandTable).write;
        try {
          const [reply] = await gate.run('uid-test', {
            action: 'keys.command',
            keyOrPattern: '',
            commands: [command],
            tolerateErrorReplies: true,
          });
          assert.ok(mayRead, `${info.name} was sent`);
          allowed += 1;
          if (!(reply instanceof RedisErrorReply)) answered.add(info.name);
        } catch (error) {
          if (!isFailure(error, 'BLOCKED')) throw error;
          refused += 1;
        }
      }),
      { numRuns: 6_000, seed: 20_261_122 },
    );
    assert.equal(await box.cli('DEBUG', 'DIGEST'), digest);
    assert.ok(allowed > 1_000 && refused > 1_000 && answered.size > 50, `${allowed} ${refused} ${answered.size}`);
    assert.equal(session.state().kind, 'ready');
    assert.ok(events.length >= allowed);
  });

  it('sends no write that the server knows, with arguments that would work', async () => {
    const { gate } = gateOver(session, definitionOf({ readOnly: true }));
    const before = await box.cli('INFO', 'commandstats');
    for (const line of [
      'SET s x',
      'DEL s',
      'EVAL return(redis.call("SET","s","x")) 0',
      'SORT l STORE out ALPHA',
      'GETDEL s',
      'CONFIG SET maxmemory 1',
      'FLUSHALL',
      'SPOP set',
      'XREADGROUP GROUP grp c STREAMS x >',
      'BITFIELD bits SET u8 0 1',
      'GETEX s EX 1',
      'SCRIPT FLUSH',
      'DEBUG DIGEST',
      'NO.SUCH.COMMAND',
    ]) {
      const [name = '', ...args] = line.split(' ');
      const operation = { action: 'keys.command', keyOrPattern: '', commands: [[name, ...args] as RedisCommand] };
      await assert.rejects(gate.run('uid-test', operation), (error: unknown) => isFailure(error, 'BLOCKED'), line);
    }
    const writes = (stats: string) =>
      stats.split('\n').filter((line) => /^cmdstat_(set|del|eval|sort|getdel|spop)/.test(line));
    assert.deepEqual(writes(await box.cli('INFO', 'commandstats')), writes(before));
  });

  it('classify from the live server, with a short list of our own', () => {
    const leaves = [...session.commandTable.values()].filter((info) => !info.hasSubcommands);
    const reads = leaves.filter((info) => !classify(commandFrom(info, []), session.commandTable).write);
    assert.ok(leaves.length > 300 && reads.length > 80 && reads.length < 160, `${reads.length} of ${leaves.length}`);
    assert.deepEqual(keysOf(['MEMORY', 'USAGE', 's'], session.commandTable), ['s']);
  });
});
