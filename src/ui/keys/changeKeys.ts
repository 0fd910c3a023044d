import { window } from 'vscode';
import type { ConnectionView } from '../../app/connections/connectionService.ts';
import { gone } from '../../app/keys/rename.ts';
import { absentVersion } from '../../app/keys/write.ts';
import { sameBytes, type Bytes } from '../../domain/bytes.ts';
import { displayShort } from '../../domain/display.ts';
import { formatCounted, formatDuration } from '../../domain/format.ts';
import { ttlFromText } from '../../domain/keys/ttlText.ts';
import { chooseConnection } from '../commands/connections.ts';
import { askText } from '../quickInput.ts';
import { showKey } from './browseKeys.ts';
import { confirms, ownerWords, undoWords, withConfirmation } from './confirm.ts';
import { askFirstElement, askNewName, askType } from './createKey.ts';
import { ownerOf, refreshDocuments, type KeyCommandParts } from './parts.ts';
import { orReplace } from './replace.ts';
import { askKeyName, chosenTarget, selectedKeys, type KeyTarget } from './target.ts';
import { isWritable, orUnlock } from './writable.ts';

/** Asks for name, type and first element, creates the key and shows it. */
export async function createKey(parts: KeyCommandParts, item: unknown): Promise<void> {
  const { connections, keys, keysParts, browsers } = parts;
  const view = await chooseConnection(connections, item, {
    title: 'Create a key on which connection?',
    only: ({ entry }) => entry.usable,
  });
  if (view === undefined) return;
  const connectionUid = view.summary.uid;
  if (!(await isWritable(connections, connectionUid, 'created'))) return;
  const title = `Create a key on ${ownerWords(view)}`;
  const key = await askNewName(title);
  if (key === undefined) return;
  if (await isTaken(parts, { connectionUid, key })) return;
  const type = await askType(title);
  if (type === undefined) return;
  const value = await askFirstElement(title, type, keysParts.clock.wallMs());
  if (value === undefined) return;
  await keys.write({ connectionId: connectionUid, key, type, value, ifVersion: absentVersion });
  browsers.of(connectionUid).noteWritten(key);
  await showKey(parts, { connectionUid, key });
}

/** Told before the person has typed a value that cannot be written. */
async function isTaken(parts: KeyCommandParts, target: KeyTarget): Promise<boolean> {
  const { connectionUid, key } = target;
  if ((await parts.keys.facts({ connectionId: connectionUid, key })) === null) return false;
  const message = `There is a key ${displayShort(key)} on ${ownerOf(parts, connectionUid)} already. Nothing was changed.`;
  if ((await window.showWarningMessage(message, 'Open Key')) === 'Open Key') await showKey(parts, target);
  return true;
}

/** Deletes what is selected, after asking, and offers to undo it. */
export async function removeKeys(
  parts: KeyCommandParts,
  item: unknown,
  selected: readonly unknown[] | undefined,
): Promise<void> {
  const { connections } = parts;
  const nodes = selectedKeys(item, selected);
  const single = nodes.length === 0 ? await chosenTarget(connections, item, 'Delete key on') : undefined;
  const targets: readonly KeyTarget[] = single === undefined ? nodes : [single];
  const undoable: (() => Promise<void>)[] = [];
  for (const [uid, group] of byConnection(targets)) {
    const done = await orUnlock(connections, uid, () => removeGroup(parts, uid, group));
    if (done === undefined) break;
    parts.browsers.of(uid).noteRemoved(group);
    await refreshDocuments(parts, uid);
    undoable.push(() => offerUndo(parts, uid, group, done));
  }
  await Promise.all(undoable.map((offer) => offer()));
}

type Removed = Awaited<ReturnType<KeyCommandParts['keys']['remove']>>;

async function removeGroup(
  { connections, keys }: KeyCommandParts,
  uid: string,
  group: readonly Bytes[],
): Promise<Removed | undefined> {
  const confirmed = await confirmsRemoval(connections.view(uid), group);
  if (confirmed === undefined) return undefined;
  return withConfirmation((confirm) => keys.remove({ connectionId: uid, keys: group, ...confirm }), confirmed);
}

