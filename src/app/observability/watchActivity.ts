import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import type { Bytes } from '../../domain/bytes.ts';
import { display } from '../../domain/display.ts';
import { Failure, validationFailure } from '../../domain/failure.ts';
import { ActivityCounter, type KeyspaceActivity } from '../../domain/observability/activity.ts';
import { keyPattern } from '../../domain/observability/keyPattern.ts';
import { parseMonitorLine } from '../../domain/observability/monitorLine.ts';
import { watchSentences, type PrimaryLoad } from '../../domain/observability/watchWords.ts';
import { keyEventsQuestion, noKeyEvents } from '../../domain/redis/keyEvents.ts';
import { infoNumber, parseInfo } from '../../domain/redis/info.ts';
import { RedisErrorReply, type RedisReply } from '../../domain/redis/command.ts';
import type { Clock } from '../ports/clock.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { HistoryStore } from '../ports/stores.ts';
import type { Gate } from '../redis/gate.ts';
import { findConnection, type WatchedConnections } from './watched.ts';

export interface WatchParts {
  readonly gate: Pick<Gate, 'run' | 'watch'>;
  readonly sessions: Pick<Sessions, 'active'>;
  readonly history: Pick<HistoryStore, 'appendActivity'>;
  readonly connections: WatchedConnections;
  readonly clock: Clock;
}

export interface WatchActivityRequest {
  readonly connectionId: string;
  readonly source: 'notifications' | 'monitor';
  /** 1..300 */
  readonly seconds: number;
  /** Ends the watch early; what was seen until then is the result. */
  readonly signal?: AbortSignal;
  /** On production: the connection's name. */
  readonly confirm?: string;
}

export const maxWatchSeconds = 300;
const topPatterns = 200;

/** What a person should know before a watch begins. */
export interface WatchPreflight {
  readonly connectionName: string;
  readonly environment: ConnectionSummary['environment'];
  /** Commands per second that the server, or all primaries of the cluster, run at this moment; null = not told. */
  readonly opsPerSecond: number | null;
  /** Of a cluster: what each of its primaries runs. */
  readonly primaries?: readonly PrimaryLoad[];
  /** What will happen and what it costs, as sentences. */
  readonly sentences: readonly string[];
  /** What has to be typed first; absent = nothing. */
  readonly confirm?: string;
}

/** Time-boxed looks at what all clients of a server do. One at a time per connection. */
export class ActivityWatcher {
  private readonly parts: WatchParts;
  private readonly running = new Set<string>();

  constructor(parts: WatchParts) {
    this.parts = parts;
  }

  /** Measures the rate and says what a watch would cost. @throws Failure, also when the server cannot be watched */
  async preflight(request: WatchActivityRequest): Promise<WatchPreflight> {
    const summary = this.validated(request);
    const primaries = await this.primaries(summary.uid);
    const opsPerSecond =
      primaries === null ? await this.measure(summary.uid) : sumOf(primaries.map((each) => each.opsPerSecond));
    if (request.source === 'notifications') await this.needNotifications(summary);
    const name = display(summary.name);
    const isProd = summary.environment === 'prod' || summary.environment === 'unknown';
    const load = { opsPerSecond, ...(primaries === null ? {} : { primaries }) };
    return {
      connectionName: name,
      environment: summary.environment,
      ...load,
      sentences: watchSentences(name, request, { ...load, isProd }),
      ...(isProd ? { confirm: summary.name } : {}),
    };
  }

  /**
   * Watches for `seconds` and counts touched key patterns; keeps them as roll-ups under their source.
   * `watch.seen = watch.stored + watch.dropped` holds exactly. @throws Failure BLOCKED, NOT_SUPPORTED, CONFLICT, …
   */
  async watch(request: WatchActivityRequest): Promise<KeyspaceActivity> {
    const summary = this.validated(request);
    const { uid } = summary;
    if (this.running.has(uid)) {
      throw new Failure('CONFLICT', `${display(summary.name)} is being watched already.`, {
        nextAction: 'Wait until that watch ends, or stop it.',
      });
    }
    this.running.add(uid);
    try {
      if (request.source === 'notifications') await this.needNotifications(summary);
      return await this.run(summary, request);
    } finally {
      this.running.delete(uid);
    }
  }

