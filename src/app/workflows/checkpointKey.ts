import { fromBase64, toBase64, type Bytes } from '../../domain/bytes.ts';
import type { Hmac } from '../../domain/workflows/token.ts';
import type { WorkflowParts } from './parts.ts';

const keyName = 'cachify.checkpointKey';

/** The key that signs checkpoints: made once per machine and kept among its secrets. */
export class CheckpointKey {
  readonly #parts: Pick<WorkflowParts, 'secrets' | 'digest'>;
  #key: Promise<Bytes> | undefined;

  constructor(parts: Pick<WorkflowParts, 'secrets' | 'digest'>) {
    this.#parts = parts;
  }

  async hmac(): Promise<Hmac> {
    this.#key ??= this.#keyOnce().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    const key = await this.#key;
    return (signed) => this.#parts.digest.hmacSha256(key, signed);
  }

  async #keyOnce(): Promise<Bytes> {
    const { secrets, digest } = this.#parts;
    const kept = fromBase64((await secrets.get(keyName)) ?? '-');
    if (kept?.length === 32) return kept;
    const fresh = digest.randomBytes(32);
    await secrets.set(keyName, toBase64(fresh));
    return fresh;
  }
}
