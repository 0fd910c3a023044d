import type { Environment } from '../connections/definition.ts';
import type { HistoryEvent } from '../timeline/event.ts';

/** The Overview of a window (SPEC §9). A null figure was not measured; a missing stretch of a series is a gap. */
export interface Overview {
  readonly from: string;
  readonly to: string;
  /** 0..1: watched share of the window, over the connections in scope. */
  readonly coverage: number;
  readonly health: readonly ConnectionHealth[];
  /** Oldest first; one row per bucket of `bucketSeconds` and connection. */
  readonly trend: readonly OperationBucket[];
  readonly bucketSeconds: number;
  readonly heatmap: readonly HeatmapCell[];
  /** The slowest operations of the window, slowest first, at most 20. */
  readonly slowOperations: readonly HistoryEvent[];
}

export interface ConnectionHealth {
  readonly connectionId: string;
  readonly name: string;
  readonly environment: Environment;
  readonly state: string;
  readonly opsPerSecond: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  /** 0..1. */
  readonly errorRate: number | null;
  readonly usedMemoryBytes: number | null;
  readonly maxMemoryBytes: number | null;
  /** 0..1. */
  readonly hitRatio: number | null;
  readonly connectedClients: number | null;
  readonly sampledAt: string | null;
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

export interface HeatmapCell {
  readonly from: string;
  readonly to: string;
  readonly connectionId: string;
  readonly operations: number;
  /** 0..1. */
  readonly errorRate: number;
}
