import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import { baselineAfter, changeBetween, noChange, type ServerReading } from '../../domain/observability/reading.ts';
import type { ObservabilitySnapshot } from '../../domain/observability/snapshot.ts';
import type { CommandDelta } from '../../domain/observability/commandStats.ts';
import { asFailure, isFailure } from '../../domain/failure.ts';
import type { EngineMeter } from '../alerts/engineMeter.ts';
import type { Clock } from '../ports/clock.ts';
import type { Digest, Disposable, Log, Settings } from '../ports/environment.ts';
import type { HistoryStore } from '../ports/stores.ts';
import type { Gate } from '../redis/gate.ts';
import type { EngineJournal, EngineReplies } from './engineJournal.ts';
import { readClosely } from './readServer.ts';
import type { SamplingTurns } from './samplingTurns.ts';
import { findConnection, type WatchedConnections } from './watched.ts';

export interface SamplerParts {
  readonly gate: Pick<Gate, 'run' | 'drainOperationStats'>;
  readonly history: Pick<HistoryStore, 'appendSamples'>;
  readonly connections: WatchedConnections;
  readonly settings: Pick<Settings, 'number'>;
  readonly clock: Clock;
  readonly digest: Pick<Digest, 'uuid'>;
  readonly log: Log;
  /** Whether samples are not collected at the moment, because there is no room for them. */
  readonly isPaused: () => boolean;
  readonly turns: Pick<SamplingTurns, 'isMine' | 'giveBack' | 'giveAllBack'>;
  /** Writes what the server did into the timeline. */
  readonly journal: Pick<EngineJournal, 'look' | 'forget'>;
  /** Reads what alerts judge by. */
  readonly meter: Pick<EngineMeter, 'look' | 'forget'>;
}

/** The last look at a connection, to compare the next one with. */
interface Baseline {
  readonly reading: ServerReading;
  readonly wallMs: number;
  readonly monoMs: number;
}

/** The clocks disagree by this much: the machine slept, or somebody set the time. */
const CLOCK_GAP_MS = 5000;
/** After this many missed samples the stretch between counts as not watched. */
const MISSED_SAMPLES = 3;

/**
 * Takes one sample of every ready connection each `observability.sampleSeconds` and stores it; of several windows that
 * have a connection open one does. A stretch in which nobody looked (asleep, disconnected, stuck) is not covered by any
 * sample: the next one starts anew.
 */
export class Sampler implements Disposable {
  private readonly parts: SamplerParts;
  private readonly baselines = new Map<string, Baseline>();
  private readonly reconnects = new Map<string, number>();
  private readonly states = new Map<string, string>();
  private readonly busy = new Map<string, Promise<ObservabilitySnapshot>>();
  private readonly watching: Disposable;
  private timer: Disposable | undefined;
  private disposed = false;

  constructor(parts: SamplerParts) {
    this.parts = parts;
    this.watching = parts.connections.onDidChange(() => this.followStates());
    this.followStates();
    this.schedule();
  }

  /** One sample at once, stored. @throws Failure when the connection is unknown or does not answer */
  async sampleNow(connectionId: string): Promise<ObservabilitySnapshot> {
    const summary = findConnection(this.parts.connections, connectionId);
    return { ...(await this.sample(summary)), connectionId: summary.id };
  }

  dispose(): void {
    this.disposed = true;
    this.watching.dispose();
    this.timer?.dispose();
    void this.parts.turns.giveAllBack();
  }

  private periodMs(): number {
    return this.parts.settings.number('observability.sampleSeconds') * 1000;
  }

  private schedule(): void {
    if (this.disposed) return;
    this.timer = this.parts.clock.after(this.periodMs(), () => {
      this.schedule();
      for (const summary of this.summaries()) if (summary.state === 'ready') void this.takeTurn(summary);
    });
  }

  private summaries(): ConnectionSummary[] {
    return this.parts.connections.views().map((view) => view.summary);
  }

  private followStates(): void {
    const present = new Set<string>();
    for (const summary of this.summaries()) {
      present.add(summary.uid);
      const before = this.states.get(summary.uid);
      if (summary.state === before) continue;
      this.states.set(summary.uid, summary.state);
      if (summary.state === 'reconnecting') this.reconnects.set(summary.uid, this.reconnectsOf(summary.uid) + 1);
      // Away from the server means not watched: no sample may cover it. The first look follows at once.
      if (summary.state !== 'ready') this.stopLooking(summary.uid);
      else void this.takeTurn(summary);
    }
    for (const uid of this.states.keys()) if (!present.has(uid)) this.forget(uid);
  }

