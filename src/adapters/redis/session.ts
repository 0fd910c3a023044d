import type {
  ClusterView,
  CommandOutcome,
  DescribeOptions,
  HeadOptions,
  HeadReply,
  KeyColumns,
  RedisLine,
  RedisSession,
  ScanOptions,
  ScanPage,
  SendOptions,
  SessionState,
  WatchEnd,
  WatchRequest,
} from '../../app/ports/redis.ts';
import { asFailure, Failure, isFailure } from '../../domain/failure.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import type { CommandTable } from '../../domain/redis/classify.ts';
import { RedisErrorReply, type RedisCommand } from '../../domain/redis/command.ts';
import type { Capabilities, ServerIdentity } from '../../domain/redis/server.ts';
import type { Bulk } from './bulk.ts';
import type { BulkConnection } from './bulkPool.ts';
import { cancelled, notDone, type Exchanger, type Link } from './link.ts';
import { compareAndSet } from './compareAndSet.ts';
import { SideLine } from './sideLine.ts';
import { watchCluster, type Primaries } from './clusterWatch.ts';
import { watch } from './watch.ts';

/** A control connection that proved itself. */
export interface Opened {
  readonly exchanger: Exchanger;
  readonly server: ServerIdentity;
  readonly capabilities: Capabilities;
  readonly commandTable: CommandTable;
}

/** What a topology gives to a session: how to open its connections. */
export interface Topology {
  open(signal?: AbortSignal): Promise<Opened>;
  /** A connection of its own to the node that holds `key`, logged in and proven. */
  openPrivate(key: Uint8Array | undefined, timeoutMs: number, signal?: AbortSignal): Promise<BulkConnection>;
  /** To a node of a cluster. */
  openNode?(node: string, timeoutMs: number): Promise<BulkConnection>;
  readonly cluster?: ClusterView;
  readonly bulk: Bulk;
  /** Clusters: looks who they are at this moment. */
  readonly primaries?: Primaries;
  close(): void;
}

const firstPauseMs = 50;
const longestPauseMs = 10_000;
/** A command that arrives while the connection comes back waits this long for it: nothing was sent yet. */
const patienceMs = 1_000;

const closedByUs = new Failure('CONNECTION_FAILED', 'The connection is closed.', {
  nextAction: 'Connect again.',
});

/** One open connection with its reconnects; see the port for its promises. */
export class Session implements RedisSession {
  readonly cluster?: ClusterView;
  private readonly topology: Topology;
  private opened: Opened;
  private current: SessionState = { kind: 'ready' };
  private readonly listeners = new Set<(state: SessionState) => void>();
  private readonly life = new AbortController();
  private recovering: Promise<void> | undefined;
  private readonly side: SideLine;

  constructor(topology: Topology, opened: Opened) {
    this.topology = topology;
    if (topology.cluster !== undefined) this.cluster = topology.cluster;
    this.side = new SideLine((timeoutMs, signal) => topology.openPrivate(undefined, timeoutMs, signal));
    this.opened = opened;
    this.follow(opened);
  }

  get server(): ServerIdentity {
    return this.opened.server;
  }

  get capabilities(): Capabilities {
    return this.opened.capabilities;
  }

  get commandTable(): CommandTable {
    return this.opened.commandTable;
  }

  state(): SessionState {
    return this.current;
  }

