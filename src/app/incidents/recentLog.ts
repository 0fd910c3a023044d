import type { Log, LogFields } from '../ports/environment.ts';
import { isoTime, type Clock } from '../ports/clock.ts';

export interface LoggedLine extends LogFields {
  readonly at: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
}

const keptLines = 5000;

/** Passes lines on and remembers the newest of this window, for incident bundles. */
export class RecentLog implements Log {
  readonly #to: Log;
  readonly #clock: Clock;
  #lines: LoggedLine[] = [];

  constructor(to: Log, clock: Clock) {
    this.#to = to;
    this.#clock = clock;
  }

  info(event: string, fields?: LogFields): void {
    this.#to.info(event, fields);
    this.#keep('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#to.warn(event, fields);
    this.#keep('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#to.error(event, fields);
    this.#keep('error', event, fields);
  }

  /** Half-open [from, to), oldest first. */
  lines(from: string, to: string): readonly LoggedLine[] {
    return this.#lines.filter(({ at }) => at >= from && at < to);
  }

  #keep(level: LoggedLine['level'], event: string, fields: LogFields = {}): void {
    this.#lines.push({ ...fields, at: isoTime(this.#clock), level, event });
    if (this.#lines.length > 2 * keptLines) this.#lines = this.#lines.slice(-keptLines);
  }
}
