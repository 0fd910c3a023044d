import type { CommandOutcome } from '../../app/ports/redis.ts';
import { Failure } from '../../domain/failure.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import { unwrapped, wrapped } from './transaction.ts';

/** The bounds of one exchange. */
export interface Limits {
  readonly deadlineMs: number;
  readonly maxReplyBytes: number;
  readonly signal?: AbortSignal;
  /** In a cluster: the node that gets all of it. */
  readonly node?: string;
}

/** What carries commands: one physical connection, by whatever client. */
export interface Wire {
  /** Writes commands in one go; `onReply` is called once per command, in order, unless the connection dies. */
  write(commands: readonly RedisCommand[], onReply: (index: number, reply: RedisReply) => void): void;
  /** Closes the socket at once. */
  destroy(): void;
}

interface WireEvents {
  /** Bytes that arrived, for the budget. */
  onBytes(count: number): void;
  /** The connection is gone, and why. */
  onClosed(cause: Failure): void;
}

/** Makes a wire that reports to the given listeners, once connected. */
export type OpenWire = (events: WireEvents) => Promise<Wire>;

/** Anything that exchanges commands for outcomes: one connection, or a cluster of them. */
export interface Exchanger {
  /** Outcomes in order. Never rejects, and settles within `limits.deadlineMs`. */
  exchange(commands: readonly RedisCommand[], limits: Limits): Promise<readonly CommandOutcome[]>;
  /** Runs `body` in one MULTI/EXEC; outcomes of the body. */
  transact(body: readonly RedisCommand[], limits: Limits): Promise<readonly CommandOutcome[]>;
  /** Why it is dead, or null. */
  dead(): Failure | null;
  onDeath(listener: (cause: Failure) => void): void;
  destroy(cause: Failure): void;
}

/**
 * One exchange that waits for its replies. Everything that was written and has no reply when the connection dies is
 * `unknown`; nobody else keeps that book, since clients may forget or repeat what was in flight.
 */
class Pending {
  readonly outcomes: (CommandOutcome | undefined)[];
  readonly limits: Limits;
  receivedBytes = 0;
  private unanswered: number;
  private readonly done: (outcomes: readonly CommandOutcome[]) => void;
  private readonly cleanups: (() => void)[] = [];
  private settled = false;

  constructor(count: number, limits: Limits, done: (outcomes: readonly CommandOutcome[]) => void) {
    this.outcomes = Array.from({ length: count }, () => undefined);
    this.unanswered = count;
    this.limits = limits;
    this.done = done;
  }

  get answered(): boolean {
    return this.unanswered === 0;
  }

  onSettled(cleanup: () => void): void {
    this.cleanups.push(cleanup);
  }

  reply(index: number, reply: RedisReply): void {
    this.outcomes[index] ??= { kind: 'reply', reply };
    this.unanswered -= 1;
    if (this.unanswered === 0) this.settle();
  }

  /** Gives up waiting: what has no reply is unknown. Replies that still come are counted, not kept. */
  abandon(cause: Failure): void {
    if (this.settled) return;
    for (let i = 0; i < this.outcomes.length; i++) this.outcomes[i] ??= { kind: 'unknown', cause };
    this.settle();
  }

  private settle(): void {
    if (this.settled) return;
    this.settled = true;
    for (const cleanup of this.cleanups) cleanup();
    this.done(this.outcomes.map((outcome) => outcome ?? unanswered));
  }
}

const unanswered: CommandOutcome = {
  kind: 'unknown',
  cause: new Failure('INTERNAL_ERROR', 'The answer to a command was lost.'),
};

export function notDone(commands: readonly RedisCommand[], cause: Failure): readonly CommandOutcome[] {
  return commands.map(() => ({ kind: 'notDone', cause }));
}

/** One physical connection with bounds: deadline and byte budget destroy it, and whatever happens every promise settles. */
export class Link implements Exchanger {
  /** For messages: host and port, or the socket's path. */
  readonly label: string;
  private wire: Wire | undefined;
  private cause: Failure | null = null;
  private readonly waiting: Pending[] = [];
  private readonly deathListeners: ((cause: Failure) => void)[] = [];

  private constructor(label: string) {
    this.label = label;
  }

