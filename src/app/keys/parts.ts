import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cipher, Digest, Settings } from '../ports/environment.ts';
import type { SnapshotStore } from '../ports/stores.ts';
import type { Gate } from '../redis/gate.ts';

/** What every use case on keys needs from outside. */
export interface KeysParts {
  readonly gate: Gate;
  readonly snapshots: SnapshotStore;
  readonly cipher: Cipher;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'number'>;
  /** By id or uid. @throws Failure VALIDATION_ERROR when there is none, or none that can be used */
  definitionOf(connectionId: string): ConnectionDefinition;
}
