import type { Bytes } from '../../domain/bytes.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import type { OperationStats } from '../../domain/observability/operationStats.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type {
  DescribeOptions,
  HeadReply,
  KeyColumns,
  ScanOptions,
  ScanPage,
  WatchEnd,
  WatchRequest,
} from '../ports/redis.ts';
import type { BulkLine, BulkScope } from './bulkLine.ts';

/** One user-level act on Redis: what is sent, on whose behalf, within which bounds. */
export interface Operation {
  /** The API method, e.g. `keys.write`. */
  readonly action: string;
  /** Key or pattern for the record, made safe by `display()`; empty when none applies. */
  readonly keyOrPattern: string;
  readonly commands: readonly RedisCommand[];
  /** Default: the connection's `timeoutMs`. */
  readonly timeoutMs?: number;
  /** Default 8 MiB. */
  readonly maxReplyBytes?: number;
  readonly signal?: AbortSignal;
  readonly correlationId?: string;
  readonly runId?: string;
  /** Type, sizes, counts, for the record. */
  readonly redactedDiff?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** false: no timeline row (our own polling). Default true. */
  readonly record?: boolean;
  /** true: on a connection beside the one that people work with (our own polling). */
  readonly aside?: boolean;
  /** In a cluster: to this node, whatever the commands name. */
  readonly node?: string;
  /** What a person typed at a guardrail. */
  readonly confirm?: string;
  /** true: error replies come back among the replies instead of failing the operation. */
  readonly tolerateErrorReplies?: boolean;
}

/** What is asked for one act that takes several round trips. */
export interface ActInTrips {
  run(
    operation: Pick<Operation, 'commands' | 'maxReplyBytes' | 'tolerateErrorReplies'>,
  ): Promise<readonly RedisReply[]>;
  head(operation: {
    readonly key: Bytes;
    readonly command: RedisCommand;
    readonly maxReplyBytes?: number;
  }): Promise<HeadReply>;
}

/**
 * The choke point: every command to every server passes here. It classifies (live command table; unknown = write,
 * dangerous), asks read-only and guardrails, keeps the deadline and the byte budget, retries reads as the connection
 * says, and records one timeline event per operation.
 */
export interface Gate {
  /** Replies in order. Rejects with BLOCKED, TIMEOUT, OUTCOME_UNKNOWN, CONNECTION_FAILED, UNAUTHORIZED, CONFLICT, … */
  run(connectionUid: string, operation: Operation): Promise<readonly RedisReply[]>;
  /** As `run`, with the writes decided from what `read` answered while `watch` is watched. Null = `decide` wrote nothing. */
  compareAndSet(
    connectionUid: string,
    operation: Omit<Operation, 'commands'> & {
      readonly watch: readonly Bytes[];
      readonly read: readonly RedisCommand[];
      readonly decide: (
        replies: readonly RedisReply[],
      ) => Promise<readonly RedisCommand[] | null> | readonly RedisCommand[] | null;
    },
  ): Promise<readonly RedisReply[] | null>;
  /**
   * One read of a key, whose reply is cut where it goes beyond `maxReplyBytes`: for values of unknown size. Its last string
   * may then be a beginning, and its arrays end there.
   */
  head(
    connectionUid: string,
    operation: Omit<Operation, 'commands' | 'tolerateErrorReplies' | 'aside'> & {
      readonly key: Bytes;
      readonly command: RedisCommand;
    },
  ): Promise<HeadReply>;
  /**
   * One act of several round trips, each sent as `run` and `head` do. It leaves one record, whose duration is that of all
   * trips and which tells of every retry: a server that was slow or refused at any of them was slow or refused.
   */
  inTrips<T>(
    connectionUid: string,
    operation: Pick<Operation, 'action' | 'keyOrPattern'>,
    work: (act: ActInTrips) => Promise<T>,
  ): Promise<T>;
  scan(
    connectionUid: string,
    operation: Pick<Operation, 'action' | 'keyOrPattern' | 'record'>,
    options: ScanOptions,
  ): AsyncIterable<ScanPage>;
  describe(connectionUid: string, keys: KeyList, options: DescribeOptions): Promise<KeyColumns>;
  /**
   * Watches what all clients do, until `request.signal`. On production it asks for the connection's name as `confirm`:
   * it costs the server a good part of its throughput. The record says how many were seen; its duration is the start's.
   */
  watch(
    connectionUid: string,
    operation: Pick<Operation, 'action' | 'confirm'>,
    request: Omit<WatchRequest, 'deadlineMs'>,
  ): Promise<WatchEnd>;
  /** A lean connection for the batches of a run, to a node where there are several. Rejects with the true cause. */
  openLine(connectionUid: string, scope: BulkScope, node?: string): Promise<BulkLine>;
  /** What `record`ed operations did since the last call, which starts the count anew. For one caller: the sampler. */
  drainOperationStats(connectionUid: string): OperationStats;
}
