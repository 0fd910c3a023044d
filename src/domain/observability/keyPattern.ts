import { textOf, utf8, type Bytes } from '../bytes.ts';
import { display } from '../display.ts';

/** A key with its variable parts replaced by `*`, so that keys of one kind share one name. */
export interface KeyPattern {
  /** Safe to show; delimiters and the braces of a hash tag stay where they were. */
  readonly pattern: string;
  /** Whether the key is not UTF-8: the pattern then stands over escaped bytes. */
  readonly binary: boolean;
}

/** Longer keys are cut before anything else: a name of 512 MB must cost nothing. */
const maxKeyBytes = 1024;
/** Bytes from which a part that is not text counts as an id. */
const maxBinaryLiteral = 8;

const delimiters = new Set([':', '/', '|', '.'].map((character) => character.charCodeAt(0)));
const openBrace = '{'.charCodeAt(0);
const closeBrace = '}'.charCodeAt(0);

const isoInstant =
  /\d{4}-\d{2}-\d{2}[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,9})?)?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\dA-Za-z])/gi;

/** In this order; the first that fits decides. All are anchored and linear. */
const variableParts: readonly ((part: string) => boolean)[] = [
  (part) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(part),
  // Crockford's alphabet; the first character of a ULID holds three bits.
  (part) => /^[0-7][0-9a-hjkmnp-tv-z]{25}$/i.test(part),
  // A digit is asked for: `defaced` and `deadbeef`-like words are names more often than numbers.
  (part) => /^(?:0x)?[0-9a-f]{8,}$/i.test(part) && /[0-9]/.test(part),
  (part) => /^\d{4}-(?:\d{2}(?:-\d{2})?|W\d{2}|Q[1-4])$/i.test(part),
  (part) => /^[+-]?\d+$/.test(part),
  isBase64ish,
];

/** Sixteen or more characters of base64 in either alphabet that look drawn, not written. */
function isBase64ish(part: string): boolean {
  if (!/^[A-Za-z0-9+_-]{16,}={0,2}$/.test(part)) return false;
  const digits = part.replace(/[^0-9]/g, '').length;
  if (/[a-z]/.test(part) && /[A-Z]/.test(part) && (digits > 0 || part.endsWith('='))) return true;
  // One case only, as in base32 or base36: letters and digits well mixed, and no words joined by `-` or `_`.
  return digits >= 4 && !/[_-]/.test(part);
}

/**
 * The pattern of a key: split at `:` `/` `|` `.` and at the braces of a hash tag; a part that is a UUID, ULID, hex
 * number (8 digits or more), date, integer or base64-like token (16 characters or more) becomes `*`; every other part
 * stays as `display()` shows it. Pure and total: any bytes give a pattern.
 */
export function keyPattern(key: Bytes | string): KeyPattern {
  const bytes = (typeof key === 'string' ? utf8(key) : key).subarray(0, maxKeyBytes);
  if (bytes.length === 0) return { pattern: display(bytes), binary: false };
  const text = textOf(bytes);
  if (text === null) return { pattern: partsOf(bytes), binary: !isCutUtf8(bytes) };
  return { pattern: partsOf(utf8(text.replace(isoInstant, '*'))), binary: false };
}

const plain = /^[A-Za-z0-9_:/|.]{1,512}$/;
const delimiter = /[:/|.]/;
const plainWord = /^[A-Za-z_]{0,15}$/;
const digits = /^[0-9]+$/;

/**
 * The pattern of a key made of short words, numbers and delimiters only, which most keys are, at a fraction of the cost.
 *
 * @returns what `keyPattern` gives; undefined for any other key
 */
export function plainKeyPattern(key: string): string | undefined {
  if (!plain.test(key)) return undefined;
  let pattern = '';
  let start = 0;
  for (const part of key.split(delimiter)) {
    if (digits.test(part)) pattern += '*';
    else if (plainWord.test(part)) pattern += part;
    else return undefined;
    start += part.length + 1;
    if (start <= key.length) pattern += key.charAt(start - 1);
  }
  return pattern;
}

/** Whether only the cut at `maxKeyBytes` made these bytes invalid. */
function isCutUtf8(bytes: Bytes): boolean {
  return bytes.length === maxKeyBytes && [1, 2, 3].some((less) => textOf(bytes.subarray(0, -less)) !== null);
}

function partsOf(bytes: Bytes): string {
  const tag = hashTagOf(bytes);
  let pattern = '';
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes[at];
    const isEdge = byte === undefined || delimiters.has(byte) || at === tag?.open || at === tag?.close;
    if (!isEdge) continue;
    pattern += partPattern(bytes.subarray(start, at));
    if (byte !== undefined) pattern += String.fromCharCode(byte);
    start = at + 1;
  }
  return pattern;
}

/** Redis hashes what stands between the first `{` and the first `}` after it, unless that is nothing. */
function hashTagOf(bytes: Bytes): { readonly open: number; readonly close: number } | null {
  const open = bytes.indexOf(openBrace);
  if (open < 0) return null;
  const close = bytes.indexOf(closeBrace, open + 1);
  return close > open + 1 ? { open, close } : null;
}

function partPattern(part: Bytes): string {
  if (part.length === 0) return '';
  const text = textOf(part);
  if (text === null) return part.length >= maxBinaryLiteral ? '*' : display(part);
  return variableParts.some((isVariable) => isVariable(text)) ? '*' : display(text);
}
