import type { IncidentRequest } from '../../domain/incidents/definition.ts';
import type { JobLeases } from '../leases/jobLeases.ts';
import type { WatchedConnections } from '../observability/watched.ts';
import type { Clock } from '../ports/clock.ts';
import type { Digest, Log, Secrets } from '../ports/environment.ts';
import type { Collected, CutQuery, IncidentStore, IncidentWork } from '../ports/incidents.ts';

export interface IncidentParts {
  readonly store: IncidentStore;
  readonly work: IncidentWork;
  readonly leases: JobLeases;
  readonly secrets: Secrets;
  /** Every secret that this machine keeps for connections, as far as it can be read without asking. */
  readonly knownSecrets: () => Promise<readonly string[]>;
  readonly connections: WatchedConnections;
  readonly collect: (question: {
    readonly request: IncidentRequest;
    readonly query: CutQuery;
    readonly nameOf: (uid: string) => string;
  }) => Promise<Collected>;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly log: Log;
  readonly toolVersion: string;
}
