import type { CutQuery, IncidentCut } from '../../../../app/ports/incidents.ts';
import { Failure } from '../../../../domain/failure.ts';
import type { DatasetLines, EventColumns } from '../../../../domain/incidents/lines.ts';
import type { StoredPath } from '../../../../domain/incidents/manifest.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { EventPart } from '../../storeOptions.ts';
import { sampleOf, sampleColumns } from '../repositories/observabilitySamples.ts';
import { allOf, inList, type Condition } from '../repositories/rows.ts';

/** The last row that was taken: what comes after it comes next. Parts before `part` are done. */
export interface Position {
  readonly part: number;
  readonly at: string;
  readonly id: string;
  /** Samples have equal times: their order goes by connection before id. */
  readonly connection: string;
}

/** Some whole lines of a dataset. */
export interface Chunk {
  readonly bytes: Buffer;
  readonly records: number;
  /** Where the next chunk begins. */
  readonly next: Position;
}

/** Told each line as it is made. */
export type OnLine = (line: string, timestamp: string, status: string) => void;

export interface ChunkOptions {
  readonly history: StoreEngine;
  readonly cut: IncidentCut;
  readonly query: CutQuery;
  readonly lines: DatasetLines;
  readonly onLine?: OnLine;
}

/** A chunk is full with so many characters: large enough to pack well, small enough that a crash costs little. */
const chunkCharacters = 1 << 20;

const tables = { 'timeline.jsonl': 'history_events', 'metrics.jsonl': 'observability_snapshots' } as const;

/**
 * The lines of a dataset in a cut, in the order in which they were recorded: part by part, by time within a part. Where
 * chunks end depends on the lines alone, so that going on from the end of any chunk gives the same chunks.
 *
 * @throws Failure CONFLICT when a part of the cut cannot be read any more
 */
export function* storedChunks(path: StoredPath, options: ChunkOptions, from?: Position): Generator<Chunk> {
  const { history, cut, query, lines, onLine } = options;
  const rowsOf = path === 'timeline.jsonl' ? eventRows : sampleRows;
  let text = '';
  let records = 0;
  let last = from ?? { part: -1, at: '', id: '', connection: '' };
  for (const part of partsOfCut(history, tables[path], cut, query)) {
    const id = Number(part.id);
    if (id < last.part) continue;
    const database = part.open();
    if (database === undefined) throw partLost();
    const after = id === last.part ? last : undefined;
    for (const row of rowsOf(database, query, after, lines)) {
      text += row.line;
      records += 1;
      onLine?.(row.line, row.at, row.status);
      if (text.length < chunkCharacters) continue;
      last = { part: id, at: row.at, id: row.id, connection: row.connection };
      yield { bytes: Buffer.from(text), records, next: last };
      text = '';
      records = 0;
    }
  }
  if (text !== '') yield { bytes: Buffer.from(text), records, next: { ...last, part: Number.MAX_SAFE_INTEGER } };
}

/** Finished parts of the cut that reach into the window, oldest first. */
function partsOfCut(history: StoreEngine, table: string, cut: IncidentCut, query: CutQuery): EventPart[] {
  return history
    .eventParts(table)
    .filter(({ id, content }) => {
      if (typeof id !== 'number' || id > cut.history || content === undefined) return false;
      return content.from === null || content.to === null || (content.from < query.to && content.to >= query.from);
    })
    .sort((a, b) => Number(a.id) - Number(b.id));
}

interface Row {
  readonly line: string;
  readonly at: string;
  readonly id: string;
  readonly connection: string;
  readonly status: string;
}

const textColumns = [
  'timestamp',
  'id',
  'source',
  'connection_id',
  'environment',
  'action',
  'key_or_pattern',
  'status',
  'error_code',
  'retryable',
  'attempt',
  'correlation_id',
  'run_id',
  'redacted_diff',
  'details_json',
] as const;

/** ASCII's own separator; texts of the store are made by `display()`, which never lets it through. */
const separator = '\x1f';
/** One text instead of fifteen: what crosses from WebAssembly costs most of the time. */
const joined = textColumns.map((column) => `ifnull(${column}, '')`).join(` || char(31) || `);

function windowOf(query: CutQuery): Condition {
  return allOf([
    { sql: 'timestamp >= ? AND timestamp < ?', params: [query.from, query.to] },
    inList('+connection_id', query.connectionIds),
  ]);
}

function* eventRows(
  part: SqlDatabase,
  query: CutQuery,
  after: Position | undefined,
  lines: DatasetLines,
): Generator<Row> {
  const where = allOf([
    windowOf(query),
    after === undefined ? undefined : { sql: '(timestamp, id) > (?, ?)', params: [after.at, after.id] },
  ]);
  let beforeAt = after?.at ?? '';
  let beforeId = after?.id ?? '';
  const sql = `SELECT ${joined}, duration_ms FROM history_events WHERE ${where.sql} ORDER BY timestamp, id`;
  for (const [text, durationMs] of part.each(sql, where.params)) {
    let values = String(text).split(separator);
    if (values.length !== textColumns.length) values = columnsAfter(part, query, { at: beforeAt, id: beforeId });
    const event = columnsOf(values, Number(durationMs));
    beforeAt = event.timestamp;
    beforeId = event.id;
    yield {
      line: lines.event(event),
      at: event.timestamp,
      id: event.id,
      connection: event.connectionId,
      status: event.status,
    };
  }
}

function columnsOf(values: readonly string[], durationMs: number): EventColumns {
  return {
    timestamp: values[0] ?? '',
    id: values[1] ?? '',
    source: values[2] ?? '',
    connectionId: values[3] ?? '',
    environment: values[4] ?? '',
    action: values[5] ?? '',
    keyOrPattern: values[6] ?? '',
    status: values[7] ?? '',
    errorCode: values[8] ?? '',
    retryable: values[9] ?? '',
    attempt: values[10] ?? '',
    correlationId: values[11] ?? '',
    runId: values[12] ?? '',
    redactedDiff: values[13] ?? '',
    details: values[14] ?? '',
    durationMs,
  };
}

/** A row of another program may hold the separator: it is read column by column. */
function columnsAfter(part: SqlDatabase, query: CutQuery, { at, id }: { at: string; id: string }): string[] {
  const where = allOf([windowOf(query), { sql: '(timestamp, id) > (?, ?)', params: [at, id] }]);
  const [row] = part.rows(
    `SELECT ${textColumns.join(', ')} FROM history_events WHERE ${where.sql} ORDER BY timestamp, id LIMIT 1`,
    where.params,
  );
  return (row ?? []).map((value) => (value === null || value instanceof Uint8Array ? '' : String(value)));
}

function* sampleRows(
  part: SqlDatabase,
  query: CutQuery,
  after: Position | undefined,
  lines: DatasetLines,
): Generator<Row> {
  const where = allOf([
    windowOf(query),
    after === undefined
      ? undefined
      : { sql: '(timestamp, connection_id, id) > (?, ?, ?)', params: [after.at, after.connection, after.id] },
  ]);
  const rows = part.all(
    `SELECT ${sampleColumns} FROM observability_snapshots WHERE ${where.sql} ORDER BY timestamp, connection_id, id`,
    where.params,
  );
  for (const row of rows) {
    const sample = sampleOf(row);
    yield {
      line: lines.sample(sample),
      at: sample.timestamp,
      id: sample.id,
      connection: sample.connectionId,
      status: '',
    };
  }
}

function partLost(): Failure {
  return new Failure(
    'CONFLICT',
    'Part of what was previewed is not in the local store any more. No file was written.',
    {
      nextAction: 'Make a new preview: it shows what is left.',
    },
  );
}
