import { sameBytes, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { displayShort } from '../../domain/display.ts';
import { Failure, validationFailure } from '../../domain/failure.ts';
import type { KeysParts } from './parts.ts';
import { allowanceFor, previousValueFrom, previousValueReads, targetsOf, type Target } from './previous.ts';
import { textReply } from './replies.ts';
import { guardConfirmation, keepingIfPossible, withSnapshots } from './snapshots.ts';

export interface RenameRequest {
  readonly key: Bytes;
  readonly to: Bytes;
  /** true: a key that has the new name is replaced, with a snapshot. */
  readonly overwrite?: boolean;
  readonly confirm?: string;
}

/** Renames a key; its TTL goes with it. Rejects with CONFLICT when it is gone, or when the new name is taken. */
export async function renameKey(
  parts: KeysParts,
  definition: ConnectionDefinition,
  request: RenameRequest,
): Promise<void> {
  const { key, to, confirm } = request;
  if (sameBytes(key, to)) throw validationFailure('to', 'The new name is the same as the old one.');
  const targets = await targetsOf(parts, definition.uid, 'keys.rename', [key, to]);
  const source = targets.find((target) => sameBytes(target.key, key));
  const taken = targets.find((target) => sameBytes(target.key, to));
  if (source === undefined) throw gone(key);
  if (taken !== undefined && request.overwrite !== true) throw nameTaken(to);
  if (taken === undefined) return renameOnce(parts, definition, request, { source, taken, keep: false });
  await keepingIfPossible(parts, definition, { bytes: taken.estimatedBytes, confirm }, (keep) =>
    renameOnce(parts, definition, request, { source, taken, keep }),
  );
}

async function renameOnce(
  parts: KeysParts,
  definition: ConnectionDefinition,
  { key, to, overwrite, confirm }: RenameRequest,
  { source, taken, keep }: { readonly source: Target; readonly taken: Target | undefined; readonly keep: boolean },
): Promise<void> {
  const small = (target: Target) => target.estimatedBytes <= parts.settings.number('keys.maxDocumentBytes');
  await withSnapshots(parts, definition, { reason: 'rename', confirm }, (kept) =>
    parts.gate.compareAndSet(definition.uid, {
      action: 'keys.rename',
      keyOrPattern: displayShort(key),
      watch: [key, to],
      read: [
        ['TYPE', key],
        ...(taken !== undefined && keep ? previousValueReads(taken, small(taken)) : [['TYPE', to] as const]),
      ],
      decide: async (replies) => {
        if (textReply(replies[0]) === 'none') throw gone(key);
        const exists = textReply(replies[1]) !== 'none';
        if (exists && overwrite !== true) throw nameTaken(to);
        if (taken === undefined || !keep) return [exists ? ['RENAME', key, to] : ['RENAMENX', key, to]];
        const previous = previousValueFrom(taken, small(taken), replies.slice(1));
        if (previous !== null) await kept([previous]);
        return [['RENAME', key, to]];
      },
      maxReplyBytes: allowanceFor(taken === undefined ? [] : [taken]),
      redactedDiff: `${source.type} renamed to ${displayShort(to)}${taken === undefined ? '' : ', replacing a key'}`,
      ...guardConfirmation(definition, confirm),
    }),
  );
}

export function gone(key: Bytes): Failure {
  return new Failure('CONFLICT', `${displayShort(key)} does not exist any more. Nothing was changed.`, {
    details: { reason: 'gone' },
    nextAction: 'Refresh the list of keys.',
  });
}

function nameTaken(to: Bytes): Failure {
  return new Failure('CONFLICT', `There is a key ${displayShort(to)} already. Nothing was changed.`, {
    details: { reason: 'exists' },
    nextAction: 'Choose another name, or allow overwriting.',
  });
}
