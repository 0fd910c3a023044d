/** Bytes as Redis holds them: comparing, encoding, decoding. Identity of keys, members and values is always bytes. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export type Bytes = Uint8Array;

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text of `bytes` when they are valid UTF-8 that encodes back to the same bytes, else null. */
export function textOf(bytes: Bytes): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export function sameBytes(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Order of unsigned bytes, as `memcmp`: negative when `a` comes first. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const standard = `${alphabet}+/`;
const urlSafe = `${alphabet}-_`;

function encodeBase64With(bytes: Bytes, digits: string, padded: boolean): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const b0 = bytes[i] ?? 0;
    const b1 = bytes[i + 1] ?? 0;
    const b2 = bytes[i + 2] ?? 0;
    const left = bytes.length - i;
    text += digits.charAt(b0 >> 2) + digits.charAt(((b0 & 3) << 4) | (b1 >> 4));
    if (left > 1) text += digits.charAt(((b1 & 15) << 2) | (b2 >> 6));
    else if (padded) text += '=';
    if (left > 2) text += digits.charAt(b2 & 63);
    else if (padded) text += '=';
  }
  return text;
}

export function toBase64(bytes: Bytes): string {
  return encodeBase64With(bytes, standard, true);
}

/** Base64 for URIs and ids: no padding, no `/` or `+`. */
export function toBase64Url(bytes: Bytes): string {
  return encodeBase64With(bytes, urlSafe, false);
}

const digitValue = new Map<string, number>(Array.from(standard, (digit, value) => [digit, value]));
digitValue.set('-', 62);
digitValue.set('_', 63);

/** Decodes base64 of either alphabet, padded or not; null when `text` is not base64. */
export function fromBase64(text: string): Bytes | null {
  const body = text.replace(/=+$/, '');
  if (body.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((body.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of body) {
    const value = digitValue.get(digit);
    if (value === undefined) return null;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
  }
  return bytes;
}

/** Without the piece of a character that a cut left at the end of a text; other bytes as they are. */
export function wholeCharacters(bytes: Bytes): Bytes {
  if (textOf(bytes) !== null) return bytes;
  for (let less = 1; less <= 3 && less <= bytes.length; less++) {
    const shorter = bytes.subarray(0, bytes.length - less);
    if (textOf(shorter) !== null) return shorter;
  }
  return bytes;
}