  onDidChangeState(listener: (state: SessionState) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  async send(commands: readonly RedisCommand[], options: SendOptions): Promise<readonly CommandOutcome[]> {
    const started = performance.now();
    const refused = await this.ready(options);
    if (refused !== null) return notDone(commands, refused);
    const left = (): number => Math.max(1, options.deadlineMs - (performance.now() - started));
    // The line beside leads to one node: what names another goes the ordinary way.
    if (options.aside === true && options.node === undefined) {
      const outcomes = await this.side.exchange(commands, { ...options, deadlineMs: left() / 2 });
      if (outcomes !== null) return outcomes;
    }
    const limits = { ...options, deadlineMs: left() };
    const { exchanger } = this.opened;
    return options.transaction === true ? exchanger.transact(commands, limits) : exchanger.exchange(commands, limits);
  }

  async compareAndSet(request: Parameters<RedisSession['compareAndSet']>[0]): Promise<readonly CommandOutcome[]> {
    const started = performance.now();
    const { options } = request;
    const refused = await this.ready(options);
    if (refused !== null) return notDone([['WATCH']], refused);
    let link: Link;
    try {
      ({ link } = await this.topology.openPrivate(request.watch[0], options.deadlineMs, options.signal));
    } catch (error) {
      return notDone([['WATCH']], asFailure(error));
    }
    const left = Math.max(1, options.deadlineMs - (performance.now() - started));
    const outcomes = await compareAndSet(link, { ...request, options: { ...options, deadlineMs: left } });
    link.destroy(closedByUs);
    return outcomes;
  }

  async openLine(timeoutMs: number, node?: string): Promise<RedisLine> {
    const opening = node === undefined ? undefined : this.topology.openNode?.(node, timeoutMs);
    const { link, runId } = await (opening ?? this.topology.openPrivate(undefined, timeoutMs));
    return {
      runId,
      dead: () => link.dead(),
      send: (commands, options) =>
        options.transaction === true ? link.transact(commands, options) : link.exchange(commands, options),
      close: () => link.destroy(closedByUs),
    };
  }

  scan(options: ScanOptions): AsyncIterable<ScanPage> {
    return this.topology.bulk.scan(options);
  }

  describe(keys: KeyList, options: DescribeOptions): Promise<KeyColumns> {
    return this.topology.bulk.describe(keys, options);
  }

  async head(key: Uint8Array, command: RedisCommand, options: HeadOptions): Promise<HeadReply> {
    const refused = await this.ready(options);
    if (refused !== null) throw refused;
    const head = await this.topology.bulk.head(key, command, options);
    if (!(head.reply instanceof RedisErrorReply)) return head;
    // A key that moved meanwhile: the control connection follows it, and words every other refusal.
    const [outcome] = await this.opened.exchanger.exchange([command], options);
    if (outcome?.kind === 'reply') return { reply: outcome.reply, cut: false };
    throw outcome?.cause ?? closedByUs;
  }

  async watch(request: WatchRequest): Promise<WatchEnd> {
    const { primaries } = this.topology;
    if (primaries !== undefined) {
      const signal = AbortSignal.any([request.signal, this.life.signal]);
      return watchCluster(primaries, this.server, { ...request, signal });
    }
    const connection = await this.topology.openPrivate(undefined, request.deadlineMs, this.life.signal);
    const stop = (): void => connection.link.destroy(closedByUs);
    this.life.signal.addEventListener('abort', stop, { once: true });
    try {
      return await watch(connection, this.server, request);
    } finally {
      this.life.signal.removeEventListener('abort', stop);
      stop();
    }
  }

  close(): Promise<void> {
    if (!this.life.signal.aborted) {
      this.life.abort();
      this.opened.exchanger.destroy(closedByUs);
      this.topology.bulk.close();
      this.side.close();
      this.topology.close();
      this.change({ kind: 'closed' });
    }
    return Promise.resolve();
  }

  private change(state: SessionState): void {
    this.current = state;
    for (const listener of this.listeners) listener(state);
  }

  private follow(opened: Opened): void {
    opened.exchanger.onDeath((cause) => {
      if (this.life.signal.aborted || this.opened !== opened) return;
      this.recovering ??= this.recover(cause);
    });
  }

  /** Reconnects until it succeeds, the session is closed, or the server says that it is pointless. */
  private async recover(cause: Failure): Promise<void> {
    let last = cause;
    for (let attempt = 1; !this.life.signal.aborted; attempt++) {
      const pause = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
      const nextInMs = Math.round(pause * (1 + Math.random() / 4));
      this.change({ kind: 'reconnecting', attempt, nextInMs });
      await this.pause(nextInMs);
      if (this.life.signal.aborted) return;
      try {
        const opened = await this.topology.open(this.life.signal);
        if (this.life.signal.aborted) return opened.exchanger.destroy(closedByUs);
        this.opened = opened;
        this.follow(opened);
        const died = opened.exchanger.dead();
        if (died === null) {
          // Before anybody hears of it: the next death must find nobody recovering.
          this.recovering = undefined;
          return this.change({ kind: 'ready' });
        }
        last = died;
      } catch (error) {
        last = asFailure(error);
        if (isFailure(last, 'UNAUTHORIZED')) return this.change({ kind: 'closed', cause: last });
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const { signal } = this.life;
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Null when commands may be sent now; waits a moment for a reconnect that is under way. */
  private async ready(options: Pick<SendOptions, 'deadlineMs' | 'signal'>): Promise<Failure | null> {
    if (options.signal?.aborted === true) return cancelled(false);
    if (this.current.kind === 'reconnecting') {
      await Promise.race([this.becomesReady(), this.pause(Math.min(patienceMs, options.deadlineMs / 2))]);
    }
    if (this.current.kind === 'ready') return null;
    if (this.current.kind === 'closed') return this.current.cause ?? closedByUs;
    const { attempt } = this.current;
    return new Failure(
      'CONNECTION_FAILED',
      `Not connected at the moment: reconnecting, attempt ${attempt}. Nothing was sent.`,
      {
        retryable: true,
        nextAction: 'Try again when the connection is ready.',
      },
    );
  }

  private becomesReady(): Promise<void> {
    return new Promise((resolve) => {
      const listening = this.onDidChangeState((state) => {
        if (state.kind === 'reconnecting') return;
        listening.dispose();
        resolve();
      });
    });
  }
}
