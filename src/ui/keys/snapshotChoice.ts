import { display, displayShort, withoutIcons } from '../../domain/display.ts';
import { formatBytes } from '../../domain/format.ts';
import { keyBytes } from '../../domain/keys/key.ts';
import type { SnapshotInfo } from '../../domain/keys/types.ts';

const reasonWords: Readonly<Record<SnapshotInfo['reason'], string>> = {
  set: 'before a save',
  delete: 'before it was deleted',
  rename: 'before a renaming replaced it',
  restore: 'before a restore replaced it',
  workflow: 'before a workflow changed it',
};

/** A previous value in a list. */
export function snapshotChoice(snapshot: SnapshotInfo): {
  label: string;
  description: string;
  detail: string;
  value: string;
} {
  const expires = snapshot.expiresAt === null ? 'never expires' : `expires ${localTime(snapshot.expiresAt)}`;
  return {
    label: withoutIcons(displayShort(keyBytes(snapshot.key))),
    description: `${display(snapshot.type)} · ${formatBytes(snapshot.bytes)}`,
    detail: `${localTime(snapshot.takenAt)}, ${reasonWords[snapshot.reason]}; ${expires}`,
    value: snapshot.id,
  };
}

/** A UTC time as the person's clock shows it. */
export function localTime(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
