import { textOf } from '../../domain/bytes.ts';
import { RedisErrorReply, type RedisReply } from '../../domain/redis/command.ts';

/** The other side sent something that is not RESP2, or beyond every bound. */
export class RespError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'RespError';
  }
}

const maxDepth = 128;
const maxLineBytes = 1 << 20;
/** A string in Redis has at most 512 MB; a server that announces more is none. */
export const maxBulkBytes = 1 << 29;
const maxElements = 1 << 26;

const carriageReturn = 13;

interface Frame {
  readonly items: RedisReply[];
  readonly count: number;
}

/**
 * Reads RESP2 from chunks as they come. Element by element: nothing is read twice, nothing is allocated because the
 * other side announced it, and nesting is bounded.
 */
export class RespReader {
  private readonly onReply: (reply: RedisReply) => void;
  private buffer: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;
  /** Bytes that must be there before the element at `start` is looked at again. */
  private needed = 1;
  private readonly stack: Frame[] = [];

  constructor(onReply: (reply: RedisReply) => void) {
    this.onReply = onReply;
  }

  /** Feeds a chunk; replies that it completes are reported before this returns. Throws RespError. */
  push(chunk: Buffer): void {
    this.append(chunk);
    while (this.end - this.start >= this.needed && this.readElement());
    if (this.start === this.end) this.start = this.end = 0;
  }

  /** What has come of the reply under way: its last string as far as it came, its arrays ended there. */
  partial(): RedisReply | undefined {
    let value = this.partialString();
    for (const { items } of this.stack.toReversed()) value = value === undefined ? items : [...items, value];
    return value;
  }

  private partialString(): RedisReply | undefined {
    const line = this.buffer.indexOf(carriageReturn, this.start);
    if (line < 0 || line + 1 >= this.end || this.buffer[this.start] !== 0x24) return undefined;
    const length = this.length(this.start + 1, line, maxBulkBytes);
    const from = line + 2;
    // Of its line end, a part may have come already.
    const to = Math.min(from + length, this.end);
    return this.copy(from, to);
  }

  private append(chunk: Buffer): void {
    const kept = this.end - this.start;
    if (kept === 0) {
      this.buffer = chunk;
      this.start = 0;
      this.end = chunk.length;
      return;
    }
    if (this.end + chunk.length > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max((kept + chunk.length) * 2, 1 << 14));
      this.buffer.copy(grown, 0, this.start, this.end);
      this.buffer = grown;
      this.start = 0;
      this.end = kept;
    }
    chunk.copy(this.buffer, this.end);
    this.end += chunk.length;
  }

  /** One element at `start`; false when it is not complete yet. */
  private readElement(): boolean {
    const line = this.buffer.indexOf(carriageReturn, this.start);
    if (line < 0 || line + 1 >= this.end) {
      if (this.end - this.start > maxLineBytes) throw new RespError('a line without end');
      this.needed = this.end - this.start + 1;
      return false;
    }
    const type = this.buffer[this.start];
    const from = this.start + 1;
    if (type === 0x24) return this.readBulk(from, line);
    this.consume(line + 2);
    if (type === 0x2b) this.give(this.copy(from, line));
    else if (type === 0x2d) this.give(new RedisErrorReply(this.buffer.toString('utf8', from, line)));
    else if (type === 0x3a) this.give(this.integer(from, line));
    else if (type === 0x2a) this.open(this.length(from, line, maxElements));
    else throw new RespError('an unknown type of reply');
    return true;
  }

  private readBulk(from: number, line: number): boolean {
    const length = this.length(from, line, maxBulkBytes);
    if (length < 0) {
      this.consume(line + 2);
      this.give(null);
      return true;
    }
    const until = line + 2 + length + 2;
    if (until > this.end) {
      this.needed = until - this.start;
      return false;
    }
    const value = this.copy(line + 2, line + 2 + length);
    this.consume(until);
    this.give(value);
    return true;
  }

  private consume(to: number): void {
    this.start = to;
    this.needed = 1;
  }

  private open(count: number): void {
    if (count < 0) this.give(null);
    else if (count === 0) this.give([]);
    else if (this.stack.length >= maxDepth) throw new RespError('an answer nested too deeply');
    else this.stack.push({ items: [], count });
  }

  private give(value: RedisReply): void {
    let done = value;
    for (let frame = this.stack.at(-1); frame !== undefined; frame = this.stack.at(-1)) {
      frame.items.push(done);
      if (frame.items.length < frame.count) return;
      this.stack.pop();
      done = frame.items;
    }
    this.onReply(done);
  }

  private copy(from: number, to: number): Uint8Array {
    return new Uint8Array(this.buffer.subarray(from, to));
  }

  private integer(from: number, to: number): number | bigint {
    const text = textOf(this.buffer.subarray(from, to)) ?? '';
    if (!/^[+-]?\d{1,40}$/.test(text)) throw new RespError('an integer that is none');
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : BigInt(text);
  }

  private length(from: number, to: number, most: number): number {
    const length = this.integer(from, to);
    if (typeof length !== 'number' || length < -1 || length > most) throw new RespError('a length beyond every bound');
    return length;
  }
}
