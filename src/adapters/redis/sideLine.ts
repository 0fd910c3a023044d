import type { CommandOutcome } from '../../app/ports/redis.ts';
import { Failure } from '../../domain/failure.ts';
import type { RedisCommand } from '../../domain/redis/command.ts';
import type { BulkConnection } from './bulkPool.ts';
import type { Limits, Link } from './link.ts';

const lineClosed = new Failure('CONNECTION_FAILED', 'The connection is closed.', { nextAction: 'Connect again.' });

type Open = (timeoutMs: number, signal: AbortSignal) => Promise<BulkConnection>;

/**
 * One lean connection beside the one that people work with, for looks at the server: these neither wait for what
 * people do nor hold it up. Opened by the first look, and again by the next one after it died.
 */
export class SideLine {
  readonly #open: Open;
  readonly #life = new AbortController();
  #link: Link | undefined;
  #opening: Promise<Link | null> | undefined;

  constructor(open: Open) {
    this.#open = open;
  }

  /** Null when it cannot be opened, for example because the server takes no further client. Never rejects. */
  async exchange(commands: readonly RedisCommand[], limits: Limits): Promise<readonly CommandOutcome[] | null> {
    const link = await this.#alive(limits.deadlineMs);
    return link === null ? null : link.exchange(commands, limits);
  }

  close(): void {
    this.#life.abort();
    this.#link?.destroy(lineClosed);
  }

  #alive(timeoutMs: number): Promise<Link | null> {
    if (this.#link?.dead() === null) return Promise.resolve(this.#link);
    this.#opening ??= this.#opened(timeoutMs).finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #opened(timeoutMs: number): Promise<Link | null> {
    const { signal } = this.#life;
    try {
      const { link } = await this.#open(timeoutMs, signal);
      if (signal.aborted) link.destroy(lineClosed);
      this.#link = link;
      return link;
    } catch {
      // Whoever asks has another way, and hears of what is wrong with the server there.
      return null;
    }
  }
}
