import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { Failure, isFailure } from '../../domain/failure.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type { KeysParts } from './parts.ts';
import {
  allowanceFor,
  keysLabel,
  previousValueFrom,
  previousValueReads,
  removedCount,
  targetsOf,
  type Target,
} from './previous.ts';
import { textReply } from './replies.ts';
import { guardConfirmation, keepingIfPossible, withSnapshots, type PreviousValue } from './snapshots.ts';

const keysPerBatch = 50;
const bytesPerBatch = 16 << 20;
const triesPerBatch = 5;

export interface RemoveResult {
  readonly removed: number;
  readonly snapshotIds: string[];
}

/**
 * Deletes keys, each with a snapshot of exactly the value that was deleted: a batch is one watched transaction. Keys
 * that do not exist are not counted. A failure in a later batch says in `details` what the earlier ones did.
 */
export async function removeKeys(
  parts: KeysParts,
  definition: ConnectionDefinition,
  keys: readonly Bytes[],
  confirm: string | undefined,
): Promise<RemoveResult> {
  const result = { removed: 0, snapshotIds: [] as string[] };
  // The keys of a transaction must share a slot in a cluster.
  const step = definition.cluster === undefined ? keysPerBatch : 1;
  for (let at = 0; at < keys.length; at += step) {
    try {
      const targets = await targetsOf(parts, definition.uid, 'keys.remove', keys.slice(at, at + step));
      for (const batch of bounded(targets)) {
        const done = await removeBatch(parts, definition, batch, confirm);
        result.removed += done.removed;
        result.snapshotIds.push(...done.snapshotIds);
      }
    } catch (error) {
      throw result.removed === 0 ? error : afterSome(error, result);
    }
  }
  return result;
}

function* bounded(targets: readonly Target[]): Generator<Target[]> {
  let batch: Target[] = [];
  let bytes = 0;
  for (const target of targets) {
    if (batch.length > 0 && bytes + target.estimatedBytes > bytesPerBatch) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(target);
    bytes += target.estimatedBytes;
  }
  if (batch.length > 0) yield batch;
}

async function removeBatch(
  parts: KeysParts,
  definition: ConnectionDefinition,
  batch: readonly Target[],
  confirm: string | undefined,
): Promise<RemoveResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryBatch(parts, definition, batch, confirm);
    } catch (error) {
      if (!isFailure(error, 'CONFLICT') || attempt === triesPerBatch) throw error;
    }
  }
}

function tryBatch(
  parts: KeysParts,
  definition: ConnectionDefinition,
  batch: readonly Target[],
  confirm: string | undefined,
): Promise<RemoveResult> {
  const bytes = batch.reduce((sum, target) => sum + target.estimatedBytes, 0);
  return keepingIfPossible(parts, definition, { bytes, confirm }, (keep) =>
    removeOnce(parts, definition, batch, confirm, keep),
  );
}

async function removeOnce(
  parts: KeysParts,
  definition: ConnectionDefinition,
  batch: readonly Target[],
  confirm: string | undefined,
  keep: boolean,
): Promise<RemoveResult> {
  const withContent = (target: Target) =>
    keep && target.estimatedBytes <= parts.settings.number('keys.maxDocumentBytes');
  const reads = batch.map((target): RedisCommand[] =>
    keep ? previousValueReads(target, withContent(target)) : [['TYPE', target.key]],
  );
  let found = 0;
  const { result, snapshotIds } = await withSnapshots(parts, definition, { reason: 'delete', confirm }, (kept) =>
    parts.gate.compareAndSet(definition.uid, {
      action: 'keys.remove',
      keyOrPattern: keysLabel(batch.map(({ key }) => key)),
      watch: batch.map(({ key }) => key),
      read: reads.flat(),
      decide: async (replies) => {
        const own = splitReplies(replies, reads);
        found = own.filter(([type]) => textReply(type) !== 'none').length;
        if (found === 0) return null;
        const previous = batch.map((target, i) =>
          keep ? previousValueFrom(target, withContent(target), own[i] ?? []) : null,
        );
        await kept(previous.filter((value): value is PreviousValue => value !== null));
        return [['UNLINK', ...batch.map(({ key }) => key)]];
      },
      maxReplyBytes: allowanceFor(batch),
      get redactedDiff() {
        return batch.length === 1 ? `${batch[0]?.type ?? 'key'} deleted` : `${found} keys deleted`;
      },
      ...guardConfirmation(definition, confirm),
    }),
  );
  return { removed: result === null ? 0 : removedCount(result), snapshotIds };
}

/** The replies of each key's own reads. */
function splitReplies(
  replies: readonly RedisReply[],
  reads: readonly (readonly RedisCommand[])[],
): (readonly RedisReply[])[] {
  let at = 0;
  return reads.map((commands) => replies.slice(at, (at += commands.length)));
}

function afterSome(error: unknown, done: RemoveResult): unknown {
  if (!isFailure(error)) return error;
  return new Failure(error.code, `${error.message} Before that, ${done.removed} keys were deleted.`, {
    retryable: error.retryable,
    details: { ...error.details, removed: done.removed, snapshotIds: done.snapshotIds },
    ...(error.nextAction === undefined ? {} : { nextAction: error.nextAction }),
  });
}
