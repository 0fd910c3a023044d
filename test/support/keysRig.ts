// The use cases on keys over a real redis-server, gate, store and encryption.
import { ValueCipher } from '../../src/adapters/node/cipher.ts';
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { SocketGateway } from '../../src/adapters/redis/gateway.ts';
import { KeyService } from '../../src/app/keys/keyService.ts';
import type { KeysParts } from '../../src/app/keys/parts.ts';
import type { NumberSetting } from '../../src/app/ports/environment.ts';
import type { RedisSession } from '../../src/app/ports/redis.ts';
import type { SnapshotStore } from '../../src/app/ports/stores.ts';
import type { ConnectionDefinition } from '../../src/domain/connections/definition.ts';
import { ownFolder, removeFolder } from './processes.ts';
import type { RedisBox } from './redisBox.ts';
import { definitionOf, gateOver, noSecret, type GateBox } from './redisParts.ts';
import { systemClock } from './systemClock.ts';
import { storesIn } from './storesIn.ts';

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
    'keys.snapshotDays': 30,
    'observability.sampleSeconds': 15,
  };
  const secrets = new Map<string, string>();
  const directory = ownFolder('cachify-keys-');
  const stores = await storesIn(directory);
  const { snapshots } = stores;
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
    clock: systemClock,
    settings: { number: (name) => settings[name] },
    definitionOf: () => definition,
  };
  const close = async () => {
    await session.close();
    await stores.close();
    removeFolder(directory);
  };
  return { keys: new KeyService(parts), parts, gate, session, definition, settings, snapshots, close };
}
