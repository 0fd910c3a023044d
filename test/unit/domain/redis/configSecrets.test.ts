import assert from 'node:assert/strict';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { maskConfig } from '../../../../src/domain/redis/configSecrets.ts';

describe('secrets of CONFIG GET', () => {
  it('hides them and nothing else', () => {
    const reply = ['masterauth', 'hunter2', 'maxmemory', '0', 'requirepass', ''].map(utf8);
    const masked = maskConfig('config|get', reply) as Uint8Array[];
    assert.deepEqual(
      masked.map((part) => Buffer.from(part).toString()),
      ['masterauth', '(hidden)', 'maxmemory', '0', 'requirepass', ''],
    );
    assert.equal(maskConfig('hgetall', reply), reply);
    assert.equal(maskConfig('config|get', null), null);
  });
});
