import type {
  DescribeOptions,
  HeadOptions,
  HeadReply,
  KeyColumns,
  ScanOptions,
  ScanPage,
} from '../../app/ports/redis.ts';
import { Failure, isFailure } from '../../domain/failure.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import type { RedisCommand } from '../../domain/redis/command.ts';
import { patternProblem } from '../../domain/redis/glob.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';
import { BulkPool, type BulkConnection, type BulkNode } from './bulkPool.ts';
import { DescribeRun, emptyColumns } from './describeRun.ts';
import { headRun } from './headRun.ts';
import { decodeCursor, encodeCursor } from './scanCursor.ts';
import { RefusedScan, ScanRun } from './scanRun.ts';

/** What bulk work needs to know about the servers behind a connection. */
export interface BulkTopology {
  readonly connectionName: string;
  readonly db: number;
  readonly timeoutMs: number;
  /** The ACL user in force, for messages. */
  user(): string;
  /** Every server that holds keys, always in the same order. */
  nodes(): readonly BulkNode[];
  /** Index in `nodes()` of the server that holds a key. */
  nodeOf(key: Uint8Array): number;
}

const defaultCount = 10_000;
/** How often a scan picks up again after its connection was lost without having given a page. */
const maxFruitless = 2;

/** Scanning and describing over lean connections. */
export class Bulk {
  private readonly topology: BulkTopology;
  private readonly pool = new BulkPool();

  constructor(topology: BulkTopology) {
    this.topology = topology;
  }

  close(): void {
    this.pool.close();
  }

  async *scan(options: ScanOptions): AsyncGenerator<ScanPage, void, undefined> {
    const problem = options.pattern === undefined ? null : patternProblem(options.pattern);
    if (problem !== null) throw problem;
    const nodes = this.topology.nodes();
    const from = options.cursor === undefined ? undefined : decodeCursor(options.cursor, this.topology.db);
    const found = nodes.findIndex((node) => node.id === from?.node);
    const first = Math.max(0, found);
    for (let index = first; index < nodes.length; index++) {
      const node = nodes[index];
      if (node === undefined) break;
      const start = index === found && from !== undefined ? from : { runId: null, cursor: '0' };
      const next = nodes[index + 1];
      yield* this.scanNode(node, start, next, options);
    }
  }

  private async *scanNode(
    node: BulkNode,
    start: { readonly runId: string | null; readonly cursor: string },
    next: BulkNode | undefined,
    options: ScanOptions,
  ): AsyncGenerator<ScanPage, void, undefined> {
    const { db } = this.topology;
    let { runId, cursor } = start;
    for (let fruitless = 0; ;) {
      const connection = await this.pool.borrow(node, options.signal);
      // A cursor of another process would silently miss keys; one whose process is unknown, too.
      if (cursor !== '0' && (runId === null || runId !== connection.runId)) cursor = '0';
      runId = connection.runId;
      try {
        for await (const step of this.steps(node, connection, cursor, options)) {
          fruitless = 0;
          cursor = step.cursor;
          if (cursor !== '0') {
            yield { keys: step.keys, looked: step.count, cursor: encodeCursor({ node: node.id, runId, db, cursor }) };
          } else if (next === undefined) yield { keys: step.keys, looked: step.count };
          else {
            const position = { node: next.id, runId: null, db, cursor: '0' };
            yield { keys: step.keys, looked: step.count, cursor: encodeCursor(position) };
          }
        }
        return;
      } catch (error) {
        if (!isFailure(error, 'CONNECTION_FAILED') || ++fruitless > maxFruitless) throw error;
      }
    }
  }

  private async *steps(
    node: BulkNode,
    connection: BulkConnection,
    cursor: string,
    options: ScanOptions,
  ): AsyncGenerator<{ keys: KeyList; cursor: string; count: number }, void, undefined> {
    const { signal, pattern, type } = options;
    const filter = { ...(pattern === undefined ? {} : { pattern }), ...(type === undefined ? {} : { type }) };
    const run = new ScanRun(connection, filter, options.count ?? defaultCount, this.topology.timeoutMs);
    let reusable = false;
    const stop = (): boolean => (reusable = run.stop().idle);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      throwIfCancelled(signal);
      run.start(cursor);
      for (let done = false; !done;) {
        const step = await run.take();
        done = step.cursor === '0';
        yield step;
        throwIfCancelled(signal);
      }
    } catch (error) {
      throw error instanceof RefusedScan ? this.refusal(error) : error;
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
      this.pool.giveBack(node, connection, reusable);
    }
  }

  private refusal(error: RefusedScan): Failure {
    const { connectionName } = this.topology;
    return failureOfReply(error.reply, { connectionName, user: this.topology.user(), command: 'scan', write: false });
  }

  async describe(keys: KeyList, options: DescribeOptions): Promise<KeyColumns> {
    const into = emptyColumns(keys.length, options);
    const nodes = this.topology.nodes();
    const shares = this.shareOut(keys, nodes.length);
    await Promise.all(
      shares.map(async (indexes, at) => {
        const node = nodes[at];
        if (node === undefined || indexes.length === 0) return;
        const connection = await this.pool.borrow(node, options.signal);
        let reusable = false;
        try {
          await new DescribeRun(connection, { keys, indexes, into }, options, this.topology.timeoutMs).run(
            options.signal,
          );
          reusable = true;
        } finally {
          this.pool.giveBack(node, connection, reusable);
        }
      }),
    );
    return into;
  }

  async head(key: Uint8Array, command: RedisCommand, options: HeadOptions): Promise<HeadReply> {
    const node = this.topology.nodes()[this.topology.nodeOf(key)];
    if (node === undefined) throw new Failure('CONNECTION_FAILED', 'The connection is closed.');
    const connection = await this.pool.borrow(node, options.signal);
    let reusable = false;
    try {
      const head = await headRun(connection, command, options);
      reusable = !head.cut;
      return head;
    } finally {
      this.pool.giveBack(node, connection, reusable);
    }
  }

  /** Indexes of the keys by the node that holds them. */
  private shareOut(keys: KeyList, nodes: number): readonly Uint32Array[] {
    if (nodes <= 1) return [Uint32Array.from({ length: keys.length }, (_, index) => index)];
    const shares: number[][] = Array.from({ length: nodes }, () => []);
    for (let index = 0; index < keys.length; index++) shares[this.topology.nodeOf(keys.at(index))]?.push(index);
    return shares.map((share) => Uint32Array.from(share));
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('CANCELLED', 'The scan was cancelled.');
}
