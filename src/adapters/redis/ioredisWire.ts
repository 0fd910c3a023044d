import type { Command as IoredisCommand, Redis } from 'ioredis';
import { Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisArgument, type RedisCommand, type RedisReply } from '../../domain/redis/command.ts';
import { connectFailure, connectTimeout, lostFailure, protocolFailure } from './connectFailure.ts';
import type { Destination } from './endpoint.ts';
import type { OpenWire, Wire } from './link.ts';

/** Loads the client library on first use; half of what starting the extension may take. */
export async function loadClient(): Promise<{ Redis: typeof Redis; Command: typeof IoredisCommand }> {
  const { Redis, Command } = await import('ioredis');
  return { Redis, Command };
}

/** Replies nest a few levels; a hostile one nests until the stack ends. */
const maxDepth = 128;

/**
 * Opens a connection by ioredis, used for one physical connection each: it never reconnects, queues or re-sends
 * (its own ways of doing so repeat writes or leave promises hanging), and it knows no password: the handshake is
 * sent as ordinary commands. RESP2, bytes in and out, integers exact.
 */
export function ioredisWire(destination: Destination, timeoutMs: number, signal?: AbortSignal): OpenWire {
  return async (events) => {
    const { Redis, Command } = await loadClient();
    const { endpoint, tls, label } = destination;
    const redis = new Redis({
      ...(endpoint.kind === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port }),
      ...(tls === undefined ? {} : { tls }),
      lazyConnect: true,
      protocol: 2,
      stringNumbers: true,
      retryStrategy: () => null,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableReadyCheck: false,
      disableClientInfo: true,
      // Ours comes first and says more.
      connectTimeout: timeoutMs + 1_000,
    });
    return new IoredisWire(redis, Command, events).connect(label, tls !== undefined, timeoutMs, signal);
  };
}

class IoredisWire implements Wire {
  private readonly redis: Redis;
  private readonly command: typeof IoredisCommand;
  private readonly events: Parameters<OpenWire>[0];
  private lastError: unknown;
  private connected = false;

  constructor(redis: Redis, command: typeof IoredisCommand, events: Parameters<OpenWire>[0]) {
    this.redis = redis;
    this.command = command;
    this.events = events;
  }

  connect(label: string, secure: boolean, timeoutMs: number, signal?: AbortSignal): Promise<Wire> {
    this.redis.on('error', (error: unknown) => {
      this.lastError ??= error;
      // An answer that nobody asked for would otherwise shift every later answer by one.
      if (this.connected) this.events.onClosed(this.lossCause(label, secure));
    });
    this.redis.on('end', () => {
      if (this.connected) this.events.onClosed(this.lossCause(label, secure));
    });
    return new Promise((resolve, reject) => {
      const give = (failure: Failure): void => {
        stop();
        this.destroy();
        reject(failure);
      };
      const timer = setTimeout(() => {
        const stream = this.redis.stream as Redis['stream'] | undefined;
        const handshaking = secure && stream?.connecting === false;
        give(connectTimeout(label, timeoutMs, handshaking));
      }, timeoutMs);
      const abort = (): void => give(new Failure('CANCELLED', 'Connecting was cancelled.'));
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) return abort();
      this.redis.connect().then(
        () => {
          stop();
          this.connected = true;
          this.redis.stream.on('error', (error: unknown) => (this.lastError ??= error));
          this.redis.stream.on('data', (chunk: Uint8Array) => this.events.onBytes(chunk.length));
          resolve(this);
        },
        (error: unknown) => give(connectFailure(label, this.lastError ?? error, secure)),
      );
    });
  }

  write(commands: readonly RedisCommand[], onReply: (index: number, reply: RedisReply) => void): void {
    this.redis.stream.cork();
    commands.forEach((command, index) => {
      // Upper case: ioredis transforms arguments and replies of lower-case names into objects.
      const sent = new this.command(command[0].toUpperCase(), command.slice(1).map(ioredisArgument), {
        replyEncoding: null,
      });
      sent.promise.then(
        (value: unknown) => this.answer(index, value, onReply),
        (error: unknown) => {
          const reply = errorReply(error);
          // Anything else is the connection's death, which `end` reports; the error itself holds arguments.
          if (reply !== null) onReply(index, reply);
        },
      );
      this.redis.sendCommand(sent);
    });
    this.redis.stream.uncork();
  }

  private answer(index: number, value: unknown, onReply: (index: number, reply: RedisReply) => void): void {
    const reply = replyOf(value, 0);
    if (reply === undefined) this.destroy(protocolFailure('The server', 'an answer that makes no sense'));
    else onReply(index, reply);
  }

  destroy(cause?: Failure): void {
    this.lastError ??= cause;
    this.redis.disconnect();
    // Absent until ioredis has asked for a socket.
    const stream = this.redis.stream as Redis['stream'] | undefined;
    stream?.destroy();
  }

  private lossCause(label: string, secure: boolean): Failure {
    const error = this.lastError;
    if (
      error instanceof Error &&
      /^(Unknown RESP type|Maximum call stack|Command queue state|Invalid)/.test(error.message)
    ) {
      return protocolFailure(label, 'something');
    }
    return lostFailure(label, error, secure);
  }
}

function ioredisArgument(argument: RedisArgument): string | Buffer {
  return typeof argument === 'string'
    ? argument
    : Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength);
}

function errorReply(error: unknown): RedisErrorReply | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  return new RedisErrorReply(error.message);
}

/** What ioredis gives for a reply with `stringNumbers`: Buffer for strings, string for integers; undefined = nonsense. */
function replyOf(value: unknown, depth: number): RedisReply | undefined {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return exactInteger(value);
  if (Array.isArray(value)) {
    if (depth >= maxDepth) return undefined;
    const parts: RedisReply[] = [];
    for (const part of value) {
      const reply = replyOf(part, depth + 1);
      if (reply === undefined) return undefined;
      parts.push(reply);
    }
    return parts;
  }
  return errorReply(value);
}

function exactInteger(text: string): number | bigint | undefined {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  return /^[+-]?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
}
