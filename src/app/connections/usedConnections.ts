import { destination } from '../../domain/connections/fingerprint.ts';
import { asFailure } from '../../domain/failure.ts';
import type { Log, Memory } from '../ports/environment.ts';
import type { ConnectionRecordStore } from '../ports/stores.ts';
import type { UsableEntry } from './catalogue.ts';

export interface UsageStore {
  readonly connections: Pick<ConnectionRecordStore, 'save'>;
}

const OPEN = 'connections.open';

/** Which connections were used: a record for the rows that refer to them, and which were open in this window last. */
export class UsedConnections {
  readonly #windowMemory: Memory;
  readonly #stores: UsageStore;
  readonly #log: Log;

  constructor(windowMemory: Memory, stores: UsageStore, log: Log) {
    this.#windowMemory = windowMemory;
    this.#stores = stores;
    this.#log = log;
  }

  /** Uids of the connections that were open when this was last changed. */
  open(): readonly string[] {
    const kept = this.#windowMemory.get(OPEN);
    return Array.isArray(kept) ? kept.filter((uid) => typeof uid === 'string') : [];
  }

  opened(entry: UsableEntry): void {
    const { definition, id, name, scope, uid } = entry;
    this.#rememberOpen([...this.open().filter((other) => other !== uid), uid]);
    const { environment } = definition;
    const record = { uid, id, scope, name, destination: destination(definition), environment };
    this.#stores.connections.save(record).catch((error: unknown) => {
      this.#log.error('connection not recorded', { connectionId: uid, code: asFailure(error).code });
    });
  }

  closed(uid: string): void {
    if (this.open().includes(uid)) this.#rememberOpen(this.open().filter((other) => other !== uid));
  }

  #rememberOpen(uids: readonly string[]): void {
    this.#windowMemory.set(OPEN, uids).catch((error: unknown) => {
      this.#log.error('open connections not remembered', { code: asFailure(error).code });
    });
  }
}
