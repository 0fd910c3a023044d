/**
 * What one look at a server said: its counters and gauges. Null = not told (a denied command, an older or a managed
 * server), never zero.
 */
export interface ServerReading {
  /** Changes when the process restarts. */
  readonly runId: string | null;
  readonly uptimeSeconds: number | null;
  readonly commandsProcessed: number | null;
  readonly usedMemoryBytes: number | null;
  /** Null also when the server has no limit. */
  readonly maxMemoryBytes: number | null;
  readonly connectedClients: number | null;
  readonly keyspaceHits: number | null;
  readonly keyspaceMisses: number | null;
  readonly evictedKeys: number | null;
  /** Null on a server that replicates from nobody. */
  readonly replicationLink: 'up' | 'down' | null;
  /** Id of the newest SLOWLOG entry: `none` when the log is empty. */
  readonly newestSlowId: number | 'none' | null;
  /** Entries that the SLOWLOG holds. */
  readonly slowLogLength: number | null;
}

/** What happened on the server between two readings, per period. */
export interface ServerChange {
  readonly opsPerSecond: number | null;
  readonly slowOpCount: number | null;
  readonly keyspaceHits: number | null;
  readonly keyspaceMisses: number | null;
  readonly evictedKeys: number | null;
}

export const noChange: ServerChange = {
  opsPerSecond: null,
  slowOpCount: null,
  keyspaceHits: null,
  keyspaceMisses: null,
  evictedKeys: null,
};

/** INFO tells whole seconds, and a look takes a moment. */
const uptimeSlackSeconds = 2;

/**
 * Whether `now`, `seconds` later, is another server and not the same one started again: its process has run for longer
 * than that. Its counters say nothing about what happened meanwhile.
 */
export function isOtherServer(
  before: Pick<ServerReading, 'runId'>,
  now: Pick<ServerReading, 'runId' | 'uptimeSeconds'>,
  seconds: number,
): boolean {
  return before.runId !== now.runId && (now.uptimeSeconds ?? 0) > seconds + uptimeSlackSeconds;
}

/**
 * The change from `before` to `now`, `seconds` (> 0) later; none is known where another server answers. A counter that starts anew counts from zero: after a
 * restart (`run_id` differs) and after `CONFIG RESETSTAT` (it got smaller, though the process is the same).
 */
export function changeBetween(before: ServerReading, now: ServerReading, seconds: number): ServerChange {
  if (isOtherServer(before, now, seconds)) return noChange;
  const restarted = before.runId !== now.runId;
  const since = (old: number | null, value: number | null): number | null => {
    if (value === null || old === null) return null;
    return restarted || value < old ? value : value - old;
  };
  const commands = since(before.commandsProcessed, now.commandsProcessed);
  return {
    opsPerSecond: commands === null ? null : commands / seconds,
    slowOpCount: slowSince(before, now, restarted),
    keyspaceHits: since(before.keyspaceHits, now.keyspaceHits),
    keyspaceMisses: since(before.keyspaceMisses, now.keyspaceMisses),
    evictedKeys: since(before.evictedKeys, now.evictedKeys),
  };
}

/**
 * How many operations the server logged as slow: ids are handed out one by one and survive `SLOWLOG RESET`, so their
 * difference is exact even when the log has wrapped; they begin at 0 again only with a new process.
 */
function slowSince(before: ServerReading, now: ServerReading, restarted: boolean): number | null {
  const { newestSlowId: newest } = now;
  const { newestSlowId: oldest } = before;
  if (newest === null || oldest === null) return null;
  if (newest === 'none') return 0;
  if (restarted || (oldest !== 'none' && newest < oldest)) return newest + 1;
  // The log was empty: all that it holds now is new, unless more came than it keeps.
  if (oldest === 'none') return now.slowLogLength ?? 1;
  return newest - oldest;
}

/**
 * The reading to compare the next one with: an emptied SLOWLOG says no id, so the last one known is kept and nothing
 * that comes later is lost or counted twice.
 */
export function baselineAfter(before: ServerReading | null, now: ServerReading): ServerReading {
  if (before === null || now.newestSlowId !== 'none' || before.runId !== now.runId) return now;
  return { ...now, newestSlowId: before.newestSlowId };
}
