import type { ObservabilitySnapshot } from '../observability/snapshot.ts';
import { busiestCommand, eventDetails } from './datasets.ts';
import type { Redactor } from './redactor.ts';
import { allowed } from './shapes.ts';

/** Between the parts of a group. */
export const groupSeparator = '\x1f';

/** The columns of one timeline event, as the store has them; an empty text = absent. What repeats stands in groups. */
export interface EventColumns {
  readonly timestamp: string;
  readonly id: string;
  /** Source, connection, environment, action, status. */
  readonly what: string;
  readonly status: string;
  readonly keyOrPattern: string;
  readonly correlationId: string;
  /** Error code, retryable, attempt, run, difference, details. */
  readonly outcome: string;
  readonly durationMs: number;
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const keptPieces = 4000;

/**
 * Writes timeline events and samples as lines of JSON. A million of them pass here, so what repeats (connections, actions)
 * is judged once and kept as text.
 */
export class DatasetLines {
  readonly #redactor: Redactor;
  readonly #nameOf: (uid: string) => string;
  readonly #connections = new Map<string, string>();
  readonly #facts = new Map<string, string>();
  readonly #whats = new Map<string, string>();
  readonly #outcomes = new Map<string, string>();

  /** `nameOf` answers the id that people know a connection by. */
  constructor(redactor: Redactor, nameOf: (uid: string) => string) {
    this.#redactor = redactor;
    this.#nameOf = nameOf;
  }

  /** With the line end. */
  event(event: EventColumns): string {
    let line = `{"at":${this.#time(event.timestamp)},"id":${this.#id(event.id)}`;
    if (event.correlationId !== '') line += `,"correlation":${this.#id(event.correlationId)}`;
    line += this.#whats.get(event.what) ?? this.#what(event.what);
    if (event.keyOrPattern !== '') line += this.#text('key', 'key', event.keyOrPattern);
    line += `,"durationMs":${Number.isFinite(event.durationMs) ? event.durationMs : 'null'}`;
    return `${line}${this.#outcomes.get(event.outcome) ?? this.#outcome(event.outcome)}}\n`;
  }

  /** With the line end. */
  sample(sample: ObservabilitySnapshot): string {
    const { id: _id, connectionId, timestamp, commands, replicationLink, ...numbers } = sample;
    const busiest = commands?.map((command) => allowed(this.#redactor, busiestCommand, command, 'commands'));
    const measured = Object.entries(numbers).filter(([, value]) => typeof value === 'number' || value === null);
    return `{"at":${this.#time(timestamp)},"connection":${this.#connection(connectionId)},${JSON.stringify({
      ...Object.fromEntries(measured),
      ...(replicationLink === null ? {} : { replicationLink }),
      ...(busiest === undefined ? {} : { commands: busiest }),
    }).slice(1)}\n`;
  }

  #what(group: string): string {
    const [source = '', connection = '', environment = '', action = '', status = ''] = group.split(groupSeparator);
    const text = `,"source":${this.#fact(source)},"connection":${this.#connection(connection)},"environment":${this.#fact(environment)},"action":${this.#fact(action)},"status":${this.#fact(status)}`;
    if (this.#whats.size < keptPieces) this.#whats.set(group, text);
    return text;
  }

  #outcome(group: string): string {
    const [errorCode = '', retryable = '', attempt = '', runId = '', difference = '', details = ''] =
      group.split(groupSeparator);
    let text = errorCode === '' ? '' : `,"errorCode":${this.#fact(errorCode)}`;
    if (retryable !== '') text += `,"retryable":${retryable === '1'}`;
    if (attempt !== '') text += `,"attempt":${Number(attempt) || 0}`;
    if (runId === '' && difference === '' && details === '') {
      if (this.#outcomes.size < keptPieces) this.#outcomes.set(group, text);
      return text;
    }
    if (runId !== '') text += `,"run":${this.#id(runId)}`;
    if (difference !== '') text += this.#text('difference', 'text', difference);
    return details === '' ? text : text + this.#details(details);
  }

  /** An id of ours passes; anything else that stands in its place is a name of the user. */
  #id(id: string): string {
    if (isUuid(id)) return `"${id}"`;
    return JSON.stringify(this.#redactor.text('label', id) ?? null);
  }

  #connection(uid: string): string {
    let text = this.#connections.get(uid);
    if (text !== undefined) return text;
    text = JSON.stringify(this.#redactor.text('label', this.#nameOf(uid)) ?? null);
    this.#connections.set(uid, text);
    return text;
  }

  #time(value: string): string {
    return time.test(value) ? `"${value}"` : 'null';
  }

  #fact(value: string): string {
    const kept = this.#facts.get(value);
    if (kept !== undefined) return kept;
    const text = JSON.stringify(this.#redactor.text('fact', value) ?? null);
    if (this.#facts.size < keptPieces) this.#facts.set(value, text);
    return text;
  }

  #text(name: string, kind: 'key' | 'text', value: string): string {
    const text = this.#redactor.text(kind, value);
    return text === undefined ? '' : `,"${name}":${JSON.stringify(text)}`;
  }

  #details(json: string): string {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      this.#redactor.dropped('details');
      return '';
    }
    const kept = allowed(this.#redactor, eventDetails, value, 'details');
    return kept === undefined ? '' : `,"details":${JSON.stringify(kept)}`;
  }
}

/** Lower-case hexadecimal digits with dashes where a UUID has them. As a regular expression it took a tenth of the time of all. */
function isUuid(text: string): boolean {
  if (text.length !== 36) return false;
  for (let at = 0; at < 36; at++) {
    const code = text.charCodeAt(at);
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (code !== 0x2d) return false;
    } else if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}
