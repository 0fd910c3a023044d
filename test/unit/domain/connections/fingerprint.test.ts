import assert from 'node:assert/strict';
import type { ConnectionDefinition } from '../../../../src/domain/connections/definition.ts';
import { address, destination, fingerprint } from '../../../../src/domain/connections/fingerprint.ts';
import { validateConnection } from '../../../../src/domain/connections/validate.ts';

function definitionOf(entry: Record<string, unknown>): ConnectionDefinition {
  const result = validateConnection({ id: 'a', name: 'A', ...entry }, { uid: 'u', scope: 'user' });
  assert.ok(result.ok, JSON.stringify(result));
  return result.definition;
}

const tls = { servername: 'db', caFile: '/ca.pem', certFile: '/c.pem', keyFile: '/k.pem' };
const plain = { host: 'db', port: 6380, username: 'app', tls, ssh: { host: 'jump', port: 22, user: 'me' } };

describe('fingerprint', () => {
  const changes: Record<string, Record<string, unknown>> = {
    host: { host: 'evil' },
    port: { port: 6381 },
    username: { username: 'root' },
    'tls.enabled': { tls: { ...tls, enabled: false } },
    'tls.rejectUnauthorized': { tls: { ...tls, rejectUnauthorized: false } },
    'tls.servername': { tls: { ...tls, servername: 'evil' } },
    'tls.caFile': { tls: { ...tls, caFile: '/evil.pem' } },
    'tls.certFile': { tls: { ...tls, certFile: '/other.pem' } },
    'tls.keyFile': { tls: { ...tls, keyFile: '/other.pem' } },
    'ssh.host': { ssh: { host: 'evil', port: 22, user: 'me' } },
    'ssh.port': { ssh: { host: 'jump', port: 23, user: 'me' } },
    'ssh.user': { ssh: { host: 'jump', port: 22, user: 'root' } },
    'ssh.identityFile': { ssh: { host: 'jump', port: 22, user: 'me', identityFile: '/k' } },
    'no ssh': { ssh: undefined },
  };
  it('changes with every field that decides who gets the secret', () => {
    const all = [fingerprint(definitionOf(plain))];
    for (const change of Object.values(changes)) all.push(fingerprint(definitionOf({ ...plain, ...change })));
    const nodes = ['a:1', 'b:2'];
    for (const entry of [
      { socketPath: '/run/a.sock' },
      { socketPath: '/run/b.sock' },
      { sentinel: { name: 'm', nodes } },
      { sentinel: { name: 'm', nodes: ['a:1', 'c:2'] } },
      { sentinel: { name: 'other', nodes } },
      { sentinel: { name: 'm', nodes, username: 'watch' } },
      { sentinel: { name: 'm', nodes, tls: {} } },
      { cluster: { nodes } },
      { cluster: { nodes, allowedHosts: ['evil'] } },
      { cluster: { nodes, natMap: { 'a:1': 'evil:1' } } },
    ]) {
      all.push(fingerprint(definitionOf(entry)));
    }
    assert.equal(new Set(all).size, all.length);
  });

  it('stays when only what a person sees changes', () => {
    const same = { ...plain, name: 'B', tags: ['x'], environment: 'prod', readOnly: false, db: 3, timeoutMs: 100 };
    assert.equal(fingerprint(definitionOf(same)), fingerprint(definitionOf(plain)));
    assert.equal(
      fingerprint(definitionOf({ url: 'redis://app@db:6380' })),
      fingerprint(definitionOf({ host: 'DB', port: 6380, username: 'app' })),
    );
  });

  it('cannot be forged by fields that run into each other', () => {
    const a = definitionOf({ host: 'db', username: 'x","y' });
    const b = definitionOf({ host: 'db', username: 'x' });
    assert.notEqual(fingerprint(a), fingerprint(b));
  });

  it('is shown without a secret', () => {
    assert.equal(destination(definitionOf(plain)), 'rediss://app@db:6380 through jump');
    assert.equal(destination(definitionOf({ socketPath: '/run/a.sock' })), 'unix:///run/a.sock');
    assert.equal(address(definitionOf({ host: '::1' })), '[::1]:6379');
  });
});
