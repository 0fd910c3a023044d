// What travels between the extension host and the store's worker.
import type { AlertStore } from '../../app/ports/alerts.ts';
import type { GovernanceStore } from '../../app/ports/governance.ts';
import type { ExportWork, IncidentStore, PreviewWork } from '../../app/ports/incidents.ts';
import type { LeaseStore } from '../../app/ports/leases.ts';
import type { DesktopContent, ImportCounts } from '../../app/ports/maintenance.ts';
import type {
  ConnectionRecordStore,
  HistoryStore,
  SearchPage,
  SnapshotStore,
  StoreHealth,
  TimelineQuery,
} from '../../app/ports/stores.ts';
import type { RetentionStore } from '../../app/ports/retention.ts';
import type { WorkflowStore } from '../../app/ports/workflows.ts';
import type { FailureShape } from '../../domain/failure.ts';
import type { StoreProblem } from './problems.ts';

type Answered<Method> = Method extends (...args: infer Args) => Promise<infer Result>
  ? (...args: Args) => Result
  : never;

/** The methods of a port as calls: `<name>.<method>`. */
export type PortCalls<Name extends string, Port> = {
  [Method in keyof Port & string as `${Name}.${Method}`]: Answered<Port[Method]>;
};

/** Calls that are no method of a feature's port. */
export interface StoreOwnCalls {
  'history.searchStep'(
    query: Omit<TimelineQuery, 'cursor'>,
    after: number | undefined,
  ): SearchPage & { readonly next?: number };
  'history.deleteEventsBefore'(before: string): void;
  'store.checkpoint'(): void;
  'store.verify'(): { readonly ok: boolean; readonly problems: readonly string[] };
  'store.readDesktop'(path: string): DesktopContent;
  'store.importDesktop'(request: {
    readonly path: string;
    readonly connectionIds: Readonly<Record<string, string>>;
    readonly dryRun: boolean;
  }): ImportCounts;
}

/** Every call that the worker answers. A feature adds its port here, in `openStores.ts` and in `worker/handlers/`. */
export interface StoreCalls
  extends
    StoreOwnCalls,
    PortCalls<'history', Omit<HistoryStore, 'search'>>,
    PortCalls<'snapshots', SnapshotStore>,
    PortCalls<'connections', ConnectionRecordStore>,
    PortCalls<'leases', LeaseStore>,
    PortCalls<'alerts', AlertStore>,
    PortCalls<'governance', GovernanceStore>,
    PortCalls<'retention', RetentionStore>,
    PortCalls<'workflows', WorkflowStore>,
    PortCalls<'incidents', IncidentStore> {}

export type CallName = keyof StoreCalls;

export interface Request {
  readonly id: number;
  readonly call: CallName;
  readonly args: readonly unknown[];
}

/** What the worker tells on its own. */
export type Notice =
  | { readonly kind: 'health'; readonly health: StoreHealth }
  | { readonly kind: 'problem'; readonly problem: StoreProblem }
  /** The worker holds much more memory than its data need, and has nothing to do: a fresh one would give it back. */
  | { readonly kind: 'wantsRenewal' }
  /** Another window committed something. */
  | { readonly kind: 'changed'; readonly store: 'control' | 'history' };

export type FromWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureShape }
  /** How far a job is, as its caller knows it. */
  | { readonly kind: 'progress'; readonly value: unknown }
  | Notice;

/** Folders and files of the incident jobs. */
export interface IncidentPlaces {
  /** Holds the small files of each preview, under its id. */
  readonly folder: string;
  /** Script and style of `index.html`. */
  readonly pageScript: string;
  readonly pageStyle: string;
}

/** What a worker of its own does. */
export type WorkerJob =
  | { readonly kind: 'export'; readonly target: string }
  | { readonly kind: 'incidentPreview'; readonly work: PreviewWork; readonly places: IncidentPlaces }
  | { readonly kind: 'incidentExport'; readonly work: ExportWork; readonly places: IncidentPlaces }
  | { readonly kind: 'incidentVerify'; readonly path: string };

export interface WorkerSettings {
  readonly directory: string;
  readonly wasmPath: string;
  readonly migrationsDirectory: string;
  /** A worker for one job ends after it; without one it answers calls. */
  readonly job?: WorkerJob;
}
