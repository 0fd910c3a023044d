import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { valueOf } from '../../domain/keys/content.ts';
import { keyBytes, type Key } from '../../domain/keys/key.ts';
import type { KeyInfo, KeyValue, SnapshotInfo } from '../../domain/keys/types.ts';
import { uriOf } from '../../domain/keys/uri.ts';
import type { RedisArgument } from '../../domain/redis/command.ts';
import { countKeys, scanKeys } from './browse.ts';
import { runCommand } from './command.ts';
import type { KeysParts } from './parts.ts';
import { factsOf, readKey, type KeyFacts, type Reading } from './read.ts';
import { removeKeys } from './remove.ts';
import { renameKey } from './rename.ts';
import { restoreSnapshot } from './restore.ts';
import { listSnapshots, openSnapshot, type OpenedSnapshot } from './snapshots.ts';
import { setTtl } from './ttl.ts';
import { writeKey } from './write.ts';

const defaultLimit = 200;

interface OfKey {
  readonly connectionId: string;
  readonly key: Key;
}

/** The API's namespace `keys`: every use case on keys, for commands, trees, documents and other extensions alike. */
export class KeyService {
  readonly #parts: KeysParts;

  constructor(parts: KeysParts) {
    this.#parts = parts;
  }

  scan(q: {
    readonly connectionId: string;
    readonly pattern?: string;
    readonly type?: string;
    readonly limit?: number;
    readonly cursor?: string;
    readonly signal?: AbortSignal;
  }): Promise<{ keys: KeyInfo[]; cursor?: string; scanned: number; total: number }> {
    const { connectionId, limit = defaultLimit, ...request } = q;
    return this.#with(connectionId, (definition) => scanKeys(this.#parts, definition, { ...request, limit }));
  }

  count(q: {
    readonly connectionId: string;
    readonly pattern: string;
    readonly signal?: AbortSignal;
  }): Promise<{ matched: number; scanned: number }> {
    const { connectionId, ...request } = q;
    return this.#with(connectionId, (definition) => countKeys(this.#parts, definition, request));
  }

  /** Type and TTL; null when there is no such key. */
  facts(q: OfKey): Promise<KeyFacts | null> {
    return this.#with(q.connectionId, ({ uid }) => factsOf(this.#parts, uid, keyBytes(q.key)));
  }

  async read(q: OfKey & { readonly maxBytes?: number }): Promise<KeyValue | null> {
    const reading = await this.reading(q);
    if (reading === null) return null;
    const { type, ttlMs, bytes, truncated, version } = reading;
    return { type, ttlMs, bytes, truncated, value: valueOf(reading.content), version };
  }

  /** As `read`, with the content as bytes and the number of elements in all. */
  reading(q: OfKey & { readonly maxBytes?: number }): Promise<Reading | null> {
    const maxBytes = q.maxBytes ?? this.#parts.settings.number('keys.maxDocumentBytes');
    return this.#with(q.connectionId, (definition) => readKey(this.#parts, definition, keyBytes(q.key), maxBytes));
  }

  write(
    q: OfKey & {
      readonly type: string;
      readonly value: unknown;
      readonly ttlMs?: number | null;
      readonly ifVersion?: string;
      readonly confirm?: string;
    },
  ): Promise<{ version: string; snapshotId?: string }> {
    const { connectionId, key, ...request } = q;
    return this.#with(connectionId, (definition) =>
      writeKey(this.#parts, definition, { ...request, key: keyBytes(key) }),
    );
  }

  remove(q: {
    readonly connectionId: string;
    readonly keys: readonly Key[];
    readonly confirm?: string;
  }): Promise<{ removed: number; snapshotIds: string[] }> {
    return this.#with(q.connectionId, (definition) =>
      removeKeys(this.#parts, definition, q.keys.map(keyBytes), q.confirm),
    );
  }

  rename(q: OfKey & { readonly to: Key; readonly overwrite?: boolean; readonly confirm?: string }): Promise<void> {
    const { connectionId, key, to, ...request } = q;
    return this.#with(connectionId, (definition) =>
      renameKey(this.#parts, definition, { ...request, key: keyBytes(key), to: keyBytes(to) }),
    );
  }

  setTtl(q: OfKey & { readonly ttlMs: number | null }): Promise<void> {
    return this.#with(q.connectionId, (definition) => setTtl(this.#parts, definition, keyBytes(q.key), q.ttlMs));
  }

  command(q: {
    readonly connectionId: string;
    readonly args: readonly RedisArgument[];
    readonly confirm?: string;
  }): Promise<unknown> {
    return this.#with(q.connectionId, (definition) => runCommand(this.#parts, definition, q.args, q.confirm));
  }

  uri(q: OfKey): string {
    const { id, uid, db } = this.#parts.definitionOf(q.connectionId);
    return uriOf({ connectionUid: uid, connectionId: id, db, key: keyBytes(q.key) });
  }

  snapshots(q: {
    readonly connectionId: string;
    readonly key?: Key;
    readonly limit?: number;
  }): Promise<SnapshotInfo[]> {
    const key: Bytes | undefined = q.key === undefined ? undefined : keyBytes(q.key);
    return this.#with(q.connectionId, (definition) =>
      listSnapshots(this.#parts, definition, key, q.limit ?? defaultLimit),
    );
  }

  restore(q: { readonly snapshotId: string; readonly overwrite?: boolean; readonly confirm?: string }): Promise<void> {
    return restoreSnapshot(this.#parts, q);
  }

  /** A previous value, decrypted. */
  snapshot(snapshotId: string): Promise<OpenedSnapshot> {
    return openSnapshot(this.#parts, snapshotId);
  }

  async #with<T>(connectionId: string, run: (definition: ConnectionDefinition) => Promise<T>): Promise<T> {
    return run(this.#parts.definitionOf(connectionId));
  }
}
