import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure, type Failure } from '../../domain/failure.ts';
import { decideWatch } from '../../domain/governance/guard.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import type { OperationStats } from '../../domain/observability/operationStats.ts';
import type { Classification } from '../../domain/redis/classify.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import { maskConfig } from '../../domain/redis/configSecrets.ts';
import { isoTime } from '../ports/clock.ts';
import type { Governance } from '../ports/governance.ts';
import type {
  DescribeOptions,
  HeadReply,
  KeyColumns,
  ScanOptions,
  ScanPage,
  SendOptions,
  WatchEnd,
  WatchRequest,
} from '../ports/redis.ts';
import type { ActiveConnection, Sessions } from '../ports/sessions.ts';
import type { BulkLine, BulkScope } from './bulkLine.ts';
import { countingListener } from './countingListener.ts';
import type { ActInTrips, Gate, Operation } from './gate.ts';
import { GatedLine, onePerName } from './gatedLine.ts';
import { Judge } from './judge.ts';
import { OperationBook, type BookParts } from './operationBook.ts';
import { attemptOf, ofAllTrips, type Attempt, type Ended, type Recorded } from './operationRecord.ts';
import { repliesOf } from './outcomes.ts';
import { Retries, type Prepare } from './retries.ts';

export interface GateParts extends BookParts {
  readonly sessions: Sessions;
  readonly governance: Governance;
}

const defaultReplyBytes = 8 << 20;

type CompareAndSet = Parameters<Gate['compareAndSet']>[1];
type Head = Parameters<Gate['head']>[1];

/** The gate of the product; see the port for its promises. */
export class CommandGate implements Gate {
  private readonly parts: GateParts;
  private readonly judge: Judge;
  private readonly retries: Retries;
  private readonly book: OperationBook;

  constructor(parts: GateParts) {
    this.parts = parts;
    this.judge = new Judge(parts.governance, parts.clock);
    this.retries = new Retries(parts.sessions, parts.clock);
    this.book = new OperationBook(parts);
  }

  drainOperationStats(connectionUid: string): OperationStats {
    return this.book.drain(connectionUid);
  }

  run(connectionUid: string, operation: Operation): Promise<readonly RedisReply[]> {
    return this.recorded(connectionUid, operation, this.runner(operation));
  }

  private runner(operation: Operation): Prepare<readonly RedisReply[]> {
    return async (active) => {
      const classifications = await this.judge.permit(active, operation, operation.commands);
      const mayRepeat = classifications.every(({ write }) => !write);
      const go = async (): Promise<readonly RedisReply[]> => {
        const outcomes = await active.session.send(operation.commands, sendOptions(active.definition, operation));
        const replies = repliesOf(outcomes, {
          connectionName: active.definition.name,
          session: active.session,
          classifications,
          tolerateErrorReplies: operation.tolerateErrorReplies ?? false,
        });
        return replies.map((reply, index) => maskConfig(classifications[index]?.name ?? '', reply));
      };
      return { go, mayRepeat };
    };
  }

  head(connectionUid: string, operation: Head): Promise<HeadReply> {
    return this.recorded(connectionUid, operation, this.header(operation));
  }

  private header(operation: Head): Prepare<HeadReply> {
    const { key, command } = operation;
    return async (active) => {
      const classifications = await this.judge.permit(active, operation, [command]);
      const { definition, session } = active;
      const go = async (): Promise<HeadReply> => {
        const head = await session.head(key, command, sendOptions(definition, operation));
        const judged = { connectionName: definition.name, session, classifications, tolerateErrorReplies: false };
        repliesOf([{ kind: 'reply', reply: head.reply }], judged);
        return head;
      };
      return { go, mayRepeat: true };
    };
  }

  async inTrips<T>(
    connectionUid: string,
    operation: Pick<Operation, 'action' | 'keyOrPattern'>,
    work: (act: ActInTrips) => Promise<T>,
  ): Promise<T> {
    const trips: Ended[] = [];
    const trip = async <R>(prepare: Prepare<R>): Promise<R> => {
      const tried = await this.retries.run(connectionUid, undefined, prepare);
      trips.push(tried);
      if ('failure' in tried) throw tried.failure;
      return tried.result;
    };
    try {
      return await work({
        run: (asked) => trip(this.runner({ ...operation, ...asked })),
        head: (asked) => trip(this.header({ ...operation, ...asked })),
      });
    } finally {
      const last = trips.at(-1);
      // What `work` makes of the replies is no matter of the server.
      if (last !== undefined) this.book.record(connectionUid, operation, { ...last, attempts: ofAllTrips(trips) });
    }
  }

  compareAndSet(connectionUid: string, operation: CompareAndSet): Promise<readonly RedisReply[] | null> {
    return this.recorded(connectionUid, operation, async (active) => {
      // Before anything is watched or kept: what it reads is only read to be written over.
      await this.judge.permitWriting(active, operation, operation.watch.length);
      return { go: () => this.compareAndSetOnce(active, operation), mayRepeat: false };
    });
  }

