import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Failure } from '../../domain/failure.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import { connectFailure, connectTimeout, lostFailure, protocolFailure } from './connectFailure.ts';
import type { Destination } from './endpoint.ts';
import type { OpenWire, Wire } from './link.ts';
import { RespError, RespReader } from './respReader.ts';
import { encodeCommands } from './respWriter.ts';

/** Opens a socket, TLS included; rejects with the true cause. */
export function openSocket(destination: Destination, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  const { endpoint, tls, label } = destination;
  return new Promise((resolve, reject) => {
    const place = endpoint.kind === 'unix' ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
    let socket: Socket;
    try {
      socket = tls === undefined ? connectPlain(place) : connectTls({ ...tls, ...place });
    } catch (error) {
      return reject(connectFailure(label, error, tls !== undefined));
    }
    const stop = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.off('error', fail).off('close', fail);
    };
    const fail = (error: unknown): void => give(connectFailure(label, error, tls !== undefined));
    const give = (failure: Failure): void => {
      stop();
      // A socket may report again while it closes.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(failure);
    };
    const abort = (): void => give(new Failure('CANCELLED', 'Connecting was cancelled.'));
    const timer = setTimeout(
      () => give(connectTimeout(label, timeoutMs, tls !== undefined && !socket.connecting)),
      timeoutMs,
    );
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) return abort();
    socket.once('error', fail).once('close', fail);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      stop();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      resolve(socket);
    });
  });
}

/**
 * A plain RESP2 connection without a client library, for bulk work and transactions: what costs time there is
 * per-reply objects and promises.
 */
export function leanWire(
  destination: Destination,
  timeoutMs: number,
  signal?: AbortSignal,
): (...args: Parameters<OpenWire>) => Promise<LeanWire> {
  return async (events) => new LeanWire(await openSocket(destination, timeoutMs, signal), destination, events);
}

export class LeanWire implements Wire {
  private readonly socket: Socket;
  /** What was written and is not fully answered, oldest first. */
  private readonly waiting: Waiting[] = [];
  private readonly reader: RespReader;
  private consumer: (chunk: Buffer) => void;
  private error: unknown;

  constructor(socket: Socket, destination: Destination, events: Parameters<OpenWire>[0]) {
    this.socket = socket;
    this.reader = new RespReader((reply) => this.answer(reply));
    this.consumer = (chunk) => this.reader.push(chunk);
    const { label } = destination;
    const secure = destination.tls !== undefined;
    socket.on('error', (error: unknown) => (this.error ??= error));
    socket.on('close', () => events.onClosed(lostFailure(label, this.error, secure)));
    socket.on('data', (chunk: Buffer) => {
      try {
        this.consumer(chunk);
      } catch (error) {
        this.error ??= error instanceof RespError ? protocolFailure(label, error.message) : error;
        events.onClosed(lostFailure(label, this.error, secure));
        return;
      }
      events.onBytes(chunk.length);
    });
  }

  write(commands: readonly RedisCommand[], onReply: (index: number, reply: RedisReply) => void): void {
    if (commands.length === 0) return;
    this.waiting.push({ count: commands.length, answered: 0, onReply });
    this.socket.write(encodeCommands(commands));
  }

  /** From now on every byte goes to `consumer`, which may throw RespError; used by readers of bulk replies. */
  takeOver(consumer: (chunk: Buffer) => void): void {
    this.consumer = consumer;
  }

  /** Gives the replies back to `write`. */
  handBack(): void {
    this.consumer = (chunk) => this.reader.push(chunk);
  }

  writeBytes(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private answer(reply: RedisReply): void {
    const next = this.waiting[0];
    if (next === undefined) throw new RespError('an answer that nobody asked for');
    const index = next.answered++;
    if (next.answered === next.count) this.waiting.shift();
    next.onReply(index, reply);
  }
}

interface Waiting {
  readonly count: number;
  answered: number;
  readonly onReply: (index: number, reply: RedisReply) => void;
}
