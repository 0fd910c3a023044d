import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { SocketGateway } from '../../../src/adapters/redis/gateway.ts';
import type { Credentials } from '../../../src/app/ports/redis.ts';
import type { ConnectionDefinition } from '../../../src/domain/connections/definition.ts';
import { Failure, type FailureCode } from '../../../src/domain/failure.ts';
import { bytesOf, makeAuthority, type Authority } from '../../support/certificates.ts';
import { freePort, startRedis, type RedisBox } from '../../support/redisBox.ts';
import { definitionOf, noSecret } from '../../support/redisParts.ts';

const gateway = new SocketGateway();

async function works(definition: Partial<ConnectionDefinition>, credentials: Credentials = noSecret): Promise<void> {
  const session = await gateway.open(definitionOf(definition), credentials);
  const [pong] = await session.send([['PING']], { deadlineMs: 1_000, maxReplyBytes: 1_000 });
  assert.equal(pong?.kind, 'reply');
  let keys = 0;
  for await (const page of session.scan({})) keys += page.keys.length;
  assert.equal(keys, 0);
  await session.close();
}

async function refusal(
  definition: Partial<ConnectionDefinition>,
  credentials: Credentials = noSecret,
): Promise<Failure> {
  try {
    const session = await gateway.open(definitionOf(definition), credentials);
    await session.close();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.ok(error.nextAction, error.message);
    return error;
  }
  throw new Error('It connected.');
}

async function isRefused(
  code: FailureCode,
  because: RegExp,
  definition: Partial<ConnectionDefinition>,
  credentials: Credentials = noSecret,
): Promise<void> {
  const failure = await refusal(definition, credentials);
  assert.equal(failure.code, code, failure.message);
  assert.match(failure.message, because);
  assert.doesNotMatch(JSON.stringify(failure), /Connection is closed|hunter2/);
}

describe('connecting', () => {
  const boxes: RedisBox[] = [];
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  async function box(options: Parameters<typeof startRedis>[0]): Promise<RedisBox> {
    const started = await startRedis(options);
    boxes.push(started);
    return started;
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    await Promise.all(boxes.splice(0).map((each) => each.stop()));
  });

  it('works over a Unix socket, with a password', async () => {
    const redis = await box({ socket: true, password: 'hunter2' });
    const { socketPath = '' } = redis;
    await works({ socketPath }, { secret: { password: 'hunter2' } });
    await isRefused('UNAUTHORIZED', /WRONGPASS/, { socketPath }, { secret: { password: 'no' } });
    await isRefused('UNAUTHORIZED', /asks for a password/, { socketPath });
    await isRefused('CONNECTION_FAILED', /no such socket file/, { socketPath: `${socketPath}.not` });
  });

  it('names what is wrong with the way there', async () => {
    await isRefused('CONNECTION_FAILED', /nothing listens there/, { port: await freePort() });
    await isRefused('CONNECTION_FAILED', /\(DNS\)/, { host: 'no-such-host.invalid' });
  });

  it('gives up in time on a server that never answers, and when told', async () => {
    const silent = createServer((socket) => sockets.push(socket));
    servers.push(silent);
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port));
    });
    const started = performance.now();
    await isRefused('TIMEOUT', /did not answer/, { port, timeoutMs: 300 });
    assert.ok(performance.now() - started < 800);
    const secure = { tls: { enabled: true, rejectUnauthorized: true } };
    await isRefused('TIMEOUT', /may not speak TLS/, { port, timeoutMs: 300, ...secure });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(gateway.open(definitionOf({ port }), noSecret, stop.signal), { code: 'CANCELLED' });
  });

  it('refuses a database that it could not select, instead of using another', async () => {
    const redis = await box({ args: ['--databases', '2'] });
    await isRefused('CONNECTION_FAILED', /did not select database 5/, { port: redis.port, db: 5 });
    await redis.cli('ACL', 'SETUSER', 'app', 'on', '>hunter2', '~*', '+@all', '-select');
    const app = { port: redis.port, username: 'app' };
    await isRefused('UNAUTHORIZED', /may not run SELECT/, { ...app, db: 1 }, { secret: { password: 'hunter2' } });
    await works({ ...app, db: 0 }, { secret: { password: 'hunter2' } });
  });

  it('works for a user who may do nearly nothing, and says what is not available', async () => {
    const redis = await box({});
    await redis.cli('ACL', 'SETUSER', 'poor', 'on', '>hunter2', '~app:*', '-@all', '+get', '+scan', '+type', '+pttl');
    const definition = definitionOf({ port: redis.port, username: 'poor' });
    const session = await gateway.open(definition, { secret: { password: 'hunter2' } });
    assert.equal(session.server.version, 'unknown');
    assert.equal(session.server.runId, null);
    assert.equal(session.server.user, 'poor');
    assert.deepEqual(session.capabilities.scan, { available: true });
    for (const name of ['info', 'config', 'slowlog', 'memory', 'dump', 'object', 'noTouch', 'scripting'] as const) {
      const capability = session.capabilities[name];
      assert.ok(!capability.available, name);
      assert.match(capability.reason, /may not run|does not know/, name);
    }
    assert.ok(session.commandTable.get('get'), 'the bundled table stands in for COMMAND');
    await redis.cli('SET', 'app:1', 'x');
    let keys = 0;
    for await (const page of session.scan({})) keys += page.keys.length;
    assert.equal(keys, 1);
    const { KeyList } = await import('../../../src/domain/keys/keyList.ts');
    const list = KeyList.of([Buffer.from('app:1'), Buffer.from('other')]);
    const columns = await session.describe(list, { type: true, ttl: true, memory: true });
    assert.deepEqual(columns.types, ['string', 'unknown']);
    assert.ok(Number.isNaN(columns.memoryBytes[0]));
    await session.close();
  });

  it('waits while the server loads its data', async () => {
    const redis = await box({ args: ['--enable-debug-command', 'local'] });
    await redis.cli('DEBUG', 'POPULATE', '20000', 'k', '10');
    await redis.cli('SAVE');
    await redis.cli('CONFIG', 'SET', 'key-load-delay', '50', 'loading-process-events-interval-bytes', '1024');
    void redis.cli('DEBUG', 'RELOAD', 'NOSAVE').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const impatient = await refusal({ port: redis.port, timeoutMs: 600 });
    assert.ok(impatient.retryable);
    assert.match(impatient.message, /still loading .* needs about \d+ s more/);
    const session = await gateway.open(definitionOf({ port: redis.port, timeoutMs: 8_000 }), noSecret);
    assert.equal(session.state().kind, 'ready');
    await session.close();
  });

  it('tells when a password is given that nobody asks for, by connecting', async () => {
    const redis = await box({});
    await works({ port: redis.port }, { secret: { password: 'hunter2' } });
  });
});

