import type { EngineLook } from '../alerts/engineFacts.ts';
import type { CommandDelta } from './commandStats.ts';

/** One sample of a connection (`observability_snapshots`). Null = not available at that moment, never zero. */
export interface ObservabilitySnapshot {
  readonly id: string;
  readonly connectionId: string;
  readonly timestamp: string;
  /** Seconds that this sample covers: since the sample before it, or since the connection opened. */
  readonly periodSeconds: number;
  /** Latency of our own operations in the period, milliseconds. */
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  /** 0..1: failed share of our own operations in the period. */
  readonly errorRate: number | null;
  readonly operationCount: number;
  readonly reconnectCount: number;
  /** Commands per second that the server processed, from INFO's counter. */
  readonly opsPerSecond: number | null;
  readonly slowOpCount: number | null;
  readonly usedMemoryBytes: number | null;
  readonly maxMemoryBytes: number | null;
  readonly connectedClients: number | null;
  readonly keyspaceHits: number | null;
  readonly keyspaceMisses: number | null;
  readonly evictedKeys: number | null;
  readonly replicationLink: 'up' | 'down' | null;
  /** Where the server's time went in the period, the most first, at most 10; absent = not known. */
  readonly commands?: readonly CommandDelta[];
  /** What alerts judge by; rolled up by the minute and not kept with the sample. */
  readonly engine?: EngineLook;
}
