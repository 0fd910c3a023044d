import type { Bytes } from '../../domain/bytes.ts';
import type { Environment } from '../../domain/connections/definition.ts';
import type { SnapshotReason } from '../../domain/keys/types.ts';
import type { ActivityRow, ActivitySource } from '../../domain/observability/activity.ts';
import type { CommandTimes } from '../../domain/observability/commandTimes.ts';
import type { LatencySketchJson } from '../../domain/observability/latencySketch.ts';
import type { OperationBucket } from '../../domain/observability/overview.ts';
import type { SampleCourse } from '../../domain/observability/sampleCourse.ts';
import type { ObservabilitySnapshot } from '../../domain/observability/snapshot.ts';
import type { PatternCount } from '../../domain/observability/topPatterns.ts';
import type { EventStatus, HistoryEvent } from '../../domain/timeline/event.ts';
import type { IncidentStore } from './incidents.ts';
import type { LeaseStore } from './leases.ts';
import type { AlertStore } from './alerts.ts';
import type { GovernanceStore } from './governance.ts';
import type { StoreMaintenance } from './maintenance.ts';
import type { RetentionStore } from './retention.ts';
import type { WorkflowStore } from './workflows.ts';

/** Half-open [from, to), UTC ISO-8601. */
export interface TimeWindow {
  readonly from: string;
  readonly to: string;
}

/** Connections by `uid`; both absent = all. */
export interface StoreScope {
  readonly connectionIds?: readonly string[];
  readonly environments?: readonly Environment[];
}

export interface TimelineQuery extends TimeWindow, StoreScope {
  readonly actions?: readonly string[];
  readonly statuses?: readonly EventStatus[];
  readonly source?: HistoryEvent['source'];
  /** Only what was slow: our operations of 100 ms and more, and the server's own slow commands. */
  readonly slow?: boolean;
  /** Only keys of one pattern, as `keyPattern` makes them; `*` stands for a part. */
  readonly pattern?: string;
  /** Only events of one workflow run. */
  readonly runId?: string;
  /** Substring of action, key or pattern, error code, run id, correlation id. */
  readonly text?: string;
  readonly cursor?: string;
  readonly limit: number;
}

export interface TimelinePage {
  /** Newest first. */
  readonly events: readonly HistoryEvent[];
  readonly cursor?: string;
  /** Rows that match in all. */
  readonly total: number;
}

/** What a search found in one more stretch of the history. */
export interface SearchPage {
  /** Newest first within the page; pages go backwards in time, except for rows that were brought over later. */
  readonly events: readonly HistoryEvent[];
  /** 0..1: how much of the history is searched. */
  readonly searched: number;
}

/** Our own operations of one command family in a window. */
export interface FamilyOperations {
  readonly family: string;
  readonly operations: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly slow: number;
  /** Of what succeeded; absent unless asked for. */
  readonly sketch?: LatencySketchJson;
  /** Operations and slow ones per minute of `PeriodOperations.minutes`, in its order. */
  readonly operationsPerMinute: readonly number[];
  readonly slowPerMinute: readonly number[];
}

export interface PeriodOperations {
  /** Whole minutes of the window in which a connection was watched or used, epoch seconds. */
  readonly minutes: readonly number[];
  /** Seconds that connections were watched or used, added up over them. */
  readonly watchedSeconds: number;
  /** 0..1: of the window, on average over the connections that were seen in it. */
  readonly coverage: number;
  readonly families: readonly FamilyOperations[];
}

/** Where a watch or our own operations touched keys; `buckets` equal stretches of the window. */
export interface ActivityQuery extends TimeWindow, StoreScope {
  readonly source: Exclude<ActivitySource, 'scan'>;
  /** 1..1,000 */
  readonly buckets: number;
  /** Patterns at most. */
  readonly limit: number;
}

export interface StoredActivity {
  readonly touches: number;
  /** The most touched first, exact. */
  readonly patterns: readonly PatternCount[];
  /** Touches of the most touched pattern that is not among them; 0 when all are. */
  readonly nextTouches: number;
  /** 0..1, as in `PeriodOperations`. */
  readonly coverage: number;
  readonly buckets: readonly { readonly touches: number; readonly errors: number; readonly coverage: number }[];
}

/** Of one connection, by uid. */
export interface SampleCourseQuery extends TimeWindow {
  readonly connectionId: string;
  readonly stepMs: number;
}

/** Of one connection, by uid. */
export interface CommandTimesQuery extends TimeWindow {
  readonly connectionId: string;
  readonly stepMs: number;
  /** Commands at most, and how many of them with their course. */
  readonly most: number;
  readonly courses: number;
}

/** What a watch saw, to be kept as roll-ups: no event rows. */
export interface ActivityRecord {
  readonly source: 'notifications' | 'monitor';
  readonly connectionId: string;
  readonly environment: Environment;
  readonly rows: readonly ActivityRow[];
}

