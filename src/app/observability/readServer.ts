import { textOf } from '../../domain/bytes.ts';
import type { ServerReading } from '../../domain/observability/reading.ts';
import type { RedisReply } from '../../domain/redis/command.ts';
import { infoNumber, parseInfo } from '../../domain/redis/info.ts';
import type { Gate } from '../redis/gate.ts';

/** A look must not wait for a server that is stuck: the next look comes soon. */
const READ_TIMEOUT_MS = 4000;
const READ_MAX_BYTES = 1 << 20;

/**
 * Asks a server for INFO and its newest SLOWLOG id, without a timeline row. What an ACL or a managed service denies
 * is null in the reading. Rejects with CONNECTION_FAILED, TIMEOUT, … when there is no answer at all.
 */
export async function readServer(
  gate: Pick<Gate, 'run'>,
  connectionUid: string,
  signal?: AbortSignal,
): Promise<ServerReading> {
  const [info, slowlog, length] = await gate.run(connectionUid, {
    action: 'observability.sample',
    keyOrPattern: '',
    commands: [['INFO'], ['SLOWLOG', 'GET', '1'], ['SLOWLOG', 'LEN']],
    timeoutMs: READ_TIMEOUT_MS,
    maxReplyBytes: READ_MAX_BYTES,
    record: false,
    tolerateErrorReplies: true,
    ...(signal === undefined ? {} : { signal }),
  });
  return serverReading(info ?? null, slowlog ?? null, length ?? null);
}

/** The reading that the replies to INFO, `SLOWLOG GET 1` and `SLOWLOG LEN` make; error replies and nonsense give nulls. */
export function serverReading(info: RedisReply, slowlog: RedisReply, length: RedisReply): ServerReading {
  const fields = parseInfo(info instanceof Uint8Array ? info : '');
  const count = (name: string): number | null => infoNumber(fields, name);
  const link = fields.get('master_link_status');
  const limit = count('maxmemory');
  return {
    runId: fields.get('run_id') ?? null,
    commandsProcessed: count('total_commands_processed'),
    usedMemoryBytes: count('used_memory'),
    maxMemoryBytes: limit === 0 ? null : limit,
    connectedClients: count('connected_clients'),
    keyspaceHits: count('keyspace_hits'),
    keyspaceMisses: count('keyspace_misses'),
    evictedKeys: count('evicted_keys'),
    replicationLink: link === 'up' || link === 'down' ? link : null,
    newestSlowId: newestSlowId(slowlog),
    slowLogLength: typeof length === 'number' ? length : null,
  };
}

function newestSlowId(reply: RedisReply): ServerReading['newestSlowId'] {
  if (!Array.isArray(reply)) return null;
  const entries = reply as readonly RedisReply[];
  const newest = entries[0];
  if (newest === undefined) return 'none';
  const id = Array.isArray(newest) ? (newest as readonly RedisReply[])[0] : null;
  if (typeof id === 'number') return id;
  const text = id instanceof Uint8Array ? textOf(id) : null;
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
