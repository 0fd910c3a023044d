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

  /** As many lines as there are of those wanted, at least one. @throws what `open` throws when there is none */
  async take(wanted: number): Promise<readonly BulkLine[]> {
    const lines: BulkLine[] = [];
    while (lines.length < wanted) {
      const line = this.#takeIdle() ?? (await this.#another(lines.length));
      if (line === null) break;
      this.#taken.add(line);
      lines.push(line);
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

  #takeIdle(): BulkLine | null {
    for (let line = this.#idle.pop(); line !== undefined; line = this.#idle.pop()) {
      if (!line.dead()) return line;
      line.close();
    }
    return null;
  }

  /** One more connection; null when there is one already and the server gives no other. */
  async #another(has: number): Promise<BulkLine | null> {
    if (has > 0 && this.#taken.size >= this.#most) return null;
    try {
      return await this.#open();
    } catch (error) {
      if (has === 0 || !isRefusedConnection(asFailure(error))) throw error;
      this.#most = this.#taken.size;
      return null;
    }
  }
}

function isRefusedConnection({ code }: Failure): boolean {
  return code === 'CONNECTION_FAILED' || code === 'TIMEOUT' || code === 'UNAUTHORIZED';
}