/**
 * The store `history`: timeline, samples, roll-ups. Telemetry is written in groups: an append resolves when its group is
 * durable, within a second; callers need not wait for it.
 */
export interface HistoryStore {
  append(events: readonly HistoryEvent[]): Promise<void>;
  appendSamples(samples: readonly ObservabilitySnapshot[]): Promise<void>;
  timeline(query: TimelineQuery): Promise<TimelinePage>;
  /** Looks for events stretch by stretch and gives what it finds at once; leaving the loop, or the signal, ends it. */
  search(query: Omit<TimelineQuery, 'cursor'>, signal?: AbortSignal): AsyncIterable<SearchPage>;
  /** Oldest first, at most 10,000; without their `commands`, which `commandTimes` adds up. */
  samples(query: TimeWindow & StoreScope): Promise<readonly ObservabilitySnapshot[]>;
  /** What the samples of a connection come to over a window, however many they are. */
  sampleCourse(query: SampleCourseQuery): Promise<SampleCourse>;
  /** One row per bucket and connection that had operations or coverage; `bucketSeconds` is a multiple of 60. */
  operations(query: TimeWindow & StoreScope & { readonly bucketSeconds: number }): Promise<readonly OperationBucket[]>;
  commandTimes(query: CommandTimesQuery): Promise<CommandTimes>;
  /** The newest sample of a connection at or before a time. */
  sampleAt(query: { readonly connectionId: string; readonly at: string }): Promise<ObservabilitySnapshot | null>;
  /** By command family, from roll-ups; the ends of a window that is not whole minutes from rows. Sketches cost time. */
  families(query: TimeWindow & StoreScope & { readonly sketches: boolean }): Promise<PeriodOperations>;
  /** By key pattern and over time, from roll-ups and, where a minute lies in two buckets, rows. */
  activity(query: ActivityQuery): Promise<StoredActivity>;
  appendActivity(record: ActivityRecord): Promise<void>;
  /** Forces what is buffered to disk. */
  flush(): Promise<void>;
}

export interface StoredKeySnapshot {
  readonly id: string;
  readonly connectionId: string;
  readonly key: Bytes;
  readonly type: string;
  readonly takenAt: string;
  readonly expiresAt: string | null;
  /** Size of the DUMP before encryption. */
  readonly bytes: number;
  readonly reason: SnapshotReason;
  readonly runId?: string;
  /** DUMP, encrypted. */
  readonly sealed: Bytes;
}

/** Values kept for undo, in the store `control`: durable before the promise resolves. */
export interface SnapshotStore {
  add(snapshots: readonly StoredKeySnapshot[]): Promise<void>;
  /** Newest first, without the sealed bytes. */
  list(query: {
    readonly connectionId: string;
    readonly key?: Bytes;
    readonly limit: number;
  }): Promise<readonly Omit<StoredKeySnapshot, 'sealed'>[]>;
  get(id: string): Promise<StoredKeySnapshot | null>;
  /** Bytes of sealed values held for a connection, or in all. */
  usedBytes(connectionId?: string): Promise<number>;
  remove(ids: readonly string[]): Promise<void>;
}

/** Every connection ever used, for the rows that refer to it. Destination without secrets. */
export interface ConnectionRecord {
  readonly uid: string;
  readonly id: string;
  readonly scope: string;
  readonly name: string;
  readonly destination: string;
  readonly environment: Environment;
}

export interface ConnectionRecordStore {
  save(record: ConnectionRecord): Promise<void>;
  list(): Promise<readonly ConnectionRecord[]>;
}

export type StoreHealth =
  | { readonly kind: 'ready' }
  /** Everything is saved, but only in the log: its files grow and starts take longer until this is solved. */
  | { readonly kind: 'notCompacted'; readonly reason: string }
  | { readonly kind: 'readOnly'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The two stores, opened on first use. */
export interface Stores {
  readonly history: HistoryStore;
  readonly snapshots: SnapshotStore;
  readonly connections: ConnectionRecordStore;
  readonly leases: LeaseStore;
  readonly workflows: WorkflowStore;
  readonly governance: GovernanceStore;
  readonly incidents: IncidentStore;
  readonly alerts: AlertStore;
  readonly retention: RetentionStore;
  readonly maintenance: StoreMaintenance;
  /**
   * Told within a second when another window saved something, and at once when packs or their assignments were saved
   * here: what is shown, or was remembered, may be old.
   */
  onDidChange(listener: (store: 'control' | 'history') => void): { dispose(): void };
  health(): StoreHealth;
  onDidChangeHealth(listener: (health: StoreHealth) => void): { dispose(): void };
  close(): Promise<void>;
}
