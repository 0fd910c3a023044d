import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Cipher, Secrets } from '../../app/ports/environment.ts';
import { fromBase64, toBase64, type Bytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';

/** Asks the person for a passphrase, once per window, where the machine cannot keep the key; undefined when dismissed. */
export type AskPassphrase = (why: string) => Promise<string | undefined>;

/** Turns a passphrase into 32 bytes, slowly. Absent salt = the one kept in memory of this machine. */
export type DeriveKey = (passphrase: string) => Promise<Bytes>;

const KEY_NAME = 'cachify.valueKey';
const NONCE = 12;
const TAG = 16;

/**
 * AES-256-GCM for values at rest. The key is made once and kept in SecretStorage; where that does not keep it (no
 * keyring), a passphrase is asked for once per window and the key derived from it. Layout: nonce, ciphertext, tag.
 */
export class ValueCipher implements Cipher {
  readonly #secrets: Secrets;
  readonly #ask: AskPassphrase;
  readonly #derive: DeriveKey;
  #key: Promise<Bytes> | undefined;

  constructor(secrets: Secrets, ask: AskPassphrase, derive: DeriveKey) {
    this.#secrets = secrets;
    this.#ask = ask;
    this.#derive = derive;
  }

  async seal(plain: Bytes, context: string): Promise<Bytes> {
    const key = await this.#keyOnce();
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'));
    return new Uint8Array(Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  }

  async open(sealed: Bytes, context: string): Promise<Bytes> {
    const key = await this.#keyOnce();
    if (sealed.length < NONCE + TAG) throw unreadable();
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE))
      .setAAD(Buffer.from(context, 'utf8'))
      .setAuthTag(sealed.subarray(sealed.length - TAG));
    try {
      const body = sealed.subarray(NONCE, sealed.length - TAG);
      return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
    } catch {
      throw unreadable(); // the cause says no more than this
    }
  }

  /** One key per window; a dismissed question is asked again at the next need. */
  #keyOnce(): Promise<Bytes> {
    this.#key ??= this.#findKey().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #findKey(): Promise<Bytes> {
    const kept = await this.#kept();
    if (kept) return kept;
    const fresh = randomBytes(32);
    // Kept only when it can be read back: some hosts accept a secret and forget it.
    const stored = await this.#secrets.set(KEY_NAME, toBase64(fresh)).then(
      () => this.#kept(),
      () => undefined,
    );
    if (stored) return stored;
    const passphrase = await this.#ask('This machine has no keyring that could keep the key.');
    if (passphrase === undefined) {
      throw new Failure('CANCELLED', 'No passphrase was given, so the previous value could not be kept or read.');
    }
    return this.#derive(passphrase);
  }

  async #kept(): Promise<Bytes | undefined> {
    const key = fromBase64((await this.#secrets.get(KEY_NAME)) ?? '-');
    return key?.length === 32 ? key : undefined;
  }
}

function unreadable(): Failure {
  return new Failure('VALIDATION_ERROR', 'A kept value cannot be read: it was changed, or sealed with another key.', {
    details: { path: 'sealed' },
  });
}
