import type { Bytes } from '../bytes.ts';

export type RedisArgument = string | Bytes;

/** One command: its name, then its arguments. Strings are sent as UTF-8. */
export type RedisCommand = readonly [name: string, ...args: RedisArgument[]];

/** An error that the server replied. `message` is server text: it reaches nobody without `display()`. */
export class RedisErrorReply {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  /** The error's first word (`WRONGTYPE`, `NOPERM`, `OOM`, `ERR`, …). */
  get prefix(): string {
    return /^[A-Z]+/.exec(this.message)?.[0] ?? 'ERR';
  }
}

/**
 * What a server answers, in RESP2's terms: bulk and simple strings are bytes, integers are `number` while exact and
 * `bigint` beyond 2^53, null is null.
 */
export type RedisReply = Bytes | number | bigint | null | RedisErrorReply | readonly RedisReply[];
