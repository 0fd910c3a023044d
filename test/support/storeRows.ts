import type { StoredKeySnapshot } from '../../src/app/ports/stores.ts';
import type { RunRow } from '../../src/app/ports/workflows.ts';
import type { ObservabilitySnapshot } from '../../src/domain/observability/snapshot.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { emptyCounts } from '../../src/domain/workflows/events.ts';

const actions = ['keys.read', 'keys.write', 'keys.scan', 'keys.remove'];

/** A UUID that is made of a number: the same number, the same id. */
export function idOf(number: number): string {
  const hex = Math.trunc(number).toString(16).padStart(12, '0');
  return `00000000-0000-4000-8000-${hex.slice(-12)}`;
}

/** An event that is made of a number, a second after the one before it. */
export function eventOf(number: number, more: Partial<HistoryEvent> = {}): HistoryEvent {
  return {
    id: idOf(number),
    timestamp: new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString(),
    source: 'app',
    connectionId: `connection-${number % 3}`,
    environment: 'dev',
    action: actions[number % actions.length] ?? 'keys.read',
    keyOrPattern: `user:${number}:profile`,
    durationMs: 1 + (number % 100) / 10,
    status: number % 10 === 9 ? 'error' : 'success',
    ...(number % 10 === 9 ? { errorCode: 'TIMEOUT' as const, retryable: true, attempt: 1 } : {}),
    ...more,
  };
}

export function sampleOf(number: number, more: Partial<ObservabilitySnapshot> = {}): ObservabilitySnapshot {
  return {
    id: idOf(number),
    connectionId: 'connection-0',
    timestamp: new Date(Date.UTC(2026, 0, 1) + number * 15_000).toISOString(),
    periodSeconds: 15,
    latencyP50Ms: 1.5,
    latencyP95Ms: null,
    errorRate: 0,
    operationCount: 10,
    reconnectCount: 0,
    opsPerSecond: 120.5,
    slowOpCount: null,
    usedMemoryBytes: 9_000_000_000,
    maxMemoryBytes: 0,
    connectedClients: 3,
    keyspaceHits: 10,
    keyspaceMisses: 2,
    evictedKeys: 0,
    replicationLink: 'up',
    ...more,
  };
}

export function snapshotOf(number: number, more: Partial<StoredKeySnapshot> = {}): StoredKeySnapshot {
  return {
    id: idOf(number),
    connectionId: 'connection-0',
    key: new Uint8Array([0xff, 0xfe, 0, number & 0xff]),
    type: 'string',
    takenAt: new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString(),
    expiresAt: null,
    bytes: 20,
    reason: 'set',
    sealed: new Uint8Array([1, 2, 3, number & 0xff]),
    ...more,
  };
}

/** A run that is made of a number, with its files in a spool of its own. */
export function runOf(number: number, more: Partial<RunRow> = {}): RunRow {
  return {
    id: `run-${number}`,
    name: 'Delete tmp:*',
    kind: 'deleteByPattern',
    templateId: null,
    connectionId: 'connection-0',
    state: 'completed',
    startedAt: new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString(),
    finishedAt: new Date(Date.UTC(2026, 0, 1) + (number + 1) * 1000).toISOString(),
    retryCount: 0,
    parameters: { pattern: 'tmp:*' },
    counts: emptyCounts(10),
    cause: null,
    checkpointToken: null,
    policyPackIds: [],
    scheduleWindowId: null,
    resumedFromExecutionId: null,
    resumedBy: null,
    spoolId: `spool-${number}`,
    sameness: '',
    undone: false,
    undoPurged: false,
    ...more,
  };
}
