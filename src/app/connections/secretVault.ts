import { fromBase64, toBase64, utf8, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition, Secret } from '../../domain/connections/definition.ts';
import { isRecord } from '../../domain/connections/fields.ts';
import { fingerprint } from '../../domain/connections/fingerprint.ts';
import { parseStoredSecret } from '../../domain/connections/secret.ts';
import { Failure, isFailure } from '../../domain/failure.ts';
import type { Digest, Memory, Secrets } from '../ports/environment.ts';

/** What the vault has for a connection as it is defined now. */
export type Kept =
  | { readonly kind: 'found'; readonly secret: Secret }
  | { readonly kind: 'none' }
  /** One is kept, but for another destination: it is not given out. */
  | { readonly kind: 'elsewhere' };

const INSTALL_KEY = 'cachify.installKey';
const NAMES = 'connections.secretNames';

/**
 * Secrets bound to their destination: the name in SecretStorage is an HMAC over connection and destination with a key
 * of this installation, so an entry that points elsewhere finds nothing, whoever changed it.
 */
export class SecretVault {
  readonly #secrets: Secrets;
  readonly #memory: Memory;
  readonly #digest: Digest;

  constructor(secrets: Secrets, memory: Memory, digest: Digest) {
    this.#secrets = secrets;
    this.#memory = memory;
    this.#digest = digest;
  }

  async find(definition: ConnectionDefinition): Promise<Kept> {
    const secret = await this.#read(definition);
    if (secret !== null) return { kind: 'found', secret };
    return { kind: this.#namesOf(definition.uid).length > 0 ? 'elsewhere' : 'none' };
  }

  /** A keyring that is locked or gone is the same as one that forgot: the person is asked. */
  async #read(definition: ConnectionDefinition): Promise<Secret | null> {
    try {
      const key = await this.#installKey();
      const text = key && (await this.#secrets.get(this.#name(key, definition)));
      return text === undefined ? null : parseStoredSecret(text);
    } catch (error) {
      if (isFailure(error, 'NOT_SUPPORTED')) return null;
      throw error;
    }
  }

  /**
   * Keeps a secret for the destination of `definition` and reads it back: some hosts accept a secret and forget it.
   * @returns how to undo it, for when saving the definition fails afterwards
   */
  async keep(definition: ConnectionDefinition, secret: Secret): Promise<() => Promise<void>> {
    const name = this.#name((await this.#installKey()) ?? (await this.#newInstallKey()), definition);
    const before = await this.#secrets.get(name);
    const undo = async (): Promise<void> => {
      await (before === undefined ? this.#secrets.delete(name) : this.#secrets.set(name, before));
    };
    const text = JSON.stringify(secret);
    try {
      await this.#secrets.set(name, text);
      if ((await this.#secrets.get(name)) !== text) throw notKept();
      await this.#remember(definition.uid, name);
    } catch (error) {
      await undo().catch(() => undefined); // the first failure is the one to report
      throw error instanceof Failure ? error : notKept();
    }
    return undo;
  }

  /** Deletes every secret of a connection, or all but the one for `except`. */
  async forget(uid: string, except?: ConnectionDefinition): Promise<void> {
    const key = except === undefined ? undefined : await this.#installKey();
    const stays = key === undefined || except === undefined ? undefined : this.#name(key, except);
    const names = this.#namesOf(uid);
    for (const name of names) if (name !== stays) await this.#secrets.delete(name);
    const { [uid]: _gone, ...rest } = this.#allNames();
    const kept = names.filter((name) => name === stays);
    await this.#memory.set(NAMES, kept.length > 0 ? { ...rest, [uid]: kept } : rest);
  }

  #name(key: Bytes, definition: ConnectionDefinition): string {
    const subject = utf8(JSON.stringify([definition.uid, fingerprint(definition)]));
    return `cachify.secret.${this.#digest.hmacSha256(key, [subject])}`;
  }

  async #installKey(): Promise<Bytes | undefined> {
    return fromBase64((await this.#secrets.get(INSTALL_KEY)) ?? '-') ?? undefined;
  }

  async #newInstallKey(): Promise<Bytes> {
    const key = this.#digest.randomBytes(32);
    await this.#secrets.set(INSTALL_KEY, toBase64(key));
    // Another window may have made one at the same moment: the stored one counts.
    const stored = await this.#installKey();
    if (stored === undefined) throw notKept();
    return stored;
  }

  #allNames(): Readonly<Record<string, unknown>> {
    const kept = this.#memory.get(NAMES);
    return isRecord(kept) ? kept : {};
  }

  #namesOf(uid: string): readonly string[] {
    const names = this.#allNames()[uid];
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  }

  async #remember(uid: string, name: string): Promise<void> {
    const names = [name, ...this.#namesOf(uid).filter((other) => other !== name)];
    for (const old of names.slice(20)) await this.#secrets.delete(old);
    await this.#memory.set(NAMES, { ...this.#allNames(), [uid]: names.slice(0, 20) });
  }
}

function notKept(): Failure {
  return new Failure(
    'NOT_SUPPORTED',
    'The secret storage of this VS Code did not keep the secret. Nothing was saved.',
    {
      nextAction: 'Set "secret" to "ask" or to an environment variable, or set up a keyring on this machine.',
    },
  );
}
