import type { CommandDelta } from '../../../../domain/observability/commandStats.ts';
import type { CommandSample } from '../../../../domain/observability/commandTimes.ts';
import type { SampleFigures } from '../../../../domain/observability/series.ts';
import type { ObservabilitySnapshot } from '../../../../domain/observability/snapshot.ts';
import type { SqlDatabase, SqlRow, SqlValue } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { allOf, inList, number, numberOrNull, oneOf, text, textOrNull, type Condition } from './rows.ts';

const figures = `id, connection_id, timestamp, period_seconds, latency_p50_ms, latency_p95_ms, error_rate, operation_count,
  reconnect_count, ops_per_second, slow_op_count, used_memory_bytes, max_memory_bytes, connected_clients, keyspace_hits,
  keyspace_misses, evicted_keys, replication_link`;
export const sampleColumns = `${figures}, commands_json`;
export const sampleColumnNames: readonly string[] = sampleColumns.split(/,\s*/);
const insert = `INSERT OR IGNORE INTO observability_snapshots (${sampleColumns})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const links = ['up', 'down'] as const;

export function appendSamples(transaction: Transaction, samples: readonly ObservabilitySnapshot[]): void {
  transaction.runMany(insert, samples.map(rowOf), 'part');
}

function rowOf(s: ObservabilitySnapshot): SqlValue[] {
  return [
    s.id,
    s.connectionId,
    s.timestamp,
    s.periodSeconds,
    s.latencyP50Ms,
    s.latencyP95Ms,
    s.errorRate,
    s.operationCount,
    s.reconnectCount,
    s.opsPerSecond,
    s.slowOpCount,
    s.usedMemoryBytes,
    s.maxMemoryBytes,
    s.connectedClients,
    s.keyspaceHits,
    s.keyspaceMisses,
    s.evictedKeys,
    s.replicationLink,
    s.commands === undefined ? null : JSON.stringify(s.commands),
  ];
}

export function sampleOf(row: SqlRow): ObservabilitySnapshot {
  const commands = row['commands_json'] === undefined ? null : textOrNull(row, 'commands_json');
  return {
    id: text(row, 'id'),
    connectionId: text(row, 'connection_id'),
    timestamp: text(row, 'timestamp'),
    periodSeconds: number(row, 'period_seconds'),
    latencyP50Ms: numberOrNull(row, 'latency_p50_ms'),
    latencyP95Ms: numberOrNull(row, 'latency_p95_ms'),
    errorRate: numberOrNull(row, 'error_rate'),
    operationCount: number(row, 'operation_count'),
    reconnectCount: number(row, 'reconnect_count'),
    opsPerSecond: numberOrNull(row, 'ops_per_second'),
    slowOpCount: numberOrNull(row, 'slow_op_count'),
    usedMemoryBytes: numberOrNull(row, 'used_memory_bytes'),
    maxMemoryBytes: numberOrNull(row, 'max_memory_bytes'),
    connectedClients: numberOrNull(row, 'connected_clients'),
    keyspaceHits: numberOrNull(row, 'keyspace_hits'),
    keyspaceMisses: numberOrNull(row, 'keyspace_misses'),
    evictedKeys: numberOrNull(row, 'evicted_keys'),
    replicationLink: row['replication_link'] === null ? null : oneOf(row, 'replication_link', links),
    ...(commands === null ? {} : { commands: JSON.parse(commands) as CommandDelta[] }),
  };
}

/** What the samples of a connection in one part say about its server's time; the first of a connection says nothing. */
export function commandSamplesOfPart(
  part: SqlDatabase,
  connectionId: string,
  { from, to }: { readonly from: string; readonly to: string },
): CommandSample[] {
  return part
    .rows(
      `SELECT timestamp, period_seconds, commands_json FROM observability_snapshots
       WHERE connection_id = ? AND timestamp >= ? AND timestamp < ? AND commands_json IS NOT NULL AND period_seconds > 0`,
      [connectionId, from, to],
    )
    .map(([timestamp, periodSeconds, commands]) => ({
      atMs: Date.parse(String(timestamp)),
      periodSeconds: Number(periodSeconds),
      commands: JSON.parse(String(commands)) as CommandDelta[],
    }));
}

/** Samples of one part in a window, oldest first, without what they say about commands. */
export function samplesOfPart(
  part: SqlDatabase,
  query: { readonly from: string; readonly to: string; readonly connectionIds?: readonly string[] },
  limit: number,
): ObservabilitySnapshot[] {
  const where = allOf([
    { sql: 'timestamp >= ? AND timestamp < ?', params: [query.from, query.to] },
    inList('connection_id', query.connectionIds),
  ]);
  return part
    .all(
      `SELECT ${figures} FROM observability_snapshots WHERE ${where.sql} ORDER BY timestamp, connection_id, id LIMIT ?`,
      [...where.params, limit],
    )
    .map(sampleOf);
}

/** What charts take from the samples of a connection in one part: half as many columns, for many more rows than are shown. */
export function figuresOfPart(
  part: SqlDatabase,
  connectionId: string,
  { from, to }: { readonly from: string; readonly to: string },
): SampleFigures[] {
  return part
    .rows(
      `SELECT timestamp, period_seconds, ops_per_second, used_memory_bytes, max_memory_bytes, connected_clients,
         keyspace_hits, keyspace_misses, evicted_keys
       FROM observability_snapshots WHERE connection_id = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp, id`,
      [connectionId, from, to],
    )
    .map(([timestamp, period, ops, used, max, clients, hits, misses, evicted]) => ({
      timestamp: String(timestamp),
      periodSeconds: Number(period),
      opsPerSecond: figure(ops),
      usedMemoryBytes: figure(used),
      maxMemoryBytes: figure(max),
      connectedClients: figure(clients),
      keyspaceHits: figure(hits),
      keyspaceMisses: figure(misses),
      evictedKeys: figure(evicted),
    }));
}

function figure(value: SqlValue | undefined): number | null {
  return value === null ? null : Number(value);
}

/** Samples of one part that a condition chooses. */
export function samplesWhere(part: SqlDatabase, where: Condition): ObservabilitySnapshot[] {
  return part
    .all(`SELECT ${sampleColumns} FROM observability_snapshots WHERE ${where.sql}`, where.params)
    .map(sampleOf);
}

/** The newest sample of a connection in one part, at or before a time. */
export function sampleOfPartAt(part: SqlDatabase, connectionId: string, at: string): ObservabilitySnapshot | null {
  const [row] = part.all(
    `SELECT ${sampleColumns} FROM observability_snapshots WHERE connection_id = ? AND timestamp <= ?
     ORDER BY timestamp DESC, id DESC LIMIT 1`,
    [connectionId, at],
  );
  return row === undefined ? null : sampleOf(row);
}
