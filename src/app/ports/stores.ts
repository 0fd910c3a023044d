import type { Bytes } from '../../domain/bytes.ts';
import type { Environment } from '../../domain/connections/definition.ts';
import type { SnapshotReason } from '../../domain/keys/types.ts';
import type { ObservabilitySnapshot } from '../../domain/observability/snapshot.ts';
import type { EventStatus, HistoryEvent } from '../../domain/timeline/event.ts';

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
  /** Substring of action, key or pattern, error code. */
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

/** Our own operations in one bucket of time. */
export interface OperationBucket {
  readonly from: string;
  readonly to: string;
  readonly connectionId: string;
  readonly success: number;
  readonly error: number;
  readonly blocked: number;
  /** Milliseconds, to 1 %; null when nothing succeeded in the bucket. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** 0..1: share of the bucket in which the connection was watched. */
  readonly coverage: number;
}

/** The store `history`: timeline, samples, roll-ups. Telemetry: acknowledged at once, durable within a second. */
export interface HistoryStore {
  append(events: readonly HistoryEvent[]): Promise<void>;
  appendSamples(samples: readonly ObservabilitySnapshot[]): Promise<void>;
  timeline(query: TimelineQuery): Promise<TimelinePage>;
  /** Oldest first, at most 10,000. */
  samples(query: TimeWindow & StoreScope): Promise<readonly ObservabilitySnapshot[]>;
  /** One row per bucket and connection that had operations or coverage; `bucketSeconds` is a multiple of 60. */
  operations(query: TimeWindow & StoreScope & { readonly bucketSeconds: number }): Promise<readonly OperationBucket[]>;
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
  | { readonly kind: 'readOnly'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The two stores, opened on first use. */
export interface Stores {
  readonly history: HistoryStore;
  readonly snapshots: SnapshotStore;
  readonly connections: ConnectionRecordStore;
  health(): StoreHealth;
  onDidChangeHealth(listener: (health: StoreHealth) => void): { dispose(): void };
  close(): Promise<void>;
}