  private validated({ connectionId, seconds }: WatchActivityRequest): ConnectionSummary {
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > maxWatchSeconds) {
      throw validationFailure('seconds', `A watch lasts from 1 to ${maxWatchSeconds} whole seconds.`);
    }
    return findConnection(this.parts.connections, connectionId);
  }

  private async run(summary: ConnectionSummary, request: WatchActivityRequest): Promise<KeyspaceActivity> {
    const { gate, sessions, history, clock } = this.parts;
    const { uid, environment } = summary;
    const { commandTable } = (await sessions.active(uid)).session;
    const counter = new ActivityCounter(maxWatchSeconds);
    const counts = { stored: 0, withoutKey: 0, dropped: 0 };
    const stretches: { readonly node: string; readonly fromMs: number; toMs: number | null }[] = [];
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    request.signal?.addEventListener('abort', abort, { once: true });
    if (request.signal?.aborted === true) abort();
    let fromMs = clock.wallMs();
    let timer: { dispose(): void } | undefined;
    const touch = (key: Bytes, atMs: number): void => counter.add(keyPattern(key).pattern, atMs);
    try {
      await gate.watch(
        uid,
        {
          action: 'observability.watchActivity',
          ...(request.confirm === undefined ? {} : { confirm: request.confirm }),
        },
        {
          source: request.source,
          signal: stop.signal,
          onStarted: () => {
            fromMs = clock.wallMs();
            timer = clock.after(request.seconds * 1000, abort);
          },
          listener: {
            line(line) {
              counts.stored += 1;
              const command = parseMonitorLine(line, commandTable);
              if (command === null || command.keys.length === 0) counts.withoutKey += 1;
              else for (const key of command.keys) touch(key, command.atMs);
            },
            keyEvent(_event, key) {
              counts.stored += 1;
              touch(key, clock.wallMs());
            },
            dropped: (count) => (counts.dropped += count),
            nodeChanged(node, state) {
              if (state === 'watched') stretches.push({ node, fromMs: clock.wallMs(), toMs: null });
              const open = stretches.findLast((each) => each.node === node);
              if (state === 'lost' && open !== undefined) open.toMs = clock.wallMs();
            },
          },
        },
      );
    } finally {
      timer?.dispose();
      request.signal?.removeEventListener('abort', abort);
    }
    const toMs = Math.max(clock.wallMs(), fromMs + 1);
    const { source } = request;
    await history.appendActivity({ source, connectionId: uid, environment, rows: counter.rows() });
    const nodes = stretches.map((each) => ({
      node: display(each.node),
      from: new Date(each.fromMs).toISOString(),
      to: new Date(each.toMs ?? toMs).toISOString(),
    }));
    return {
      ...counter.result(source, fromMs, toMs, topPatterns),
      watch: {
        seen: counts.stored + counts.dropped,
        ...counts,
        seconds: (toMs - fromMs) / 1000,
        ...(nodes.length === 0 ? {} : { nodes }),
      },
    };
  }

  /** What each primary of a cluster runs, as the cluster is now; null = one server, or a node spoken to as if it were. */
  private async primaries(uid: string): Promise<PrimaryLoad[] | null> {
    const { session, definition } = await this.parts.sessions.active(uid);
    const { cluster } = session;
    if (cluster === undefined) return null;
    await cluster.learn(definition.timeoutMs);
    return Promise.all(
      cluster.nodes().map(async (node) => ({ node: display(node), opsPerSecond: await this.measure(uid, node) })),
    );
  }

  private async measure(uid: string, node?: string): Promise<number | null> {
    const [reply] = await this.ask(uid, ['INFO', 'stats'], node);
    return infoNumber(parseInfo(reply instanceof Uint8Array ? reply : ''), 'instantaneous_ops_per_sec');
  }

  /**
   * Notifications are a setting of the server, and ours is not to change it. Of a cluster, each primary is asked when its
   * watch begins, and named when it sends none; one that answers now would be any.
   */
  private async needNotifications(summary: ConnectionSummary): Promise<void> {
    if ((await this.parts.sessions.active(summary.uid)).session.cluster !== undefined) return;
    const [reply] = await this.ask(summary.uid, keyEventsQuestion);
    const refused = noKeyEvents(summary.name, reply);
    if (refused !== null) throw refused;
  }

  private async ask(
    uid: string,
    command: readonly [string, ...string[]],
    node?: string,
  ): Promise<readonly (RedisReply | undefined)[]> {
    const replies = await this.parts.gate.run(uid, {
      action: 'observability.watchActivity',
      keyOrPattern: '',
      commands: [command],
      record: false,
      aside: true,
      tolerateErrorReplies: true,
      ...(node === undefined ? {} : { node }),
    });
    return replies.map((reply) => (reply instanceof RedisErrorReply ? undefined : reply));
  }
}

/** Of what is told; null when nothing is. */
function sumOf(rates: readonly (number | null)[]): number | null {
  const told = rates.filter((rate) => rate !== null);
  return told.length === 0 ? null : told.reduce((sum, rate) => sum + rate, 0);
}
