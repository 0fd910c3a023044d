import type { AlertEvent } from '../../domain/alerts/event.ts';
import { metricOf } from '../../domain/alerts/metrics/registry.ts';
import { isInScope, type AlertRule } from '../../domain/alerts/rule.ts';
import { starterRules } from '../../domain/alerts/starters.ts';
import type { AlertState, Backtest } from '../../domain/alerts/views.ts';
import { silenceText } from '../../domain/alerts/words.ts';
import type { Problem } from '../../domain/connections/fields.ts';
import { displayShort } from '../../domain/display.ts';
import { asFailure, isFailure, validationFailure } from '../../domain/failure.ts';
import { windowMs } from '../../domain/observability/window.ts';
import type { JobLeases } from '../leases/jobLeases.ts';
import { SoleJob } from '../leases/soleJob.ts';
import { findConnection, idsByUid, type WatchedConnections } from '../observability/watched.ts';
import type { AlertStore, Evaluation, StateRow } from '../ports/alerts.ts';
import { isoAt, isoTime, type Clock } from '../ports/clock.ts';
import type { Digest, Disposable, Log, Settings, Trust } from '../ports/environment.ts';
import type { ConnectionRecordStore } from '../ports/stores.ts';
import { LostConnections } from './lostConnections.ts';
import { RuleBook } from './ruleBook.ts';
import { SettingsRules } from './settingsRules.ts';

export interface AlertServiceParts {
  readonly store: AlertStore;
  readonly records: Pick<ConnectionRecordStore, 'list'>;
  readonly connections: WatchedConnections;
  readonly settings: Pick<Settings, 'number' | 'alertRules' | 'onDidChange'>;
  readonly trust: Trust;
  readonly leases: JobLeases;
  readonly clock: Clock;
  readonly digest: Pick<Digest, 'uuid' | 'sha256'>;
  readonly log: Log;
  /** Another window saved something. */
  onDidChangeStore(listener: () => void): Disposable;
}

/** What views show: as the last evaluation left it. */
export interface AlertPicture {
  readonly rules: readonly AlertRule[];
  /** All that is not plainly normal, the newest first. */
  readonly states: readonly AlertState[];
  readonly events: readonly AlertEvent[];
  readonly unread: number;
  /** What is wrong with rules in settings. */
  readonly settingsProblems: readonly Problem[];
  /** Names of connections by id, for those that are not in this window too. */
  readonly names: ReadonlyMap<string, string>;
}

const slotMs = 30_000;
/** Samples of the slot's last second are in by then. */
const afterSlotMs = 1500;
const startAfterMs = 2000;
const followMs = 5000;
const shownEvents = 100;
const mostPoints = 720;
const mostTested = 50;
const longestSnoozeMinutes = 366 * 24 * 60;

/** Rules, their evaluation every half minute in one of the windows, and the alert history. */
export class AlertService implements Disposable {
  readonly rules: RuleBook;
  readonly #parts: AlertServiceParts;
  readonly #fromSettings: SettingsRules;
  readonly #lost: LostConnections;
  readonly #job: SoleJob;
  readonly #listeners = new Set<() => void>();
  readonly #subscriptions: Disposable[];
  #fence: number | null = null;
  #evaluation: Evaluation | null = null;
  #started: Promise<void> | undefined;
  #timer: Disposable | undefined;
  #publishing: Disposable | undefined;
  #following: Disposable | undefined;
  #disposed = false;

