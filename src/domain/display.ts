import { utf8, type Bytes } from './bytes.ts';

declare const safe: unique symbol;

/** Text that `display()` made: it shows exactly what it stands for and can do nothing else. */
export type DisplayText = string & { readonly [safe]: true };

// Controls, format characters (bidi, zero width, tags, variation selectors), separators other than the plain space,
// surrogates, private and unassigned code points: whatever is invisible, reorders its neighbours or looks like a space.
const unclear = /[\p{Other}\p{Separator}\p{Default_Ignorable_Code_Point}]/u;

const shortForms: Readonly<Record<number, string>> = { 0x09: '\\t', 0x0a: '\\n', 0x0d: '\\r', 0x5c: '\\\\' };

function displayCodePoint(codePoint: number): string {
  const short = shortForms[codePoint];
  if (short !== undefined) return short;
  const character = String.fromCodePoint(codePoint);
  if (codePoint === 0x20 || !unclear.test(character)) return character;
  return `\\u{${codePoint.toString(16)}}`;
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Length and code point of the well-formed UTF-8 sequence at `at`, or null. */
function sequenceAt(bytes: Bytes, at: number): { readonly length: number; readonly codePoint: number } | null {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { length: 1, codePoint: first };
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return null;
  let codePoint = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return null;
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const shortest = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  if (codePoint < shortest || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return null;
  return { length, codePoint };
}

const EMPTY = '(empty)';

/**
 * Makes any server or user text safe and unambiguous for every surface. Injective: different bytes never look the
 * same, and `undisplay` gives the bytes back. Printable characters stay; what is invisible or deceiving becomes
 * `\u{hex}`, bytes that are not UTF-8 `\xNN`, a backslash `\\`; spaces at either end become `\u{20}`; no bytes at all
 * is `(empty)`. A string stands for its UTF-8 bytes.
 */
export function display(text: Bytes | string): DisplayText {
  const bytes = typeof text === 'string' ? utf8(text) : text;
  if (bytes.length === 0) return EMPTY as DisplayText;
  let out = '';
  for (let at = 0; at < bytes.length;) {
    const sequence = sequenceAt(bytes, at);
    if (sequence === null) {
      out += hexByte(bytes[at] ?? 0);
      at += 1;
    } else {
      out += displayCodePoint(sequence.codePoint);
      at += sequence.length;
    }
  }
  out = out.replace(/^ | $/g, '\\u{20}');
  return (out === EMPTY ? `\\u{28}${EMPTY.slice(1)}` : out) as DisplayText;
}

/**
 * As `display`, cut to about `maxCharacters`; the cut is marked and the length in bytes is said. Only for labels:
 * two long names may look the same.
 */
export function displayShort(text: Bytes | string, maxCharacters = 120): DisplayText {
  const bytes = typeof text === 'string' ? utf8(text) : text;
  // A character takes at most 4 bytes, so this prefix is enough and a 512 MB name costs nothing.
  const whole = display(bytes.subarray(0, maxCharacters * 4));
  if (bytes.length <= maxCharacters * 4 && whole.length <= maxCharacters) return whole;
  const cut = whole.slice(0, maxCharacters).replace(/\\(?:u(?:\{[0-9a-f]*)?|x[0-9a-f]?)?$|[\ud800-\udbff]$/, '');
  return `${cut}… (${bytes.length.toLocaleString('en-US')} bytes)` as DisplayText;
}

/** For surfaces on which VS Code turns `$(name)` into an icon (quick picks, status bar, tree labels). */
export function withoutIcons(text: DisplayText): DisplayText {
  return text.replaceAll('$(', '$\\u{28}') as DisplayText;
}

/** The bytes that a displayed text stands for: the inverse of `display` (and of `withoutIcons` after it). */
export function undisplay(text: string): Bytes {
  if (text === EMPTY) return new Uint8Array(0);
  const parts: Bytes[] = [];
  const pattern = /\\(?:\\|t|n|r|x([0-9a-f]{2})|u\{([0-9a-f]+)\})|[^\\]+/gu;
  for (const match of text.matchAll(pattern)) {
    const [token, byte, codePoint] = match;
    if (byte !== undefined) parts.push(Uint8Array.of(Number.parseInt(byte, 16)));
    else if (codePoint !== undefined) parts.push(utf8(String.fromCodePoint(Number.parseInt(codePoint, 16))));
    else parts.push(utf8(literals.get(token) ?? token));
  }
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const literals = new Map([
  ['\\\\', '\\'],
  ['\\t', '\t'],
  ['\\n', '\n'],
  ['\\r', '\r'],
]);
