import { textOf } from '../../domain/bytes.ts';
import type { ServerReading } from '../../domain/observability/reading.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import { infoNumber, parseInfo } from '../../domain/redis/info.ts';
import type { Gate } from '../redis/gate.ts';
import type { EngineReplies } from './engineJournal.ts';

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
  return (await readEngine(gate, connectionUid, look, signal)).reading;
}

const look: readonly RedisCommand[] = [['INFO'], ['SLOWLOG', 'GET', '1'], ['SLOWLOG', 'LEN']];
/** What a sample asks beyond a look. */
const closeLook: readonly RedisCommand[] = [...look, ['INFO', 'commandstats'], ['LATENCY', 'LATEST']];

/** As `readServer`, with the replies that tell more about the server: for samples. */
export async function readClosely(
  gate: Pick<Gate, 'run'>,
  connectionUid: string,
): Promise<{ readonly reading: ServerReading; readonly replies: EngineReplies }> {
  return readEngine(gate, connectionUid, closeLook);
}

async function readEngine(
  gate: Pick<Gate, 'run'>,
  connectionUid: string,
  commands: readonly RedisCommand[],
  signal?: AbortSignal,
): Promise<{ readonly reading: ServerReading; readonly replies: EngineReplies }> {
  const [info, slowlog, length, commandStats, latency] = await gate.run(connectionUid, {
    action: 'observability.sample',
    keyOrPattern: '',
    commands,
    timeoutMs: READ_TIMEOUT_MS,
    maxReplyBytes: READ_MAX_BYTES,
    record: false,
    aside: true,
    tolerateErrorReplies: true,
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    reading: serverReading(info ?? null, slowlog ?? null, length ?? null),
    replies: { info: info ?? null, commandStats: commandStats ?? null, latency: latency ?? null },
  };
}

/** The reading that the replies to INFO, `SLOWLOG GET 1` and `SLOWLOG LEN` make; error replies and nonsense give nulls. */
export function serverReading(info: RedisReply, slowlog: RedisReply, length: RedisReply): ServerReading {
  const fields = parseInfo(info instanceof Uint8Array ? info : '');
  const count = (name: string): number | null => infoNumber(fields, name);
  const link = fields.get('master_link_status');
  const limit = count('maxmemory');
  return {
    runId: fields.get('run_id') ?? null,
    uptimeSeconds: count('uptime_in_seconds'),
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
