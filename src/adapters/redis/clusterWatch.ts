import type { WatchEnd, WatchRequest } from '../../app/ports/redis.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import { keyEventsQuestion, noKeyEvents } from '../../domain/redis/keyEvents.ts';
import type { ServerIdentity } from '../../domain/redis/server.ts';
import type { BulkConnection, BulkNode } from './bulkPool.ts';
import { watch } from './watch.ts';

/** Primaries of a cluster as it says they are now. */
export type Primaries = () => Promise<readonly BulkNode[]>;

const lookAgainMs = 1_000;
const answerBytes = 1 << 16;
const watchIsOver = new Failure('CONNECTION_FAILED', 'The watch is over.');

/**
 * Watches every primary, each on a connection of its own, within the memory and time of one watch. It begins when all
 * of them send; one that is lost later is told and the rest goes on, one that comes (back) is told and watched from
 * then on. A primary that became a replica is left: it repeats what its new primary does.
 * @throws Failure when one of the primaries could not be watched from the start
 */
export function watchCluster(primaries: Primaries, server: ServerIdentity, request: WatchRequest): Promise<WatchEnd> {
  return new ClusterWatch(primaries, server, request).run();
}

class ClusterWatch {
  private readonly primaries: Primaries;
  private readonly server: ServerIdentity;
  private readonly request: WatchRequest;
  private readonly running = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  private readonly over = new AbortController();
  private end: WatchEnd = { ended: 'asked' };
  private share = 1;

  constructor(primaries: Primaries, server: ServerIdentity, request: WatchRequest) {
    this.primaries = primaries;
    this.server = server;
    this.request = request;
  }

  async run(): Promise<WatchEnd> {
    const { signal, onStarted } = this.request;
    const asked = (): void => this.finish({ ended: 'asked' });
    signal.addEventListener('abort', asked, { once: true });
    if (signal.aborted) asked();
    try {
      const first = await this.primaries();
      this.share = Math.max(1, first.length);
      await Promise.all(first.map((node) => this.begin(node)));
      if (!this.over.signal.aborted) onStarted?.();
      while (!this.over.signal.aborted) {
        await this.pause();
        await this.follow();
      }
      return this.end;
    } finally {
      signal.removeEventListener('abort', asked);
      this.finish(this.end);
      await Promise.all([...this.running.values()].map(({ done }) => done));
    }
  }

  private finish(end: WatchEnd): void {
    if (this.over.signal.aborted) return;
    this.end = end;
    this.over.abort();
    for (const { stop } of this.running.values()) stop.abort();
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.over.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, lookAgainMs);
      this.over.signal.addEventListener('abort', done, { once: true });
      if (this.over.signal.aborted) done();
    });
  }

  /** Leaves who is no primary any more and begins with who is one now; who cannot be reached is tried again. */
  private async follow(): Promise<void> {
    const now = await this.primaries();
    const ids = new Set(now.map(({ id }) => id));
    for (const [id, { stop }] of this.running) if (!ids.has(id)) stop.abort();
    const fresh = this.over.signal.aborted ? [] : now.filter(({ id }) => !this.running.has(id));
    const causes = await Promise.all(fresh.map((node) => this.begin(node).then(() => undefined, asFailure)));
    const cause = causes.find((each) => each !== undefined);
    if (this.running.size === 0) this.finish({ ended: 'lost', ...(cause === undefined ? {} : { cause }) });
  }

  /** Settles when the node sends; rejects when it could not be watched. */
  private begin(node: BulkNode): Promise<void> {
    const { listener } = this.request;
    const stop = new AbortController();
    if (this.over.signal.aborted) stop.abort();
    return new Promise((resolve, reject) => {
      let started = false;
      const done = this.watchNode(node, stop.signal, () => {
        started = true;
        listener.nodeChanged?.(node.id, 'watched');
        resolve();
      }).then(
        (end) => {
          this.running.delete(node.id);
          if (started && !this.over.signal.aborted) listener.nodeChanged?.(node.id, 'lost');
          if (end.ended === 'overload') this.finish(end);
          resolve();
        },
        (error: unknown) => {
          this.running.delete(node.id);
          if (this.over.signal.aborted) resolve();
          else reject(asFailure(error));
        },
      );
      this.running.set(node.id, { stop, done });
    });
  }

  private async watchNode(node: BulkNode, signal: AbortSignal, onStarted: () => void): Promise<WatchEnd> {
    const connection = await node.open(signal);
    try {
      if (this.request.source === 'notifications') await this.needKeyEvents(node, connection);
      return await watch(connection, this.server, { ...this.request, signal, onStarted }, this.share);
    } finally {
      connection.link.destroy(watchIsOver);
    }
  }

  /** Each node has a configuration of its own: one that sends nothing would look like one that is idle. */
  private async needKeyEvents(node: BulkNode, { link }: BulkConnection): Promise<void> {
    const limits = { deadlineMs: this.request.deadlineMs, maxReplyBytes: answerBytes };
    const [outcome] = await link.exchange([[...keyEventsQuestion]], limits);
    const refused = noKeyEvents(node.id, outcome?.kind === 'reply' ? outcome.reply : undefined);
    if (refused !== null) throw refused;
  }
}
