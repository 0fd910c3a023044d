import { asFailure, type Failure } from '../../domain/failure.ts';
import type { BulkLine } from '../redis/bulkLine.ts';

/**
 * The connections of one run. A connection watches the keys of one transaction at a time, so a batch of many items is
 * shared out over several, and the batch after it is looked at on others meanwhile. In a cluster each leads to one node.
 */
export class Lanes {
  readonly #open: (node: string) => Promise<BulkLine>;
  #idle: BulkLine[] = [];
  readonly #taken = new Set<BulkLine>();
  #newest: BulkLine | null = null;
  /** Where a server allows no more connections, those that there are do: by node, how many. */
  readonly #most = new Map<string, number>();

  /** `open` gives a line that is proven to lead to the server of the run. */
  constructor(open: (node: string) => Promise<BulkLine>) {
    this.#open = open;
  }

  /** Whether the server may give another line, as far as is known. */
  get hasRoom(): boolean {
    return this.#idle.length > 0 || [...this.#most.keys()].every((node) => this.#roomAt(node) > 0);
  }

  /**
   * As many lines (to `node` of a cluster) as there are of those wanted, at least one.
   * @throws what `open` throws when there is none
   */
  async take(wanted: number, node = ''): Promise<readonly BulkLine[]> {
    const lines: BulkLine[] = [];
    for (let line = this.#takeIdle(wanted, node); line !== null; line = this.#takeIdle(wanted - lines.length, node))
      lines.push(line);
    if (lines.length === 0) lines.push(await this.#first(node));
    const more = Math.min(wanted - lines.length, this.#roomAt(node));
    if (more <= 0) return lines;
    const opened = await Promise.allSettled(
      Array.from({ length: more }, async () => this.#use(await this.#open(node))),
    );
    for (const result of opened) {
      if (result.status === 'fulfilled') lines.push(result.value);
      else if (isRefusedConnection(asFailure(result.reason))) this.#most.set(node, Math.max(1, this.#takenAt(node)));
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

  /** One row of the timeline for a batch, whichever lines it took. */
  record(batch: Parameters<BulkLine['record']>[0]): void {
    this.#newest?.record(batch);
  }

  close(): void {
    this.drop([...this.#taken, ...this.#idle.splice(0)]);
  }

  async #first(node: string): Promise<BulkLine> {
    try {
      return this.#use(await this.#open(node));
    } catch (error) {
      const taken = this.#takenAt(node);
      if (taken > 0 && isRefusedConnection(asFailure(error))) this.#most.set(node, taken);
      throw error;
    }
  }

  #takenAt(node: string): number {
    let taken = 0;
    for (const line of this.#taken) if (line.node === node) taken += 1;
    return taken;
  }

  #roomAt(node: string): number {
    return (this.#most.get(node) ?? Infinity) - this.#takenAt(node);
  }

  #use(line: BulkLine): BulkLine {
    this.#newest = line;
    this.#taken.add(line);
    return line;
  }

  #takeIdle(wanted: number, node: string): BulkLine | null {
    if (wanted <= 0) return null;
    for (const dead of this.#idle.filter((line) => line.dead())) dead.close();
    this.#idle = this.#idle.filter((line) => !line.dead());
    const at = this.#idle.findLastIndex((line) => line.node === node);
    const [line] = at < 0 ? [] : this.#idle.splice(at, 1);
    return line === undefined ? null : this.#use(line);
  }
}

function isRefusedConnection({ code }: Failure): boolean {
  return code === 'CONNECTION_FAILED' || code === 'TIMEOUT' || code === 'UNAUTHORIZED';
}
