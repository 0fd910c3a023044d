import type { ConnectionDraft } from '../../domain/connections/definition.ts';
import { utf8 } from '../../domain/bytes.ts';
import { stringDump } from '../../domain/keys/stringDump.ts';
import type { SnapshotReason } from '../../domain/keys/types.ts';
import { sealValue } from '../keys/snapshots.ts';
import type { Cipher } from '../ports/environment.ts';
import type {
  DesktopKeySnapshot,
  DesktopProfile,
  ImportCount,
  ImportCounts,
  StoreMaintenance,
} from '../ports/maintenance.ts';
import type { SnapshotStore, StoredKeySnapshot } from '../ports/stores.ts';

/** Connection definitions of one scope, as far as bringing some over needs them. */
export interface ProfileTarget {
  readonly existing: readonly ConnectionDraft[];
  /** The `uid` that a connection with this id has in the scope. */
  uid(id: string): string;
  add(draft: ConnectionDraft): Promise<void>;
}

export interface ImportParts {
  readonly maintenance: StoreMaintenance;
  readonly snapshots: SnapshotStore;
  readonly cipher: Cipher;
  readonly target: ProfileTarget;
}

/**
 * Brings over a store of the desktop program, which is never changed: profiles become connection definitions (without
 * secrets, which were in the system's keychain), everything else rows. Importing twice adds nothing twice. A dry run
 * counts the same and changes nothing.
 *
 * @throws Failure VALIDATION_ERROR when the file is no such store
 */
export async function importDesktop(
  { maintenance, snapshots, cipher, target }: ImportParts,
  path: string,
  dryRun: boolean,
): Promise<ImportCounts> {
  const { profiles, keySnapshots, memcached } = await maintenance.readDesktop(path);
  const taken = new Map(target.existing.map((draft) => [draft.id, draft]));
  const connectionIds: Record<string, string> = {};
  const added: ConnectionDraft[] = [];
  for (const profile of profiles) {
    const draft = draftOf(profile, taken);
    connectionIds[profile.id] = target.uid(draft.id);
    if (taken.has(draft.id)) continue;
    taken.set(draft.id, draft);
    added.push(draft);
  }
  if (!dryRun) for (const draft of added) await target.add(draft);
  const tables = await maintenance.importDesktop({ path, connectionIds, dryRun });
  const uidOf = (id: string): string => (Object.hasOwn(connectionIds, id) ? (connectionIds[id] ?? id) : id);
  return {
    profiles: { found: profiles.length, imported: added.length, skipped: profiles.length - added.length },
    ...tables,
    keySnapshots: await importKeySnapshots(snapshots, cipher, keySnapshots, uidOf, dryRun),
    memcachedProfiles: { found: memcached.profiles, imported: 0, skipped: memcached.profiles },
    memcachedKeys: { found: memcached.keys, imported: 0, skipped: memcached.keys },
  };
}

/** The definition of a profile. Its id comes from its name; when another connection has that, from the profile's id too. */
function draftOf(profile: DesktopProfile, taken: ReadonlyMap<string, ConnectionDraft>): ConnectionDraft {
  const { environment, retry } = profile;
  const name = profile.name.trim() === '' ? profile.host : profile.name.trim().slice(0, 100);
  const base = slug(name);
  const draft: Omit<ConnectionDraft, 'id'> = {
    name,
    host: profile.host,
    port: profile.port,
    db: profile.db ?? 0,
    tls: { enabled: profile.tls },
    ...(environment === 'dev' || environment === 'staging' || environment === 'prod' ? { environment } : {}),
    tags: profile.tags,
    readOnly: profile.readOnly,
    timeoutMs: profile.timeoutMs,
    retry,
  };
  const first = taken.get(base);
  return { id: first === undefined || isSame(first, draft) ? base : slug(`${base}-${profile.id}`), ...draft };
}

function isSame(existing: ConnectionDraft, draft: Omit<ConnectionDraft, 'id'>): boolean {
  return (
    existing.host === draft.host &&
    (existing.port ?? 6379) === draft.port &&
    (existing.db ?? 0) === draft.db &&
    existing.name === draft.name
  );
}

function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '');
  return plain === '' ? 'imported' : plain;
}

const reasons: Readonly<Record<string, SnapshotReason>> = { set: 'set', delete: 'delete', workflow: 'workflow' };

/** Values of strings become sealed ones; where only a hash was kept, there is nothing to bring over. */
async function importKeySnapshots(
  store: SnapshotStore,
  cipher: Cipher,
  found: readonly DesktopKeySnapshot[],
  uidOf: (id: string) => string,
  dryRun: boolean,
): Promise<ImportCount> {
  let imported = 0;
  for (const snapshot of found) {
    const { value, id } = snapshot;
    if (value === null || (await store.get(id)) !== null) continue;
    imported++;
    if (!dryRun) await store.add([await storedSnapshot(cipher, snapshot, value, uidOf(snapshot.connectionId))]);
  }
  return { found: found.length, imported, skipped: found.length - imported };
}

async function storedSnapshot(
  cipher: Cipher,
  { id, key, capturedAt, ttlSeconds, reason }: DesktopKeySnapshot,
  value: string,
  connectionId: string,
): Promise<StoredKeySnapshot> {
  const takenAtMs = Date.parse(capturedAt);
  const expiresAtMs = ttlSeconds === null || ttlSeconds < 0 ? null : takenAtMs + ttlSeconds * 1000;
  const dump = stringDump(utf8(value));
  const keyBytes = utf8(key);
  return {
    id,
    connectionId,
    key: keyBytes,
    type: 'string',
    takenAt: new Date(takenAtMs).toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    bytes: dump.length,
    reason: reasons[reason] ?? 'set',
    sealed: await sealValue(cipher, connectionId, id, { key: keyBytes, type: 'string', dump, expiresAtMs }),
  };
}
