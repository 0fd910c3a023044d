import assert from 'node:assert/strict';
import { ValueCipher } from '../../../../src/adapters/node/cipher.ts';
import { keyFromPassphrase } from '../../../../src/adapters/node/passphraseKey.ts';
import type { Secrets } from '../../../../src/app/ports/environment.ts';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { isFailure } from '../../../../src/domain/failure.ts';

const unexpected = () => Promise.reject(new Error('nobody should be asked'));

function secretsOn(map: Map<string, string>): Secrets {
  return {
    get: async (name) => map.get(name),
    set: async (name, value) => void map.set(name, value),
    delete: async (name) => void map.delete(name),
  };
}

const forgetful: Secrets = { get: async () => undefined, set: async () => {}, delete: async () => {} };
const refusing: Secrets = { ...forgetful, set: () => Promise.reject(new Error('no keyring')) };

describe('ValueCipher', () => {
  it('opens what it sealed, also in another window of the machine', async () => {
    const kept = new Map<string, string>();
    const first = new ValueCipher(secretsOn(kept), unexpected, unexpected);
    const sealed = await first.seal(utf8('card 4711'), 'conn/key');
    const second = new ValueCipher(secretsOn(kept), unexpected, unexpected);
    assert.deepEqual(await second.open(sealed, 'conn/key'), utf8('card 4711'));
    assert.ok(!Buffer.from(sealed).includes('4711'));
    assert.notDeepEqual(await first.seal(utf8('card 4711'), 'conn/key'), sealed);
    assert.deepEqual(await first.open(await first.seal(new Uint8Array(0), ''), ''), new Uint8Array(0));
  });

  it('refuses every flipped bit, every cut, and another context', async () => {
    const cipher = new ValueCipher(secretsOn(new Map()), unexpected, unexpected);
    const sealed = await cipher.seal(utf8('v'), 'a');
    const refuses = (bytes: Uint8Array, context: string) =>
      assert.rejects(cipher.open(bytes, context), (error) => isFailure(error, 'VALIDATION_ERROR'));
    await refuses(sealed, 'b');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await refuses(flipped, 'a');
    }
    for (let length = 0; length < sealed.length; length++) await refuses(sealed.subarray(0, length), 'a');
  });

  for (const [what, secrets] of [
    ['forgets', forgetful],
    ['refuses', refusing],
  ] as const) {
    it(`asks once for a passphrase where the secret storage ${what}`, async () => {
      const memory = new Map<string, unknown>();
      const memoryPort = {
        get: (name: string) => memory.get(name),
        set: async (name: string, value: unknown) => void memory.set(name, value),
      };
      const derive = (passphrase: string) => keyFromPassphrase(memoryPort, passphrase);
      let asked = 0;
      const ask = async () => {
        asked += 1;
        return 'correct horse';
      };
      const cipher = new ValueCipher(secrets, ask, derive);
      const sealed = await cipher.seal(utf8('v'), 'a');
      assert.deepEqual(await cipher.open(sealed, 'a'), utf8('v'));
      assert.equal(asked, 1);
      assert.deepEqual(await new ValueCipher(secrets, ask, derive).open(sealed, 'a'), utf8('v'));
      const wrong = new ValueCipher(secrets, async () => 'wrong', derive);
      await assert.rejects(wrong.open(sealed, 'a'), (error) => isFailure(error, 'VALIDATION_ERROR'));
    });
  }

  it('fails as cancelled when the question is dismissed, and asks again at the next need', async () => {
    const answers = [undefined, 'now'];
    const cipher = new ValueCipher(
      forgetful,
      async () => answers.shift(),
      async () => new Uint8Array(32),
    );
    await assert.rejects(cipher.seal(utf8('v'), 'a'), (error) => isFailure(error, 'CANCELLED'));
    await cipher.seal(utf8('v'), 'a');
  });
});
