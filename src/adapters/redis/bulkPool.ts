import { Failure } from '../../domain/failure.ts';
import type { Link } from './link.ts';
import type { LeanWire } from './leanWire.ts';

/** A lean connection, logged in and proven. */
export interface BulkConnection {
  readonly link: Link;
  readonly wire: LeanWire;
  /** `run_id` of the server it reached, or null where INFO is denied. */
  readonly runId: string | null;
  /** Round trip of the PING that it proved itself with. */
  readonly pingMs: number;
}

/** One server that holds keys. */
export interface BulkNode {
  /** Stable name within the topology. */
  readonly id: string;
  open(signal?: AbortSignal): Promise<BulkConnection>;
}

const maxIdlePerNode = 2;
const idleMs = 30_000;
const maxBorrowed = 8;

const poolClosed = new Failure('CONNECTION_FAILED', 'The connection is closed.', { nextAction: 'Connect again.' });

interface Idle {
  readonly connection: BulkConnection;
  readonly timer: NodeJS.Timeout;
}

/** Lean connections of one session: kept for a while after use, bounded in number, all closed with the session. */
export class BulkPool {
  private readonly idle = new Map<string, Idle[]>();
  private readonly borrowed = new Set<BulkConnection>();
  private readonly queue: (() => void)[] = [];
  private taken = 0;
  private closed = false;

  /** Takes an idle connection or opens one; waits while too many are in use. */
  async borrow(node: BulkNode, signal?: AbortSignal): Promise<BulkConnection> {
    if (this.taken >= maxBorrowed) await new Promise<void>((resolve) => this.queue.push(resolve));
    if (this.closed) throw poolClosed;
    this.taken += 1;
    try {
      const connection = this.takeIdle(node.id) ?? (await node.open(signal));
      if (this.closed as boolean) {
        connection.link.destroy(poolClosed);
        throw poolClosed;
      }
      this.borrowed.add(connection);
      return connection;
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** Gives a connection back; `reusable` = no answer is outstanding on it. */
  giveBack(node: BulkNode, connection: BulkConnection, reusable: boolean): void {
    if (!this.borrowed.delete(connection)) return;
    this.leave();
    const idle = this.idle.get(node.id) ?? [];
    if (!reusable || this.closed || connection.link.dead() !== null || idle.length >= maxIdlePerNode) {
      connection.link.destroy(poolClosed);
      return;
    }
    const timer = setTimeout(() => {
      this.takeIdle(node.id, connection);
      connection.link.destroy(poolClosed);
    }, idleMs);
    timer.unref();
    this.idle.set(node.id, [...idle, { connection, timer }]);
  }

  close(): void {
    this.closed = true;
    for (const each of [...this.idle.values()].flat()) {
      clearTimeout(each.timer);
      each.connection.link.destroy(poolClosed);
    }
    this.idle.clear();
    for (const connection of this.borrowed) connection.link.destroy(poolClosed);
    for (const wake of this.queue.splice(0)) wake();
  }

  private takeIdle(id: string, wanted?: BulkConnection): BulkConnection | undefined {
    const idle = this.idle.get(id) ?? [];
    const found = idle.find(
      ({ connection }) => connection.link.dead() === null && (wanted ?? connection) === connection,
    );
    this.idle.set(
      id,
      idle.filter((each) => each !== found && each.connection.link.dead() === null),
    );
    if (found !== undefined) clearTimeout(found.timer);
    return found?.connection;
  }

  private leave(): void {
    this.taken -= 1;
    this.queue.shift()?.();
  }
}
