import type { DescribeOptions, KeyColumns } from '../../app/ports/redis.ts';
import { Failure } from '../../domain/failure.ts';
import type { KeyList } from '../../domain/keys/keyList.ts';
import type { BulkConnection } from './bulkPool.ts';
import { Patience } from './patience.ts';
import { RespError } from './respReader.ts';

type Column = 'type' | 'ttl' | 'memory';

const heads: Readonly<Record<Column, Buffer>> = {
  type: Buffer.from('*2\r\n$4\r\nTYPE\r\n$'),
  ttl: Buffer.from('*2\r\n$4\r\nPTTL\r\n$'),
  memory: Buffer.from('*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n$'),
};

/** Keys per batch. The server serves others between the commands of a batch, so it holds nobody up. */
const batchKeys = 1_000;
/** Batches on their way at once: one that the server works on, one that travels. */
const inFlight = 2;

/** Columns under construction, written by index. */
export interface WritableColumns extends KeyColumns {
  readonly types: string[];
}

export function emptyColumns(count: number, options: DescribeOptions): WritableColumns {
  return {
    types: options.type === true ? Array.from({ length: count }, () => 'none') : [],
    ttlMs: new Float64Array(options.ttl === true ? count : 0).fill(-2),
    memoryBytes: new Float64Array(options.memory === true ? count : 0).fill(Number.NaN),
  };
}

function columnsOf(options: DescribeOptions): readonly Column[] {
  return (['type', 'ttl', 'memory'] as const).filter((column) => options[column] === true);
}

/** One request per key and column, in one buffer. */
function encode(keys: KeyList, indexes: Uint32Array, from: number, to: number, columns: readonly Column[]): Buffer {
  let size = 0;
  const fixed = columns.reduce((total, column) => total + heads[column].length, 0);
  for (let i = from; i < to; i++) size += fixed + columns.length * (keys.at(indexes[i] ?? 0).length + 14);
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (let i = from; i < to; i++) {
    const key = keys.at(indexes[i] ?? 0);
    const length = String(key.length);
    for (const column of columns) {
      buffer.set(heads[column], at);
      at += heads[column].length;
      at += buffer.write(length, at, 'latin1');
      buffer[at++] = 0x0d;
      buffer[at++] = 0x0a;
      buffer.set(key, at);
      at += key.length;
      buffer[at++] = 0x0d;
      buffer[at++] = 0x0a;
    }
  }
  return buffer.subarray(0, at);
}

/** Reads one-line replies (`+`, `-`, `:`, nil) as their bytes come. */
class LineReader {
  private readonly onLine: (line: string) => void;
  private rest = '';

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  push(chunk: Buffer): void {
    const text = this.rest + chunk.toString('latin1');
    let from = 0;
    for (let end = text.indexOf('\r\n', from); end >= 0; end = text.indexOf('\r\n', from)) {
      this.onLine(text.slice(from, end));
      from = end + 2;
    }
    this.rest = text.slice(from);
    if (this.rest.length > 1 << 16) throw new RespError('a line without end');
  }
}

/** Fills columns for the keys at `indexes`, over one connection; the work of `describe` on one node. */
export class DescribeRun {
  private readonly connection: BulkConnection;
  private readonly keys: KeyList;
  private readonly indexes: Uint32Array;
  private readonly columns: readonly Column[];
  private readonly into: WritableColumns;
  /** For each batch on its way, how many answers there are when it is done. */
  private readonly batches: number[] = [];
  private sent = 0;
  private answers = 0;
  private settle: { resolve(): void; reject(cause: unknown): void } | undefined;
  private readonly patience: Patience;

  constructor(
    connection: BulkConnection,
    work: { readonly keys: KeyList; readonly indexes: Uint32Array; readonly into: WritableColumns },
    options: DescribeOptions,
    silenceMs: number,
  ) {
    this.connection = connection;
    this.keys = work.keys;
    this.indexes = work.indexes;
    this.into = work.into;
    this.columns = columnsOf(options);
    this.patience = new Patience(connection.link, silenceMs, 'TYPE, PTTL and MEMORY USAGE');
  }

  /** Resolves when every key is described; rejects with the Failure of the connection. */
  async run(signal?: AbortSignal): Promise<void> {
    if (this.columns.length === 0 || this.indexes.length === 0) return;
    const { link, wire } = this.connection;
    const reader = new LineReader((line) => this.answer(line));
    const abort = (): void => this.settle?.reject(new Failure('CANCELLED', 'Describing the keys was cancelled.'));
    try {
      await new Promise<void>((resolve, reject) => {
        this.settle = { resolve, reject };
        link.onDeath(reject);
        signal?.addEventListener('abort', abort, { once: true });
        if (signal?.aborted === true) return abort();
        wire.takeOver((chunk) => {
          this.patience.received(chunk.length);
          reader.push(chunk);
        });
        this.fill();
      });
      wire.handBack();
    } finally {
      this.patience.end();
      signal?.removeEventListener('abort', abort);
    }
  }

  private fill(): void {
    while (this.batches.length < inFlight && this.sent < this.indexes.length) {
      const to = Math.min(this.sent + batchKeys, this.indexes.length);
      this.connection.wire.writeBytes(encode(this.keys, this.indexes, this.sent, to, this.columns));
      this.batches.push(to * this.columns.length);
      this.sent = to;
      this.patience.begin();
    }
  }

  private answer(line: string): void {
    const index = this.indexes[Math.floor(this.answers / this.columns.length)];
    const column = this.columns[this.answers % this.columns.length];
    if (index === undefined || column === undefined) throw new RespError('an answer that nobody asked for');
    this.write(column, index, line);
    this.answers += 1;
    const batch = this.batches[0];
    if (batch === undefined || this.answers < batch) return;
    this.batches.shift();
    this.patience.begin();
    this.fill();
    if (this.answers === this.indexes.length * this.columns.length) this.settle?.resolve();
  }

  private write(column: Column, index: number, line: string): void {
    const mark = line.charCodeAt(0);
    const isError = mark === 0x2d;
    if (column === 'type') {
      if (mark !== 0x2b && !isError) throw new RespError('an answer that is no type');
      this.into.types[index] = isError ? 'unknown' : line.slice(1);
      return;
    }
    const isInteger = mark === 0x3a;
    const isNil = line === '$-1' || line === '*-1';
    if (!isInteger && !isNil && !isError) throw new RespError('an answer that is no number');
    if (!isInteger) return;
    const value = Number(line.slice(1));
    if (column === 'ttl') this.into.ttlMs[index] = value;
    else this.into.memoryBytes[index] = value;
  }
}
