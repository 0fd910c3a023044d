import { window } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import { isFailure } from '../../domain/failure.ts';
import { unlockAsPerson } from '../connections/unlock.ts';
import { ownerWords } from './confirm.ts';

/**
 * Whether keys of a connection may be changed now: nothing is asked that cannot be done. Where the connection is
 * read-only the person is told, and may unlock it on the spot.
 *
 * @param act what is about to happen, as in “No key can be **created** there”.
 */
export async function isWritable(connections: ConnectionService, uid: string, act: string): Promise<boolean> {
  const view = connections.view(uid);
  if (!view.summary.readOnly) return true;
  return offersUnlock(
    connections,
    uid,
    `${ownerWords(view)} is read-only: no key can be ${act} there until it is unlocked.`,
  );
}

/** Runs what the gate may refuse because of the lock; after an unlock it runs once more. Undefined when it stays locked. */
export async function orUnlock<T>(
  connections: ConnectionService,
  uid: string,
  run: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!isFailure(error, 'BLOCKED') || error.details?.['rule'] !== 'readOnly') throw error;
    const text = error.nextAction === undefined ? error.message : `${error.message} ${error.nextAction}`;
    return (await offersUnlock(connections, uid, text)) ? run() : undefined;
  }
}

async function offersUnlock(connections: ConnectionService, uid: string, message: string): Promise<boolean> {
  const button = 'Unlock for Writing…';
  if ((await window.showWarningMessage(message, button)) !== button) return false;
  await unlockAsPerson(connections, connections.view(uid));
  return !connections.view(uid).summary.readOnly;
}
