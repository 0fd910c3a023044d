import type { Bytes } from '../../domain/bytes.ts';
import type { FailureCode } from '../../domain/failure.ts';
import type { RedisCommand } from '../../domain/redis/command.ts';
import type { CommandOutcome } from '../ports/redis.ts';

/** On whose behalf a line is used: for the guard and the timeline. */
export interface BulkScope {
  /** The API method, e.g. `workflows.start`. */
  readonly action: string;
  /** Made safe by `display()`. */
  readonly keyOrPattern: string;
  readonly runId: string;
}

/**
 * A lean connection through the gate, for the batches of one run: the guard judges every batch afresh (a connection that
 * locks meanwhile refuses), and each batch leaves one row in the timeline. Outcomes come as they are: a run needs to
 * know of every item what happened. Nothing is ever sent twice.
 */
export interface BulkLine {
  readonly connectionName: string;
  /** The ACL user in force. */
  readonly user: string;
  /** `run_id` of the server that it reached; null where INFO is denied. */
  readonly runId: string | null;
  /** The node of a cluster that it leads to; empty = one server. */
  readonly node: string;
  /** A dead line is replaced by a new one, never revived. */
  dead(): boolean;
  /** Watches `keys` and asks. @throws Failure BLOCKED */
  look(keys: readonly Bytes[], questions: readonly RedisCommand[]): Promise<readonly CommandOutcome[]>;
  /** The writes after a look, as one transaction: none happens when a watched key changed. No commands = unwatch only. */
  transact(commands: readonly RedisCommand[]): Promise<readonly CommandOutcome[]>;
  /** One pipeline without a transaction. @throws Failure BLOCKED */
  pipeline(commands: readonly RedisCommand[]): Promise<readonly CommandOutcome[]>;
  /** One row of the timeline for a batch. */
  record(batch: {
    readonly ms: number;
    readonly diff: string;
    readonly failed?: { readonly code: FailureCode; readonly message: string };
  }): void;
  close(): void;
}
