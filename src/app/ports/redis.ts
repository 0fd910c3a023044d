import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition, Secret } from '../../domain/connections/definition.ts';
import type { Failure } from '../../domain/failure.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import type { CommandTable } from '../../domain/redis/classify.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type { Capabilities, ServerIdentity } from '../../domain/redis/server.ts';

/** PEM contents and the secret: everything that a definition only points at, read beforehand. */
export interface Credentials {
  readonly secret: Secret;
  readonly ca?: Bytes;
  readonly cert?: Bytes;
  readonly key?: Bytes;
}

/** Opens proven connections to Redis servers. */
export interface RedisGateway {
  /**
   * Connects and proves: PING, version, mode, ACL user, and that the selected db is the one asked for. Probes
   * capabilities and loads the command table. Rejects with a `Failure` that names the true cause (DNS, refused,
   * TLS, WRONGPASS, NOPERM, timeout), never "Connection is closed". Settles within `definition.timeoutMs` (+500 ms).
   */
  open(definition: ConnectionDefinition, credentials: Credentials, signal?: AbortSignal): Promise<RedisSession>;
}

export type SessionState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reconnecting'; readonly attempt: number; readonly nextInMs: number }
  | { readonly kind: 'closed'; readonly cause?: Failure };

export interface SendOptions {
  /** The whole batch settles within this time; then the socket is destroyed and what was on the wire is unknown. */
  readonly deadlineMs: number;
  /** Bytes of replies after which the socket is destroyed, so that no server fills the memory. */
  readonly maxReplyBytes: number;
  readonly signal?: AbortSignal;
  /**
   * Commands that must run in one MULTI/EXEC with these keys watched: the batch is the transaction's body. When a
   * watched key changed, the outcome of every command is `notDone`.
   */
  readonly transaction?: boolean;
  /**
   * On a lean connection beside the one that people work with, while the server takes one: for looks at the server,
   * which neither wait for people's commands nor hold them up. Not for transactions, and not where `node` is named.
   */
  readonly aside?: boolean;
  /** In a cluster: to this node (of `ClusterView.nodes`), whatever keys the commands name. Not for transactions. */
  readonly node?: string;
}

/** Which node of a cluster serves what, as far as is known. */
export interface ClusterView {
  /** The masters, `host:port`, in a stable order. */
  nodes(): readonly string[];
  /** The master of the key's slot. */
  nodeOf(key: Bytes): string;
  /** Asks the cluster anew which node serves which slots: after a node said that a key lives elsewhere. Never rejects. */
  learn(timeoutMs: number): Promise<void>;
}

/** What is known about one command afterwards. `unknown` = it was sent and no answer came; never mixed with `notDone`. */
export type CommandOutcome =
  | { readonly kind: 'reply'; readonly reply: RedisReply }
  | { readonly kind: 'notDone'; readonly cause: Failure }
  | { readonly kind: 'unknown'; readonly cause: Failure };

export interface ScanOptions {
  /** Redis glob; absent = every key. Filtering happens on the server. */
  readonly pattern?: Bytes;
  readonly type?: string;
  /** Cursor to go on from (opaque; holds run id, node and db); absent = start. */
  readonly cursor?: string;
  /** Keys that the server looks at per call. Default 10,000; smaller on a slow server. */
  readonly count?: number;
  readonly signal?: AbortSignal;
}

export interface ScanPage {
  readonly keys: KeyList;
  /** Absent = the keyspace is covered. */
  readonly cursor?: string;
  /** Server-side SCAN steps taken × COUNT: how many keys the server looked at, about. */
  readonly looked: number;
}

export interface DescribeOptions {
  readonly type?: boolean;
  readonly ttl?: boolean;
  readonly memory?: boolean;
  readonly signal?: AbortSignal;
}

/** Columns beside a KeyList; a column that was not asked for is empty. A key that vanished has type `none`. */
export interface KeyColumns {
  readonly types: readonly string[];
  /** Milliseconds; -1 = no expiry, -2 = no such key. */
  readonly ttlMs: Float64Array;
  /** MEMORY USAGE in bytes; NaN = not available. */
  readonly memoryBytes: Float64Array;
}

/** The bounds of one command whose reply may be cut. */
export interface HeadOptions {
  /** Without progress for so long the read fails. */
  readonly deadlineMs: number;
  /** The reply is cut about here. */
  readonly maxReplyBytes: number;
  readonly signal?: AbortSignal;
}

