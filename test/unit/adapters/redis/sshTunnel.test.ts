import assert from 'node:assert/strict';
import { sshArguments, SshTunnel } from '../../../../src/adapters/redis/sshTunnel.ts';
import { isFailure } from '../../../../src/domain/failure.ts';

describe('ssh tunnel', () => {
  const near = { kind: 'unix', path: '/tmp/t/s' } as const;
  const target = { kind: 'tcp', host: 'redis.internal', port: 6379 } as const;

  it('needs no more than a name of the ssh configuration', () => {
    const all = sshArguments({ host: 'jump' }, near, target);
    assert.deepEqual(all.slice(-2), ['--', 'jump']);
    assert.equal(all[all.indexOf('-L') + 1], '/tmp/t/s:redis.internal:6379');
    assert.ok(all.includes('BatchMode=yes') && all.includes('ExitOnForwardFailure=yes'));
  });

  it('passes port, user, key and other kinds of ends on', () => {
    const ssh = { host: 'jump', port: 2222, user: 'me', identityFile: '~/.ssh/id' };
    const all = sshArguments(
      ssh,
      { kind: 'tcp', host: '127.0.0.1', port: 5000 },
      { kind: 'tcp', host: '::1', port: 1 },
    );
    assert.equal(all[all.indexOf('-L') + 1], '127.0.0.1:5000:[::1]:1');
    assert.deepEqual(all.slice(-8), ['-p', '2222', '-l', 'me', '-i', '~/.ssh/id', '--', 'jump']);
    const socket = sshArguments(ssh, near, { kind: 'unix', path: '/run/redis.sock' });
    assert.equal(socket[socket.indexOf('-L') + 1], '/tmp/t/s:/run/redis.sock');
  });

  it('cannot be given an option for a host', () => {
    const all = sshArguments({ host: '-oProxyCommand=x' }, near, target);
    assert.equal(all.at(-2), '--');
  });

  it('says that ssh is missing, and what ssh complained about', async () => {
    const missing = new SshTunnel({ host: 'jump' }, target, '/no/such/ssh');
    await assert.rejects(missing.open(2_000), (error: unknown) => isFailure(error, 'NOT_SUPPORTED'));
    const failing = new SshTunnel({ host: 'jump' }, target, '/bin/false');
    await assert.rejects(failing.open(2_000), (error: unknown) => isFailure(error, 'CONNECTION_FAILED'));
  });
});
