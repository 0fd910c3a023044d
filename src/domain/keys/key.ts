import { fromBase64, textOf, toBase64, utf8, type Bytes } from '../bytes.ts';

/** A key as the API takes and gives it: a string when its bytes are valid UTF-8, else the bytes. */
export type Key = string | Bytes;

/** A key, member, field or value inside JSON, where bytes that are not UTF-8 cannot stand as text. */
export type JsonBytes = string | { readonly base64: string };

export function keyBytes(key: Key): Bytes {
  return typeof key === 'string' ? utf8(key) : key;
}

export function keyOf(bytes: Bytes): Key {
  return textOf(bytes) ?? bytes;
}

export function jsonOfBytes(bytes: Bytes): JsonBytes {
  return textOf(bytes) ?? { base64: toBase64(bytes) };
}

/** The bytes that a JSON part stands for; null when it is neither a string nor `{ base64 }` of valid base64. */
export function bytesOfJson(part: unknown): Bytes | null {
  if (typeof part === 'string') return utf8(part);
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return null;
  const names = Object.keys(part);
  const base64: unknown = Reflect.get(part, 'base64');
  return names.length === 1 && typeof base64 === 'string' ? fromBase64(base64) : null;
}
