import { textOf, utf8, type Bytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { Content, ContentType, Pair, ScoredMember, StreamEntry } from '../../domain/keys/content.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';

function unexpected(what: string): Failure {
  return new Failure('INTERNAL_ERROR', `The server answered something else than ${what}.`, {
    nextAction: 'Check that the address belongs to a Redis server.',
  });
}

export function bytesReply(reply: RedisReply | undefined): Bytes {
  if (reply instanceof Uint8Array) return reply;
  throw unexpected('text');
}

export function textReply(reply: RedisReply | undefined): string {
  const text = textOf(bytesReply(reply));
  if (text === null) throw unexpected('text');
  return text;
}

export function numberReply(reply: RedisReply | undefined): number {
  if (typeof reply === 'number') return reply;
  if (typeof reply === 'bigint') return Number(reply);
  throw unexpected('a number');
}

export function arrayReply(reply: RedisReply | undefined): readonly RedisReply[] {
  if (Array.isArray(reply)) return reply as readonly RedisReply[];
  throw unexpected('a list');
}

/** `PTTL`: milliseconds, null = never expires. -2 (no such key) counts as null: `TYPE` tells of it. */
export function ttlReply(reply: RedisReply | undefined): number | null {
  const ttl = numberReply(reply);
  return ttl < 0 ? null : ttl;
}

/** `TIME`, as milliseconds since the epoch by the server's clock. */
export function timeReply(reply: RedisReply | undefined): number {
  const [seconds, micros] = arrayReply(reply);
  return Number(textReply(seconds)) * 1000 + Math.floor(Number(textReply(micros)) / 1000);
}

/** The command that reads a whole value; its reply goes to `contentReply`. */
export function wholeValueCommand(type: ContentType, key: Bytes): RedisCommand {
  switch (type) {
    case 'string':
      return ['GET', key];
    case 'list':
      return ['LRANGE', key, '0', '-1'];
    case 'set':
      return ['SMEMBERS', key];
    case 'hash':
      return ['HGETALL', key];
    case 'zset':
      return ['ZRANGE', key, '0', '-1', 'WITHSCORES'];
    case 'stream':
      return ['XRANGE', key, '-', '+'];
  }
}

export function contentReply(type: ContentType, reply: RedisReply | undefined): Content {
  switch (type) {
    case 'string':
      return { type, bytes: bytesReply(reply) };
    case 'list':
    case 'set':
      return { type, items: arrayReply(reply).map(bytesReply) };
    case 'hash':
      return { type, fields: pairsReply(reply) };
    case 'zset':
      return { type, members: membersReply(reply) };
    case 'stream':
      return { type, entries: entriesReply(reply) };
  }
}

/**
 * As `contentReply`, of a reply that was cut: the last element may be a beginning, and what it lacks is empty, or 0 for a
 * score.
 */
export function beginningOf(type: Exclude<ContentType, 'string'>, reply: RedisReply): Content {
  const parts = arrayReply(reply);
  if (type === 'hash') return contentReply(type, parts.length % 2 === 0 ? parts : [...parts, nothing]);
  if (type === 'zset') return contentReply(type, parts.length % 2 === 0 ? parts : [...parts, zero]);
  if (type !== 'stream') return contentReply(type, parts);
  const whole = parts.filter((entry): entry is readonly RedisReply[] => Array.isArray(entry) && entry.length > 0);
  return {
    type,
    entries: whole.map(([id, fields]): StreamEntry => [textReply(id), evenPairs(fields)]),
  };
}

const nothing = new Uint8Array(0);
const zero = utf8('0');

function evenPairs(fields: RedisReply | undefined): Pair[] {
  const flat = Array.isArray(fields) ? (fields as readonly RedisReply[]) : [];
  return pairsReply(flat.length % 2 === 0 ? flat : [...flat, nothing]);
}

/** Names and values in turn, as HGETALL, HSCAN and the fields of a stream entry come. */
export function pairsReply(reply: RedisReply | undefined): Pair[] {
  const flat = arrayReply(reply);
  const pairs: Pair[] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([bytesReply(flat[i]), bytesReply(flat[i + 1])]);
  return pairs;
}

export function membersReply(reply: RedisReply | undefined): ScoredMember[] {
  const flat = arrayReply(reply);
  const members: ScoredMember[] = [];
  for (let i = 0; i < flat.length; i += 2) members.push([bytesReply(flat[i]), textReply(flat[i + 1])]);
  return members;
}

export function entriesReply(reply: RedisReply | undefined): StreamEntry[] {
  return arrayReply(reply).map((entry): StreamEntry => {
    const [id, fields] = arrayReply(entry);
    return [textReply(id), pairsReply(fields)];
  });
}

/** `last-generated-id` of `XINFO STREAM`. */
export function lastStreamIdReply(reply: RedisReply | undefined): string | undefined {
  const flat = arrayReply(reply);
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i];
    if (name instanceof Uint8Array && textOf(name) === 'last-generated-id') return textReply(flat[i + 1]);
  }
  return undefined;
}
