import { textOf } from '../../domain/bytes.ts';
import { asFailure } from '../../domain/failure.ts';
import { askedSettings, infoFacts, keyspaceFacts, unusualSettings } from '../../domain/incidents/serverFacts.ts';
import { commandStatsOf } from '../../domain/observability/commandStats.ts';
import { latencyEvents } from '../../domain/observability/latencyEvents.ts';
import { maxSlowEntries, parseSlowlog } from '../../domain/observability/slowlog.ts';
import { bundledCommandTable } from '../../domain/redis/bundledCommands.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import { parseInfo } from '../../domain/redis/info.ts';
import { isoAt, isoTime, type Clock } from '../ports/clock.ts';
import type { Gate } from '../redis/gate.ts';

/** A stuck server must not hold up a bundle of the others. */
const timeoutMs = 4000;
const maxReplyBytes = 4 << 20;
const busiestCommands = 30;

const questions: readonly RedisCommand[] = [
  ['INFO', 'everything'],
  ['SLOWLOG', 'GET', String(maxSlowEntries)],
  ['LATENCY', 'LATEST'],
  // One by one would be many questions; servers before 7 take a single pattern, so they answer with all.
  ['CONFIG', 'GET', '*'],
];

/** What a server says about itself now, as records of diagnostics.jsonl. What it denies is a record that says so. Never rejects. */
export async function serverDiagnostics(
  parts: { readonly gate: Pick<Gate, 'run'>; readonly clock: Clock },
  connectionUid: string,
  connection: string,
): Promise<unknown[]> {
  try {
    const replies = await parts.gate.run(connectionUid, {
      action: 'incidents.diagnostics',
      keyOrPattern: '',
      commands: questions,
      timeoutMs,
      maxReplyBytes,
      record: false,
      tolerateErrorReplies: true,
    });
    return recordsOf(replies, connection, isoTime(parts.clock));
  } catch (error) {
    const { code, message } = asFailure(error);
    return [{ record: 'problem', connection, what: 'INFO', code, reason: message }];
  }
}

function recordsOf(replies: readonly RedisReply[], connection: string, at: string): unknown[] {
  const [info, slowlog, latency, config] = replies;
  const fields = parseInfo(info instanceof Uint8Array ? info : '');
  const stats = [...commandStatsOf(fields)]
    .sort(([, a], [, b]) => b.usec - a.usec)
    .slice(0, busiestCommands)
    .map(([command, { calls, usec, failed }]) => ({
      record: 'commandStats',
      connection,
      command,
      calls,
      usecPerCall: calls === 0 ? 0 : Math.round((usec / calls) * 100) / 100,
      failed,
    }));
  const denied = [
    ['INFO', info],
    ['SLOWLOG', slowlog],
    ['LATENCY', latency],
    ['CONFIG', config],
  ] as const;
  return [
    { record: 'info', connection, at, fields: infoFacts(fields) },
    ...keyspaceFacts(fields).map((facts) => ({ record: 'keyspace', connection, ...facts })),
    ...stats,
    ...unusualSettings(settingsOf(config ?? null)).map((setting) => ({ record: 'config', connection, ...setting })),
    ...parseSlowlog(slowlog ?? null, bundledCommandTable()).map(({ atMs, ...entry }) => ({
      record: 'slowlog',
      connection,
      at: isoAt(atMs),
      ...entry,
    })),
    ...latencyEvents(latency ?? null).map(({ atMs, ...spike }) => ({
      record: 'latency',
      connection,
      at: isoAt(atMs),
      ...spike,
    })),
    ...denied
      .filter(([, reply]) => !(reply instanceof Uint8Array) && !Array.isArray(reply))
      .map(([what]) => ({ record: 'problem', connection, what, code: 'UNAUTHORIZED', reason: 'denied' })),
  ];
}

/** Only the settings that are asked for are kept: nothing else of the answer is looked at. */
function settingsOf(reply: RedisReply): Map<string, string> {
  const wanted = new Set(askedSettings);
  const settings = new Map<string, string>();
  if (!Array.isArray(reply)) return settings;
  const parts = reply as readonly RedisReply[];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [name, value] = [parts[at], parts[at + 1]];
    const text = name instanceof Uint8Array ? textOf(name) : null;
    if (text === null || !wanted.has(text) || !(value instanceof Uint8Array)) continue;
    settings.set(text, textOf(value) ?? '');
  }
  return settings;
}
