import type { ImportCount, ImportCounts } from '../../../../app/ports/maintenance.ts';
import { failureCodes } from '../../../../domain/failure.ts';
import type { ObservabilitySnapshot } from '../../../../domain/observability/snapshot.ts';
import type { EventStatus, HistoryEvent } from '../../../../domain/timeline/event.ts';
import type { SqlDatabase, SqlRow, SqlValue } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { Transaction } from '../../transaction.ts';
import { environments } from '../repositories/environments.ts';
import { numberOrNull, text, textOrNull } from '../repositories/rows.ts';
import type { TelemetryGroup } from '../telemetryQueue.ts';
import { isoMs } from '../windows.ts';

/** Tables of the store `control`: the count's name, and the column that tells a row from the others. */
const controlTables: readonly { readonly name: string; readonly table: string; readonly key: string }[] = [
  { name: 'templates', table: 'workflow_templates', key: 'id' },
  { name: 'executions', table: 'workflow_executions', key: 'id' },
  { name: 'alerts', table: 'alert_events', key: 'id' },
  { name: 'rules', table: 'alert_rules', key: 'id' },
  { name: 'packs', table: 'governance_policy_packs', key: 'id' },
  { name: 'assignments', table: 'governance_assignments', key: 'connection_id' },
  { name: 'bundles', table: 'incident_bundles', key: 'id' },
  { name: 'retentionPolicies', table: 'retention_policies', key: 'dataset' },
];

/** What the desktop program called a run's state → what it is now. A run that it left running will not go on by itself. */
const runStates: Readonly<Record<string, string>> = {
  success: 'completed',
  error: 'failed',
  aborted: 'aborted',
  running: 'interrupted',
  pending: 'interrupted',
};

export interface ImportTarget {
  readonly control: StoreEngine;
  readonly history: StoreEngine;
  readonly writeTelemetry: (group: TelemetryGroup) => Promise<void>;
}

interface ImportOptions {
  readonly connectionIds: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
}

const batchRows = 4000;

/** Copies what is not here yet, from a copy in memory at level 3. A dry run counts the same and writes nothing. */
export async function importDesktopTables(
  from: SqlDatabase,
  target: ImportTarget,
  options: ImportOptions,
): Promise<ImportCounts> {
  const uidOf = (id: string): string =>
    Object.hasOwn(options.connectionIds, id) ? (options.connectionIds[id] ?? id) : id;
  const counts = await target.control.commit((tx) => importControl(tx, from, uidOf, options.dryRun));
  const events = from.all('SELECT * FROM history_events ORDER BY timestamp, id').map((row) => eventOf(row, uidOf));
  const samples = from
    .all('SELECT * FROM observability_snapshots ORDER BY timestamp, id')
    .map((row) => sampleOf(row, uidOf));
  const newEvents = newOnes(target.history, 'history_events', events);
  const newSamples = newOnes(target.history, 'observability_snapshots', samples);
  if (!options.dryRun) {
    for (let at = 0; at < newEvents.length; at += batchRows) {
      await target.writeTelemetry({ events: newEvents.slice(at, at + batchRows), samples: [] });
    }
    for (let at = 0; at < newSamples.length; at += batchRows) {
      await target.writeTelemetry({ events: [], samples: newSamples.slice(at, at + batchRows) });
    }
  }
  return { ...counts, events: countOf(events, newEvents), samples: countOf(samples, newSamples) };
}

function countOf(found: readonly unknown[], imported: readonly unknown[]): ImportCount {
  return { found: found.length, imported: imported.length, skipped: found.length - imported.length };
}

function importControl(
  tx: Transaction,
  from: SqlDatabase,
  uidOf: (id: string) => string,
  dryRun: boolean,
): Record<string, ImportCount> {
  const counts: Record<string, ImportCount> = {};
  for (const { name, table, key } of controlTables) {
    const rows = from.all(`SELECT * FROM ${table}`).map((row) => translated(row, table, uidOf));
    const present = new Set(tx.all(`SELECT ${key} FROM ${table}`).map((row) => row[key]));
    const missing = rows.filter((row) => !present.has(row[key] ?? null));
    counts[name] = countOf(rows, missing);
    const columns = Object.keys(missing[0] ?? {});
    if (dryRun || columns.length === 0) continue;
    const marks = columns.map(() => '?').join(', ');
    const insert = `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${marks})`;
    tx.runMany(
      insert,
      missing.map((row) => columns.map((column): SqlValue => row[column] ?? null)),
    );
  }
  return counts;
}

