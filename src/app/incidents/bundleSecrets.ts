import { asFailure } from '../../domain/failure.ts';
import type { Log, Secrets } from '../ports/environment.ts';

/** What makes the tokens of a bundle, and what they stand for if that was asked for. */
export interface BundleKeys {
  readonly salt: string;
  readonly mapping: Readonly<Record<string, string>>;
}

/**
 * Salts and mappings, in SecretStorage and in the memory of this window. Where nothing can be kept (no keyring) an export
 * works as long as the window is open.
 */
export class BundleSecrets {
  readonly #secrets: Secrets;
  readonly #log: Log;
  readonly #here = new Map<string, BundleKeys>();

  constructor(secrets: Secrets, log: Log) {
    this.#secrets = secrets;
    this.#log = log;
  }

  /** `id` of a preview while it can be exported, of a bundle when its mapping is kept. */
  async keep(id: string, keys: BundleKeys): Promise<void> {
    this.#here.set(id, keys);
    await this.#trying(() => this.#secrets.set(nameOf(id), JSON.stringify(keys)));
  }

  async of(id: string): Promise<BundleKeys | undefined> {
    const here = this.#here.get(id);
    if (here !== undefined) return here;
    const text = await this.#trying(() => this.#secrets.get(nameOf(id)));
    return text === undefined ? undefined : (JSON.parse(text) as BundleKeys);
  }

  async forget(id: string): Promise<void> {
    this.#here.delete(id);
    await this.#trying(() => this.#secrets.delete(nameOf(id)));
  }

  async #trying<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.#log.warn('secret storage not usable for a bundle', { code: asFailure(error).code });
      return undefined;
    }
  }
}

function nameOf(id: string): string {
  return `cachify.incident.${id}`;
}
