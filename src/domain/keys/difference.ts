import { sameBytes, toBase64, type Bytes } from '../bytes.ts';
import type { RedisArgument, RedisCommand } from '../redis/command.ts';
import type { Content, Pair, ScoredMember, StreamEntry } from './content.ts';
import { canonicalScore } from './score.ts';
import { compareStreamIds } from './streamId.ts';

/** What has to be sent so that a key that holds one content holds another. */
export type Difference =
  | { readonly kind: 'same' }
  | { readonly kind: 'commands'; readonly commands: readonly RedisCommand[]; readonly summary: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface DifferenceOptions {
  /** Greatest id that the stream ever had: Redis takes only greater ones. Default: the last entry's. */
  readonly lastStreamId?: string;
}

/** Arguments per command: no single command keeps the server busy for long. */
const argumentsPerCommand = 2_000;

/**
 * The least commands that turn `from` (null = no such key) into `to`, in an order in which the key never becomes
 * empty in between, so that it keeps its TTL. Elements that are the same in both are not touched.
 */
export function difference(key: Bytes, from: Content | null, to: Content, options: DifferenceOptions = {}): Difference {
  if (from !== null && from.type !== to.type) {
    return refused(`The key holds a ${from.type}, and a ${to.type} would replace it. Delete the key first.`);
  }
  switch (to.type) {
    case 'string':
      return stringDifference(key, from?.type === 'string' ? from.bytes : null, to.bytes);
    case 'list':
      return listDifference(key, from?.type === 'list' ? from.items : [], to.items);
    case 'set':
      return setDifference(key, from?.type === 'set' ? from.items : [], to.items);
    case 'hash':
      return hashDifference(key, from?.type === 'hash' ? from.fields : [], to.fields);
    case 'zset':
      return zsetDifference(key, from?.type === 'zset' ? from.members : [], to.members);
    case 'stream':
      return streamDifference(key, from?.type === 'stream' ? from.entries : null, to.entries, options.lastStreamId);
  }
}

function refused(reason: string): Difference {
  return { kind: 'refused', reason };
}

function emptied(type: string): Difference {
  return refused(`Redis has no empty ${type}: without its last element the key would vanish. Delete the key instead.`);
}

function commands(list: readonly RedisCommand[], added: number, changed: number, removed: number): Difference {
  if (list.length === 0) return { kind: 'same' };
  return { kind: 'commands', commands: list, summary: `${added} added, ${changed} changed, ${removed} removed` };
}

function stringDifference(key: Bytes, from: Bytes | null, to: Bytes): Difference {
  if (from === null) return { kind: 'commands', commands: [['SET', key, to]], summary: `${to.length} bytes` };
  if (sameBytes(from, to)) return { kind: 'same' };
  const summary = `${from.length} bytes → ${to.length} bytes`;
  return { kind: 'commands', commands: [['SET', key, to, 'KEEPTTL']], summary };
}

/** `name key a b c …` in commands of bounded length; `size` arguments belong together. */
function batched(name: string, key: Bytes, args: readonly RedisArgument[], size = 1): RedisCommand[] {
  const step = argumentsPerCommand - (argumentsPerCommand % size);
  const list: RedisCommand[] = [];
  for (let at = 0; at < args.length; at += step) list.push([name, key, ...args.slice(at, at + step)]);
  return list;
}

/** Bytes as a key of a Map. */
function nameOf(bytes: Bytes): string {
  return toBase64(bytes);
}

function setDifference(key: Bytes, from: readonly Bytes[], to: readonly Bytes[]): Difference {
  if (to.length === 0) return emptied('set');
  const [had, has] = [new Set(from.map(nameOf)), new Set(to.map(nameOf))];
  const added = to.filter((item) => !had.has(nameOf(item)));
  const removed = from.filter((item) => !has.has(nameOf(item)));
  const list = [...batched('SADD', key, added), ...batched('SREM', key, removed)];
  return commands(list, added.length, 0, removed.length);
}

function hashDifference(key: Bytes, from: readonly Pair[], to: readonly Pair[]): Difference {
  if (to.length === 0) return emptied('hash');
  const had = new Map(from.map(([name, value]) => [nameOf(name), value]));
  const has = new Set(to.map(([name]) => nameOf(name)));
  const set = to.filter(([name, value]) => {
    const before = had.get(nameOf(name));
    return before === undefined || !sameBytes(before, value);
  });
  const removed = from.filter(([name]) => !has.has(nameOf(name))).map(([name]) => name);
  const added = set.filter(([name]) => !had.has(nameOf(name))).length;
  const list = [...batched('HSET', key, set.flat(), 2), ...batched('HDEL', key, removed)];
  return commands(list, added, set.length - added, removed.length);
}

function zsetDifference(key: Bytes, from: readonly ScoredMember[], to: readonly ScoredMember[]): Difference {
  if (to.length === 0) return emptied('sorted set');
  const had = new Map(from.map(([member, score]) => [nameOf(member), canonicalScore(score)]));
  const has = new Set(to.map(([member]) => nameOf(member)));
  const set = to.filter(([member, score]) => had.get(nameOf(member)) !== canonicalScore(score));
  const removed = from.filter(([member]) => !has.has(nameOf(member))).map(([member]) => member);
  const added = set.filter(([member]) => !had.has(nameOf(member))).length;
  const list = [
    ...batched(
      'ZADD',
      key,
      set.flatMap(([member, score]): RedisArgument[] => [score, member]),
      2,
    ),
    ...batched('ZREM', key, removed),
  ];
  return commands(list, added, set.length - added, removed.length);
}

function listDifference(key: Bytes, from: readonly Bytes[], to: readonly Bytes[]): Difference {
  if (to.length === 0) return emptied('list');
  if (from.length === 0) return commands(batched('RPUSH', key, to), to.length, 0, 0);
  const [atHead, atTail] = [alignedAtHead(key, from, to), alignedAtTail(key, from, to)];
  const list = atTail.length < atHead.length ? atTail : atHead;
  const changed = list.filter(([name]) => name === 'LSET').length;
  return commands(list, Math.max(0, to.length - from.length), changed, Math.max(0, from.length - to.length));
}

/** Elements keep their index from the head: what is different there is set, the tail grows or is cut. */
function alignedAtHead(key: Bytes, from: readonly Bytes[], to: readonly Bytes[]): RedisCommand[] {
  const list = settings(key, from, to, Math.min(from.length, to.length), 0, 0);
  if (to.length > from.length) list.push(...batched('RPUSH', key, to.slice(from.length)));
  if (to.length < from.length) list.push(['LTRIM', key, '0', String(to.length - 1)]);
  return list;
}

/** Elements keep their index from the tail: the head grows or is cut first, then what is different is set. */
function alignedAtTail(key: Bytes, from: readonly Bytes[], to: readonly Bytes[]): RedisCommand[] {
  const common = Math.min(from.length, to.length);
  const list: RedisCommand[] = [];
  if (to.length > from.length) list.push(...batched('LPUSH', key, to.slice(0, to.length - common).reverse()));
  if (to.length < from.length) list.push(['LTRIM', key, String(from.length - common), '-1']);
  return [...list, ...settings(key, from, to, common, from.length - common, to.length - common)];
}

function settings(
  key: Bytes,
  from: readonly Bytes[],
  to: readonly Bytes[],
  count: number,
  fromStart: number,
  toStart: number,
): RedisCommand[] {
  const list: RedisCommand[] = [];
  for (let i = 0; i < count; i++) {
    const [before, after] = [from[fromStart + i], to[toStart + i]];
    if (before !== undefined && after !== undefined && !sameBytes(before, after)) {
      list.push(['LSET', key, String(toStart + i), after]);
    }
  }
  return list;
}

function streamDifference(
  key: Bytes,
  from: readonly StreamEntry[] | null,
  to: readonly StreamEntry[],
  lastStreamId: string | undefined,
): Difference {
  if (from === null && to.length === 0) return emptied('stream to create');
  const had = new Map((from ?? []).map((entry) => [entry[0], entry]));
  const has = new Set(to.map(([id]) => id));
  const last = lastStreamId ?? from?.at(-1)?.[0] ?? '0-0';
  const added: StreamEntry[] = [];
  for (const entry of to) {
    const before = had.get(entry[0]);
    if (before !== undefined && !sameFields(before[1], entry[1])) {
      return refused(
        `Redis cannot change an entry of a stream: ${entry[0]} has other fields. Add a new entry instead.`,
      );
    }
    if (before !== undefined) continue;
    if (compareStreamIds(entry[0], last) <= 0) {
      return refused(`Redis adds entries only at the end of a stream: ${entry[0]} is not greater than ${last}.`);
    }
    added.push(entry);
  }
  const removed = (from ?? []).map(([id]) => id).filter((id) => !has.has(id));
  const list: RedisCommand[] = [
    ...added.map(([id, fields]): RedisCommand => ['XADD', key, id, ...fields.flat()]),
    ...batched('XDEL', key, removed),
  ];
  return commands(list, added.length, 0, removed.length);
}

function sameFields(a: readonly Pair[], b: readonly Pair[]): boolean {
  return a.length === b.length && a.every(([name, value], i) => samePair([name, value], b[i]));
}

function samePair(a: Pair, b: Pair | undefined): boolean {
  return b !== undefined && sameBytes(a[0], b[0]) && sameBytes(a[1], b[1]);
}

/** What a new key needs besides its content. */
export function expiryCommands(key: Bytes, ttlMs: number | null | undefined): readonly RedisCommand[] {
  if (ttlMs === undefined) return [];
  return ttlMs === null ? [['PERSIST', key]] : [['PEXPIRE', key, String(ttlMs)]];
}
