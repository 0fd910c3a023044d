import { asFailure } from '../../domain/failure.ts';
import type { LiveServer, LiveUpdate } from '../../domain/observability/live.ts';
import { changeBetween, type ServerReading } from '../../domain/observability/reading.ts';
import { ratioOf } from '../../domain/observability/series.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disposable } from '../ports/environment.ts';
import type { HistoryStore } from '../ports/stores.ts';
import type { Gate } from '../redis/gate.ts';
import { readServer } from './readServer.ts';
import { findConnection, type WatchedConnections } from './watched.ts';

export interface LiveParts {
  readonly gate: Pick<Gate, 'run'>;
  readonly history: Pick<HistoryStore, 'timeline' | 'samples'>;
  readonly connections: WatchedConnections;
  readonly clock: Clock;
}

const PERIOD_MS = 1000;
/** History is looked at this far back when asked whether it changed. */
const RECENT_MS = 5 * 60_000;

/**
 * Looks at one connection (null: at history only) about once a second and tells, until disposed. Looks are never
 * stored and never overlap, so a slow server is asked more seldom. Only a ready connection is asked.
 */
export function watchLive(
  parts: LiveParts,
  connectionId: string | null,
  tell: (update: LiveUpdate) => void,
): Disposable {
  const server = new ServerLooks(parts, connectionId);
  let disposed = false;
  let timer: Disposable | undefined;
  let seen = '';
  let revision = 0;

  async function look(): Promise<LiveUpdate> {
    const newest = await newestRows(parts, connectionId);
    if (newest !== seen) revision += 1;
    seen = newest;
    const found = await server.look();
    return { connectionId, revision, ...(found === null ? {} : { server: found }) };
  }

  async function turn(): Promise<void> {
    const update = await look().catch((error: unknown): LiveUpdate => ({
      connectionId,
      revision,
      problem: asFailure(error).code,
    }));
    if (disposed) return;
    tell(update);
    timer = parts.clock.after(PERIOD_MS, () => void turn());
  }

  void turn();
  return {
    dispose() {
      disposed = true;
      timer?.dispose();
    },
  };
}

class ServerLooks {
  private readonly parts: LiveParts;
  private readonly connectionId: string | null;
  private before: { readonly reading: ServerReading; readonly monoMs: number } | undefined;

  constructor(parts: LiveParts, connectionId: string | null) {
    this.parts = parts;
    this.connectionId = connectionId;
  }

  async look(): Promise<LiveServer | null> {
    const { connections, gate, clock } = this.parts;
    const before = this.before;
    this.before = undefined;
    if (this.connectionId === null) return null;
    const summary = findConnection(connections, this.connectionId);
    if (summary.state !== 'ready') return null;
    const reading = await readServer(gate, summary.uid);
    const monoMs = clock.monoMs();
    this.before = { reading, monoMs };
    const change = before && changeBetween(before.reading, reading, Math.max(monoMs - before.monoMs, 1) / 1000);
    return {
      at: new Date(clock.wallMs()).toISOString(),
      opsPerSecond: change?.opsPerSecond ?? null,
      usedMemoryBytes: reading.usedMemoryBytes,
      maxMemoryBytes: reading.maxMemoryBytes,
      hitRatio: change === undefined ? null : ratioOf(change.keyspaceHits ?? 0, change.keyspaceMisses ?? 0),
      connectedClients: reading.connectedClients,
    };
  }
}

/** A mark that changes when an event or a sample was stored. */
async function newestRows(parts: LiveParts, connectionId: string | null): Promise<string> {
  const now = parts.clock.wallMs();
  const window = { from: new Date(now - RECENT_MS).toISOString(), to: new Date(now + RECENT_MS).toISOString() };
  const scope = connectionId === null ? {} : { connectionIds: [findConnection(parts.connections, connectionId).uid] };
  const [events, samples] = await Promise.all([
    parts.history.timeline({ ...window, ...scope, limit: 1 }),
    parts.history.samples({ ...window, ...scope }),
  ]);
  return `${events.events[0]?.id ?? ''} ${events.total} ${samples.at(-1)?.id ?? ''}`;
}