  private async compareAndSetOnce(
    active: ActiveConnection,
    operation: CompareAndSet,
  ): Promise<readonly RedisReply[] | null> {
    const judgedReads = this.judge.guard(active, operation, operation.read);
    const judged = {
      connectionName: active.definition.name,
      session: active.session,
      tolerateErrorReplies: operation.tolerateErrorReplies ?? false,
    };
    let classifications: readonly Classification[] = [];
    let wrote = false;
    let refused: unknown;
    const decide = async (replies: readonly RedisReply[]): Promise<readonly RedisCommand[] | null> => {
      try {
        const outcomes = replies.map((reply) => ({ kind: 'reply', reply }) as const);
        const commands = await operation.decide(repliesOf(outcomes, { ...judged, classifications: judgedReads }));
        if (commands === null) return null;
        classifications = this.judge.guard(active, operation, commands);
        wrote = true;
        return commands;
      } catch (error) {
        refused = error;
        return null;
      }
    };
    const { watch, read } = operation;
    const outcomes = await active.session.compareAndSet({
      watch,
      read,
      decide,
      options: sendOptions(active.definition, operation),
    });
    if (refused !== undefined) throw asFailure(refused);
    const replies = repliesOf(outcomes, { ...judged, classifications });
    return wrote ? replies : null;
  }

  async *scan(
    connectionUid: string,
    operation: Pick<Operation, 'action' | 'keyOrPattern' | 'record'>,
    options: ScanOptions,
  ): AsyncGenerator<ScanPage, void, undefined> {
    const { clock } = this.parts;
    let workedMs = 0;
    let looked = 0;
    let found = 0;
    let failure: Failure | undefined;
    let active: ActiveConnection | undefined;
    const at = isoTime(clock);
    try {
      active = await this.active(connectionUid);
      const pages = active.session.scan(options)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const asked = clock.monoMs();
          const next = await pages.next();
          workedMs += clock.monoMs() - asked;
          if (next.done === true) break;
          const page = next.value;
          looked += page.looked;
          found += page.keys.length;
          yield page;
        }
      } finally {
        await pages.return?.();
      }
    } catch (error) {
      failure = asFailure(error);
      throw failure;
    } finally {
      const attempts = [attemptOf(at, workedMs, failure)];
      this.conclude(connectionUid, { ...operation, details: { looked, found } }, { active, attempts, failure });
    }
  }

  async describe(connectionUid: string, keys: KeyList, options: DescribeOptions): Promise<KeyColumns> {
    try {
      return await (await this.active(connectionUid)).session.describe(keys, options);
    } catch (error) {
      throw asFailure(error);
    }
  }

  async watch(
    connectionUid: string,
    operation: Pick<Operation, 'action' | 'confirm'>,
    request: Omit<WatchRequest, 'deadlineMs'>,
  ): Promise<WatchEnd> {
    const { clock } = this.parts;
    const at = isoTime(clock);
    const begun = clock.monoMs();
    let startedMs: number | undefined;
    const counted = countingListener(request.listener);
    let active: ActiveConnection | undefined;
    let failure: Failure | undefined;
    try {
      active = await this.active(connectionUid);
      const { definition, readOnlyNow, session } = active;
      const { name: connectionName, environment } = definition;
      const decision = decideWatch({ ...operation, connectionName, environment, readOnlyNow }, request.source);
      if (!decision.allowed) throw decision.failure;
      return await session.watch({
        ...request,
        listener: counted.listener,
        deadlineMs: definition.timeoutMs,
        onStarted: () => {
          startedMs = clock.monoMs() - begun;
          request.onStarted?.();
        },
      });
    } catch (error) {
      failure = asFailure(error);
      throw failure;
    } finally {
      const watchedMs = clock.monoMs() - begun;
      const attempts = [attemptOf(at, startedMs ?? watchedMs, failure)];
      const details = { source: request.source, watchedMs: Math.round(watchedMs), ...counted.counts() };
      this.conclude(connectionUid, { ...operation, keyOrPattern: '', details }, { active, attempts, failure });
    }
  }

  async openLine(connectionUid: string, scope: BulkScope, node = ''): Promise<BulkLine> {
    const active = await this.active(connectionUid);
    const line = await active.session.openLine(active.definition.timeoutMs, node === '' ? undefined : node);
    const judge = async (commands: readonly RedisCommand[]): Promise<void> => {
      const now = await this.active(connectionUid);
      this.judge.guard(now, { action: scope.action }, onePerName(commands));
    };
    const conclude = (attempt: Attempt, diff: string, failure: Failure | undefined): void =>
      this.conclude(connectionUid, { ...scope, redactedDiff: diff }, { active, attempts: [attempt], failure });
    return new GatedLine({ active, line, node, clock: this.parts.clock, judge, conclude });
  }

  private active(connectionUid: string): Promise<ActiveConnection> {
    return this.parts.sessions.active(connectionUid);
  }

  /** Runs an operation with its retries and leaves exactly one record, however it ends. */
  private async recorded<T>(connectionUid: string, operation: Recorded, prepare: Prepare<T>): Promise<T> {
    const tried = await this.retries.run(connectionUid, operation.signal, prepare);
    this.book.record(connectionUid, operation, tried);
    if ('failure' in tried) throw tried.failure;
    return tried.result;
  }

  /** Counts and records an operation that is not tried again. */
  private conclude(connectionUid: string, operation: Recorded, ended: Ended): void {
    this.retries.weigh(connectionUid, ended.failure);
    this.book.record(connectionUid, operation, ended);
  }
}

function sendOptions(definition: ConnectionDefinition, operation: Recorded): SendOptions {
  return {
    deadlineMs: operation.timeoutMs ?? definition.timeoutMs,
    maxReplyBytes: operation.maxReplyBytes ?? defaultReplyBytes,
    ...(operation.aside === true ? { aside: true } : {}),
    ...(operation.node === undefined ? {} : { node: operation.node }),
    ...(operation.signal === undefined ? {} : { signal: operation.signal }),
  };
}
