import { textOf, utf8, type Bytes } from '../../bytes.ts';
import { type RedisCommand, type RedisReply } from '../../redis/command.ts';
import { typeOfDump } from '../dumpType.ts';
import type { Before, Reading } from './kind.ts';

/** Questions about one key and their answers, as several kinds use them. */

export const typeQuestion = (key: Bytes): RedisCommand => ['TYPE', key];

export function typeAnswer(reply: RedisReply | undefined): string {
  return reply instanceof Uint8Array ? (textOf(reply) ?? 'unknown') : 'none';
}

export const expiryQuestion = (key: Bytes, reading: Reading): RedisCommand => [
  reading.absoluteExpiry ? 'PEXPIRETIME' : 'PTTL',
  key,
];

/** Absolute expiry, null = none; `missing` = no such key. */
export function expiryAnswer(reply: RedisReply | undefined, reading: Reading): number | null | 'missing' {
  const value = typeof reply === 'number' ? reply : typeof reply === 'bigint' ? Number(reply) : -2;
  if (value === -2) return 'missing';
  if (value === -1) return null;
  return reading.absoluteExpiry ? value : reading.nowMs + value;
}

/** Without PEXPIRETIME an expiry is counted from a clock that was read a moment ago. */
export function sameExpiry(a: number | null, b: number | null, reading: Reading): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= (reading.absoluteExpiry ? 0 : 2000);
}

export const wholeQuestions = (key: Bytes, reading: Reading): readonly RedisCommand[] => [
  ['DUMP', key],
  expiryQuestion(key, reading),
];

/** A key's value and expiry from `wholeQuestions`; type `none` when it does not exist. */
export function wholeAnswer(replies: readonly RedisReply[], reading: Reading): Before {
  const [dump, expiry] = replies;
  if (!(dump instanceof Uint8Array)) return { type: 'none', dump: null, expiresAtMs: null };
  const expiresAtMs = expiryAnswer(expiry, reading);
  return { type: typeOfDump(dump) ?? 'unknown', dump, expiresAtMs: expiresAtMs === 'missing' ? null : expiresAtMs };
}

/** RESTORE with an absolute expiry; `over` replaces what is there. */
export function restoreCommands(key: Bytes, before: Before, over: boolean): readonly RedisCommand[] {
  if (before.dump === null) return [['UNLINK', key]];
  const command: [string, ...(string | Bytes)[]] = ['RESTORE', key, String(before.expiresAtMs ?? 0), before.dump];
  if (before.expiresAtMs !== null) command.push('ABSTTL');
  if (over) command.push('REPLACE');
  return [command];
}

export const integer = (value: number): Bytes => utf8(String(value));
