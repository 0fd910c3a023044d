import type { Bytes } from '../bytes.ts';

/**
 * The Redis type that a DUMP holds, from its first byte: Redis's object types on disk (rdb.h), up to version 8. Spares a
 * TYPE per key. Null for a form that is not known here.
 */
const byRdbType: Readonly<Record<number, string>> = {
  0: 'string',
  1: 'list',
  2: 'set',
  3: 'zset',
  4: 'hash',
  5: 'zset',
  9: 'hash',
  10: 'list',
  11: 'set',
  12: 'zset',
  13: 'hash',
  14: 'list',
  15: 'stream',
  16: 'hash',
  17: 'zset',
  18: 'list',
  19: 'stream',
  20: 'set',
  21: 'stream',
  22: 'hash',
  23: 'hash',
  24: 'hash',
  25: 'hash',
};

export function typeOfDump(dump: Bytes): string | null {
  return byRdbType[dump[0] ?? 255] ?? null;
}