async function confirmsRemoval(
  view: ConnectionView,
  group: readonly Bytes[],
): Promise<{ readonly confirm?: string } | undefined> {
  const [first] = group;
  if (first === undefined) return undefined;
  const many = group.length > 1;
  const shown = group.slice(0, 5).map((key) => displayShort(key, 60));
  const names = many ? `${shown.join(', ')}${group.length > shown.length ? ', …' : ''}. ` : '';
  const what = many ? formatCounted(group.length, 'key') : displayShort(first);
  return confirms(view, {
    message: `Delete ${what} on ${ownerWords(view)}?`,
    detail: `${names}${undoWords(view, group.length)}`,
    button: many ? `Delete ${formatCounted(group.length, 'key')}` : 'Delete key',
  });
}

async function offerUndo(
  parts: KeyCommandParts,
  uid: string,
  group: readonly Bytes[],
  { removed, snapshotIds }: Removed,
): Promise<void> {
  const [first] = group;
  const what = group.length === 1 && first !== undefined ? displayShort(first) : formatCounted(removed, 'key');
  const buttons = snapshotIds.length > 0 ? ['Undo'] : [];
  if ((await window.showInformationMessage(`Deleted ${what}.`, ...buttons)) !== 'Undo') return;
  for (const snapshotId of snapshotIds) await parts.keys.restore({ snapshotId });
  for (const key of group) parts.browsers.of(uid).noteWritten(key);
  await refreshDocuments(parts, uid);
}

/** Asks for the new name; a key that has it is replaced only when the person agrees. */
export async function renameKey(parts: KeyCommandParts, item: unknown): Promise<void> {
  const { connections, keys, browsers } = parts;
  const target = await chosenTarget(connections, item, 'Rename key on');
  if (target === undefined) return;
  const { connectionUid, key } = target;
  if (!(await isWritable(connections, connectionUid, 'renamed'))) return;
  const to = await askKeyName(`Rename ${displayShort(key, 60)} on ${ownerOf(parts, connectionUid)}`, key);
  if (to === undefined || sameBytes(to, key)) return;
  const rename = (overwrite: boolean) =>
    withConfirmation(async (confirm) => {
      await keys.rename({ connectionId: connectionUid, key, to, overwrite, ...confirm });
      return true;
    });
  if ((await orReplace(connections.view(connectionUid), to, rename)) !== true) return;
  browsers.of(connectionUid).noteRemoved([key]);
  browsers.of(connectionUid).noteWritten(to);
  await refreshDocuments(parts, connectionUid);
}

/** Asks for a duration, or `never`. */
export async function setTtl(parts: KeyCommandParts, item: unknown): Promise<void> {
  const { connections, keys, browsers } = parts;
  const target = await chosenTarget(connections, item, 'Set the TTL of a key on');
  if (target === undefined) return;
  const { connectionUid, key } = target;
  if (!(await isWritable(connections, connectionUid, 'changed'))) return;
  const facts = await keys.facts({ connectionId: connectionUid, key });
  if (facts === null) throw gone(key);
  const now = facts.ttlMs === null ? 'It never expires now.' : `It expires in ${formatDuration(facts.ttlMs)} now.`;
  const text = await askText({
    title: `TTL of ${displayShort(key, 60)} on ${ownerOf(parts, connectionUid)}`,
    prompt: `${now} Type 90 (seconds), 30 min, 2 h, 7 d, or never.`,
    placeholder: '30 min',
    validate: (typed) => (ttlFromText(typed) === undefined ? 'Type a duration such as 30 min, or never.' : undefined),
  });
  const ttlMs = typeof text === 'string' ? ttlFromText(text) : undefined;
  if (ttlMs === undefined) return;
  await keys.setTtl({ connectionId: connectionUid, key, ttlMs });
  browsers.of(connectionUid).noteWritten(key);
  await refreshDocuments(parts, connectionUid);
}

function byConnection(targets: readonly KeyTarget[]): Map<string, Bytes[]> {
  const groups = new Map<string, Bytes[]>();
  for (const { connectionUid, key } of targets) {
    const group = groups.get(connectionUid);
    if (group === undefined) groups.set(connectionUid, [key]);
    else group.push(key);
  }
  return groups;
}
