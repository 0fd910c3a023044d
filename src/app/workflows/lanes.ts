import { asFailure, type Failure } from '../../domain/failure.ts';
import type { BulkLine } from '../redis/bulkLine.ts';

/**
 * The connections of one run. A connection watches the keys of one transaction at a time, so a batch of many items is
 * shared out over several, and the batch after it is looked at on others meanwhile.
 */
export class Lanes {
  readonly #open: () => Promise<BulkLine>;
  readonly #idle: BulkLine[] = [];
  readonly #taken = new Set<BulkLine>();
  /** Where a server allows no more connections, those that there are do. */
  #most = Infinity;

  /** `open` gives a line that is proven to lead to the server of the run. */
  constructor(open: () => Promise<BulkLine>) {
    this.#open = open;
  }

  /** Whether the server may give another line, as far as is known. */
  get hasRoom(): boolean {
    return this.#idle.length > 0 || this.#taken.size < this.#most;
  }

  /** As many lines as there are of those wanted, at least one. @throws what `open` throws when there is none */
  async take(wanted: number): Promise<readonly BulkLine[]> {
    const lines: BulkLine[] = [];
    for (let line = this.#takeIdle(wanted); line !== null; line = this.#takeIdle(wanted - lines.length))
      lines.push(line);
    if (lines.length === 0) lines.push(await this.#first());
    const more = Math.min(wanted - lines.length, this.#most - this.#taken.size);
    if (more <= 0) return lines;
    const opened = await Promise.allSettled(Array.from({ length: more }, async () => this.#use(await this.#open())));
    for (const result of opened) {
      if (result.status === 'fulfilled') lines.push(result.value);
      else if (isRefusedConnection(asFailure(result.reason))) this.#most = Math.max(1, this.#taken.size);
      else {
        this.drop(lines);
        throw result.reason;
      }
    }
    return lines;
  }

  /** Gives lines back on which nothing is watched or on its way. */
  give(lines: readonly BulkLine[]): void {
    for (const line of lines) {
      if (this.#taken.delete(line) && !line.dead()) this.#idle.push(line);
    }
  }

  /** Closes lines that watch keys which nobody will write. */
  drop(lines: readonly BulkLine[]): void {
    for (const line of lines) {
      this.#taken.delete(line);
      line.close();
    }
  }

  close(): void {
    this.drop([...this.#taken, ...this.#idle.splice(0)]);
  }

  async #first(): Promise<BulkLine> {
    try {
      return this.#use(await this.#open());
    } catch (error) {
      if (this.#taken.size > 0 && isRefusedConnection(asFailure(error))) this.#most = this.#taken.size;
      throw error;
    }
  }

  #use(line: BulkLine): BulkLine {
    this.#taken.add(line);
    return line;
  }

  #takeIdle(wanted: number): BulkLine | null {
    if (wanted <= 0) return null;
    for (let line = this.#idle.pop(); line !== undefined; line = this.#idle.pop()) {
      if (!line.dead()) return this.#use(line);
      line.close();
    }
    return null;
  }
}

function isRefusedConnection({ code }: Failure): boolean {
  return code === 'CONNECTION_FAILED' || code === 'TIMEOUT' || code === 'UNAUTHORIZED';
}
