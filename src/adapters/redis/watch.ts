import type { WatchEnd, WatchListener, WatchRequest } from '../../app/ports/redis.ts';
import { textOf } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisReply } from '../../domain/redis/command.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';
import type { ServerIdentity } from '../../domain/redis/server.ts';
import type { BulkConnection } from './bulkPool.ts';
import { MonitorLines } from './monitorLines.ts';
import { RespReader } from './respReader.ts';
import { encodeCommands } from './respWriter.ts';

/** The host does other things, too: this long at a time. */
const sliceMs = 8;
/** Received and not yet read; beyond it lines of MONITOR are dropped, and notifications end. */
const maxWaitingBytes = 4 << 20;

/** What turns chunks into calls of the listener. */
interface Source {
  /** Reads for a while; true when nothing is left. */
  read(untilMs: number): boolean;
  push(chunk: Buffer): void;
  /** Bytes beyond `maxWaitingBytes` are waiting: drops, or says that it cannot. */
  overflow(): 'dropped' | 'stop';
  readonly waitingBytes: number;
  /** The server's refusal. */
  readonly refused: RedisErrorReply | undefined;
  readonly started: boolean;
}

/**
 * Runs a watch on a connection of its own, which is unusable for anything else afterwards. Of `share` watches that run
 * side by side each takes its part of the memory and the time.
 */
export async function watch(
  connection: BulkConnection,
  server: ServerIdentity,
  request: WatchRequest,
  share = 1,
): Promise<WatchEnd> {
  const budget = { bytes: maxWaitingBytes / share, ms: sliceMs / share };
  const source =
    request.source === 'monitor' ? new MonitorLines(request.listener, budget.bytes) : new KeyEvents(request.listener);
  const command: [string, ...string[]] =
    request.source === 'monitor' ? ['MONITOR'] : ['PSUBSCRIBE', `__keyevent@${server.db}__:*`];
  const begin = (): void => connection.wire.writeBytes(encodeCommands([command]));
  const end = await receive(connection, source, request, budget, begin);
  while (!source.read(performance.now() + budget.ms)) await nextTurn();
  if (source.refused !== undefined) {
    throw failureOfReply(source.refused, {
      connectionName: 'The server',
      user: server.user,
      command: command[0].toLowerCase(),
      write: false,
    });
  }
  if (!source.started && end.ended !== 'asked') throw end.cause ?? notStarted(request.deadlineMs);
  return end;
}

function notStarted(deadlineMs: number): Failure {
  return new Failure('TIMEOUT', `The server did not begin to send within ${deadlineMs.toLocaleString('en-US')} ms.`, {
    retryable: true,
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Reads until asked to stop, refused, overloaded or cut off; what has arrived by then may still wait in `source`. */
function receive(
  connection: BulkConnection,
  source: Source,
  request: WatchRequest,
  budget: { readonly bytes: number; readonly ms: number },
  start: () => void,
): Promise<WatchEnd> {
  return new Promise((resolve) => {
    let over = false;
    let scheduled = false;
    let told = false;
    const finish = (end: WatchEnd): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      request.signal.removeEventListener('abort', asked);
      connection.wire.takeOver(() => undefined);
      connection.wire.destroy();
      resolve(end);
    };
    const asked = (): void => finish({ ended: 'asked' });
    const timer = setTimeout(
      () => finish({ ended: 'lost', cause: notStarted(request.deadlineMs) }),
      request.deadlineMs,
    );
    const read = (): void => {
      scheduled = false;
      if (over) return;
      const done = source.read(performance.now() + budget.ms);
      if (source.refused !== undefined) return finish({ ended: 'lost' });
      if (source.started && !told) {
        told = true;
        clearTimeout(timer);
        request.onStarted?.();
      }
      if (!done) schedule();
    };
    const schedule = (): void => {
      if (scheduled) return;
      scheduled = true;
      setImmediate(read);
    };
    connection.link.onDeath((cause) => finish({ ended: 'lost', cause }));
    connection.wire.takeOver((chunk) => {
      source.push(chunk);
      if (source.waitingBytes > budget.bytes && source.overflow() === 'stop') finish({ ended: 'overload' });
      else schedule();
    });
    request.signal.addEventListener('abort', asked, { once: true });
    if (request.signal.aborted) asked();
    else start();
  });
}

/** Messages of keyspace notifications. A stream of frames cannot be cut, so too much of it ends the watch. */
class KeyEvents implements Source {
  private readonly chunks: Buffer[] = [];
  private readonly reader: RespReader;
  waitingBytes = 0;
  refused: RedisErrorReply | undefined;
  started = false;

  constructor(listener: WatchListener) {
    this.reader = new RespReader((reply) => this.take(reply, listener));
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.waitingBytes += chunk.length;
  }

  overflow(): 'stop' {
    return 'stop';
  }

  read(untilMs: number): boolean {
    for (let chunk = this.chunks.shift(); chunk !== undefined; chunk = this.chunks.shift()) {
      this.waitingBytes -= chunk.length;
      this.reader.push(chunk);
      if (performance.now() > untilMs) return this.chunks.length === 0;
    }
    return true;
  }

  private take(reply: RedisReply, listener: WatchListener): void {
    if (reply instanceof RedisErrorReply) this.refused ??= reply;
    if (!Array.isArray(reply)) return;
    const [kind, , channel, key] = reply as readonly RedisReply[];
    if (!(kind instanceof Uint8Array)) return;
    if (kind.length === 10) this.started = true; // psubscribe
    if (kind.length !== 8 || !(channel instanceof Uint8Array) || !(key instanceof Uint8Array)) return; // pmessage
    const name = textOf(channel) ?? '';
    listener.keyEvent?.(name.slice(name.indexOf(':') + 1), key);
  }
}