  /** Opens a wire; rejects with the failure that the opener gives. */
  static async open(label: string, openWire: OpenWire): Promise<Link> {
    const link = new Link(label);
    link.wire = await openWire({
      onBytes: (count) => link.count(count),
      onClosed: (cause) => link.die(cause),
    });
    if (link.cause !== null) {
      link.wire.destroy();
      throw link.cause;
    }
    return link;
  }

  dead(): Failure | null {
    return this.cause;
  }

  onDeath(listener: (cause: Failure) => void): void {
    this.deathListeners.push(listener);
  }

  exchange(commands: readonly RedisCommand[], limits: Limits): Promise<readonly CommandOutcome[]> {
    const wire = this.wire;
    if (this.cause !== null || wire === undefined) return Promise.resolve(notDone(commands, this.cause ?? neverOpened));
    if (limits.signal?.aborted === true) return Promise.resolve(notDone(commands, cancelled(false)));
    if (commands.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const pending = new Pending(commands.length, limits, resolve);
      this.waiting.push(pending);
      this.watch(pending, commands);
      wire.write(commands, (index, reply) => {
        pending.reply(index, reply);
        if (pending.answered && this.waiting[0] === pending) this.waiting.shift();
      });
    });
  }

  async transact(body: readonly RedisCommand[], limits: Limits): Promise<readonly CommandOutcome[]> {
    return unwrapped(body, await this.exchange(wrapped(body), limits));
  }

  /** Destroys the socket at once; what is in flight becomes unknown with this cause. */
  destroy(cause: Failure): void {
    this.die(cause);
  }

  private watch(pending: Pending, commands: readonly RedisCommand[]): void {
    const { deadlineMs, signal } = pending.limits;
    const timer = setTimeout(() => {
      this.die(deadlineFailure(this.label, commands[pending.outcomes.indexOf(undefined)] ?? commands[0], deadlineMs));
    }, deadlineMs);
    pending.onSettled(() => clearTimeout(timer));
    if (signal === undefined) return;
    const abort = (): void => pending.abandon(cancelled(true));
    signal.addEventListener('abort', abort, { once: true });
    pending.onSettled(() => signal.removeEventListener('abort', abort));
  }

  private count(bytes: number): void {
    const first = this.waiting[0];
    if (first === undefined) return;
    first.receivedBytes += bytes;
    if (first.receivedBytes > first.limits.maxReplyBytes)
      this.die(budgetFailure(this.label, first.limits.maxReplyBytes));
  }

  private die(cause: Failure): void {
    if (this.cause !== null) return;
    this.cause = cause;
    this.wire?.destroy();
    for (const pending of this.waiting.splice(0)) pending.abandon(cause);
    for (const listener of this.deathListeners) listener(cause);
  }
}

const neverOpened = new Failure('CONNECTION_FAILED', 'The connection is not open.', { retryable: true });

export function cancelled(sent: boolean): Failure {
  return new Failure(
    'CANCELLED',
    sent ? 'Cancelled while the server was working on it.' : 'Cancelled before anything was sent.',
  );
}

function deadlineFailure(label: string, command: RedisCommand | undefined, deadlineMs: number): Failure {
  const name = command === undefined ? 'a command' : displayName(command);
  return new Failure(
    'TIMEOUT',
    `${label} did not answer ${name} within ${deadlineMs.toLocaleString('en-US')} ms, so the connection was cut. The server may still carry it out.`,
    {
      retryable: true,
      nextAction: "Look at the server's load, or raise the connection's timeoutMs.",
    },
  );
}

function displayName(command: RedisCommand): string {
  return /^[\w.-]{1,40}$/.test(command[0]) ? command[0].toUpperCase() : 'a command';
}

function budgetFailure(label: string, maxBytes: number): Failure {
  return new Failure(
    'BLOCKED',
    `The answer of ${label} was larger than the ${maxBytes.toLocaleString('en-US')} bytes allowed for it, so the connection was cut to protect this computer's memory.`,
    {
      details: { rule: 'replyBytes', maxReplyBytes: maxBytes },
      nextAction: 'Read a part of the value instead (GETRANGE, HSCAN, LRANGE, …).',
    },
  );
}
