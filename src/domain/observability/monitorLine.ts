import type { Bytes } from '../bytes.ts';
import type { CommandInfo, CommandTable } from '../redis/classify.ts';

/** One line of MONITOR: what ran, on which keys. Values never get this far. */
export interface MonitoredCommand {
  /** UTC epoch milliseconds, with microseconds behind the point. */
  readonly atMs: number;
  readonly db: number;
  /** `127.0.0.1:50123`, `unix:/path`, or `lua`. */
  readonly client: string;
  /** Lower case, `config|set` for a subcommand. */
  readonly command: string;
  readonly keys: readonly Bytes[];
}

/** Keys beyond this many, and bytes of a key beyond this, are not read. */
const maxKeys = 64;
const maxKeyBytes = 1024;
const maxNameBytes = 64;

/** Commands whose arguments are secrets: nothing of them is kept. */
const authFamily: ReadonlySet<string> = new Set(['auth', 'hello', 'acl', 'config', 'migrate', 'sentinel']);

const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;

const escapes: Readonly<Record<number, number>> = {
  0x6e: 0x0a, // n
  0x72: 0x0d, // r
  0x74: 0x09, // t
  0x61: 0x07, // a
  0x62: 0x08, // b
};

/**
 * Reads a line `<seconds>.<micros> [<db> <client>] "command" "argument" …` (without the leading `+` and the line's
 * end). Arguments that are no keys are stepped over, not kept; of the AUTH family not even keys are. Null when the
 * line has another form (`OK`, a future version).
 */
export function parseMonitorLine(line: Bytes, table: CommandTable): MonitoredCommand | null {
  const open = line.indexOf(0x5b);
  const close = line.indexOf(0x5d, open);
  const first = line.indexOf(quote, close);
  if (open < 2 || close < open || first !== close + 2) return null;
  const atMs = Number(latin1(line, 0, open - 1)) * 1000;
  const gap = line.indexOf(space, open);
  const db = Number(latin1(line, open + 1, gap));
  if (!Number.isFinite(atMs) || gap < 0 || gap > close || !Number.isInteger(db)) return null;
  const words = new Words(line, first);
  const name = words.next(maxNameBytes);
  if (name === null) return null;
  const command = latin1(name, 0, name.length).toLowerCase();
  return { atMs, db, client: latin1(line, gap + 1, Math.min(close, gap + 80)), ...keysOf(command, words, table) };
}

function keysOf(
  command: string,
  words: Words,
  table: CommandTable,
): { readonly command: string; readonly keys: readonly Bytes[] } {
  let info = table.get(command);
  let name = command;
  let at = 1;
  if (authFamily.has(command) || info?.hasSubcommands === true) {
    const sub = words.next(maxNameBytes);
    at = 2;
    if (sub !== null && info?.hasSubcommands === true) {
      name = `${command}|${latin1(sub, 0, sub.length).toLowerCase()}`;
      info = table.get(name);
      if (info === undefined) name = command;
    }
  }
  if (authFamily.has(command) || info === undefined || info.firstKey < at) return { command: name, keys: [] };
  return { command: name, keys: readKeys(info, words, at) };
}

function readKeys(info: CommandInfo, words: Words, from: number): Bytes[] {
  const step = Math.max(1, info.step);
  const keys: Bytes[] = [];
  // A last position counted from the end is known only when the line has ended: then the surplus goes.
  const last = info.lastKey < 0 ? Number.POSITIVE_INFINITY : info.lastKey;
  let at = from;
  for (; at <= last && keys.length < maxKeys; at++) {
    const isKey = at >= info.firstKey && (at - info.firstKey) % step === 0;
    const word = isKey ? words.next(maxKeyBytes) : words.skip();
    if (word === null) break;
    if (isKey) keys.push(word);
  }
  if (info.lastKey >= -1 || keys.length >= maxKeys) return keys;
  const lastKey = at + info.lastKey;
  return keys.filter((_, index) => info.firstKey + index * step <= lastKey);
}

/** The quoted words of a line, one after another, unescaped. */
class Words {
  private readonly line: Bytes;
  private at: number;

  constructor(line: Bytes, at: number) {
    this.line = line;
    this.at = at;
  }

  /** The next word, cut to `maxBytes`; null at the end. */
  next(maxBytes: number): Bytes | null {
    const end = this.wordEnd();
    if (end < 0) return null;
    const start = this.at + 1;
    this.at = end + 2;
    const raw = this.line.subarray(start, end);
    return raw.includes(backslash) ? unescape(raw, maxBytes) : raw.slice(0, maxBytes);
  }

  /** Steps over a word without making it; null at the end. */
  skip(): Bytes | null {
    const end = this.wordEnd();
    if (end < 0) return null;
    this.at = end + 2;
    return nothing;
  }

  /** Position of the quote that ends the word at `at`, or -1. */
  private wordEnd(): number {
    if (this.line[this.at] !== quote) return -1;
    let end = this.line.indexOf(quote, this.at + 1);
    while (end > 0 && this.isEscaped(end)) end = this.line.indexOf(quote, end + 1);
    return end;
  }

  private isEscaped(position: number): boolean {
    let before = position - 1;
    while (before > this.at && this.line[before] === backslash) before -= 1;
    return (position - 1 - before) % 2 === 1;
  }
}

const nothing = new Uint8Array(0);

function unescape(raw: Bytes, maxBytes: number): Bytes {
  const bytes = new Uint8Array(Math.min(raw.length, maxBytes));
  let length = 0;
  for (let at = 0; at < raw.length && length < bytes.length; at++) {
    const byte = raw[at] ?? 0;
    if (byte !== backslash) {
      bytes[length++] = byte;
      continue;
    }
    const kind = raw[++at] ?? backslash;
    if (kind === 0x78) {
      bytes[length++] = Number.parseInt(latin1(raw, at + 1, at + 3), 16) || 0;
      at += 2;
    } else {
      bytes[length++] = escapes[kind] ?? kind;
    }
  }
  return bytes.slice(0, length);
}

function latin1(bytes: Bytes, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}
