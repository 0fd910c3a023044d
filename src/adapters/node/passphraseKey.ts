import { randomBytes, scrypt } from 'node:crypto';
import type { Memory } from '../../app/ports/environment.ts';
import { fromBase64, toBase64, type Bytes } from '../../domain/bytes.ts';

const SALT = 'cipher.salt';

/** A key from a passphrase: scrypt (RFC 7914) with N = 2^15, r = 8, p = 1 and a salt of this machine. */
export async function keyFromPassphrase(memory: Memory, passphrase: string): Promise<Bytes> {
  const salt = await saltOf(memory);
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}

async function saltOf(memory: Memory): Promise<Bytes> {
  const text = memory.get(SALT);
  const kept = typeof text === 'string' ? fromBase64(text) : null;
  if (kept?.length === 16) return kept;
  const fresh = new Uint8Array(randomBytes(16));
  await memory.set(SALT, toBase64(fresh));
  return fresh;
}