  constructor(parts: AlertServiceParts) {
    this.#parts = parts;
    this.rules = new RuleBook(parts);
    this.#fromSettings = new SettingsRules(parts);
    this.#lost = new LostConnections(parts);
    this.#job = new SoleJob(parts, parts.leases, {
      name: 'alerts',
      begin: (fence) => {
        this.#fence = fence;
        void this.#tick();
      },
      end: () => (this.#fence = null),
    });
    const publishSoon = (): void => this.#publishSoon();
    this.#subscriptions = [
      parts.settings.onDidChange(publishSoon),
      parts.connections.onDidChange(publishSoon),
      parts.trust.onDidGrant(publishSoon),
      parts.onDidChangeStore(() => this.#followSoon()),
    ];
  }

  /** Begins to evaluate, soon: what starts with VS Code comes first. */
  begin(): void {
    this.#timer = this.#parts.clock.after(startAfterMs, () => void this.#run());
  }

  /** Rules, states or events may be others. */
  onDidChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Starter rules and those of settings included, also when nothing was asked before. */
  async list(): Promise<AlertRule[]> {
    await this.#start();
    return this.rules.rules();
  }

  async export(ids?: readonly string[]): Promise<string> {
    await this.#start();
    return this.rules.toJson(ids);
  }

  async save(input: unknown): Promise<AlertRule> {
    await this.#start();
    const rule = await this.rules.save(input);
    this.#tell();
    return rule;
  }

  async remove(id: string): Promise<void> {
    await this.#start();
    await this.rules.remove(id);
    this.#tell();
  }

  async import(json: string): Promise<AlertRule[]> {
    await this.#start();
    const rules = await this.rules.fromJson(json);
    this.#tell();
    return rules;
  }

  /**
   * One aligned evaluation of everything, now or as of `at`. In a window that does not evaluate, what is known.
   * @throws Failure VALIDATION_ERROR when `at` lies in the future
   */
  async evaluate(at?: string): Promise<AlertState[]> {
    const nowMs = this.#parts.clock.wallMs();
    const atMs = at === undefined ? nowMs : Date.parse(at);
    if (!(atMs <= nowMs + slotMs)) throw validationFailure('at', '`at` must not lie in the future.');
    await this.#start();
    const evaluation = await this.#evaluateAt(atMs, true);
    this.#tell();
    return this.#shown(evaluation.states);
  }

  /** What the rule would have done over a range of the stored history. @throws Failure VALIDATION_ERROR */
  async backtest(query: { readonly rule: unknown; readonly from: string; readonly to: string }): Promise<Backtest> {
    windowMs(query);
    const rule = this.rules.testable(query.rule);
    const idOf = idsByUid(this.#parts.connections);
    const seen = [
      ...this.#parts.connections.views().map(({ summary }) => summary),
      ...(await this.#parts.records.list()),
    ];
    const inScope = new Set(seen.filter((each) => isInScope(rule, each)).map(({ uid }) => uid));
    const connectionIds = [...inScope].slice(0, mostTested);
    const { from, to } = query;
    const tested = await this.#parts.store.backtest({
      rule,
      connectionIds,
      from,
      to,
      mostPoints,
    });
    return {
      episodes: tested.episodes.map((episode) => ({ ...episode, connectionId: idOf(episode.connectionId) })),
      coverage: tested.coverage,
      series: tested.series,
      connectionIds: tested.seen.map(idOf),
      notAvailableOn: tested.lacking.map(idOf),
    };
  }

  /** Newest first. */
  async events(query: { readonly unreadOnly?: boolean; readonly limit?: number } = {}): Promise<AlertEvent[]> {
    const { limit = 200, unreadOnly } = query;
    const events = await this.#parts.store.events({ limit, ...(unreadOnly === undefined ? {} : { unreadOnly }) });
    const idOf = idsByUid(this.#parts.connections);
    return events.map((event) =>
      event.connectionId === undefined ? event : { ...event, connectionId: idOf(event.connectionId) },
    );
  }

  async markRead(ids: readonly string[] | 'all'): Promise<void> {
    await this.#parts.store.markRead(ids);
    this.#tell();
  }

  /** Nobody is told for `minutes`; 0 ends it. One that still fires then is shown again. @throws Failure VALIDATION_ERROR */
  async snooze(query: {
    readonly ruleId: string;
    readonly connectionId?: string;
    readonly minutes: number;
  }): Promise<void> {
    const { ruleId, connectionId, minutes } = query;
    if (!(minutes >= 0 && minutes <= longestSnoozeMinutes)) {
      throw validationFailure('minutes', `\`minutes\` must be from 0 to ${longestSnoozeMinutes}.`);
    }
    const rules = await this.#parts.store.rules();
    if (!rules.some(({ id }) => id === ruleId))
      throw validationFailure('ruleId', 'There is no alert rule with this id.');
    const uid = connectionId === undefined ? null : findConnection(this.#parts.connections, connectionId).uid;
    const nowMs = this.#parts.clock.wallMs();
    await this.#parts.store.snooze({ ruleId, connectionId: uid, untilMs: nowMs + minutes * 60_000, nowMs });
    if (this.#evaluation !== null) await this.#evaluateAt(nowMs, false);
    this.#tell();
  }

  async picture(): Promise<AlertPicture> {
    await this.#start();
    const [rules, events, unread, records] = await Promise.all([
      this.rules.rules(),
      this.events({ limit: shownEvents }),
      this.#parts.store.unread(),
      this.#parts.records.list(),
    ]);
    const evaluation = this.#evaluation ?? (await this.#evaluateAt(this.#parts.clock.wallMs(), true));
    const idOf = idsByUid(this.#parts.connections);
    return {
      rules,
      states: (await this.#shown(evaluation.states)).sort((a, b) => (a.since < b.since ? 1 : -1)),
      events,
      unread,
      settingsProblems: this.#fromSettings.problems,
      names: new Map(records.map(({ uid, name }) => [idOf(uid), displayShort(name)])),
    };
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#publishing?.dispose();
    this.#following?.dispose();
    this.#lost.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Gives the job to another window. */
  async close(): Promise<void> {
    this.dispose();
    await this.#job.dispose();
  }

  /** Once: starter rules, rules of settings, and the lease. */
  #start(): Promise<void> {
    this.#started ??= this.#startOnce().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    return this.#started;
  }

  async #startOnce(): Promise<void> {
    const now = isoTime(this.#parts.clock);
    const stamp = { origin: 'starter', createdAt: now, updatedAt: now } as const;
    await this.#parts.store.installStarters(starterRules.map(({ id, rule }) => ({ ...rule, id, ...stamp })));
    await this.#fromSettings.publish();
    await this.#job.start();
  }

  async #run(): Promise<void> {
    if (this.#disposed) return;
    try {
      await this.#start();
      if (this.#evaluation === null) await this.#tick();
    } catch (error) {
      this.#parts.log.warn('alerts not started', { code: asFailure(error).code });
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#disposed) return;
    const { clock } = this.#parts;
    const nowMs = clock.wallMs();
    const nextMs = (Math.floor((nowMs - afterSlotMs) / slotMs) + 1) * slotMs + afterSlotMs;
    this.#timer = clock.after(Math.max(1000, nextMs - nowMs), () => {
      void this.#tick().finally(() => this.#schedule());
    });
  }

  async #tick(): Promise<void> {
    if (this.#disposed) return;
    try {
      const before = this.#evaluation;
      const evaluation = await this.#evaluateAt(this.#parts.clock.wallMs(), false);
      if (evaluation.told || differs(before, evaluation)) this.#tell();
    } catch (error) {
      this.#parts.log.warn('alerts not evaluated', { code: asFailure(error).code });
    }
  }

  async #evaluateAt(nowMs: number, all: boolean): Promise<Evaluation> {
    const goneAfterMs = Math.max(
      180_000,
      3 * this.#parts.settings.number('observability.sampleSeconds') * 1000 + 60_000,
    );
    const request = { nowMs, goneAfterMs, all };
    const evaluation = await this.#parts.store
      .evaluate({ ...request, fence: this.#fence })
      // Another window has the job by now; this one only looks.
      .catch((error: unknown) => {
        if (isFailure(error, 'CONFLICT')) return this.#parts.store.evaluate({ ...request, fence: null });
        throw error;
      });
    const isPlain = ({ state, overlay, value }: StateRow): boolean =>
      state === 'normal' && overlay === null && value === null;
    this.#evaluation = { ...evaluation, states: evaluation.states.filter((row) => !isPlain(row)) };
    return evaluation;
  }

  #publishSoon(): void {
    if (this.#started === undefined || this.#publishing !== undefined) return;
    this.#publishing = this.#parts.clock.after(500, () => {
      this.#publishing = undefined;
      this.#fromSettings
        .publish()
        .then((changed) => changed && this.#tell())
        .catch((error: unknown) => this.#parts.log.warn('rules of settings not read', { code: asFailure(error).code }));
    });
  }

  /** Another window saved something, which may be no more than its heartbeat. */
  #followSoon(): void {
    if (this.#disposed) return;
    this.#following ??= this.#parts.clock.after(followMs, () => {
      this.#following = undefined;
      this.#tell();
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #shown(rows: readonly StateRow[]): Promise<AlertState[]> {
    const idOf = idsByUid(this.#parts.connections);
    const metrics = new Map((await this.#parts.store.rules()).map(({ id, metric }) => [id, metricOf(metric)]));
    return rows.map((row) => {
      const { overlay, value, unverifiedSinceMs: unverified, snoozedUntilMs: snoozed, mutedBy, episode } = row;
      return {
        ruleId: row.ruleId,
        connectionId: idOf(row.connectionId),
        state: row.state,
        since: isoAt(row.sinceMs),
        ...(overlay === null
          ? {}
          : {
              overlay: overlay.kind === 'error' ? 'error' : 'noData',
              reason: silenceText(overlay.reason, metrics.get(row.ruleId)),
            }),
        ...(value === null ? {} : { value }),
        ...(mutedBy === null ? {} : { mutedBy }),
        ...(snoozed === null ? {} : { snoozedUntil: isoAt(snoozed) }),
        ...(unverified === null ? {} : { unverifiedSince: isoAt(unverified) }),
        ...(row.flapping ? { flapping: true } : {}),
        ...(episode === null ? {} : { episodeFrom: isoAt(episode.fromMs) }),
      } satisfies AlertState;
    });
  }
}

/** Whether a person would see a difference. */
function differs(before: Evaluation | null, now: Evaluation): boolean {
  if (before === null || now.changed) return true;
  const seen = ({ ruleId, connectionId, state, overlay, mutedBy, snoozedUntilMs }: StateRow): string =>
    JSON.stringify([ruleId, connectionId, state, overlay?.reason, mutedBy, snoozedUntilMs]);
  return before.states.map(seen).join() !== now.states.map(seen).join();
}
