import { textOf, utf8, type Bytes } from '../bytes.ts';

const simpleEscapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, a: 7 };

/**
 * Splits a typed command as redis-cli does: words, `"…"` with `\xNN`, `\n` and the like, `'…'` with only `\'`.
 * Null when a quote is not closed or something follows one directly.
 */
export function splitCommandLine(line: string): (string | Bytes)[] | null {
  const bytes = utf8(line);
  const args: (string | Bytes)[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(bytes[at])) at++;
    if (at >= bytes.length) return args;
    const word = readWord(bytes, at);
    if (word === null) return null;
    const argument = Uint8Array.from(word.bytes);
    args.push(textOf(argument) ?? argument);
    at = word.end;
  }
}

interface Word {
  readonly bytes: readonly number[];
  readonly end: number;
}

const [doubleQuote, singleQuote, backslash] = [0x22, 0x27, 0x5c];

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function readWord(bytes: Bytes, start: number): Word | null {
  const first = bytes[start];
  if (first === doubleQuote || first === singleQuote) return readQuoted(bytes, start + 1, first);
  let end = start;
  while (end < bytes.length && !isSpace(bytes[end])) end++;
  return { bytes: [...bytes.subarray(start, end)], end };
}

function readQuoted(bytes: Bytes, start: number, quote: number): Word | null {
  const word: number[] = [];
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) {
      const end = at + 1;
      return end === bytes.length || isSpace(bytes[end]) ? { bytes: word, end } : null;
    }
    if (byte !== backslash) word.push(byte);
    else if (quote === singleQuote) {
      const escaped = bytes[at + 1] === singleQuote;
      word.push(escaped ? singleQuote : backslash);
      if (escaped) at++;
    } else {
      const hex = /^x([0-9a-fA-F]{2})/.exec(String.fromCharCode(...bytes.subarray(at + 1, at + 4)));
      const next = bytes[at + 1] ?? 0;
      word.push(hex === null ? (simpleEscapes[String.fromCharCode(next)] ?? next) : Number.parseInt(hex[1] ?? '', 16));
      at += hex === null ? 1 : 3;
    }
  }
  return null;
}
