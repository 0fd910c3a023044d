import { KeyList } from '../../domain/keys/keyList.ts';
import { RespError } from './respReader.ts';

const maxPageBytes = 1 << 29;
const firstPageBytes = 1 << 15;

/** Where in `*2 $n cursor *m ($n key)*` the reader stands. */
type Stage = 'pair' | 'cursorLength' | 'cursor' | 'count' | 'keyLength' | 'key';

interface ScanListener {
  /** The next cursor, known before the page's keys have been read; '0' = the node is covered. */
  cursor(cursor: string): void;
  /** All keys of the page. */
  page(keys: KeyList): void;
  /** The server refused; nothing else comes for this request. */
  refused(message: string): void;
}

/**
 * Reads replies of SCAN as their bytes come. Names are copied into one buffer and never decoded; memory follows what
 * arrived, not what was announced.
 */
export class ScanReader {
  private readonly listener: ScanListener;
  private stage: Stage = 'pair';
  /** The line being read, of which a part may still be on its way. */
  private line = '';
  private cursorText = '';
  /** Bytes of the current string still to come, line end included. */
  private missing = 0;
  private keysLeft = 0;
  private keys = 0;
  private bytes = new Uint8Array(firstPageBytes);
  private used = 0;
  private ends = new Uint32Array(1024);

  constructor(listener: ScanListener) {
    this.listener = listener;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.stage === 'keyLength' && this.line === '') at = this.readWholeKeys(chunk, at);
      if (at >= chunk.length) break;
      at = this.stage === 'key' || this.stage === 'cursor' ? this.readString(chunk, at) : this.readLine(chunk, at);
    }
  }

  /** The common case, without leaving the loop: keys that lie in this chunk as a whole. */
  private readWholeKeys(chunk: Buffer, from: number): number {
    let at = from;
    let left = this.keysLeft;
    while (left > 0) {
      if (chunk[at] !== 0x24) break;
      let p = at + 1;
      let length = 0;
      let byte = chunk[p];
      while (byte !== undefined && byte >= 0x30 && byte <= 0x39) {
        length = length * 10 + byte - 0x30;
        byte = chunk[++p];
      }
      const start = p + 2;
      if (byte !== 0x0d || start + length + 2 > chunk.length) break;
      this.reserve(length);
      const { bytes, used } = this;
      if (length < 48) for (let i = 0; i < length; i++) bytes[used + i] = chunk[start + i] ?? 0;
      else bytes.set(chunk.subarray(start, start + length), used);
      this.used = used + length;
      this.endKey();
      at = start + length + 2;
      left -= 1;
    }
    this.keysLeft = left;
    if (left === 0) this.finishPage();
    return at;
  }

  private readLine(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(0x0a, from);
    this.line += chunk.toString('latin1', from, end < 0 ? chunk.length : end + 1);
    if (this.line.length > 4096) throw new RespError('a line without end');
    if (end < 0) return chunk.length;
    const line = this.line;
    this.line = '';
    this.handleLine(line);
    return end + 1;
  }

  private handleLine(line: string): void {
    if (this.stage === 'pair' && line.startsWith('-')) return this.listener.refused(line.slice(1).trimEnd());
    const match = /^([*$])(\d{1,10})\r\n$/.exec(line);
    const wanted = this.stage === 'pair' || this.stage === 'count' ? '*' : '$';
    if (match === null || match[1] !== wanted) throw new RespError('an answer that is no page of keys');
    const count = Number(match[2]);
    if (this.stage === 'pair') {
      if (count !== 2) throw new RespError('an answer that is no page of keys');
      this.stage = 'cursorLength';
    } else if (this.stage === 'cursorLength') {
      if (count < 1 || count > 20) throw new RespError('a cursor that is none');
      this.missing = count + 2;
      this.stage = 'cursor';
    } else if (this.stage === 'count') {
      this.keysLeft = count;
      this.stage = 'keyLength';
      if (count === 0) this.finishPage();
    } else {
      this.missing = count + 2;
      this.stage = 'key';
    }
  }

  private readString(chunk: Buffer, from: number): number {
    const take = Math.min(this.missing, chunk.length - from);
    const content = Math.max(0, Math.min(take, this.missing - 2));
    if (this.stage === 'cursor') this.cursorText += chunk.toString('latin1', from, from + content);
    else {
      this.reserve(content);
      this.bytes.set(chunk.subarray(from, from + content), this.used);
      this.used += content;
    }
    this.missing -= take;
    if (this.missing === 0) this.endString();
    return from + take;
  }

  private endString(): void {
    if (this.stage === 'cursor') {
      const cursor = this.cursorText;
      this.cursorText = '';
      if (!/^\d{1,20}$/.test(cursor)) throw new RespError('a cursor that is none');
      this.stage = 'count';
      this.listener.cursor(cursor);
      return;
    }
    this.endKey();
    this.keysLeft -= 1;
    this.stage = 'keyLength';
    if (this.keysLeft === 0) this.finishPage();
  }

  private endKey(): void {
    if (this.keys === this.ends.length) {
      const grown = new Uint32Array(this.ends.length * 2);
      grown.set(this.ends);
      this.ends = grown;
    }
    this.ends[this.keys++] = this.used;
  }

  private reserve(more: number): void {
    const wanted = this.used + more;
    if (wanted <= this.bytes.length) return;
    if (wanted > maxPageBytes) throw new RespError('a page of keys beyond every bound');
    const grown = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }

  private finishPage(): void {
    // Exact copies: whoever keeps a million names keeps no slack. One huge page must not stay reserved either.
    const keys = new KeyList(this.bytes.slice(0, this.used), this.ends.slice(0, this.keys));
    if (this.bytes.length > 1 << 22) this.bytes = new Uint8Array(firstPageBytes);
    this.used = 0;
    this.keys = 0;
    this.stage = 'pair';
    this.listener.page(keys);
  }
}
