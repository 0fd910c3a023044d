import { Failure } from '../../domain/failure.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import { RedisErrorReply, type RedisCommand } from '../../domain/redis/command.ts';
import type { BulkConnection } from './bulkPool.ts';
import { Pace } from './pace.ts';
import { Patience } from './patience.ts';
import { encodeCommands } from './respWriter.ts';
import { ScanReader } from './scanReader.ts';

export interface ScanFilter {
  readonly pattern?: Uint8Array;
  readonly type?: string;
}

export interface ScanStep {
  readonly keys: KeyList;
  /** Where to go on; '0' = the node is covered. */
  readonly cursor: string;
  readonly count: number;
}

interface Waiter {
  resolve(step: ScanStep): void;
  reject(cause: unknown): void;
}

/** At most this many pages lie ready; then the server is not asked for more. */
const readyPages = 1;

/**
 * One walk over one node: the next SCAN leaves as soon as its cursor has arrived, so that the server works while the
 * page is read. Holds back when nobody takes the pages.
 */
export class ScanRun {
  private readonly connection: BulkConnection;
  private readonly filter: ScanFilter;
  private readonly pace: Pace;
  private readonly ready: ScanStep[] = [];
  private readonly asked: { readonly count: number; readonly at: number }[] = [];
  private next = '';
  private held: string | undefined;
  private waiter: Waiter | undefined;
  private failed: unknown;
  private lastPageAt = 0;
  private readonly patience: Patience;

  constructor(connection: BulkConnection, filter: ScanFilter, count: number, silenceMs: number) {
    this.connection = connection;
    this.filter = filter;
    this.patience = new Patience(connection.link, silenceMs, 'SCAN');
    this.pace = new Pace({ first: 1_000, least: Math.min(100, count), most: count }, connection.pingMs);
    const reader = new ScanReader({
      cursor: (cursor) => this.gotCursor(cursor),
      page: (keys) => this.gotPage(keys),
      refused: (message) => this.fail(new RefusedScan(new RedisErrorReply(message))),
    });
    connection.link.onDeath((cause) => this.fail(cause));
    connection.wire.takeOver((chunk) => {
      this.patience.received(chunk.length);
      reader.push(chunk);
    });
  }

  start(cursor: string): void {
    this.ask(cursor);
  }

  /** The next page. Rejects with a Failure of the connection, or with RefusedScan. */
  take(): Promise<ScanStep> {
    const step = this.ready.shift();
    if (step !== undefined) {
      this.release();
      return Promise.resolve(step);
    }
    if (this.failed !== undefined) return Promise.reject(this.failed);
    return new Promise((resolve, reject) => (this.waiter = { resolve, reject }));
  }

  /** Ends the walk. The connection can be used again only when nothing was asked that has no answer yet. */
  stop(): { readonly idle: boolean } {
    this.patience.end();
    this.waiter?.reject(new Failure('CANCELLED', 'The scan was cancelled.'));
    this.waiter = undefined;
    const idle = this.asked.length === 0 && this.failed === undefined;
    if (idle) this.connection.wire.handBack();
    return { idle };
  }

  private ask(cursor: string): void {
    const count = this.pace.current;
    const { pattern, type } = this.filter;
    const command: RedisCommand = [
      'SCAN',
      cursor,
      ...(pattern === undefined ? [] : ['MATCH', pattern]),
      'COUNT',
      String(count),
      ...(type === undefined ? [] : ['TYPE', type]),
    ];
    this.asked.push({ count, at: performance.now() });
    this.patience.begin();
    this.connection.wire.writeBytes(encodeCommands([command]));
  }

  private gotCursor(cursor: string): void {
    const asked = this.asked[0];
    const now = performance.now();
    if (asked !== undefined) this.pace.learn(asked.count, now - asked.at, now - Math.max(asked.at, this.lastPageAt));
    this.next = cursor;
    if (cursor === '0') return;
    if (this.ready.length < readyPages) this.ask(cursor);
    else this.held = cursor;
  }

  private gotPage(keys: KeyList): void {
    const count = this.asked.shift()?.count ?? 0;
    this.lastPageAt = performance.now();
    if (this.asked.length === 0) this.patience.end();
    else this.patience.begin();
    const step = { keys, cursor: this.next, count };
    const { waiter } = this;
    if (waiter === undefined) {
      this.ready.push(step);
      return;
    }
    this.waiter = undefined;
    waiter.resolve(step);
  }

  private release(): void {
    if (this.held === undefined || this.ready.length >= readyPages) return;
    const cursor = this.held;
    this.held = undefined;
    this.ask(cursor);
  }

  private fail(cause: unknown): void {
    this.patience.end();
    this.failed ??= cause;
    this.waiter?.reject(this.failed);
    this.waiter = undefined;
  }
}

/** The server answered SCAN with an error. */
export class RefusedScan extends Error {
  readonly reply: RedisErrorReply;

  constructor(reply: RedisErrorReply) {
    super('SCAN was refused');
    this.name = 'RefusedScan';
    this.reply = reply;
  }
}
