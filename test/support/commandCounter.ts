// A TCP proxy on 127.0.0.1 that counts, by name, the commands that clients send to a Redis server.
import { connectOnward, listenOnLoopback } from './loopback.ts';

export interface CommandCounter {
  readonly port: number;
  /** Upper-case names and how often they were sent since `reset`. */
  readonly counts: Map<string, number>;
  /** Names that are not among `harmless`, with their counts. */
  others(harmless: ReadonlySet<string>): string[];
  reset(): void;
  close(): Promise<void>;
}

/** Takes RESP arrays of bulk strings apart as they arrive, in whatever pieces. */
class RequestReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #seen: (name: string) => void;

  constructor(seen: (name: string) => void) {
    this.#seen = seen;
  }

  push(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#take(); end > 0; end = this.#take()) this.#rest = this.#rest.subarray(end);
  }

  /** Bytes of the first whole request, after it was counted; 0 = not whole yet. */
  #take(): number {
    const head = this.#line(0, '*');
    if (head === null) return 0;
    let at = head.next;
    for (let part = 0; part < head.value; part++) {
      const size = this.#line(at, '$');
      if (size === null || this.#rest.length < size.next + size.value + 2) return 0;
      if (part === 0) this.#name = this.#rest.toString('latin1', size.next, size.next + size.value).toUpperCase();
      at = size.next + size.value + 2;
    }
    this.#seen(this.#name);
    return at;
  }

  #name = '';

  #line(at: number, sign: string): { readonly value: number; readonly next: number } | null {
    const end = this.#rest.indexOf('\r\n', at);
    if (end < 0) return null;
    if (this.#rest.toString('latin1', at, at + 1) !== sign) throw new Error('not a request that this counter knows');
    return { value: Number(this.#rest.toString('latin1', at + 1, end)), next: end + 2 };
  }
}

export async function countCommands(targetPort: number): Promise<CommandCounter> {
  const counts = new Map<string, number>();
  const { port, close } = await listenOnLoopback((client) => {
    const server = connectOnward(client, targetPort);
    const reader = new RequestReader((name) => counts.set(name, (counts.get(name) ?? 0) + 1));
    client.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => client.write(chunk));
  });
  return {
    port,
    counts,
    others: (harmless) => [...counts].filter(([name]) => !harmless.has(name)).map(([name, n]) => `${name} × ${n}`),
    reset: () => counts.clear(),
    close,
  };
}

/** Commands that change nothing on a server, as they are sent by everything that Cachify does before a write. */
export const readCommands: ReadonlySet<string> = new Set(
  `HELLO AUTH PING INFO COMMAND CLIENT SELECT ACL CONFIG TIME DBSIZE SCAN TYPE TTL PTTL EXPIRETIME PEXPIRETIME DUMP
   STRLEN MEMORY OBJECT GET GETRANGE HGETALL HLEN HSCAN LRANGE LLEN SMEMBERS SCARD SSCAN ZRANGE ZCARD ZSCAN XRANGE XLEN
   XINFO EXISTS SLOWLOG LATENCY WATCH UNWATCH QUIT ROLE CLUSTER`.split(/\s+/),
);
