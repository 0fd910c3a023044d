// A Redis behind a jump host: through a real sshd, with what goes wrong there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { delimiter } from 'node:path';
import type { SessionState } from '../../../src/app/ports/redis.ts';
import { isFailure, type Failure } from '../../../src/domain/failure.ts';
import { bytesOf, makeAuthority, type Authority } from '../../support/certificates.ts';
import { freePort, startRedis, type RedisBox } from '../../support/redisBox.ts';
import { closeSessions, noSecret, openSession } from '../../support/redisParts.ts';
import { sshProblem, startSshServer, type SshServer } from '../../support/sshServer.ts';
import { waitFor } from '../../support/waiting.ts';

const options = { deadlineMs: 3_000, maxReplyBytes: 1 << 20 };
const jump = { ssh: { host: 'jump' }, timeoutMs: 8_000 };

async function failure(opening: Promise<unknown>): Promise<Failure> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isFailure(error), `a failure expected, got ${String(error)}`);
  return error;
}

describe('through ssh', function () {
  this.timeout(60_000);
  const path = process.env.PATH;
  let ssh: SshServer;
  let redis: RedisBox;

  before(async () => {
    assert.equal(sshProblem(), undefined);
    ssh = await startSshServer();
    redis = await startRedis();
    process.env.PATH = `${ssh.bin}${delimiter}${path}`;
  });
  afterEach(closeSessions);
  after(async () => {
    process.env.PATH = path;
    await ssh?.stop();
    await redis?.stop();
  });

  /** `ssh` processes that lead to this test's Redis. */
  const tunnels = (): number =>
    execFileSync('ps', ['-eo', 'args'])
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('/') && line.includes(`:127.0.0.1:${redis.port}`) && line.includes('jump'))
      .length;

  it('reaches a server by a name of the ssh configuration: commands, scans, transactions', async () => {
    const session = await openSession({ port: redis.port, ...jump });
    const sent = await session.send([['SET', 'through', 'the tunnel']], options);
    assert.equal(sent[0]?.kind, 'reply');
    assert.equal(await redis.cli('GET', 'through'), 'the tunnel');
    const found: number[] = [];
    for await (const page of session.scan({})) found.push(page.keys.length);
    assert.equal(
      found.reduce((sum, count) => sum + count, 0),
      1,
    );
    const watch = [Buffer.from('through')];
    await session.compareAndSet({ watch, read: [], decide: () => [['SET', 'through', 'again']], options });
    assert.equal(await redis.cli('GET', 'through'), 'again');
    assert.equal(tunnels(), 1);
    await session.close();
    await waitFor('the tunnel to end with its connection', 10_000, () => tunnels() === 0);
  });

  it('uses the key that the connection names', async () => {
    const named = { host: 'jump-without-key', identityFile: ssh.key };
    const session = await openSession({ port: redis.port, ...jump, ssh: named });
    assert.equal(session.state().kind, 'ready');
  });

  it('speaks TLS to the server at its own name, not to the near end of the tunnel', async () => {
    const authority: Authority = makeAuthority();
    const issued = authority.issue('server', { alt: ['DNS:localhost'] });
    const secure = await startRedis({ tls: { cert: issued.cert, key: issued.key, ca: authority.ca } });
    const tls = { enabled: true, rejectUnauthorized: true };
    const credentials = { ...noSecret, ca: bytesOf(authority.ca) };
    const session = await openSession({ host: 'localhost', port: secure.port, tls, ...jump }, credentials);
    assert.equal(session.state().kind, 'ready');
    const wrong = openSession({ host: '127.0.0.1', port: secure.port, tls, ...jump }, credentials);
    assert.match((await failure(wrong)).message, /certificate/i);
    await closeSessions();
    await secure.stop();
    authority.remove();
  });

  it('comes back when the jump host does, and says meanwhile that it is reconnecting', async () => {
    const session = await openSession({ port: redis.port, ...jump });
    const states: SessionState['kind'][] = [];
    session.onDidChangeState(({ kind }) => states.push(kind));
    await ssh.kill();
    await waitFor('the loss to be noticed', 20_000, () => states.includes('reconnecting'));
    const [refused] = await session.send([['GET', 'through']], { ...options, deadlineMs: 500 });
    assert.ok(refused !== undefined && refused.kind !== 'reply');
    await ssh.restart();
    await waitFor('the connection to be back', 30_000, () => session.state().kind === 'ready');
    assert.equal((await session.send([['PING']], options))[0]?.kind, 'reply');
  });

  it('says why when nobody listens, the key is refused, the host is another, or Redis cannot be reached from there', async () => {
    const far = await failure(openSession({ port: await freePort(), ...jump }));
    assert.equal(far.code, 'CONNECTION_FAILED');

    await ssh.restart({ hostKey: 'other' });
    const another = await failure(openSession({ port: redis.port, ...jump }));
    assert.match(
      another.message,
      /ssh tunnel through jump could not be opened\. ssh said: Host key verification failed/,
    );
    assert.match(another.nextAction ?? '', /ssh jump/);

    await ssh.kill();
    const nobody = await failure(openSession({ port: redis.port, ...jump }));
    assert.match(nobody.message, /Connection refused/);
    await ssh.restart();
    const refused = await failure(openSession({ port: redis.port, ...jump, ssh: { host: 'jump-with-another-key' } }));
    assert.match(refused.message, /Permission denied \(publickey\)/);
    assert.equal(tunnels(), 0);
  });
});
