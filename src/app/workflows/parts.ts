import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import type { JobLeases } from '../leases/jobLeases.ts';
import type { AlertEvents } from '../ports/alertEvents.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cipher, Digest, Log, Secrets, Settings } from '../ports/environment.ts';
import type { Governance } from '../ports/governance.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { SnapshotStore } from '../ports/stores.ts';
import type { EntryFiles, RunFiles, WorkflowStore } from '../ports/workflows.ts';
import type { Gate } from '../redis/gate.ts';

/** What the use cases of workflows need from outside. */
export interface WorkflowParts {
  readonly gate: Gate;
  readonly sessions: Sessions;
  readonly store: WorkflowStore;
  readonly snapshots: Pick<SnapshotStore, 'usedBytes'>;
  readonly files: RunFiles;
  readonly entryFiles: EntryFiles;
  readonly governance: Governance;
  readonly digest: Digest;
  readonly cipher: Cipher;
  readonly secrets: Pick<Secrets, 'get' | 'set'>;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'number'>;
  readonly leases: JobLeases;
  readonly alerts: AlertEvents;
  readonly log: Log;
  /** By id or uid. @throws Failure VALIDATION_ERROR when there is none, or none that can be used */
  definitionOf(connectionId: string): ConnectionDefinition;
}
