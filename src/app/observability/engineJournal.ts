import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import {
  commandDeltas,
  commandStatsOf,
  type CommandDelta,
  type CommandStats,
} from '../../domain/observability/commandStats.ts';
import {
  engineChanges,
  engineReading,
  isSameRun,
  type EngineAction,
  type EngineReading,
} from '../../domain/observability/engineEvents.ts';
import { latencyEvents, type LatencyEvent } from '../../domain/observability/latencyEvents.ts';
import { baselineAfter, changeBetween, isOtherServer, type ServerReading } from '../../domain/observability/reading.ts';
import { maxSlowEntries, parseSlowlog } from '../../domain/observability/slowlog.ts';
import type { RedisReply } from '../../domain/redis/command.ts';
import { parseInfo } from '../../domain/redis/info.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { Clock } from '../ports/clock.ts';
import type { Digest } from '../ports/environment.ts';
import type { HistoryStore } from '../ports/stores.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { Gate } from '../redis/gate.ts';

export interface JournalParts {
  readonly gate: Pick<Gate, 'run'>;
  readonly sessions: Pick<Sessions, 'active'>;
  readonly history: Pick<HistoryStore, 'append'>;
  readonly clock: Clock;
  readonly digest: Pick<Digest, 'sha256'>;
}

/** The raw replies of one look at a server: INFO, INFO commandstats, LATENCY LATEST; null where denied. */
export interface EngineReplies {
  readonly info: RedisReply;
  readonly commandStats: RedisReply;
  readonly latency: RedisReply;
}

interface Look {
  /** For the slow log: an emptied one says no id, so the last one known is kept. */
  readonly slow: ServerReading;
  readonly reading: EngineReading;
  readonly stats: CommandStats;
  readonly latency: readonly LatencyEvent[];
  readonly monoMs: number;
}

/** Commands of a sample that are kept; a server knows hundreds, and a few do the work. */
const keptCommands = 10;
const timeoutMs = 4000;
const maxReplyBytes = 4 << 20;

/**
 * Writes what the server itself did into the timeline: restarts, role changes, evictions, failed saves, slow commands,
 * latency spikes, by comparing one look with the one before. Ids are made of what they tell, so that two windows
 * which watch one server write an event once.
 */
export class EngineJournal {
  private readonly parts: JournalParts;
  private readonly looks = new Map<string, Look>();

  constructor(parts: JournalParts) {
    this.parts = parts;
  }

  /** Forgets a connection: the next look starts anew. */
  forget(uid: string): void {
    this.looks.delete(uid);
  }

  /**
   * Compares a look with the one before and stores the events. Details of slow commands are fetched for new entries
   * that the log still holds. Returns where the server's time went meanwhile; null at the first look.
   */
  async look(
    connection: ConnectionSummary,
    reading: ServerReading,
    replies: EngineReplies,
  ): Promise<readonly CommandDelta[] | null> {
    const { uid } = connection;
    const before = this.looks.get(uid);
    const now: Look = {
      slow: baselineAfter(before?.slow ?? null, reading),
      reading: engineReading(parseInfo(bytesOf(replies.info))),
      stats: commandStatsOf(parseInfo(bytesOf(replies.commandStats))),
      latency: latencyEvents(replies.latency),
      monoMs: this.parts.clock.monoMs(),
    };
    this.looks.set(uid, now);
    if (before === undefined) return null;
    const events = this.changes(connection, before, now);
    const elapsedSeconds = Math.max(now.monoMs - before.monoMs, 1) / 1000;
    const newEntries = changeBetween(before.slow, reading, elapsedSeconds).slowOpCount ?? 0;
    if (newEntries > 0) events.push(...(await this.slowEntries(connection, before.slow, now.reading, newEntries)));
    if (events.length > 0) await this.parts.history.append(events);
    if (now.stats.size === 0 || isOtherServer(before.slow, reading, elapsedSeconds)) return null;
    return commandDeltas(before.stats, now.stats, isSameRun(before.reading, now.reading)).slice(0, keptCommands);
  }

  private changes(connection: ConnectionSummary, before: Look, now: Look): HistoryEvent[] {
    const at = new Date(this.parts.clock.wallMs()).toISOString();
    const run = now.reading.runId ?? '';
    const elapsedSeconds = (now.monoMs - before.monoMs) / 1000;
    const events = engineChanges(before.reading, now.reading, elapsedSeconds).map(({ action, status, details }) =>
      this.event(connection, action, `${run} ${at.slice(0, 18)} ${JSON.stringify(details)}`, {
        timestamp: at,
        status,
        details,
      }),
    );
    const known = new Map(before.latency.map(({ event, atMs }) => [event, atMs]));
    for (const spike of now.latency) {
      if (spike.atMs <= (known.get(spike.event) ?? 0)) continue;
      events.push(
        this.event(connection, 'engine.latencySpike', `${run} ${spike.event} ${spike.atMs}`, {
          timestamp: new Date(spike.atMs).toISOString(),
          durationMs: spike.durationMs,
          details: { event: spike.event },
        }),
      );
    }
    return events;
  }

  private async slowEntries(
    connection: ConnectionSummary,
    before: ServerReading,
    now: EngineReading,
    newEntries: number,
  ): Promise<HistoryEvent[]> {
    const { gate, sessions } = this.parts;
    const { session } = await sessions.active(connection.uid);
    const afterId = before.runId === now.runId && typeof before.newestSlowId === 'number' ? before.newestSlowId : -1;
    const [reply] = await gate.run(connection.uid, {
      action: 'observability.sample',
      keyOrPattern: '',
      commands: [['SLOWLOG', 'GET', String(Math.min(newEntries, maxSlowEntries))]],
      timeoutMs,
      maxReplyBytes,
      record: false,
      aside: true,
      tolerateErrorReplies: true,
    });
    const entries = parseSlowlog(reply ?? null, session.commandTable).filter(({ id }) => id > afterId);
    const notRetained = newEntries - entries.length;
    return entries.map((entry, index) =>
      this.event(connection, 'engine.slowCommand', `${now.runId ?? ''} ${entry.id}`, {
        timestamp: new Date(entry.atMs).toISOString(),
        keyOrPattern: entry.key,
        durationMs: entry.durationMs,
        details: {
          command: entry.command,
          arguments: entry.argumentCount,
          slowlogId: entry.id,
          ...(entry.client === '' ? {} : { client: entry.client }),
          // The oldest of those that are left says how many more there were.
          ...(index === entries.length - 1 && notRetained > 0 ? { notRetained } : {}),
        },
      }),
    );
  }

  private event(
    { uid, environment }: ConnectionSummary,
    action: EngineAction,
    identity: string,
    facts: Pick<HistoryEvent, 'timestamp'> & Partial<HistoryEvent>,
  ): HistoryEvent {
    return {
      id: uuidOf(this.parts.digest.sha256([new TextEncoder().encode(`${uid} ${action} ${identity}`)])),
      source: 'engine',
      connectionId: uid,
      environment,
      action,
      keyOrPattern: '',
      durationMs: 0,
      status: 'success',
      ...facts,
    };
  }
}

function bytesOf(reply: RedisReply): Uint8Array | string {
  return reply instanceof Uint8Array ? reply : '';
}

/** A UUID (version 8: made of a hash) of the first 128 bits. */
function uuidOf(sha256: string): string {
  const h = sha256;
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