/** A reply as far as it fitted: when `cut`, its last string may be a beginning, and its arrays end there. */
export interface HeadReply {
  readonly reply: RedisReply;
  readonly cut: boolean;
}

/** Told what a watch receives, in order. Runs while the socket is read: quick, and it never throws. */
export interface WatchListener {
  /** MONITOR: one line as the server wrote it, without `+` and line end. The bytes are valid only during the call. */
  line?(line: Bytes): void;
  /** Notifications: a key and what happened to it (`set`, `expired`, …). */
  keyEvent?(event: string, key: Bytes): void;
  /** So many were left out, the oldest first, because they came faster than they were read. */
  dropped(count: number): void;
  /** Clusters: this primary is watched from now on, or no longer, since it was lost or is a primary no more. */
  nodeChanged?(node: string, state: 'watched' | 'lost'): void;
}

export interface WatchRequest {
  /** MONITOR of the whole server, or key events of the session's db. */
  readonly source: 'monitor' | 'notifications';
  readonly listener: WatchListener;
  /** Ends the watch: everything that arrived until then is still told. */
  readonly signal: AbortSignal;
  /** Opening the connection and starting settle within this time. */
  readonly deadlineMs: number;
  /** The server has begun to send. */
  readonly onStarted?: () => void;
}

/** `overload`: stopped early to protect this computer; `lost`: the connection died. */
export interface WatchEnd {
  readonly ended: 'asked' | 'overload' | 'lost';
  readonly cause?: Failure;
}

/**
 * One open connection. Only the gate (`app/redis/gate.ts`) calls these methods: nothing else may reach a socket.
 * A write is never re-sent; every promise settles; sockets that died give `unknown` for what was on the wire.
 */
export interface RedisSession {
  readonly server: ServerIdentity;
  readonly capabilities: Capabilities;
  /** The server's own commands with their flags. */
  readonly commandTable: CommandTable;
  /** Absent = one server, or a node of a cluster that is spoken to as if it were one. */
  readonly cluster?: ClusterView;
  state(): SessionState;
  onDidChangeState(listener: (state: SessionState) => void): { dispose(): void };
  /** Sends commands in one pipeline on the control connection; outcomes in the same order. Never rejects. */
  send(commands: readonly RedisCommand[], options: SendOptions): Promise<readonly CommandOutcome[]>;
  /**
   * Watches `keys`, runs `read`, hands its replies to `decide`, and executes the commands that it returns in
   * MULTI/EXEC on a connection of its own; null from `decide` = nothing is written. Outcomes of the executed
   * commands; `notDone` with a CONFLICT failure when a watched key changed in between.
   */
  compareAndSet(request: {
    readonly watch: readonly Bytes[];
    readonly read: readonly RedisCommand[];
    readonly decide: (
      replies: readonly RedisReply[],
    ) => Promise<readonly RedisCommand[] | null> | readonly RedisCommand[] | null;
    readonly options: SendOptions;
  }): Promise<readonly CommandOutcome[]>;
  /** A lean connection of its own, for bulk writes of one caller; `node` of a cluster. Rejects with the true cause. */
  openLine(timeoutMs: number, node?: string): Promise<RedisLine>;
  /** Pages of the keyspace over the lean bulk connection. May repeat keys, may give empty pages; never drops any. */
  scan(options: ScanOptions): AsyncIterable<ScanPage>;
  /** TYPE, PTTL and MEMORY USAGE of many keys over the bulk connection, in bounded batches. */
  describe(keys: KeyList, options: DescribeOptions): Promise<KeyColumns>;
  /** The beginning of the reply to one read of a key, on a lean connection: never more than is asked for. Rejects. */
  head(key: Bytes, command: RedisCommand, options: HeadOptions): Promise<HeadReply>;
  /** Watches what all clients do, on a connection of its own. Rejects with a Failure when it could not start. */
  watch(request: WatchRequest): Promise<WatchEnd>;
  close(): Promise<void>;
}

/** One lean connection: it keeps what a connection keeps (watched keys), and when it dies it stays dead. */
export interface RedisLine {
  /** `run_id` of the server that it reached; null where INFO is denied. */
  readonly runId: string | null;
  dead(): Failure | null;
  /** As `RedisSession.send`, on this connection and no other. */
  send(commands: readonly RedisCommand[], options: SendOptions): Promise<readonly CommandOutcome[]>;
  close(): void;
}
