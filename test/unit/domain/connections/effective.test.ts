import assert from 'node:assert/strict';
import type { ConnectionDefinition, ConnectionScope } from '../../../../src/domain/connections/definition.ts';
import { approvalSubject, concernsOf, heldBack } from '../../../../src/domain/connections/effective.ts';
import { validateConnection } from '../../../../src/domain/connections/validate.ts';

function definitionOf(entry: Record<string, unknown>, scope: ConnectionScope = 'workspace'): ConnectionDefinition {
  const result = validateConnection({ id: 'a', name: 'A', host: 'db', ...entry }, { uid: scope, scope });
  assert.ok(result.ok, JSON.stringify(result));
  return result.definition;
}

const strict = { environment: 'prod', readOnly: true, tls: { caFile: '/own.pem' } };

describe('concernsOf', () => {
  const asked = (shared: Record<string, unknown>, own?: Record<string, unknown>) =>
    concernsOf(definitionOf(shared), own && definitionOf(own, 'user')).map((concern) => concern.field);

  it('has nothing to say about an equal or stricter entry', () => {
    assert.deepEqual(asked(strict, strict), []);
    assert.deepEqual(asked(strict, { environment: 'dev' }), []);
    assert.deepEqual(asked({ environment: 'dev' }), []);
    assert.deepEqual(asked({ environment: 'staging', readOnly: false }), []);
  });

  it('finds every way to be weaker than the own entry', () => {
    const weak = { environment: 'dev', readOnly: false, tls: { enabled: false, rejectUnauthorized: false } };
    assert.deepEqual(asked(weak, strict), [
      'tls.enabled',
      'tls.rejectUnauthorized',
      'tls.caFile',
      'environment',
      'readOnly',
    ]);
    assert.deepEqual(asked({ ...strict, tls: { caFile: '/other.pem' } }, strict), ['tls.caFile']);
    assert.deepEqual(asked({ environment: 'dev' }, { environment: 'dev', readOnly: true }), ['readOnly']);
  });

  it('finds what a repository must not decide alone', () => {
    assert.deepEqual(asked({ environment: 'dev', tls: { rejectUnauthorized: false } }), ['tls.rejectUnauthorized']);
    assert.deepEqual(asked({ environment: 'prod', readOnly: false }), ['readOnly']);
    assert.deepEqual(asked({ environment: 'dev', secret: { command: ['pass', 'x'] } }), ['secret.command']);
  });

  it('leaves the own entries of the user alone', () => {
    const own = definitionOf({ environment: 'prod', readOnly: false, tls: { rejectUnauthorized: false } }, 'user');
    assert.deepEqual(concernsOf(own, own), []);
  });
});

describe('heldBack', () => {
  it('never weakens TLS, read-only or the environment, whatever the shared entry says', () => {
    const own = definitionOf(strict, 'user');
    for (const tls of [undefined, {}, { enabled: false }, { rejectUnauthorized: false }, { caFile: '/x' }]) {
      for (const readOnly of [undefined, true, false]) {
        for (const environment of [undefined, 'dev', 'staging', 'prod']) {
          const shared = definitionOf(JSON.parse(JSON.stringify({ tls, readOnly, environment })) as typeof strict);
          const used = heldBack(shared, own, concernsOf(shared, own));
          assert.equal(used.tls.enabled, true);
          assert.equal(used.tls.rejectUnauthorized, true);
          assert.equal(used.tls.caFile, '/own.pem');
          assert.equal(used.readOnly, true);
          assert.ok(used.environment === 'prod' || used.environment === 'unknown');
        }
      }
    }
  });

  it('keeps the destination of the shared entry', () => {
    const shared = definitionOf({ host: 'other', port: 7000, environment: 'prod', readOnly: false });
    const used = heldBack(shared, undefined, concernsOf(shared, undefined));
    assert.equal(used.host, 'other');
    assert.equal(used.port, 7000);
    assert.equal(used.readOnly, true);
  });
});

describe('approvalSubject', () => {
  it('changes with the destination, with what is asked, and with the program', () => {
    const subject = (entry: Record<string, unknown>, own?: Record<string, unknown>) => {
      const shared = definitionOf(entry);
      return approvalSubject(shared, concernsOf(shared, own && definitionOf(own, 'user')));
    };
    const first = { environment: 'prod', readOnly: false };
    const all = [
      subject(first),
      subject({ ...first, host: 'evil' }),
      subject({ ...first, tls: { rejectUnauthorized: false } }),
      subject({ ...first, secret: { command: ['a'] } }),
      subject({ ...first, secret: { command: ['b'] } }),
      subject(first, { environment: 'prod' }),
    ];
    assert.equal(new Set(all).size, all.length);
  });
});
