import type { Bytes } from '../../domain/bytes.ts';
import { displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import type { RedisCommand } from '../../domain/redis/command.ts';
import type { KeysParts } from './parts.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { allowanceFor, previousValueFrom, previousValueReads, targetsOf, type Target } from './previous.ts';
import { textReply, timeReply } from './replies.ts';
import { guardConfirmation, keepingIfPossible, openSnapshot, withSnapshots, type OpenedSnapshot } from './snapshots.ts';

export interface RestoreRequest {
  readonly snapshotId: string;
  /** true: a key that exists now is replaced, with a snapshot of its own. */
  readonly overwrite?: boolean;
  readonly confirm?: string;
}

/**
 * Brings back type, value and what is left of the TTL. Rejects with CONFLICT when the key exists and `overwrite` is
 * not set, or when it changes meanwhile; also when the value would have expired by now.
 */
export async function restoreSnapshot(parts: KeysParts, request: RestoreRequest): Promise<void> {
  const opened = await openSnapshot(parts, request.snapshotId);
  const { stored } = opened;
  const definition = parts.definitionOf(stored.connectionId);
  const { key } = stored;
  const [target] = await targetsOf(parts, definition.uid, 'keys.restore', [key]);
  if (target !== undefined && request.overwrite !== true) throw exists(key);
  const restore = (keep: boolean): Promise<void> => restoreOnce(parts, definition, request, { opened, target, keep });
  if (target === undefined) return restore(false);
  const previous = { bytes: target.estimatedBytes, confirm: request.confirm };
  await keepingIfPossible(parts, definition, previous, restore);
}

async function restoreOnce(
  parts: KeysParts,
  definition: ConnectionDefinition,
  request: RestoreRequest,
  over: { readonly opened: OpenedSnapshot; readonly target: Target | undefined; readonly keep: boolean },
): Promise<void> {
  const { target, keep } = over;
  const { stored, dump } = over.opened;
  const { key } = stored;
  const small = target !== undefined && target.estimatedBytes <= parts.settings.number('keys.maxDocumentBytes');
  await withSnapshots(parts, definition, { reason: 'restore', confirm: request.confirm }, (kept) =>
    parts.gate.compareAndSet(definition.uid, {
      action: 'keys.restore',
      keyOrPattern: displayShort(key),
      watch: [key],
      read: [
        ['TIME'],
        ...(target !== undefined && keep ? previousValueReads(target, small) : [['TYPE', key] as const]),
      ],
      decide: async ([time, ...replies]) => {
        const there = textReply(replies[0]) !== 'none';
        if (there && request.overwrite !== true) throw exists(key);
        const expiresAtMs = stored.expiresAt === null ? null : Date.parse(stored.expiresAt);
        if (expiresAtMs !== null && expiresAtMs <= timeReply(time)) throw expired(key, stored.expiresAt ?? '');
        const previous = target !== undefined && keep ? previousValueFrom(target, small, replies) : null;
        if (previous !== null) await kept([previous]);
        return [restoreCommand(key, dump, expiresAtMs, there)];
      },
      maxReplyBytes: allowanceFor(target === undefined ? [] : [target]),
      redactedDiff: `${stored.type} of ${stored.takenAt} restored, ${stored.bytes} bytes`,
      details: { snapshotId: stored.id },
      ...guardConfirmation(definition, request.confirm),
    }),
  );
}

function restoreCommand(key: Bytes, dump: Bytes, expiresAtMs: number | null, replace: boolean): RedisCommand {
  return [
    'RESTORE',
    key,
    String(expiresAtMs ?? 0),
    dump,
    ...(expiresAtMs === null ? [] : ['ABSTTL']),
    ...(replace ? ['REPLACE'] : []),
  ];
}

function exists(key: Bytes): Failure {
  return new Failure('CONFLICT', `${displayShort(key)} exists now, so the previous value was not restored.`, {
    details: { reason: 'exists' },
    nextAction: 'Compare both, then restore with overwriting.',
  });
}

function expired(key: Bytes, expiresAt: string): Failure {
  const message = `${displayShort(key)} was not restored: with its TTL it would have expired at ${expiresAt}.`;
  return new Failure('CONFLICT', message, {
    details: { reason: 'expired', expiresAt },
    nextAction: 'Open the previous value and create the key anew with another TTL.',
  });
}
