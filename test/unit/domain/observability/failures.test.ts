import assert from 'node:assert/strict';
import { failedOperation, groupFailures } from '../../../../src/domain/observability/failures.ts';
import type { ObservabilitySnapshot } from '../../../../src/domain/observability/snapshot.ts';
import type { HistoryEvent } from '../../../../src/domain/timeline/event.ts';

const second = (s: number): string => new Date(Date.UTC(2026, 0, 1, 12) + s * 1000).toISOString();

let ids = 0;
function event(at: number, more: Partial<HistoryEvent> = {}): HistoryEvent {
  ids += 1;
  return {
    id: `e${ids}`,
    timestamp: second(at),
    source: 'app',
    connectionId: 'dev',
    environment: 'dev',
    action: 'keys.read',
    keyOrPattern: 'cart:1',
    durationMs: 5,
    status: 'success',
    ...more,
  };
}
const failure = (at: number, more: Partial<HistoryEvent> = {}): HistoryEvent =>
  event(at, { status: 'error', errorCode: 'TIMEOUT', retryable: true, ...more });

const sample = (at: number): ObservabilitySnapshot => ({
  id: `s${at}`,
  connectionId: 'dev',
  timestamp: second(at),
  periodSeconds: 15,
  latencyP50Ms: null,
  latencyP95Ms: null,
  errorRate: null,
  operationCount: 0,
  reconnectCount: 0,
  opsPerSecond: null,
  slowOpCount: null,
  usedMemoryBytes: null,
  maxMemoryBytes: null,
  connectedClients: null,
  keyspaceHits: null,
  keyspaceMisses: null,
  evictedKeys: null,
  replicationLink: null,
});

describe('domain/observability/failures', () => {
  it('lists tries that are events, with the pauses between them and the reason to stop', () => {
    const tries = [1, 2, 3].map((n) => failure(n * 2, { attempt: n, correlationId: 'c', durationMs: 500 }));
    const { attempts } = failedOperation(tries[2]!, tries, null);
    assert.deepEqual(
      attempts.map((one) => [one.n, one.startedAt, one.nextDelayMs, one.stopReason]),
      [
        [1, second(2), 1500, undefined],
        [2, second(4), 1500, undefined],
        [3, second(6), null, 'exhausted'],
      ],
    );
  });

  it('lists tries that the event itself holds', () => {
    const attempts = [
      { at: second(0), durationMs: 100, errorCode: 'TIMEOUT', delayMs: 250 },
      { at: second(1), durationMs: 100, errorCode: 'TIMEOUT', stopReason: 'errorRate' },
      'junk',
    ];
    const result = failedOperation(failure(0, { attempt: 2, details: { attempts } }), [], null);
    assert.deepEqual(
      result.attempts.map((one) => [one.n, one.errorCode, one.nextDelayMs, one.stopReason]),
      [
        [1, 'TIMEOUT', 250, undefined],
        [2, 'TIMEOUT', null, 'errorRate'],
      ],
    );
  });

  it('says why it stopped', () => {
    const reason = (more: Partial<HistoryEvent>) => failedOperation(failure(0, more), [], null).attempts[0]?.stopReason;
    assert.equal(reason({}), 'exhausted');
    assert.equal(reason({ errorCode: 'CANCELLED', retryable: false }), 'cancelled');
    assert.equal(reason({ errorCode: 'UNAUTHORIZED', retryable: false }), 'nonRetryable');
    assert.equal(reason({ details: { stopReason: 'deadline' } }), 'deadline');
    assert.equal(reason({ details: { stopReason: 'whatever' } }), 'exhausted');
  });

  it('ranks what is related and says why', () => {
    const failed = failure(0, { correlationId: 'c', runId: 'r' });
    const around = [
      event(-20, { keyOrPattern: 'other' }),
      event(-45, { keyOrPattern: 'cart:99' }),
      event(-45, { keyOrPattern: 'other' }), // too far
      event(-20, { connectionId: 'prod' }), // elsewhere
      event(-3600, { runId: 'r' }),
      event(30, { correlationId: 'c', keyOrPattern: 'other' }),
      failed,
    ];
    const result = failedOperation(failed, around, null);
    assert.deepEqual(
      result.related.map(({ event: { id }, why }) => [around.findIndex((one) => one.id === id), why]),
      [
        [5, 'part of the same operation'],
        [4, 'same workflow run'],
        [1, 'same keys within 60 s'],
        [0, 'same connection within 30 s'],
      ],
    );
  });

  it('caps the related at 50, nearest first, and says how many more there are', () => {
    const around = Array.from({ length: 70 }, (_, i) => event(-i / 3, { keyOrPattern: 'other' }));
    const result = failedOperation(failure(0), around, null);
    assert.equal(result.related.length, 50);
    assert.equal(result.relatedLeftOut, 20);
    assert.equal(result.related[0]?.event.id, around[0]?.id);
  });

  it('takes the sample before, never one after; says stale and none', () => {
    assert.equal(failedOperation(failure(0), [], sample(-10)).snapshotState, 'current');
    assert.equal(failedOperation(failure(0), [], sample(0)).snapshotState, 'current');
    assert.equal(failedOperation(failure(0), [], sample(-901)).snapshotState, 'stale');
    assert.equal(failedOperation(failure(0), [], null).snapshotState, 'none');
    const after = failedOperation(failure(0), [], sample(1));
    assert.equal(after.snapshotState, 'none');
    assert.equal(after.snapshot, undefined);
  });

  it('groups by connection, action, code and key pattern, the latest first', () => {
    const events = [
      failure(1, { keyOrPattern: 'cart:1' }),
      failure(5, { keyOrPattern: 'cart:2' }),
      failure(3, { keyOrPattern: 'user:1' }),
      failure(9, { errorCode: 'UNAUTHORIZED' }),
    ];
    assert.deepEqual(
      groupFailures(events).map((group) => [group.errorCode, group.pattern, group.count, group.firstAt, group.lastAt]),
      [
        ['UNAUTHORIZED', 'cart:*', 1, second(9), second(9)],
        ['TIMEOUT', 'cart:*', 2, second(1), second(5)],
        ['TIMEOUT', 'user:*', 1, second(3), second(3)],
      ],
    );
  });
});
