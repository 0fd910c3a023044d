import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isFailure } from '../../../src/domain/failure.ts';
import { apiInputs, parseApiInput } from '../../../src/protocol/apiInputs.ts';
import { apiCommandIds } from '../../../src/ui/contributions.ts';

function refusal(namespace: string, method: string, ...parameters: unknown[]): string {
  try {
    parseApiInput(namespace, method, parameters);
  } catch (error) {
    assert.ok(isFailure(error, 'VALIDATION_ERROR'));
    return error.details?.path ?? '';
  }
  return assert.fail('was accepted');
}

describe('inputs of the API', () => {
  it('are known for every method', () => {
    const described = Object.entries(apiInputs).flatMap(([namespace, methods]) =>
      Object.keys(methods).map((method) => `cachify.${namespace}.${method}`),
    );
    assert.deepEqual(described.sort(), [...apiCommandIds].sort());
  });

  it('name the missing, the unknown and the wrong field', () => {
    assert.equal(refusal('keys', 'read', { connectionId: 'a' }), 'key');
    assert.equal(refusal('keys', 'read', { connectionId: 'a', key: 'k', extra: 1 }), 'extra');
    assert.equal(refusal('keys', 'setTtl', { connectionId: 'a', key: 'k', ttlMs: -1 }), 'ttlMs');
    assert.equal(refusal('keys', 'setTtl', { connectionId: 'a', key: 'k', ttlMs: Number.NaN }), 'ttlMs');
    assert.equal(refusal('keys', 'scan', { connectionId: 'a', limit: 20_000 }), 'limit');
    assert.equal(refusal('keys', 'remove', { connectionId: 'a', keys: ['x', { base64: '*' }] }), 'keys.1');
    assert.equal(
      refusal('observability', 'timeline', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }),
      'to',
    );
    assert.equal(refusal('observability', 'timeline', { from: 'yesterday', to: '2026-01-01T00:00:00Z' }), 'from');
    assert.equal(refusal('connections', 'unlock', 'a', { minutes: 5 }), 'reason');
  });

  it('turn { base64 } into bytes', () => {
    const [query] = parseApiInput('keys', 'read', [{ connectionId: 'a', key: { base64: '//4A' } }]);
    assert.deepEqual((query as { key: Uint8Array }).key, Uint8Array.of(0xff, 0xfe, 0));
  });

  it('treat __proto__ and friends as data: refused as unknown fields, never applied', () => {
    const hostile: unknown = JSON.parse('{"connectionId":"a","key":"k","__proto__":{"polluted":true}}');
    assert.equal(refusal('keys', 'read', hostile), '__proto__');
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('answer anything with a parsed input or a VALIDATION_ERROR', () => {
    fc.assert(
      fc.property(fc.constantFrom(...apiCommandIds), fc.array(fc.anything(), { maxLength: 3 }), (id, parameters) => {
        const [, namespace = '', method = ''] = id.split('.');
        try {
          parseApiInput(namespace, method, parameters);
        } catch (error) {
          assert.ok(isFailure(error, 'VALIDATION_ERROR'));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
