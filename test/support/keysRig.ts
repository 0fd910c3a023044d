// The use cases on keys over a real redis-server, a real gate and real encryption.
import { ValueCipher } from '../../src/adapters/node/cipher.ts';
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { SocketGateway } from '../../src/adapters/redis/gateway.ts';
import { KeyService } from '../../src/app/keys/keyService.ts';
import type { KeysParts } from '../../src/app/keys/parts.ts';
import type { NumberSetting } from '../../src/app/ports/environment.ts';
import type { RedisSession } from '../../src/app/ports/redis.ts';
import type { SnapshotStore, StoredKeySnapshot } from '../../src/app/ports/stores.ts';
import { sameBytes } from '../../src/domain/bytes.ts';
import type { ConnectionDefinition } from '../../src/domain/connections/definition.ts';
import type { RedisBox } from './redisBox.ts';
import { definitionOf, gateOver, noSecret, realClock, type GateBox } from './redisParts.ts';

export interface KeysRig {
  readonly keys: KeyService;
  readonly parts: KeysParts;
  readonly gate: GateBox;
  readonly session: RedisSession;
  readonly definition: ConnectionDefinition;
  readonly settings: Record<NumberSetting, number>;
  readonly snapshots: SnapshotStore;
  close(): Promise<void>;
}

export async function keysRig(box: RedisBox, over: Partial<ConnectionDefinition> = {}): Promise<KeysRig> {
  const definition = definitionOf({ port: box.port, ...over });
  const session = await new SocketGateway().open(definition, noSecret);
  const gate = gateOver(session, definition);
  const settings: KeysRig['settings'] = {
    'keys.maxDocumentBytes': 1 << 20,
    'keys.pageSize': 500,
    'keys.snapshotBudgetMb': 256,
    'observability.sampleSeconds': 15,
  };
  const secrets = new Map<string, string>();
  const snapshots = snapshotsInMemory();
  const parts: KeysParts = {
    gate: gate.gate,
    snapshots,
    cipher: new ValueCipher(
      {
        get: (name) => Promise.resolve(secrets.get(name)),
        set: (name, value) => Promise.resolve(void secrets.set(name, value)),
        delete: (name) => Promise.resolve(void secrets.delete(name)),
      },
      () => Promise.resolve(undefined),
      () => Promise.reject(new Error('no passphrase in tests')),
    ),
    digest: nodeDigest,
    clock: realClock,
    settings: { number: (name) => settings[name] },
    definitionOf: () => definition,
  };
  const close = () => session.close();
  return { keys: new KeyService(parts), parts, gate, session, definition, settings, snapshots, close };
}

/** Snapshots in memory, newest first. */
export function snapshotsInMemory(): SnapshotStore {
  let rows: StoredKeySnapshot[] = [];
  return {
    add: (added) => Promise.resolve(void (rows = [...added.toReversed(), ...rows])),
    list: ({ connectionId, key, limit }) =>
      Promise.resolve(
        rows
          .filter((row) => row.connectionId === connectionId && (key === undefined || sameBytes(row.key, key)))
          .slice(0, limit)
          .map(({ sealed, ...row }) => ({ ...row, bytes: Math.min(row.bytes, sealed.length) })),
      ),
    get: (id) => Promise.resolve(rows.find((row) => row.id === id) ?? null),
    usedBytes: () => Promise.resolve(rows.reduce((sum, row) => sum + row.sealed.length, 0)),
    remove: (ids) => Promise.resolve(void (rows = rows.filter((row) => !ids.includes(row.id)))),
  };
}
