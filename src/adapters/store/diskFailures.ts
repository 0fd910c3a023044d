import { Failure, isFailure } from '../../domain/failure.ts';
import { codeOf } from './disk/fileSystem.ts';
import { DamagedFile, NotSynced } from './log/logFile.ts';

/** How the store stands towards its disk. */
export type EngineHealth =
  | { readonly kind: 'ready' }
  /** Everything is saved in the log, but it cannot be written down as a generation: files grow, starts take longer. */
  | { readonly kind: 'notCompacted'; readonly reason: string }
  | { readonly kind: 'readOnly'; readonly reason: string; readonly newer: boolean };

/** The store was written by a newer version of the extension. */
export class NewerStore extends Error {
  constructor() {
    super('The store was written by a newer version');
    this.name = 'NewerStore';
  }
}

export function newerFailure(): Failure {
  return new Failure(
    'NOT_SUPPORTED',
    'The store was written by a newer version of Cachify Studio: it opens read-only.',
    {
      nextAction: 'Update the extension.',
    },
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the folder of the store is read-only',
  EACCES: 'the folder of the store may not be written',
  EPERM: 'the folder of the store may not be written',
  EIO: 'the disk reports an error',
  ENOENT: 'the folder of the store is gone',
  ENOTDIR: 'the folder of the store is not a folder',
  EFBIG: 'a file of the store may not grow further',
};

/** Why the disk refused, as words that complete a sentence. */
export function describe(error: unknown): string {
  if (error instanceof NewerStore) return 'it was written by a newer version of Cachify Studio';
  if (error instanceof NotSynced) return describe(error.cause);
  if (error instanceof Failure) return 'another window holds it';
  if (error instanceof DamagedFile) return 'a file of the store is damaged';
  return reasons[codeOf(error)] ?? `the system reports ${codeOf(error) || 'an error'}`;
}

/** What a caller gets for an error of the disk; any other error as it is. */
export function diskFailure(error: unknown): unknown {
  if (error instanceof NotSynced) {
    return new Failure(
      'OUTCOME_UNKNOWN',
      `The disk did not confirm a write (${describe(error)}). It may or may not be saved.`,
      { retryable: true, nextAction: 'Check the disk, then look at what is stored before trying again.' },
    );
  }
  if (!isDiskError(error)) return error;
  return new Failure('INTERNAL_ERROR', `Nothing was saved: ${describe(error)}.`, {
    retryable: true,
    details: { reason: codeOf(error) },
    nextAction: 'Make the folder writable or free some space, then try again.',
  });
}

/** Whether the system refused something, as opposed to a fault of ours or a failure that is words already. */
function isDiskError(error: unknown): boolean {
  return !(error instanceof Failure) && (error instanceof NotSynced || codeOf(error) !== '');
}

/** What can be wrong with a disk, its files, or other windows, as opposed to a fault of ours. */
export function isExpected(error: unknown): boolean {
  return (
    isDiskError(error) || error instanceof DamagedFile || error instanceof NewerStore || isFailure(error, 'TIMEOUT')
  );
}
