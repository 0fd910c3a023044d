import assert from 'node:assert/strict';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import type { RedisSession } from '../../../src/app/ports/redis.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { KeyList } from '../../../src/domain/keys/keyList.ts';
import { politely, startHostileServer, type Answer, type HostileServer } from '../../support/hostileServer.ts';
import { definitionOf, noSecret } from '../../support/redisParts.ts';

const deadlineMs = 600;
const options = { deadlineMs, maxReplyBytes: 64 << 20 };

const cases: Record<string, Answer> = {
  'arrays nested 50,000 deep': () => `${'*1\r\n'.repeat(50_000)}:1\r\n`,
  'an array said to have 2,147,483,647 parts': () => '*2147483647\r\n$1\r\na\r\n',
  'a string said to have 9,999,999,999 bytes': () => '$9999999999\r\nabc',
  '50 MB of a line that never ends': (_, socket) => {
    socket.write('+');
    for (let i = 0; i < 50; i++) socket.write(Buffer.alloc(1 << 20, 0x61));
    return null;
  },
  'a byte that begins no reply': () => '!oops\r\n',
  'an integer that is none': () => ':12abc\r\n',
  silence: () => null,
  'a byte now and then': (_, socket) => {
    const drip = setInterval(() => (socket.writable ? socket.write('*') : clearInterval(drip)), 50);
    socket.on('close', () => clearInterval(drip));
    return '$1000\r\n';
  },
};

describe('a hostile server', () => {
  let server: HostileServer | undefined;
  let session: RedisSession | undefined;

  afterEach(async () => {
    await session?.close();
    await server?.close();
    session = server = undefined;
  });

  async function against(answer: Answer): Promise<RedisSession> {
    server = await startHostileServer(politely(answer));
    const definition = definitionOf({ port: server.port, timeoutMs: deadlineMs });
    session = await new SocketGateway().open(definition, noSecret);
    return session;
  }

  async function bounded(what: string, act: () => Promise<void>): Promise<void> {
    const rss = process.memoryUsage().rss;
    const started = performance.now();
    await act();
    const took = performance.now() - started;
    assert.ok(took <= deadlineMs + 500, `${what} took ${took} ms`);
    const grown = (process.memoryUsage().rss - rss) >> 20;
    assert.ok(grown <= 100, `${what} grew by ${grown} MB`);
  }

  /** Refuses what capabilities ask, so that only the test's own command meets the hostile answer. */
  const onlyTo =
    (name: string, hostile: Answer): Answer =>
    (command, socket) =>
      command[0]?.toUpperCase() === name ? hostile(command, socket) : '-ERR unknown command\r\n';

  for (const [name, hostile] of Object.entries(cases)) {
    it(`settles a command: ${name}`, async () => {
      const one = await against(onlyTo('GET', hostile));
      await bounded(name, async () => {
        const [outcome] = await one.send([['GET', 'k']], options);
        assert.notEqual(outcome?.kind, 'notDone');
        if (outcome?.kind === 'unknown') assert.ok(isFailure(outcome.cause));
      });
      const next = await new SocketGateway().open(definitionOf({ port: server?.port ?? 0 }), noSecret);
      assert.equal(next.state().kind, 'ready');
      await next.close();
    });

    it(`settles a scan and a describe: ${name}`, async () => {
      let scans = 0;
      const one = await against((command, socket) => {
        const word = command[0]?.toUpperCase();
        // The first SCAN is a capability's probe.
        if (word === 'SCAN') return scans++ === 0 ? '*2\r\n$1\r\n0\r\n*0\r\n' : hostile(command, socket);
        return word === 'TYPE' ? hostile(command, socket) : '-ERR unknown command\r\n';
      });
      await bounded(name, async () => {
        await assert.rejects(async () => {
          for await (const page of one.scan({})) assert.equal(page.keys.length, 0);
        }, isFailureError);
      });
      await bounded(name, async () => {
        await assert.rejects(one.describe(KeyList.of([Buffer.from('k')]), { type: true }), isFailureError);
      });
    });
  }

  it('is cut when it feeds a page of keys byte by byte', async () => {
    let scans = 0;
    const one = await against((command, socket) => {
      if (command[0] !== 'SCAN') return '-ERR unknown command\r\n';
      if (scans++ === 0) return '*2\r\n$1\r\n0\r\n*0\r\n';
      const drip = setInterval(() => (socket.writable ? socket.write('k') : clearInterval(drip)), 30);
      socket.on('close', () => clearInterval(drip));
      return '*2\r\n$1\r\n7\r\n*10\r\n$100000\r\n';
    });
    await bounded('drip', async () => {
      await assert.rejects(
        async () => {
          for await (const page of one.scan({})) assert.equal(page.keys.length, 0);
        },
        (error: unknown) => isFailure(error, 'TIMEOUT'),
      );
    });
  });

  it('is refused when it answers the handshake with nonsense', async () => {
    for (const reply of ['HTTP/1.1 400 Bad Request\r\n\r\n', '+HELLO\r\n', '*1\r\n'.repeat(50_000), '-ERR no\r\n']) {
      server = await startHostileServer(() => reply);
      const definition = definitionOf({ port: server.port, timeoutMs: deadlineMs });
      await assert.rejects(new SocketGateway().open(definition, noSecret), isFailureError);
      await server.close();
    }
    server = undefined;
  });

  it('cannot put an answer in the place of another by answering twice', async () => {
    const one = await against(onlyTo('GET', () => '$4\r\nmine\r\n$4\r\nevil\r\n'));
    const [first] = await one.send([['GET', 'k']], options);
    assert.notEqual(first?.kind, 'notDone');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [second] = await one.send([['ECHO', 'x']], options);
    const text =
      second?.kind === 'reply' && second.reply instanceof Uint8Array ? Buffer.from(second.reply).toString() : '';
    assert.notEqual(text, 'evil');
  });

  it('cannot make errors tell what was sent', async () => {
    const one = await against(onlyTo('GET', () => '!\r\n'));
    const [outcome] = await one.send([['GET', 'hunter2']], options);
    assert.equal(outcome?.kind, 'unknown');
    assert.doesNotMatch(JSON.stringify(outcome), /hunter2/);
  });
});

function isFailureError(error: unknown): boolean {
  return isFailure(error);
}
