import type { InfoFields } from '../redis/info.ts';
import { infoParts } from '../redis/info.ts';

// What INFO and CONFIG say about a server that may be handed over: by name. Paths, addresses, names and hashes are not here.

const infoNames: ReadonlySet<string> = new Set(
  `redis_version valkey_version redis_mode arch_bits monotonic_clock multiplexing_api hz configured_hz uptime_in_seconds
  uptime_in_days io_threads_active connected_clients cluster_connections maxclients client_recent_max_input_buffer
  client_recent_max_output_buffer blocked_clients tracking_clients clients_in_timeout_table used_memory used_memory_rss
  used_memory_peak used_memory_peak_perc used_memory_overhead used_memory_startup used_memory_dataset
  used_memory_dataset_perc allocator_allocated allocator_active allocator_resident total_system_memory used_memory_lua
  used_memory_vm_eval used_memory_scripts_eval number_of_cached_scripts number_of_functions number_of_libraries
  used_memory_functions used_memory_scripts maxmemory maxmemory_policy allocator_frag_ratio allocator_frag_bytes
  allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio rss_overhead_bytes mem_fragmentation_ratio
  mem_fragmentation_bytes mem_not_counted_for_evict mem_replication_backlog mem_total_replication_buffers
  mem_clients_slaves mem_clients_normal mem_cluster_links mem_aof_buffer active_defrag_running lazyfree_pending_objects
  lazyfreed_objects loading async_loading current_cow_peak current_cow_size current_fork_perc rdb_changes_since_last_save
  rdb_bgsave_in_progress rdb_last_save_time rdb_last_bgsave_status rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec
  rdb_saves rdb_last_cow_size aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled aof_last_rewrite_time_sec
  aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_rewrites aof_last_write_status aof_last_cow_size
  total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes
  total_net_output_bytes instantaneous_input_kbps instantaneous_output_kbps rejected_connections sync_full sync_partial_ok
  sync_partial_err expired_keys expired_stale_perc expired_time_cap_reached_count evicted_keys evicted_clients
  total_eviction_exceeded_time current_eviction_exceeded_time keyspace_hits keyspace_misses pubsub_channels
  pubsub_patterns latest_fork_usec total_forks tracking_total_keys unexpected_error_replies total_error_replies
  total_reads_processed total_writes_processed role connected_slaves master_failover_state master_repl_offset
  second_repl_offset repl_backlog_active repl_backlog_size repl_backlog_histlen master_link_status
  master_last_io_seconds_ago master_sync_in_progress slave_repl_offset slave_priority slave_read_only
  replica_announced used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children used_cpu_sys_main_thread
  used_cpu_user_main_thread cluster_enabled`.split(/\s+/),
);

/** Those of them that are words; the others are numbers. */
const infoWords =
  /_status$|^(?:role|redis_mode|maxmemory_policy|monotonic_clock|multiplexing_api|master_failover_state|\w+_version)$/;

/** What each field of INFO that may be handed over is. */
export const infoKinds: Readonly<Record<string, 'fact' | 'figure'>> = Object.fromEntries(
  [...infoNames].map((name) => [name, infoWords.test(name) ? 'fact' : 'figure']),
);

/** Fields of INFO that may be handed over, in the server's order. */
export function infoFacts(info: InfoFields): Record<string, string> {
  return Object.fromEntries([...info].filter(([name]) => infoNames.has(name)));
}

export interface KeyspaceFacts {
  readonly db: number;
  readonly keys: number;
  readonly expires: number;
  readonly averageTtlMs: number;
}

export function keyspaceFacts(info: InfoFields): KeyspaceFacts[] {
  return [...info].flatMap(([name, value]) => {
    const db = /^db(\d{1,5})$/.exec(name)?.[1];
    if (db === undefined) return [];
    const parts = infoParts(value);
    const count = (part: string): number => Number(parts.get(part) ?? 0) || 0;
    return [{ db: Number(db), keys: count('keys'), expires: count('expires'), averageTtlMs: count('avg_ttl') }];
  });
}

/** What Redis 7.0 is delivered with, of the settings that say how a server behaves. */
const usual: Readonly<Record<string, string>> = {
  activedefrag: 'no',
  'active-expire-effort': '1',
  activerehashing: 'yes',
  'aof-use-rdb-preamble': 'yes',
  appendfsync: 'everysec',
  appendonly: 'no',
  'auto-aof-rewrite-min-size': '67108864',
  'auto-aof-rewrite-percentage': '100',
  'busy-reply-threshold': '5000',
  'client-output-buffer-limit': 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
  'client-query-buffer-limit': '1073741824',
  'cluster-allow-reads-when-down': 'no',
  'cluster-enabled': 'no',
  'cluster-node-timeout': '15000',
  'cluster-require-full-coverage': 'yes',
  databases: '16',
  'disable-thp': 'yes',
  'dynamic-hz': 'yes',
  'hash-max-listpack-entries': '512',
  'hash-max-listpack-value': '64',
  hz: '10',
  'io-threads': '1',
  'io-threads-do-reads': 'no',
  'latency-monitor-threshold': '0',
  'latency-tracking': 'yes',
  'lazyfree-lazy-eviction': 'no',
  'lazyfree-lazy-expire': 'no',
  'lazyfree-lazy-server-del': 'no',
  'lazyfree-lazy-user-del': 'no',
  'lazyfree-lazy-user-flush': 'no',
  'lfu-decay-time': '1',
  'lfu-log-factor': '10',
  'list-max-listpack-size': '-2',
  loglevel: 'notice',
  'lua-time-limit': '5000',
  maxclients: '10000',
  maxmemory: '0',
  'maxmemory-clients': '0',
  'maxmemory-eviction-tenacity': '10',
  'maxmemory-policy': 'noeviction',
  'maxmemory-samples': '5',
  'min-replicas-max-lag': '10',
  'min-replicas-to-write': '0',
  'no-appendfsync-on-rewrite': 'no',
  'notify-keyspace-events': '',
  'proto-max-bulk-len': '536870912',
  'protected-mode': 'yes',
  rdbcompression: 'yes',
  'repl-backlog-size': '1048576',
  'repl-backlog-ttl': '3600',
  'repl-diskless-sync': 'yes',
  'repl-diskless-sync-delay': '5',
  'repl-timeout': '60',
  'replica-lazy-flush': 'no',
  'replica-read-only': 'yes',
  'replica-serve-stale-data': 'yes',
  save: '3600 1 300 100 60 10000',
  'slowlog-log-slower-than': '10000',
  'slowlog-max-len': '128',
  'stop-writes-on-bgsave-error': 'yes',
  'tcp-backlog': '511',
  'tcp-keepalive': '300',
  timeout: '0',
  'tracking-table-max-keys': '1000000',
  'zset-max-listpack-entries': '128',
  'zset-max-listpack-value': '64',
};

/** Settings that differ from what Redis 7.0 is delivered with; only those named above are looked at. */
export function unusualSettings(
  settings: ReadonlyMap<string, string>,
): { readonly name: string; readonly value: string; readonly usual: string }[] {
  return Object.entries(usual).flatMap(([name, expected]) => {
    const value = settings.get(name);
    return value === undefined || value === expected ? [] : [{ name, value, usual: expected }];
  });
}

/** The settings that are asked for. */
export const askedSettings: readonly string[] = Object.keys(usual);

/** Names of those settings and what they are delivered with: no user chose these. */
export const settingWords: readonly string[] = Object.entries(usual).flat();
