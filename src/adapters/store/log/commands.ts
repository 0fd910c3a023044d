// How the statements of one transaction are written into a frame of the log. A batch of events is one statement with many
// rows: texts that repeat (actions, connections) stand once, UUIDs and times are packed, so that a frame takes about a
// quarter of what its rows take in the database.
import type { SqlValue } from '../sql/driver.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

/**
 * Which database of a store a statement belongs to: the one that stays, the current part of the event rows, or a finished
 * part by its id, in which rows are only ever deleted.
 */
export type Target = 'main' | 'part' | number;

/** What stands before a command: where its statement runs, or what happens to a finished part as a whole. */
const place = { main: 0, part: 1, finished: 2, dropped: 3, hidden: 4 } as const;

/**
 * One statement and the rows of parameters that it ran with. It must be deterministic: every window runs it again. Time,
 * ids and random values are parameters; no `random()`, no `datetime('now')`.
 */
export interface Statement {
  readonly target: Target;
  readonly sql: string;
  readonly rows: readonly (readonly SqlValue[])[];
}

/** What happens to a finished part as a whole, without reading it. */
export type PartChange =
  /** It goes with all its rows. */
  | { readonly part: number; readonly dropped: true }
  /** The rows of these tables stay but are not seen; the last word counts, an empty list shows all. */
  | { readonly part: number; readonly hidden: readonly string[] };

export type Command = Statement | PartChange;

const kind = {
  null: 0,
  natural: 1,
  negative: 2,
  double: 3,
  text: 4,
  known: 5,
  blob: 6,
  uuid: 7,
  time: 8,
  milli: 9,
} as const;

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const longestKnown = 80;
const longestMilli = 2 ** 40;

const dash = 45;

/** 0-15 for `0-9a-f`, else 255: upper case would not come back as it was. */
const nibbles = new Uint8Array(128).fill(255);
for (let digit = 0; digit < 16; digit++) nibbles[digit.toString(16).charCodeAt(0)] = digit;

/** Packs a lower-case UUID; false when `text` is none, and then `into` holds nothing of use. */
function packUuid(text: string, into: Uint8Array): boolean {
  let at = 0;
  for (let i = 0; i < 36; i++) {
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (text.charCodeAt(i) !== dash) return false;
      continue;
    }
    const high = nibbles[text.charCodeAt(i)] ?? 255;
    const low = nibbles[text.charCodeAt(++i)] ?? 255;
    if (high > 15 || low > 15) return false;
    into[at++] = (high << 4) | low;
  }
  return true;
}

class Encoder {
  readonly out = new ByteWriter();
  private readonly known = new Map<string, number>();
  private readonly packed = new Uint8Array(16);
  private lastMinute = '';
  private lastMinuteMs = 0;

  value(value: SqlValue): void {
    if (value === null) this.out.byte(kind.null);
    else if (typeof value === 'string') this.text(value);
    else if (typeof value === 'number') this.number(value);
    else {
      this.out.byte(kind.blob);
      this.out.blob(value);
    }
  }

  private number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.out.byte(value < 0 ? kind.negative : kind.natural);
      this.out.count(Math.abs(value));
      return;
    }
    const thousandths = Math.round(value * 1000);
    // Durations have three decimals: as whole thousandths they take two bytes or three instead of eight.
    if (thousandths > 0 && thousandths < longestMilli && thousandths / 1000 === value) {
      this.out.byte(kind.milli);
      this.out.count(thousandths);
    } else {
      this.out.byte(kind.double);
      this.out.double(value);
    }
  }

  private text(value: string): void {
    const at = this.known.get(value);
    if (at !== undefined) {
      this.out.byte(kind.known);
      this.out.count(at);
      return;
    }
    if (value.length === 24 && this.time(value)) return;
    if (value.length === 36 && packUuid(value, this.packed)) {
      this.out.byte(kind.uuid);
      this.out.raw(this.packed);
      return;
    }
    if (value.length <= longestKnown) this.known.set(value, this.known.size);
    this.out.byte(kind.text);
    this.out.text(value);
  }

  private time(value: string): boolean {
    if (!time.test(value)) return false;
    if (!value.startsWith(this.lastMinute) || this.lastMinute === '') {
      const ms = Date.parse(value);
      if (!(ms >= 0) || new Date(ms).toISOString() !== value) return false;
      this.lastMinute = value.slice(0, 17);
      this.lastMinuteMs = ms - (ms % 60_000);
    }
    const withinMinute = Number(value.slice(17, 19)) * 1000 + Number(value.slice(20, 23));
    if (withinMinute >= 60_000) return false;
    this.out.byte(kind.time);
    this.out.six(this.lastMinuteMs + withinMinute);
    return true;
  }
}

