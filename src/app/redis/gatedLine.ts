import type { Bytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisCommand } from '../../domain/redis/command.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { CommandOutcome, RedisLine, SendOptions } from '../ports/redis.ts';
import type { ActiveConnection } from '../ports/sessions.ts';
import type { BulkLine } from './bulkLine.ts';
import { attemptOf, type Attempt } from './operationRecord.ts';

/** A batch settles within this time, whatever the connection's own limit is: SPEC §7. */
const longestBatchMs = 2000;
/** Values of a batch that are kept for undo come back in one answer. */
const lineReplyBytes = 64 << 20;

interface LineParts {
  readonly active: ActiveConnection;
  readonly line: RedisLine;
  /** Of a cluster; empty = one server. */
  readonly node: string;
  readonly clock: Clock;
  readonly judge: (commands: readonly RedisCommand[]) => Promise<void>;
  readonly conclude: (attempt: Attempt, diff: string, failure: Failure | undefined) => void;
}

/** See the interface for its promises. */
export class GatedLine implements BulkLine {
  readonly connectionName: string;
  readonly user: string;
  readonly runId: string | null;
  readonly node: string;
  readonly #parts: LineParts;
  #watching = false;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.connectionName = parts.active.definition.name;
    this.user = parts.active.session.server.user;
    this.runId = parts.line.runId;
    this.node = parts.node;
  }

  dead(): boolean {
    return this.#parts.line.dead() !== null;
  }

  async look(keys: readonly Bytes[], questions: readonly RedisCommand[]): Promise<readonly CommandOutcome[]> {
    await this.#parts.judge(questions);
    this.#watching = true;
    const [watched, ...answers] = await this.#send([['WATCH', ...keys], ...questions], false);
    // What was refused to be watched may not be written as if it were: its refusal is the answer to every question.
    const isWatched = watched?.kind === 'reply' && !(watched.reply instanceof RedisErrorReply);
    return watched === undefined || isWatched ? answers : questions.map(() => watched);
  }

  async transact(commands: readonly RedisCommand[]): Promise<readonly CommandOutcome[]> {
    if (commands.length === 0) {
      if (this.#watching) await this.#send([['UNWATCH']], false);
      this.#watching = false;
      return [];
    }
    await this.#parts.judge(commands);
    this.#watching = false;
    return this.#send(commands, true);
  }

  async pipeline(commands: readonly RedisCommand[]): Promise<readonly CommandOutcome[]> {
    await this.#parts.judge(commands);
    return this.#send(commands, false);
  }

  record({ ms, diff, failed }: Parameters<BulkLine['record']>[0]): void {
    const failure = failed === undefined ? undefined : new Failure(failed.code, failed.message, { retryable: true });
    const at = isoTime(this.#parts.clock);
    this.#parts.conclude(attemptOf(at, ms, failure), diff, failure);
  }

  close(): void {
    this.#parts.line.close();
  }

  #send(commands: readonly RedisCommand[], transaction: boolean): Promise<readonly CommandOutcome[]> {
    const { definition } = this.#parts.active;
    const options: SendOptions = {
      deadlineMs: Math.min(definition.timeoutMs, longestBatchMs),
      maxReplyBytes: lineReplyBytes,
      transaction,
    };
    return this.#parts.line.send(commands, options);
  }
}

/** What the guard needs to see of thousands of commands: one of each name, and of each subcommand. */
export function onePerName(commands: readonly RedisCommand[]): readonly RedisCommand[] {
  const seen = new Map<string, RedisCommand>();
  for (const command of commands) {
    const [name, first] = command;
    const id = name === 'OBJECT' && typeof first === 'string' ? `${name} ${first}` : name;
    if (!seen.has(id)) seen.set(id, command);
  }
  return [...seen.values()];
}