describe('connecting over TLS', () => {
  let authority: Authority;
  let other: Authority;
  const boxes: RedisBox[] = [];
  const on = { enabled: true, rejectUnauthorized: true };

  before(() => {
    authority = makeAuthority();
    other = makeAuthority();
  });

  afterEach(() => Promise.all(boxes.splice(0).map((each) => each.stop())));

  after(() => {
    authority.remove();
    other.remove();
  });

  async function secureBox(
    name: string,
    alt: readonly string[],
    more: { days?: number; args?: string[] } = {},
  ): Promise<RedisBox> {
    const certificate = authority.issue(name, { alt, ...(more.days === undefined ? {} : { days: more.days }) });
    const started = await startRedis({ tls: { ...certificate, ca: authority.ca }, args: more.args ?? [] });
    boxes.push(started);
    return started;
  }

  const trusting = (): Credentials => ({ secret: {}, ca: bytesOf(authority.ca) });

  it('verifies chain and name', async () => {
    const redis = await secureBox('good', ['IP:127.0.0.1']);
    await works({ port: redis.port, tls: on }, trusting());
    await isRefused('CONNECTION_FAILED', /authority that is not trusted/, { port: redis.port, tls: on });
    const foreign = { secret: {}, ca: bytesOf(other.ca) };
    await isRefused('CONNECTION_FAILED', /not trusted|self-signed/, { port: redis.port, tls: on }, foreign);
    await works({ port: redis.port, tls: { enabled: true, rejectUnauthorized: false } });
    await isRefused('CONNECTION_FAILED', /closed the connection|cut the connection|Redis's protocol/, {
      port: redis.port,
    });
  });

  it('expects the name that the definition says', async () => {
    const redis = await secureBox('named', ['DNS:redis.example.com']);
    await isRefused('CONNECTION_FAILED', /for another name/, { port: redis.port, tls: on }, trusting());
    const servername = { ...on, servername: 'redis.example.com' };
    await works({ port: redis.port, tls: servername }, trusting());
    const wrong = { ...on, servername: 'other.example.com' };
    await isRefused('CONNECTION_FAILED', /for another name/, { port: redis.port, tls: wrong }, trusting());
  });

  it('refuses a certificate that has expired', async () => {
    const redis = await secureBox('late', ['IP:127.0.0.1'], { days: -1 });
    await isRefused('CONNECTION_FAILED', /expired/, { port: redis.port, tls: on }, trusting());
  });

  it('refuses a plain server on the port', async () => {
    const redis = await startRedis();
    boxes.push(redis);
    const definition = { port: redis.port, tls: on, timeoutMs: 500 };
    await isRefused('TIMEOUT', /may not speak TLS on this port/, definition, trusting());
  });

  it('shows a client certificate, with a passphrase on its key', async () => {
    const redis = await secureBox('mutual', ['IP:127.0.0.1'], { args: ['--tls-auth-clients', 'yes'] });
    const client = authority.issue('client', { alt: ['DNS:client'], passphrase: 'hunter2' });
    const files = { cert: bytesOf(client.cert), key: bytesOf(client.key) };
    await works({ port: redis.port, tls: on }, { ...trusting(), ...files, secret: { keyPassphrase: 'hunter2' } });
    await isRefused('CONNECTION_FAILED', /passphrase/, { port: redis.port, tls: on }, { ...trusting(), ...files });
    await isRefused('CONNECTION_FAILED', /certificate|connection/, { port: redis.port, tls: on }, trusting());
  });
});
