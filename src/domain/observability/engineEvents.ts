import { displayShort } from '../display.ts';
import type { EventStatus } from '../timeline/event.ts';
import { isOtherServer } from './reading.ts';

/** What one look at INFO says about the server itself. Null = not told. */
export interface EngineReading {
  readonly runId: string | null;
  readonly version: string | null;
  readonly uptimeSeconds: number | null;
  readonly role: string | null;
  readonly replicationLink: 'up' | 'down' | null;
  readonly maxMemoryBytes: number | null;
  readonly maxMemoryPolicy: string | null;
  readonly totalCommands: number | null;
  readonly evictedKeys: number | null;
  readonly rejectedConnections: number | null;
  readonly lastSaveOk: boolean | null;
  readonly appendOnlyWriteOk: boolean | null;
  readonly appendOnlyRewriteOk: boolean | null;
}

export const engineActions = [
  'engine.restart',
  'engine.failover',
  'engine.statsReset',
  'engine.roleChange',
  'engine.versionChange',
  'engine.configChange',
  'engine.replicationDown',
  'engine.replicationUp',
  'engine.evictions',
  'engine.rejectedConnections',
  'engine.persistenceFailed',
  'engine.persistenceRecovered',
  'engine.slowCommand',
  'engine.latencySpike',
] as const;
export type EngineAction = (typeof engineActions)[number];

export interface EngineChange {
  readonly action: EngineAction;
  readonly status: EventStatus;
  /** Plain facts for the event's details, safe to show. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** Reads the fields of INFO that `engineChanges` compares. Total. */
export function engineReading(info: ReadonlyMap<string, string>): EngineReading {
  const text = (name: string): string | null => {
    const value = info.get(name);
    return value === undefined || value === '' ? null : displayShort(value, 80);
  };
  const count = (name: string): number | null => {
    const value = info.get(name);
    return value !== undefined && /^\d{1,16}$/.test(value) ? Number(value) : null;
  };
  const ok = (name: string): boolean | null => {
    const value = info.get(name);
    return value === undefined ? null : value === 'ok';
  };
  const link = info.get('master_link_status');
  return {
    runId: text('run_id'),
    version: text('valkey_version') ?? text('redis_version'),
    uptimeSeconds: count('uptime_in_seconds'),
    role: text('role'),
    replicationLink: link === undefined ? null : link === 'up' ? 'up' : 'down',
    maxMemoryBytes: count('maxmemory'),
    maxMemoryPolicy: text('maxmemory_policy'),
    totalCommands: count('total_commands_processed'),
    evictedKeys: count('evicted_keys'),
    rejectedConnections: count('rejected_connections'),
    lastSaveOk: ok('rdb_last_bgsave_status'),
    appendOnlyWriteOk: ok('aof_last_write_status'),
    appendOnlyRewriteOk: ok('aof_last_bgrewrite_status'),
  };
}

/** Whether both looks saw one process of the server. */
export function isSameRun(before: EngineReading, now: EngineReading): boolean {
  if (before.runId !== null && now.runId !== null) return before.runId === now.runId;
  return (now.uptimeSeconds ?? 0) >= (before.uptimeSeconds ?? 0);
}

/** Whether counters of one process went back: CONFIG RESETSTAT. */
export function isStatsReset(before: EngineReading, now: EngineReading): boolean {
  return isSameRun(before, now) && (now.totalCommands ?? 0) < (before.totalCommands ?? 0);
}

/**
 * How far a counter went up between two looks; what it shows now when it was reset in between, so never negative.
 * Null when it was not told.
 */
export function counterDelta(before: number | null, now: number | null, sameRun: boolean): number | null {
  if (now === null) return null;
  if (before === null) return sameRun ? null : now;
  return !sameRun || now < before ? now : now - before;
}

/**
 * What changed about a server between two looks at it, `elapsedSeconds` apart, in the order in which a person wants to
 * hear it. A process that has run for longer than that was not restarted: another server answers now.
 */
export function engineChanges(before: EngineReading, now: EngineReading, elapsedSeconds: number): EngineChange[] {
  const changes: EngineChange[] = [];
  const tell = (action: EngineAction, status: EventStatus, details: EngineChange['details']): void => {
    changes.push({ action, status, details });
  };
  const sameRun = isSameRun(before, now);
  const isOther = isOtherServer(before, now, elapsedSeconds);
  if (!sameRun) {
    tell(isOther ? 'engine.failover' : 'engine.restart', 'success', known({ uptimeSeconds: now.uptimeSeconds }));
  }
  if (isStatsReset(before, now)) tell('engine.statsReset', 'success', {});
  if (differ(before.role, now.role)) tell('engine.roleChange', 'success', known({ from: before.role, to: now.role }));
  if (differ(before.version, now.version)) {
    tell('engine.versionChange', 'success', known({ from: before.version, to: now.version }));
  }
  if (differ(before.maxMemoryBytes, now.maxMemoryBytes) || differ(before.maxMemoryPolicy, now.maxMemoryPolicy)) {
    tell(
      'engine.configChange',
      'success',
      known({ maxMemoryBytes: now.maxMemoryBytes, maxMemoryPolicy: now.maxMemoryPolicy }),
    );
  }
  if (before.replicationLink !== 'down' && now.replicationLink === 'down') tell('engine.replicationDown', 'error', {});
  if (before.replicationLink === 'down' && now.replicationLink === 'up') tell('engine.replicationUp', 'success', {});
  const since = (old: number | null, counter: number | null): number =>
    isOther ? 0 : (counterDelta(old, counter, sameRun) ?? 0);
  const evicted = since(before.evictedKeys, now.evictedKeys);
  if (evicted > 0) tell('engine.evictions', 'success', { count: evicted });
  const rejected = since(before.rejectedConnections, now.rejectedConnections);
  if (rejected > 0) tell('engine.rejectedConnections', 'error', { count: rejected });
  persistence(before, now, tell);
  return changes;
}

function persistence(
  before: EngineReading,
  now: EngineReading,
  tell: (action: EngineAction, status: EventStatus, details: EngineChange['details']) => void,
): void {
  const kinds = [
    ['lastSaveOk', 'RDB save'],
    ['appendOnlyWriteOk', 'AOF write'],
    ['appendOnlyRewriteOk', 'AOF rewrite'],
  ] as const;
  for (const [field, what] of kinds) {
    if (now[field] === false && before[field] !== false) tell('engine.persistenceFailed', 'error', { what });
    if (now[field] === true && before[field] === false) tell('engine.persistenceRecovered', 'success', { what });
  }
}

function differ<T>(before: T | null, now: T | null): boolean {
  return before !== null && now !== null && before !== now;
}

function known(facts: Readonly<Record<string, string | number | null>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(facts).filter((fact): fact is [string, string | number] => fact[1] !== null),
  );
}
