import { commands, window } from 'vscode';
import { displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { keyBytes } from '../../domain/keys/key.ts';
import type { SnapshotInfo } from '../../domain/keys/types.ts';
import { chooseConnection } from '../commands/connections.ts';
import { askChoice } from '../quickInput.ts';
import { ownerWords, withConfirmation } from './confirm.ts';
import { ownerOf, refreshDocuments, uriOfTarget, type KeyCommandParts } from './parts.ts';
import { orReplace } from './replace.ts';
import { localTime, snapshotChoice } from './snapshotChoice.ts';
import { chosenTarget, givenTarget, type KeyTarget } from './target.ts';
import { isWritable } from './writable.ts';

/** Brings back a previous value that the person chooses. */
export async function restoreValue(parts: KeyCommandParts, item: unknown): Promise<void> {
  const { connections, keys, browsers } = parts;
  const found = await chooseSnapshot(parts, item, 'Restore which previous value?');
  if (found === undefined) return;
  const { snapshot, connectionUid } = found;
  const key = keyBytes(snapshot.key);
  if (!(await isWritable(connections, connectionUid, 'restored'))) return;
  const restore = (overwrite: boolean) =>
    withConfirmation(async (confirm) => {
      await keys.restore({ snapshotId: snapshot.id, overwrite, ...confirm });
      return true;
    });
  if ((await orReplace(connections.view(connectionUid), key, restore)) !== true) return;
  browsers.of(connectionUid).noteWritten(key);
  await refreshDocuments(parts, connectionUid);
  void window.showInformationMessage(
    `Restored ${displayShort(key)} on ${ownerOf(parts, connectionUid)} as it was at ${localTime(snapshot.takenAt)}.`,
  );
}

/** A previous value beside the value now. */
export async function compareWithPrevious(parts: KeyCommandParts, item: unknown): Promise<void> {
  const target = await chosenTarget(parts.connections, item, 'Compare key on');
  if (target === undefined) return;
  const found = await chooseSnapshot(parts, target, 'Compare with which previous value?');
  if (found === undefined) return;
  const times = `${localTime(found.snapshot.takenAt)} ↔ now`;
  const title = `${displayShort(target.key, 60)}: ${times} · ${ownerOf(parts, target.connectionUid)}`;
  const before = uriOfTarget(parts, target, found.snapshot.id);
  await commands.executeCommand('vscode.diff', before, uriOfTarget(parts, target), title);
}

async function chooseSnapshot(
  { connections, keys }: KeyCommandParts,
  item: unknown,
  title: string,
): Promise<{ readonly snapshot: SnapshotInfo; readonly connectionUid: string } | undefined> {
  const target = isTarget(item) ? item : givenTarget(connections, item);
  const view =
    target === undefined
      ? await chooseConnection(connections, item, { title: `${title} Choose its connection` })
      : connections.view(target.connectionUid);
  if (view === undefined) return undefined;
  const connectionId = view.summary.uid;
  const found = await keys.snapshots({ connectionId, ...(target === undefined ? {} : { key: target.key }) });
  if (found.length === 0) {
    const of = target === undefined ? ownerWords(view) : displayShort(target.key);
    throw new Failure('VALIDATION_ERROR', `No previous value of ${of} is kept.`, {
      nextAction: 'Values are kept when Cachify overwrites, deletes or renames over a key.',
    });
  }
  const id = await askChoice({ title, placeholder: 'Newest first', choices: found.map(snapshotChoice) });
  const snapshot = found.find((each) => each.id === id);
  return snapshot === undefined ? undefined : { snapshot, connectionUid: connectionId };
}

function isTarget(item: unknown): item is KeyTarget {
  return typeof item === 'object' && item !== null && 'key' in item && 'connectionUid' in item;
}
