import assert from 'node:assert/strict';
import {
  baselineAfter,
  changeBetween,
  noChange,
  type ServerReading,
} from '../../../../src/domain/observability/reading.ts';

const reading: ServerReading = {
  runId: 'a',
  commandsProcessed: 1000,
  usedMemoryBytes: 1 << 20,
  maxMemoryBytes: null,
  connectedClients: 3,
  keyspaceHits: 90,
  keyspaceMisses: 10,
  evictedKeys: 0,
  replicationLink: null,
  uptimeSeconds: 5,
  newestSlowId: 4,
  slowLogLength: 5,
};

describe('server readings', () => {
  it('turns counters into what happened between two looks', () => {
    const now = { ...reading, commandsProcessed: 1300, keyspaceHits: 100, newestSlowId: 6 };
    assert.deepEqual(changeBetween(reading, now, 15), {
      opsPerSecond: 20,
      slowOpCount: 2,
      keyspaceHits: 10,
      keyspaceMisses: 0,
      evictedKeys: 0,
    });
  });

  it('counts from zero after a restart, also when the new process already counted further', () => {
    const now = { ...reading, runId: 'b', commandsProcessed: 3000, newestSlowId: 1 };
    const change = changeBetween(reading, now, 10);
    assert.equal(change.opsPerSecond, 300);
    assert.equal(change.slowOpCount, 2);
  });

  it('knows nothing of what happened where another server answers now', () => {
    const other = { ...reading, runId: 'b', uptimeSeconds: 90_000, commandsProcessed: 9_000_000, newestSlowId: 700 };
    assert.deepEqual(changeBetween(reading, other, 15), noChange);
    assert.equal(changeBetween(reading, { ...other, uptimeSeconds: 17 }, 15).slowOpCount, 701);
  });

  it('counts from zero after CONFIG RESETSTAT, which keeps the process', () => {
    const now = { ...reading, commandsProcessed: 1, keyspaceHits: 0, keyspaceMisses: 0 };
    const change = changeBetween(reading, now, 1);
    assert.equal(change.opsPerSecond, 1);
    assert.equal(change.keyspaceHits, 0);
  });

  it('knows nothing where the server tells nothing', () => {
    const silent = { ...reading, commandsProcessed: null, newestSlowId: null, evictedKeys: null };
    const change = changeBetween(silent, reading, 15);
    assert.deepEqual([change.opsPerSecond, change.slowOpCount, change.evictedKeys], [null, null, null]);
  });

  it('counts slow operations exactly across a wrapped and an emptied log', () => {
    const wrapped = { ...reading, newestSlowId: 148, slowLogLength: 16 };
    assert.equal(changeBetween({ ...reading, newestSlowId: 108 }, wrapped, 15).slowOpCount, 40);

    const emptied: ServerReading = { ...reading, newestSlowId: 'none', slowLogLength: 0 };
    assert.equal(changeBetween(reading, emptied, 15).slowOpCount, 0);
    const later = { ...reading, newestSlowId: 7, slowLogLength: 1 };
    assert.equal(changeBetween(baselineAfter(reading, emptied), later, 15).slowOpCount, 3);
  });

  it('takes a log that fills from empty for what it holds', () => {
    const empty: ServerReading = { ...reading, newestSlowId: 'none', slowLogLength: 0 };
    const filled = { ...reading, newestSlowId: 2, slowLogLength: 3 };
    assert.equal(changeBetween(baselineAfter(null, empty), filled, 15).slowOpCount, 3);
  });
});
