import type { ObservabilitySnapshot } from '../observability/snapshot.ts';
import { busiestCommand, eventDetails } from './datasets.ts';
import type { Redactor } from './redactor.ts';
import { allowed } from './shapes.ts';

/** The text columns of one timeline event, as the store has them; an empty text = absent. */
export interface EventColumns {
  readonly timestamp: string;
  readonly id: string;
  readonly source: string;
  readonly connectionId: string;
  readonly environment: string;
  readonly action: string;
  readonly keyOrPattern: string;
  readonly status: string;
  readonly errorCode: string;
  readonly retryable: string;
  readonly attempt: string;
  readonly correlationId: string;
  readonly runId: string;
  readonly redactedDiff: string;
  readonly details: string;
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

  /** `nameOf` answers the id that people know a connection by. */
  constructor(redactor: Redactor, nameOf: (uid: string) => string) {
    this.#redactor = redactor;
    this.#nameOf = nameOf;
  }

  /** With the line end. */
  event(event: EventColumns): string {
    let line = `{"at":${this.#time(event.timestamp)},"id":${this.#id(event.id)},"source":${this.#fact(event.source)},"connection":${this.#connection(event.connectionId)},"environment":${this.#fact(event.environment)},"action":${this.#fact(event.action)}`;
    if (event.keyOrPattern !== '') line += this.#text('key', 'key', event.keyOrPattern);
    line += `,"durationMs":${Number.isFinite(event.durationMs) ? event.durationMs : 'null'},"status":${this.#fact(event.status)}`;
    if (event.errorCode !== '') line += `,"errorCode":${this.#fact(event.errorCode)}`;
    if (event.retryable !== '') line += `,"retryable":${event.retryable === '1'}`;
    if (event.attempt !== '') line += `,"attempt":${Number(event.attempt) || 0}`;
    if (event.correlationId !== '') line += `,"correlation":${this.#id(event.correlationId)}`;
    if (event.runId !== '') line += `,"run":${this.#id(event.runId)}`;
    if (event.redactedDiff !== '') line += this.#text('difference', 'text', event.redactedDiff);
    if (event.details !== '') line += this.#details(event.details);
    return `${line}}\n`;
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