class Decoder {
  private readonly input: ByteReader;
  private readonly known: string[] = [];

  constructor(input: ByteReader) {
    this.input = input;
  }

  value(): SqlValue {
    const tag = this.input.byte();
    switch (tag) {
      case kind.null:
        return null;
      case kind.natural:
        return this.input.count();
      case kind.negative:
        return -this.input.count();
      case kind.double:
        return this.input.double();
      case kind.milli:
        return this.input.count() / 1000;
      case kind.text: {
        const text = this.input.text();
        if (text.length <= longestKnown) this.known.push(text);
        return text;
      }
      case kind.known: {
        const text = this.known[this.input.count()];
        if (text === undefined) throw new RangeError('A repeated text is not known');
        return text;
      }
      case kind.blob:
        return this.input.blob();
      case kind.uuid: {
        const hex = this.input.raw(16).toString('hex');
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
      }
      case kind.time:
        return new Date(this.input.six()).toISOString();
      default:
        throw new RangeError(`Unknown value kind ${tag}`);
    }
  }
}

/** The payload of one frame. */
export function encodeCommands(commands: readonly Command[]): Uint8Array {
  const encoder = new Encoder();
  const { out } = encoder;
  out.count(commands.length);
  for (const command of commands) {
    if ('sql' in command) encodeStatement(encoder, command);
    else encodePartChange(out, command);
  }
  return out.bytes();
}

function encodeStatement(encoder: Encoder, { target, sql, rows }: Statement): void {
  const { out } = encoder;
  out.byte(typeof target === 'number' ? place.finished : place[target]);
  if (typeof target === 'number') out.count(target);
  out.text(sql);
  out.count(rows.length);
  out.count(rows[0]?.length ?? 0);
  for (const row of rows) for (const value of row) encoder.value(value);
}

function encodePartChange(out: ByteWriter, change: PartChange): void {
  out.byte('hidden' in change ? place.hidden : place.dropped);
  out.count(change.part);
  if (!('hidden' in change)) return;
  out.count(change.hidden.length);
  for (const table of change.hidden) out.text(table);
}

/** @throws RangeError when the bytes are no such payload */
export function decodeCommands(payload: Uint8Array): Command[] {
  const input = new ByteReader(payload);
  const decoder = new Decoder(input);
  const commands: Command[] = [];
  for (let left = input.count(); left > 0; left--) commands.push(decodeCommand(input, decoder));
  return commands;
}

function decodeCommand(input: ByteReader, decoder: Decoder): Command {
  const at = input.byte();
  switch (at) {
    case place.main:
      return decodeStatement('main', input, decoder);
    case place.part:
      return decodeStatement('part', input, decoder);
    case place.finished:
      return decodeStatement(input.count(), input, decoder);
    case place.dropped:
      return { part: input.count(), dropped: true };
    case place.hidden:
      return { part: input.count(), hidden: Array.from({ length: input.count() }, () => input.text()) };
    default:
      throw new RangeError(`Unknown command ${at}`);
  }
}

function decodeStatement(target: Target, input: ByteReader, decoder: Decoder): Statement {
  const sql = input.text();
  const rowCount = input.count();
  const width = input.count();
  const rows: SqlValue[][] = [];
  for (let r = 0; r < rowCount; r++) {
    const row: SqlValue[] = [];
    for (let c = 0; c < width; c++) row.push(decoder.value());
    rows.push(row);
  }
  return { target, sql, rows };
}
