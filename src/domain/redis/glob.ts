import type { Bytes } from '../bytes.ts';
import { validationFailure, type Failure } from '../failure.ts';

/**
 * Redis's glob on bytes. Patterns are bounded, since a hostile one keeps a server busy for minutes
 * (CVE-2022-36021): see `patternProblem`.
 */

const maxPatternBytes = 256;
const maxStars = 16;
const maxClassMembers = 64;

const star = 0x2a;
const question = 0x3f;
const open = 0x5b;
const close = 0x5d;
const backslash = 0x5c;
const caret = 0x5e;
const dash = 0x2d;

/** Why a pattern may not be sent or matched, or null. */
export function patternProblem(pattern: Bytes, path = 'pattern'): Failure | null {
  if (pattern.length > maxPatternBytes) {
    return validationFailure(path, `A pattern has at most ${maxPatternBytes} bytes; this one has ${pattern.length}.`);
  }
  let stars = 0;
  for (let at = 0; at < pattern.length; at++) {
    const byte = pattern[at];
    if (byte === backslash) at += 1;
    else if (byte === open) {
      const end = classEnd(pattern, at);
      if (end - at - 1 > maxClassMembers) {
        return validationFailure(path, `A class [...] in a pattern has at most ${maxClassMembers} members.`);
      }
      at = end;
    } else if (byte === star && pattern[at - 1] !== star) stars += 1;
  }
  if (stars > maxStars) {
    return validationFailure(path, `A pattern has at most ${maxStars} stars; this one has ${stars}.`);
  }
  return null;
}

/** The offset of the `]` that ends the class at `at`, or of the pattern's last byte when it never ends. */
function classEnd(pattern: Bytes, at: number): number {
  let i = at + 1;
  if (pattern[i] === caret) i += 1;
  for (; i < pattern.length; i++) {
    if (pattern[i] === backslash && i + 1 < pattern.length) i += 1;
    else if (pattern[i] === close) return i;
  }
  return pattern.length - 1;
}

interface ClassMatch {
  readonly hit: boolean;
  /** Offset of the pattern right after the class. */
  readonly next: number;
}

/** Redis compares ranges as `char`, which is signed on most servers: bytes from 0x80 come before those below. */
function signed(byte: number): number {
  return byte > 127 ? byte - 256 : byte;
}

/** One byte against the class at `at`. A class that never ends goes to the pattern's end; `^` counts at its start only. */
function matchClass(pattern: Bytes, at: number, byte: number): ClassMatch {
  let i = at + 1;
  const negated = pattern[i] === caret;
  if (negated) i += 1;
  let hit = false;
  for (; i < pattern.length && pattern[i] !== close; i++) {
    const member = pattern[i] ?? 0;
    if (member === backslash && i + 1 < pattern.length) {
      i += 1;
      if (pattern[i] === byte) hit = true;
    } else if (pattern[i + 1] === dash && i + 2 < pattern.length) {
      const [from, to, at] = [signed(member), signed(pattern[i + 2] ?? 0), signed(byte)];
      if (at >= Math.min(from, to) && at <= Math.max(from, to)) hit = true;
      i += 2;
    } else if (member === byte) hit = true;
  }
  return { hit: hit !== negated, next: Math.min(i + 1, pattern.length) };
}

/** One step that is not a star: the offset after it when `byte` fits, else -1. */
function matchOne(pattern: Bytes, at: number, byte: number): number {
  const wanted = pattern[at] ?? 0;
  if (wanted === question) return at + 1;
  if (wanted === open) {
    const { hit, next } = matchClass(pattern, at, byte);
    return hit ? next : -1;
  }
  if (wanted === backslash && at + 1 < pattern.length) return pattern[at + 1] === byte ? at + 2 : -1;
  return wanted === byte ? at + 1 : -1;
}

/**
 * Whether `text` matches the glob `pattern` as Redis's `MATCH` would. Only the last star is ever tried again, which
 * is enough for globs and keeps the work within length of pattern × length of text.
 */
export function globMatches(pattern: Bytes, text: Bytes): boolean {
  // The empty name: Redis takes a single star for "everything" and looks no further at any other pattern.
  if (text.length === 0) return pattern.length === 0 || (pattern.length === 1 && pattern[0] === star);
  let p = 0;
  let t = 0;
  let retryPattern = -1;
  let retryText = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === star) {
      retryPattern = ++p;
      retryText = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text[t] ?? 0) : -1;
    if (next >= 0) {
      p = next;
      t += 1;
    } else if (retryPattern >= 0) {
      p = retryPattern;
      t = ++retryText;
    } else return false;
  }
  while (p < pattern.length && pattern[p] === star) p += 1;
  return p === pattern.length;
}

/** Whether a pattern matches every key that there can be. */
export function matchesEverything(pattern: Bytes): boolean {
  return pattern.length > 0 && pattern.every((byte) => byte === star);
}

/** Escapes `text` so that the pattern matches exactly its bytes. */
export function globLiteral(text: Bytes): Bytes {
  const special = new Set([star, question, open, close, backslash, caret, dash]);
  return Uint8Array.from([...text].flatMap((byte) => (special.has(byte) ? [backslash, byte] : [byte])));
}