  private stopLooking(uid: string): void {
    this.baselines.delete(uid);
    void this.parts.turns.giveBack(uid);
  }

  /** A sample, when it is this window that takes them. */
  private async takeTurn(summary: ConnectionSummary): Promise<void> {
    const { uid } = summary;
    // A stretch in which nothing is collected is not covered by any sample.
    if (this.parts.isPaused()) return this.stopLooking(uid);
    try {
      const isMine = await this.parts.turns.isMine(uid, MISSED_SAMPLES * this.periodMs());
      if (this.disposed || this.states.get(uid) !== 'ready') return;
      if (isMine) await this.sample(summary);
      else {
        // What another window's samples cover is not ours to cover again, once it is our turn.
        this.baselines.delete(uid);
        this.parts.journal.forget(uid);
        this.parts.gate.drainOperationStats(uid);
      }
    } catch (error) {
      this.report(summary, error);
    }
  }

  private forget(uid: string): void {
    this.states.delete(uid);
    this.stopLooking(uid);
    this.reconnects.delete(uid);
    this.parts.journal.forget(uid);
    this.parts.meter.forget(uid);
  }

  private reconnectsOf(uid: string): number {
    return this.reconnects.get(uid) ?? 0;
  }

  /** Joins a sample of the same connection that is under way: two at once would share one period. */
  private sample(summary: ConnectionSummary): Promise<ObservabilitySnapshot> {
    const running = this.busy.get(summary.uid);
    if (running !== undefined) return running;
    const started = this.take(summary).finally(() => this.busy.delete(summary.uid));
    this.busy.set(summary.uid, started);
    return started;
  }

  private async take(summary: ConnectionSummary): Promise<ObservabilitySnapshot> {
    const { uid } = summary;
    const { gate, history, clock, digest } = this.parts;
    const { reading, replies } = await readClosely(gate, uid);
    const now = { wallMs: clock.wallMs(), monoMs: clock.monoMs() };
    const before = this.baselineFor(uid, now);
    const seconds = before === null ? 0 : Math.max(now.monoMs - before.monoMs, 1) / 1000;
    const change = before === null ? noChange : changeBetween(before.reading, reading, seconds);
    const ours = gate.drainOperationStats(uid);
    const commands = await this.journalize(summary, reading, replies);
    const sample: ObservabilitySnapshot = {
      id: digest.uuid(),
      connectionId: uid,
      timestamp: new Date(now.wallMs).toISOString(),
      periodSeconds: seconds,
      latencyP50Ms: ours.latency.quantile(0.5),
      latencyP95Ms: ours.latency.quantile(0.95),
      errorRate: ours.operations === 0 ? null : ours.errors / ours.operations,
      operationCount: ours.operations,
      reconnectCount: this.reconnectsOf(uid),
      ...change,
      usedMemoryBytes: reading.usedMemoryBytes,
      maxMemoryBytes: reading.maxMemoryBytes,
      connectedClients: reading.connectedClients,
      replicationLink: reading.replicationLink,
      ...(commands === null ? {} : { commands }),
      engine: this.parts.meter.look(uid, replies.info, seconds),
    };
    this.reconnects.delete(uid);
    this.baselines.set(uid, { ...now, reading: baselineAfter(before?.reading ?? null, reading) });
    await history.appendSamples([sample]);
    return sample;
  }

  /** A sample is worth more than its events: what goes wrong here is reported and costs only them. */
  private async journalize(
    summary: ConnectionSummary,
    reading: ServerReading,
    replies: EngineReplies,
  ): Promise<readonly CommandDelta[] | null> {
    try {
      return await this.parts.journal.look(summary, reading, replies);
    } catch (error) {
      this.report(summary, error);
      return null;
    }
  }

  /** What to compare with; null when the stretch since then was not watched throughout. */
  private baselineFor(uid: string, now: { readonly wallMs: number; readonly monoMs: number }): Baseline | null {
    const before = this.baselines.get(uid);
    if (before === undefined) return null;
    const elapsed = now.monoMs - before.monoMs;
    const asleep = Math.abs(now.wallMs - before.wallMs - elapsed) > CLOCK_GAP_MS;
    return asleep || elapsed > MISSED_SAMPLES * this.periodMs() ? null : before;
  }

  private report(summary: ConnectionSummary, error: unknown): void {
    if (isFailure(error, 'CANCELLED')) return;
    this.parts.log.warn('sample failed', { connectionId: summary.id, code: asFailure(error).code });
  }
}
