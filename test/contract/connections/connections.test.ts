// The connection service on a real gateway and a real redis-server: true causes, proven databases, unlocks that hold at the gate.
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../../src/adapters/node/clock.ts';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import { CommandGate } from '../../../src/app/redis/commandGate.ts';
import type { ConfiguredConnection } from '../../../src/app/ports/environment.ts';
import { isFailure, type FailureCode } from '../../../src/domain/failure.ts';
import { connectionsRig, userEntry, workspaceEntry, type Rig } from '../../support/connectionsRig.ts';
import { freePort, startRedis, type RedisBox } from '../../support/redisBox.ts';
import { waitFor } from '../../support/waiting.ts';
import { noPacks } from '../../support/noPacks.ts';

const rigOn = (entries: readonly ConfiguredConnection[]): Rig =>
  connectionsRig(entries, { gateway: new SocketGateway(), clock: systemClock });

const failsWith = (code: FailureCode, words: RegExp) => (error: unknown) => {
  assert.ok(isFailure(error, code), String(error));
  assert.match(error.message, words);
  return true;
};

/** Listens, keeps what it hears, and says nothing. */
async function captureServer(): Promise<{
  port: number;
  connects: () => number;
  heard: () => string;
  stop: () => void;
}> {
  const sockets = new Set<Socket>();
  let heard = '';
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (bytes) => (heard += bytes.toString('latin1')));
    socket.on('error', () => socket.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, connects: () => sockets.size, heard: () => heard, stop };
}

