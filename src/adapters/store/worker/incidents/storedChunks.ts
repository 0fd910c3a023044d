import type { CutQuery, IncidentCut } from '../../../../app/ports/incidents.ts';
import { Failure } from '../../../../domain/failure.ts';
import { groupSeparator, type DatasetLines, type EventColumns } from '../../../../domain/incidents/lines.ts';
import type { StoredPath } from '../../../../domain/incidents/manifest.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { EventPart } from '../../storeOptions.ts';
import { sampleColumnNames, sampleColumns, sampleOf } from '../repositories/observabilitySamples.ts';
import { allOf, inList, type Condition } from '../repositories/rows.ts';
import { ChunkBuffers } from './chunkBuffer.ts';

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
  /** The bytes are not needed any more: a later chunk may stand in their place. */
  readonly release: () => void;
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
  /** Lets other work of the thread in, the collection of what the part before left among it. */
  readonly betweenParts: () => Promise<void>;
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
export async function* storedChunks(path: StoredPath, options: ChunkOptions, from?: Position): AsyncGenerator<Chunk> {
  const { history, cut, query, lines, onLine, betweenParts } = options;
  const rowsOf = path === 'timeline.jsonl' ? eventRows : sampleRows;
  const buffers = new ChunkBuffers(chunkCharacters);
  let buffer = buffers.take();
  let characters = 0;
  let records = 0;
  const chunkUpTo = (next: Position): Chunk => {
    const full = buffer;
    return { bytes: full.bytes, records, next, release: () => buffers.give(full) };
  };
  let last = from ?? { part: -1, at: '', id: '', connection: '' };
  for (const part of partsOfCut(history, tables[path], cut, query)) {
    const id = Number(part.id);
    if (id < last.part) continue;
    await betweenParts();
    const database = part.open();
    if (database === undefined) throw partLost();
    const after = id === last.part ? last : undefined;
    for (const row of rowsOf(database, query, after, lines)) {
      buffer.add(row.line);
      characters += row.line.length;
      records += 1;
      onLine?.(row.line, row.at, row.status);
      if (characters < chunkCharacters) continue;
      last = { part: id, at: row.at, id: row.id, connection: row.connection };
      yield chunkUpTo(last);
      buffer = buffers.take();
      characters = 0;
      records = 0;
    }
  }
  if (records > 0) yield chunkUpTo({ ...last, part: Number.MAX_SAFE_INTEGER });
}

/** Finished parts of the cut that reach into the window, oldest first. */
function partsOfCut(history: StoreEngine, table: string, cut: IncidentCut, query: CutQuery): EventPart[] {
  return history
    .eventParts(table)
    .filter(({ id, content }) => {
      if (typeof id !== 'number' || id > cut.history || content === undefined) return false;
      if (content.tables?.[table]?.rows === 0) return false;
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

/** In an order in which what repeats stands together. */
const textColumns = [
  'timestamp',
  'id',
  'source',
  'connection_id',
  'environment',
  'action',
  'status',
  'key_or_pattern',
  'correlation_id',
  'error_code',
  'retryable',
  'attempt',
  'run_id',
  'redacted_diff',
  'details_json',
] as const;

/** One text instead of fifteen: what crosses from WebAssembly costs most of the time. */
const joined = textColumns
  .map((column) => `ifnull(${column}, '')`)
  .join(` || char(${groupSeparator.charCodeAt(0)}) || `);

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
    const event =
      columnsOf(String(text), Number(durationMs)) ??
      columnsOf(textAfter(part, query, { at: beforeAt, id: beforeId }), Number(durationMs));
    if (event === undefined) throw new Failure('INTERNAL_ERROR', 'A row of the history cannot be read.');
    beforeAt = event.timestamp;
    beforeId = event.id;
    yield {
      line: lines.event(event),
      at: event.timestamp,
      id: event.id,
      connection: '',
      status: event.status,
    };
  }
}

/** Ends of the columns in the text that is being read: made once, a million texts pass here. */
const ends = new Int32Array(textColumns.length);

/** undefined when a column holds the separator itself. */
function columnsOf(text: string, durationMs: number): EventColumns | undefined {
  let end = -1;
  for (let column = 0; column < textColumns.length - 1; column++) {
    end = text.indexOf(groupSeparator, end + 1);
    if (end < 0) return undefined;
    ends[column] = end;
  }
  if (text.includes(groupSeparator, end + 1)) return undefined;
  const from = (column: number): number => (ends[column - 1] ?? -1) + 1;
  return {
    timestamp: text.slice(0, ends[0]),
    id: text.slice(from(1), ends[1]),
    what: text.slice(from(2), ends[6]),
    status: text.slice(from(6), ends[6]),
    keyOrPattern: text.slice(from(7), ends[7]),
    correlationId: text.slice(from(8), ends[8]),
    outcome: text.slice(from(9)),
    durationMs,
  };
}

/** A row of another program may hold the separator, which no text of ours does: it then stands as a space. */
function textAfter(part: SqlDatabase, query: CutQuery, { at, id }: { at: string; id: string }): string {
  const where = allOf([windowOf(query), { sql: '(timestamp, id) > (?, ?)', params: [at, id] }]);
  const [row] = part.rows(
    `SELECT ${textColumns.join(', ')} FROM history_events WHERE ${where.sql} ORDER BY timestamp, id LIMIT 1`,
    where.params,
  );
  return (row ?? [])
    .map((value) => (value === null || value instanceof Uint8Array ? '' : String(value)))
    .map((value) => value.replaceAll(groupSeparator, ' '))
    .join(groupSeparator);
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
  const rows = part.each(
    `SELECT ${sampleColumns} FROM observability_snapshots WHERE ${where.sql} ORDER BY timestamp, connection_id, id`,
    where.params,
  );
  for (const row of rows) {
    const sample = sampleOf(Object.fromEntries(sampleColumnNames.map((column, at) => [column, row[at] ?? null])));
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