function translated(row: SqlRow, table: string, uidOf: (id: string) => string): SqlRow {
  const connection = row['connection_id'];
  const status = row['status'];
  return {
    ...row,
    ...(typeof connection === 'string' ? { connection_id: uidOf(connection) } : {}),
    ...(table === 'workflow_executions' && typeof status === 'string'
      ? { status: runStates[status] ?? 'interrupted' }
      : {}),
  };
}

const statuses: readonly EventStatus[] = ['success', 'error', 'blocked'];

function eventOf(row: SqlRow, uidOf: (id: string) => string): HistoryEvent {
  const code = textOrNull(row, 'error_code');
  const known = failureCodes.find((one) => one === code);
  const details = detailsOf(textOrNull(row, 'details_json'), known === undefined ? code : null);
  const retryable = numberOrNull(row, 'retryable');
  const diff = textOrNull(row, 'redacted_diff');
  return {
    id: text(row, 'id'),
    timestamp: isoMs(text(row, 'timestamp')),
    source: text(row, 'source') === 'engine' ? 'engine' : 'app',
    connectionId: uidOf(text(row, 'connection_id')),
    environment: environments.find((one) => one === row['environment']) ?? 'unknown',
    action: text(row, 'action'),
    keyOrPattern: text(row, 'key_or_pattern'),
    durationMs: Math.max(0, numberOrNull(row, 'duration_ms') ?? 0),
    status: statuses.find((one) => one === row['status']) ?? 'error',
    ...(code === null ? {} : { errorCode: known ?? 'INTERNAL_ERROR' }),
    ...(retryable === null ? {} : { retryable: retryable !== 0 }),
    ...(diff === null ? {} : { redactedDiff: diff }),
    ...(details === undefined ? {} : { details }),
  };
}

/** Details as they were; what is no JSON object is kept as text, and a code that is unknown today beside it. */
function detailsOf(json: string | null, oldCode: string | null): Record<string, unknown> | undefined {
  const code = oldCode === null ? {} : { desktopErrorCode: oldCode };
  if (json === null) return oldCode === null ? undefined : code;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = json;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value, ...code }
    : { desktopDetails: value, ...code };
}

function sampleOf(row: SqlRow, uidOf: (id: string) => string): ObservabilitySnapshot {
  return {
    id: text(row, 'id'),
    connectionId: uidOf(text(row, 'connection_id')),
    timestamp: isoMs(text(row, 'timestamp')),
    periodSeconds: 0,
    latencyP50Ms: numberOrNull(row, 'latency_p50_ms'),
    latencyP95Ms: numberOrNull(row, 'latency_p95_ms'),
    errorRate: numberOrNull(row, 'error_rate'),
    operationCount: 0,
    reconnectCount: numberOrNull(row, 'reconnect_count') ?? 0,
    opsPerSecond: numberOrNull(row, 'ops_per_second'),
    slowOpCount: numberOrNull(row, 'slow_op_count'),
    usedMemoryBytes: null,
    maxMemoryBytes: null,
    connectedClients: null,
    keyspaceHits: null,
    keyspaceMisses: null,
    evictedKeys: null,
    replicationLink: null,
  };
}

/** Rows whose id no part holds yet. Parts are looked at where their time reaches into that of the rows. */
function newOnes<T extends { readonly id: string; readonly timestamp: string }>(
  history: StoreEngine,
  table: string,
  rows: readonly T[],
): T[] {
  const from = rows[0]?.timestamp;
  const to = rows.at(-1)?.timestamp;
  if (from === undefined || to === undefined) return [];
  const present = new Set<SqlValue>();
  for (const { open } of history.eventParts()) {
    const part = open();
    if (part === undefined) continue;
    const ids = part.each(`SELECT id FROM ${table} WHERE timestamp >= ? AND timestamp <= ?`, [from, to]);
    for (const [id] of ids) if (id !== undefined) present.add(id);
  }
  return rows.filter(({ id }) => !present.has(id));
}
