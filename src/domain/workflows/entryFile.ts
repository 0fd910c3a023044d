import { textOf, type Bytes } from '../bytes.ts';
import { validationFailure } from '../failure.ts';

/** Warm-up entries as a file holds them, unchecked: the kind checks them like inline ones. */
export interface RawEntry {
  readonly key: unknown;
  readonly value: unknown;
  readonly ttlSeconds?: unknown;
}

/**
 * Reads a warm-up file: JSON (a list of `{ key, value, ttlSeconds? }`, or one object of keys and values) or CSV with a
 * header that names `key`, `value` and perhaps `ttlSeconds` (RFC 4180). Throws VALIDATION_ERROR that names the line.
 */
export function entriesOfFile(name: string, bytes: Bytes): readonly RawEntry[] {
  const text = textOf(bytes);
  if (text === null) throw wrong('is not UTF-8 text');
  const body = text.replace(/^\uFEFF/, '');
  return /\.csv$/i.test(name) ? entriesOfCsv(body) : entriesOfJson(body);
}

function entriesOfJson(text: string): readonly RawEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('is not valid JSON; a file of comma-separated values must end in .csv');
  }
  if (Array.isArray(value)) return value as RawEntry[];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([key, part]: [string, unknown]) => ({ key, value: part }));
  throw wrong('holds neither a list of { key, value } nor an object of keys and values');
}

function entriesOfCsv(text: string): readonly RawEntry[] {
  const [header, ...rows] = rowsOf(text);
  const columns = header?.cells.map((cell) => cell.trim()) ?? [];
  const key = columns.indexOf('key');
  const value = columns.indexOf('value');
  const ttl = columns.indexOf('ttlSeconds');
  if (key < 0 || value < 0) throw wrong('needs a first line that names the columns `key` and `value`');
  return rows.map(({ cells, line }) => {
    if (cells.length !== columns.length)
      throw wrong(`has ${cells.length} columns in line ${line}, not ${columns.length}`);
    const seconds = ttl < 0 ? '' : (cells[ttl] ?? '').trim();
    if (seconds !== '' && !/^\d+$/.test(seconds)) throw wrong(`has no whole number as ttlSeconds in line ${line}`);
    return { key: cells[key], value: cells[value], ...(seconds === '' ? {} : { ttlSeconds: Number(seconds) }) };
  });
}

interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

function rowsOf(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let begun = 1;
  const endRow = (): void => {
    if (cells.length > 0 || cell !== '') rows.push({ cells: [...cells, cell], line: begun });
    cells = [];
    cell = '';
    begun = line;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\n') line += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text.charAt(at + 1) === '"') cell += text.charAt(++at);
      else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === ',') {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') endRow();
    else if (character !== '\r' || text.charAt(at + 1) !== '\n') cell += character;
  }
  if (quoted) throw wrong(`has a quote that never ends, begun in line ${begun}`);
  endRow();
  return rows;
}

function wrong(what: string): Error {
  return validationFailure('parameters.file', `The warm-up file ${what}.`);
}
