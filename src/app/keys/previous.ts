import type { Bytes } from '../../domain/bytes.ts';
import { displayShort } from '../../domain/display.ts';
import { isContentType } from '../../domain/keys/content.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type { KeysParts } from './parts.ts';
import { contentReply, numberReply, textReply, timeReply, ttlReply, wholeValueCommand } from './replies.ts';
import { maxSnapshotBytes, type PreviousValue } from './snapshots.ts';

/** A key that is about to be changed, as far as it has to be known beforehand. */
export interface Target {
  readonly key: Bytes;
  readonly type: string;
  /** About how much DUMP will give; an upper bound in most cases. */
  readonly estimatedBytes: number;
}

/** Type and size of keys, in one round trip per question; keys that do not exist are left out. */
export async function targetsOf(
  parts: KeysParts,
  uid: string,
  action: string,
  keys: readonly Bytes[],
): Promise<Target[]> {
  const operation = { action, keyOrPattern: keysLabel(keys), record: false };
  const types = await parts.gate.run(uid, { ...operation, commands: keys.map((key): RedisCommand => ['TYPE', key]) });
  const sizes = await parts.gate.run(uid, {
    ...operation,
    commands: keys.map((key, i): RedisCommand =>
      textReply(types[i]) === 'string' ? ['STRLEN', key] : ['MEMORY', 'USAGE', key],
    ),
    tolerateErrorReplies: true,
  });
  return keys.flatMap((key, i): Target[] => {
    const type = textReply(types[i]);
    const size = sizes[i];
    return type === 'none' ? [] : [{ key, type, estimatedBytes: typeof size === 'number' ? size : 0 }];
  });
}

/** How a batch of keys stands in a record. */
export function keysLabel(keys: readonly Bytes[]): string {
  const [first] = keys;
  if (first === undefined) return '';
  return keys.length === 1 ? displayShort(first) : `${displayShort(first)} and ${keys.length - 1} more`;
}

/**
 * Reads of a watched transaction that give the previous value of a key exactly as it is then, and how to understand
 * their replies. `withContent` = the whole value too, for keys small enough.
 */
export function previousValueReads(target: Target, withContent: boolean): RedisCommand[] {
  const { key, type } = target;
  return [
    ['TYPE', key],
    ['PTTL', key],
    ['TIME'],
    ['DUMP', key],
    ...(withContent && isContentType(type) ? [wholeValueCommand(type, key)] : []),
  ];
}

/** Null when the key vanished since. */
export function previousValueFrom(
  target: Target,
  withContent: boolean,
  replies: readonly RedisReply[],
): PreviousValue | null {
  const [typeReply, ttl, time, dump, whole] = replies;
  const type = textReply(typeReply);
  if (type === 'none' || !(dump instanceof Uint8Array)) return null;
  const ttlMs = ttlReply(ttl);
  const content = withContent && isContentType(type) && type === target.type ? contentReply(type, whole) : undefined;
  return {
    key: target.key,
    type,
    dump,
    expiresAtMs: ttlMs === null ? null : timeReply(time) + ttlMs,
    ...(content === undefined ? {} : { content }),
  };
}

/** Reply bytes to allow for a batch of previous values: estimates may be far too low, but no more is kept in any case. */
export function allowanceFor(targets: readonly Target[]): number {
  const estimated = targets.reduce((sum, { estimatedBytes }) => sum + 4 * estimatedBytes, 0);
  return Math.max(estimated, 2 * maxSnapshotBytes) + (4 << 20);
}

export function removedCount(replies: readonly RedisReply[]): number {
  return replies.reduce<number>((sum, reply) => sum + numberReply(reply), 0);
}
