import type { ObservabilitySnapshot } from '../observability/snapshot.ts';
import { infoNumber, type InfoFields } from '../redis/info.ts';
import type { EngineLook } from './engineFacts.ts';

/** Counters of a server that only grow, until it starts anew or somebody resets them. */
export interface EngineCounters {
  readonly runId: string | null;
  readonly commands: number | null;
  readonly rejectedConnections: number | null;
  readonly errorReplies: number | null;
  /** CPU seconds of the main thread. */
  readonly mainThreadSeconds: number | null;
}

export function engineCounters(fields: InfoFields): EngineCounters {
  const system = infoNumber(fields, 'used_cpu_sys_main_thread');
  const user = infoNumber(fields, 'used_cpu_user_main_thread');
  return {
    runId: fields.get('run_id') ?? null,
    commands: infoNumber(fields, 'total_commands_processed'),
    rejectedConnections: infoNumber(fields, 'rejected_connections'),
    errorReplies: infoNumber(fields, 'total_error_replies'),
    mainThreadSeconds: system === null || user === null ? null : system + user,
  };
}

const wastedBytes = 100 * 1024 * 1024;
const oldSaveSeconds = 48 * 3600;

/**
 * What one look at INFO says for alerts. `before` are the counters of the look `seconds` earlier; null = the stretch
 * between was not watched, and nothing is counted for it. A counter that got smaller began anew at zero.
 */
export function engineLook(
  fields: InfoFields,
  before: EngineCounters | null,
  seconds: number,
  nowMs: number,
): EngineLook {
  const now = engineCounters(fields);
  const restarted = before?.runId !== now.runId;
  const since = (name: Exclude<keyof EngineCounters, 'runId'>): number | undefined => {
    const [old, value] = [before?.[name] ?? null, now[name]];
    if (old === null || value === null) return undefined;
    return restarted || value < old ? value : value - old;
  };
  const cpuSeconds = restarted ? undefined : since('mainThreadSeconds');
  return {
    gauges: present({
      connectionDown: 0,
      clientsRatio: clientsRatio(fields),
      fragmentationRatio: fragmentation(fields),
      residentRatio: residentRatio(fields),
      mainThreadCpuRatio: cpuSeconds === undefined || seconds <= 0 ? undefined : Math.min(1, cpuSeconds / seconds),
      connectedReplicas: fields.get('role') === 'master' ? number(fields, 'connected_slaves') : undefined,
      maxMemoryUnset: flag(infoNumber(fields, 'maxmemory'), (limit) => limit === 0),
      persistenceFailing: persistenceFailing(fields, nowMs),
    }),
    counters: present({
      rejectedConnections: since('rejectedConnections'),
      errorReplies: since('errorReplies'),
      commands: since('commands'),
    }),
  };
}

/** What a stored sample says besides, so that it need not be read twice. */
export function lookOfSample(sample: ObservabilitySnapshot): EngineLook {
  const { usedMemoryBytes: used, maxMemoryBytes: limit, replicationLink: link } = sample;
  const own: EngineLook = {
    gauges: present({
      memoryRatio: used === null || limit === null || limit <= 0 ? undefined : used / limit,
      replicationLinkDown: link === null ? undefined : link === 'down' ? 1 : 0,
    }),
    counters: present({
      evictedKeys: sample.evictedKeys ?? undefined,
      hits: sample.keyspaceHits ?? undefined,
      misses: sample.keyspaceMisses ?? undefined,
      slowCommands: sample.slowOpCount ?? undefined,
    }),
  };
  const more = sample.engine;
  return more === undefined
    ? own
    : { gauges: { ...own.gauges, ...more.gauges }, counters: { ...own.counters, ...more.counters } };
}

type Present<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

function number(fields: InfoFields, name: string): number | undefined {
  return infoNumber(fields, name) ?? undefined;
}

function flag(value: number | null, isSet: (value: number) => boolean): number | undefined {
  return value === null ? undefined : isSet(value) ? 1 : 0;
}

function clientsRatio(fields: InfoFields): number | undefined {
  const limit = infoNumber(fields, 'maxclients');
  const clients = infoNumber(fields, 'connected_clients');
  if (limit === null || limit <= 0 || clients === null) return undefined;
  const replicas = infoNumber(fields, 'connected_slaves') ?? 0;
  return (clients + replicas + (infoNumber(fields, 'cluster_connections') ?? 0)) / limit;
}

/** A ratio alone misleads on a small server: it counts where 100 MB or more are wasted. */
function fragmentation(fields: InfoFields): number | undefined {
  const ratio = infoNumber(fields, 'allocator_frag_ratio');
  const bytes = infoNumber(fields, 'allocator_frag_bytes');
  if (ratio === null || bytes === null || ratio <= 0) return undefined;
  return bytes >= wastedBytes ? ratio : 1;
}

function residentRatio(fields: InfoFields): number | undefined {
  const resident = infoNumber(fields, 'used_memory_rss');
  const used = infoNumber(fields, 'used_memory');
  if (resident === null || used === null || used <= 0 || resident <= 0) return undefined;
  return used >= wastedBytes ? resident / used : 1;
}

function persistenceFailing(fields: InfoFields, nowMs: number): number | undefined {
  const states = ['rdb_last_bgsave_status', 'aof_last_write_status'].map((name) => fields.get(name));
  if (states.every((state) => state === undefined)) return undefined;
  if (states.some((state) => state !== undefined && state !== 'ok')) return 1;
  const lastSave = infoNumber(fields, 'rdb_last_save_time');
  const saves = infoNumber(fields, 'rdb_saves') ?? 0;
  const changes = infoNumber(fields, 'rdb_changes_since_last_save') ?? 0;
  // Saving is configured where it has happened; without it, an old save means nothing.
  const isOld = lastSave !== null && nowMs / 1000 - lastSave > oldSaveSeconds;
  return isOld && saves > 0 && changes > 0 ? 1 : 0;
}
