import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { formatBytes } from '../../domain/format.ts';
import { sizeOf, type Content } from '../../domain/keys/content.ts';
import { difference, expiryCommands } from '../../domain/keys/difference.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type { KeysParts } from './parts.ts';
import { allowanceFor, previousValueFrom, previousValueReads, type Target } from './previous.ts';
import { textReply, timeReply, ttlReply } from './replies.ts';
import { guardConfirmation, withSnapshots } from './snapshots.ts';

interface Replacement {
  readonly target: Target;
  /** Of the type that the key holds. */
  readonly content: Content;
  /** Absent = the key's expiry stays, null = it never expires. */
  readonly ttlMs: number | null | undefined;
  readonly confirm: string | undefined;
  /** Whether the previous value is kept for undo. */
  readonly keep: boolean;
}

/**
 * Replaces a value that is too large to be read and compared, in one watched transaction, so that nobody sees the key
 * missing or half filled. Its expiry stays unless another is asked for.
 *
 * @returns ids of the snapshots taken
 */
export async function replaceUnread(
  parts: KeysParts,
  definition: ConnectionDefinition,
  { target, content, ttlMs, confirm, keep }: Replacement,
): Promise<readonly string[]> {
  const { key, type } = target;
  const { snapshotIds } = await withSnapshots(parts, definition, { reason: 'set', confirm }, (kept) =>
    parts.gate.compareAndSet(definition.uid, {
      action: 'keys.write',
      keyOrPattern: displayShort(key),
      watch: [key],
      read: keep ? previousValueReads(target, false) : [['TYPE', key], ['PTTL', key], ['TIME']],
      decide: async (replies) => {
        if (textReply(replies[0]) !== type) throw changed(key);
        const previous = keep ? previousValueFrom(target, false, replies) : null;
        if (previous !== null) await kept([previous]);
        return commandsOf(key, content, ttlMs === undefined ? keptExpiry(key, replies) : expiryCommands(key, ttlMs));
      },
      maxReplyBytes: allowanceFor([target]),
      redactedDiff: `${type} of about ${formatBytes(target.estimatedBytes)} replaced as a whole`,
      details: { type, elements: sizeOf(content) },
      ...guardConfirmation(definition, confirm),
    }),
  );
  return snapshotIds;
}

function commandsOf(key: Bytes, content: Content, expiry: readonly RedisCommand[]): readonly RedisCommand[] {
  const change = difference(key, null, content);
  if (change.kind === 'refused') {
    throw new Failure('VALIDATION_ERROR', `${change.reason} Nothing was changed.`, { details: { path: 'value' } });
  }
  return [['UNLINK', key], ...(change.kind === 'commands' ? change.commands : []), ...expiry];
}

function keptExpiry(key: Bytes, [, ttl, time]: readonly RedisReply[]): readonly RedisCommand[] {
  const ttlMs = ttlReply(ttl);
  return ttlMs === null ? [] : [['PEXPIREAT', key, String(timeReply(time) + ttlMs)]];
}

function changed(key: Bytes): Failure {
  return new Failure('CONFLICT', `${displayShort(key)} changed while it was being written. Nothing was changed.`, {
    retryable: true,
    nextAction: 'Try again.',
  });
}
