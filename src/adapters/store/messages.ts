// What travels between the extension host and the store's worker.
import type {
  ActivityQuery,
  ActivityRecord,
  ConnectionRecord,
  OperationBucket,
  PeriodOperations,
  SearchPage,
  StoredActivity,
  StoredKeySnapshot,
  StoreHealth,
  StoreScope,
  TimelinePage,
  TimelineQuery,
  TimeWindow,
} from '../../app/ports/stores.ts';
import type { DesktopContent, ImportCounts } from '../../app/ports/maintenance.ts';
import type { WorkflowStore } from '../../app/ports/workflows.ts';
import type { FailureShape } from '../../domain/failure.ts';
import type { ObservabilitySnapshot } from '../../domain/observability/snapshot.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { StoreProblem } from './problems.ts';

type Listed = Omit<StoredKeySnapshot, 'sealed'>;

/** A method of the port, answered at once. */
type WorkflowCall<M extends keyof WorkflowStore> = (
  ...args: Parameters<WorkflowStore[M]>
) => Awaited<ReturnType<WorkflowStore[M]>>;

/** Every call that the worker answers. A feature adds its calls here and in `worker/storeService.ts`. */
export interface StoreCalls {
  'history.append'(events: readonly HistoryEvent[]): void;
  'history.appendSamples'(samples: readonly ObservabilitySnapshot[]): void;
  'history.timeline'(query: TimelineQuery): TimelinePage;
  'history.searchStep'(
    query: Omit<TimelineQuery, 'cursor'>,
    after: number | undefined,
  ): SearchPage & { readonly next?: number };
  'history.samples'(query: TimeWindow & StoreScope): readonly ObservabilitySnapshot[];
  'history.operations'(query: TimeWindow & StoreScope & { readonly bucketSeconds: number }): readonly OperationBucket[];
  'history.sampleAt'(query: { readonly connectionId: string; readonly at: string }): ObservabilitySnapshot | null;
  'history.families'(query: TimeWindow & StoreScope & { readonly sketches: boolean }): PeriodOperations;
  'history.activity'(query: ActivityQuery): StoredActivity;
  'history.appendActivity'(record: ActivityRecord): void;
  'history.deleteEventsBefore'(before: string): void;
  'history.flush'(): void;
  'snapshots.add'(snapshots: readonly StoredKeySnapshot[]): void;
  'snapshots.list'(query: {
    readonly connectionId: string;
    readonly key?: Uint8Array;
    readonly limit: number;
  }): readonly Listed[];
  'snapshots.get'(id: string): StoredKeySnapshot | null;
  'snapshots.usedBytes'(connectionId: string | undefined): number;
  'snapshots.remove'(ids: readonly string[]): void;
  'connections.save'(record: ConnectionRecord): void;
  'connections.list'(): readonly ConnectionRecord[];
  'workflows.templates': WorkflowCall<'templates'>;
  'workflows.saveTemplate': WorkflowCall<'saveTemplate'>;
  'workflows.removeTemplate': WorkflowCall<'removeTemplate'>;
  'workflows.run': WorkflowCall<'run'>;
  'workflows.runs': WorkflowCall<'runs'>;
  'workflows.events': WorkflowCall<'events'>;
  'workflows.create': WorkflowCall<'create'>;
  'workflows.append': WorkflowCall<'append'>;
  'workflows.resume': WorkflowCall<'resume'>;
  'workflows.removeRun': WorkflowCall<'removeRun'>;
  'workflows.takeLease': WorkflowCall<'takeLease'>;
  'workflows.renewLease': WorkflowCall<'renewLease'>;
  'workflows.releaseLease': WorkflowCall<'releaseLease'>;
  'workflows.leases': WorkflowCall<'leases'>;
  'store.checkpoint'(): void;
  'store.verify'(): { readonly ok: boolean; readonly problems: readonly string[] };
  'store.readDesktop'(path: string): DesktopContent;
  'store.importDesktop'(request: {
    readonly path: string;
    readonly connectionIds: Readonly<Record<string, string>>;
    readonly dryRun: boolean;
  }): ImportCounts;
}

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
  /** Another window committed something. */
  | { readonly kind: 'changed'; readonly store: 'control' | 'history' };

export type FromWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureShape }
  | Notice;

export interface WorkerSettings {
  readonly directory: string;
  readonly wasmPath: string;
  readonly migrationsDirectory: string;
  /** A worker for one job ends after it; without one it answers calls. */
  readonly job?: { readonly kind: 'export'; readonly target: string };
}
