import assert from 'node:assert/strict';
import { healthVerdict } from '../../../../src/domain/observability/health.ts';
import type { ConnectionHealth } from '../../../../src/domain/observability/overview.ts';

const calm: ConnectionHealth = {
  connectionId: 'shop',
  name: 'Shop',
  environment: 'dev',
  state: 'ready',
  opsPerSecond: 10,
  latencyP50Ms: 1,
  latencyP95Ms: 2,
  errorRate: 0.049,
  usedMemoryBytes: 89,
  maxMemoryBytes: 100,
  hitRatio: 0.5,
  connectedClients: 3,
  sampledAt: '2026-11-22T10:00:00.000Z',
};

describe('health of a connection', () => {
  for (const [name, change, condition, reasons] of [
    ['is good when nothing speaks against it', {}, 'healthy', []],
    ['needs a look from 5 % failures on', { errorRate: 0.05 }, 'attention', ['5 % failed']],
    ['needs a look from 90 % memory on', { usedMemoryBytes: 90 }, 'attention', ['memory 90 % full']],
    ['gives every reason', { errorRate: 0.5, usedMemoryBytes: 100 }, 'attention', ['50 % failed', 'memory 100 % full']],
    ['has no memory limit to come near', { maxMemoryBytes: null, usedMemoryBytes: 1e12 }, 'healthy', []],
    ['takes a limit of 0 for none, as Redis does', { maxMemoryBytes: 0, usedMemoryBytes: 1e12 }, 'healthy', []],
    ['is down while it does not answer', { state: 'reconnecting', errorRate: 1 }, 'down', ['does not answer']],
    ['is down when it failed', { state: 'failed' }, 'down', ['does not answer']],
    ['is not known without a connection', { state: 'disconnected' }, 'unknown', ['not connected']],
    ['is not known before the first sample', { sampledAt: null, errorRate: null }, 'unknown', ['not measured yet']],
  ] as const) {
    it(name, () => assert.deepEqual(healthVerdict({ ...calm, ...change }), { condition, reasons }));
  }
});