describe('connections on a real server', () => {
  let box: RedisBox;
  let dev: { id: string; name: string; host: string; port: number; environment: string };
  let rigs: Rig[] = [];
  const rig = (...entries: ConfiguredConnection[]): Rig => {
    const made = rigOn(entries);
    rigs.push(made);
    return made;
  };

  before(async () => {
    box = await startRedis({ password: 'S3CR3T' });
    await box.cli('ACL', 'SETUSER', 'app', 'on', '>app-pass', '~*', '+@all', '-select');
    dev = { id: 'dev', name: 'Dev', host: box.host, port: box.port, environment: 'dev' };
  });
  afterEach(async () => {
    await Promise.all(rigs.map((each) => each.service.dispose()));
    rigs = [];
  });
  after(() => box.stop());

  it('test proves the server with the secret of the caller, and closes', async () => {
    const { service } = rig();
    const draft = { ...dev, environment: 'dev' } as const;
    const proven = await service.test({ draft, secret: { password: 'S3CR3T' } });
    assert.match(proven.serverVersion, /^7\./);
    assert.deepEqual([proven.mode, proven.user], ['standalone', 'default']);
    assert.ok(proven.latencyMs > 0 && proven.latencyMs < 1000);
    assert.equal(proven.capabilities['scan'], true);
    await waitFor('its connection to be gone', 2000, async () => {
      const list = await box.cli('CLIENT', 'LIST');
      return list.split('\n').filter((line) => !line.includes('cmd=client|list')).length === 0;
    });
  });

  it('test names the true cause', async () => {
    const { service } = rig();
    const draft = { ...dev, environment: 'dev' } as const;
    const secret = { password: 'S3CR3T' };
    const causes: [object, object | undefined, FailureCode, RegExp][] = [
      [{ port: await freePort() }, secret, 'CONNECTION_FAILED', /refused/],
      [{ host: 'no-such-host.invalid' }, secret, 'CONNECTION_FAILED', /DNS/],
      [{}, { password: 'n0t-th1s' }, 'UNAUTHORIZED', /password|WRONGPASS/i],
      [{}, undefined, 'UNAUTHORIZED', /password|NOAUTH/i],
      [{ username: 'app', db: 1 }, { password: 'app-pass' }, 'UNAUTHORIZED', /db|database|select/i],
      [{ db: 99 }, secret, 'CONNECTION_FAILED', /db|database/i],
    ];
    for (const [change, given, code, words] of causes) {
      const target = { draft: { ...draft, ...change }, ...(given === undefined ? {} : { secret: given }) };
      await assert.rejects(
        service.test(target),
        (error) => {
          assert.ok(isFailure(error), String(error));
          assert.match(error.message, words);
          assert.ok(
            error.code === code || error.code === 'VALIDATION_ERROR',
            `${JSON.stringify(change)}: ${error.code}`,
          );
          assert.doesNotMatch(JSON.stringify(error), /S3CR3T|app-pass|n0t-th1s/);
          return true;
        },
        JSON.stringify(change),
      );
    }
  });

  it('test of a server that does not answer ends within the timeout', async () => {
    const capture = await captureServer();
    const { service } = rig();
    const start = performance.now();
    const draft = { ...dev, port: capture.port, timeoutMs: 600, environment: 'dev' } as const;
    await assert.rejects(service.test({ draft, secret: { password: 'x' } }), failsWith('TIMEOUT', /did not answer/));
    assert.ok(performance.now() - start < 1200);
    capture.stop();
  });

  it('never uses db 0 when the db that was asked for is denied', async () => {
    const made = rig();
    await made.service.add(
      { ...dev, environment: 'dev', username: 'app', db: 1 },
      { secret: { password: 'app-pass' } },
    );
    await assert.rejects(made.service.connect('dev'));
    await assert.rejects(made.service.active('dev'));
    assert.equal(made.service.view('dev').state.kind, 'failed');
    assert.equal(made.events.at(-1)?.status, 'error');
  });

  it('an entry that points elsewhere gets no byte of the stored secret', async () => {
    const capture = await captureServer();
    const made = rig();
    await made.service.add({ ...dev, environment: 'dev' }, { scope: 'workspace', secret: { password: 'S3CR3T' } });
    await made.service.connect('dev');
    made.edit([workspaceEntry({ ...dev, port: capture.port, timeoutMs: 500 })]);
    await assert.rejects(made.service.active('dev'), failsWith('UNAUTHORIZED', /secret/));
    await assert.rejects(made.service.connect('dev'), failsWith('CANCELLED', /not connected/));
    assert.equal(capture.connects(), 0);
    made.world.answer = 'another';
    await assert.rejects(made.service.connect('dev'));
    assert.doesNotMatch(capture.heard(), /S3CR3T/);
    assert.match(capture.heard(), /another/);
    capture.stop();
  });

  it('an untrusted workspace makes no connect', async () => {
    const capture = await captureServer();
    const made = rig(
      userEntry({ ...dev, id: 'own', port: capture.port }),
      workspaceEntry({ ...dev, port: capture.port, secret: { env: 'SHOP_PASSWORD' } }),
    );
    made.world.trusted = false;
    made.world.reconnect = true;
    for (const id of ['own', 'dev']) {
      await assert.rejects(made.service.connect(id), failsWith('BLOCKED', /not trusted/));
      await assert.rejects(made.service.test({ id }), failsWith('BLOCKED', /not trusted/));
      await assert.rejects(made.service.active(id), failsWith('BLOCKED', /not trusted/));
    }
    await made.service.reconnect();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(capture.connects(), 0);
    capture.stop();
  });

  it('a read-only connection refuses writes at the gate, takes them while unlocked, and refuses them again', async () => {
    const made = rig();
    await made.service.add({ ...dev, environment: 'dev', readOnly: true }, { secret: { password: 'S3CR3T' } });
    const gate = new CommandGate({
      governance: noPacks,
      sessions: made.service,
      clock: systemClock,
      recorder: { record: (event) => made.events.push(event) },
      log: { info() {}, warn() {}, error() {} },
      newId: () => 'id',
    });
    const { uid } = made.service.view('dev').summary;
    const set = () => gate.run(uid, { action: 'keys.write', keyOrPattern: 'k', commands: [['SET', 'k', 'v']] });
    await assert.rejects(set(), failsWith('BLOCKED', /read-only/i));
    assert.equal(await box.cli('EXISTS', 'k'), '0');
    await made.service.unlock('dev', { reason: 'INC-204: repair a cart', minutes: 1 });
    await set();
    assert.equal(await box.cli('GET', 'k'), 'v');
    await made.service.lock('dev');
    await box.cli('DEL', 'k');
    await assert.rejects(set(), failsWith('BLOCKED', /read-only/i));
    assert.equal(await box.cli('EXISTS', 'k'), '0');
    assert.deepEqual(
      made.events.map((event) => `${event.action} ${event.status}`),
      [
        'connections.add success',
        'connections.connect success',
        'keys.write blocked',
        'connections.unlock success',
        'keys.write success',
        'connections.lock success',
        'keys.write blocked',
      ],
    );
  });

  it('shows a server that dies and comes back', async () => {
    const own = await startRedis();
    const made = rig(userEntry({ ...dev, port: own.port }));
    await made.service.connect('dev');
    const state = () => made.service.view('dev').state.kind;
    await own.kill();
    await waitFor('the state reconnecting', 5000, () => state() === 'reconnecting');
    await own.restart();
    await waitFor('the state ready', 15_000, () => state() === 'ready');
    const seen = made.events.map((event) => event.action);
    assert.deepEqual(seen, ['connections.connect', 'connections.lost', 'connections.restored']);
    await own.stop();
  });

  it('a disconnect closes every socket', async () => {
    const made = rig();
    await made.service.add({ ...dev, environment: 'dev' }, { secret: { password: 'S3CR3T' } });
    await made.service.connect('dev');
    await made.service.disconnect('dev');
    await waitFor('no client to be left', 2000, async () => {
      const list = await box.cli('CLIENT', 'LIST');
      return list.split('\n').filter((line) => !line.includes('cmd=client|list')).length === 0;
    });
  });
});
