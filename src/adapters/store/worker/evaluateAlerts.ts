import type { Evaluation, EvaluationRequest, StateRow, StoredRule } from '../../../app/ports/alerts.ts';
import type { ConnectionRecord } from '../../../app/ports/stores.ts';
import { connectionDownMetric, freshness, mutedBy, type Judged } from '../../../domain/alerts/delivery.ts';
import type { AlertEvent } from '../../../domain/alerts/event.ts';
import {
  digestEvent,
  episodeEventId,
  firedEvent,
  flappingEvent,
  titleOf,
  type AlertSubject,
} from '../../../domain/alerts/messages.ts';
import { verdictOf, type Measured } from '../../../domain/alerts/measured.ts';
import { metricOf } from '../../../domain/alerts/metrics/registry.ts';
import type { MinuteFacts } from '../../../domain/alerts/minuteFacts.ts';
import { isInScope, slotMsOf } from '../../../domain/alerts/rule.ts';
import { isActive, step, type AlertInstance, type Happening } from '../../../domain/alerts/state.ts';
import { SlidingWindow, windowAt } from '../../../domain/alerts/window.ts';
import { asFailure } from '../../../domain/failure.ts';
import type { SqlDatabase } from '../sql/driver.ts';
import { minutesByConnection, type MinuteNeeds } from './alertMinutes.ts';
import { plainState, stateRow } from './alertStateRows.ts';
import { alertRules } from './repositories/alertRules.ts';
import {
  alertInstances,
  instanceKey,
  keyParts,
  snoozes,
  type Instances,
  type Snooze,
} from './repositories/alertStates.ts';
import { connectionRecords } from './repositories/connectionRecords.ts';

const shortestSlotMs = 30_000;
const minuteMs = 60_000;
/** Per rule, of connections on which it is normal but cannot be judged. */
const mostOverlaid = 25;

/** What an evaluation wants written, in one transaction. */
export interface EvaluationWrites {
  readonly instances: Map<string, AlertInstance | null>;
  /** New events; `toast` = shown to a person. */
  readonly events: { readonly event: AlertEvent; readonly toast: boolean }[];
  /** Events of episodes that nobody was told of until now. */
  readonly tell: { readonly id: string; readonly toast: boolean }[];
  /** Good again, or nobody judges it any more: nothing is kept for it then. */
  readonly ended: { readonly id: string; readonly to: string }[];
}

/**
 * Judges every enabled rule on every connection that somebody watches. Keeps what is worth no row: which slots were judged,
 * and what lies over states that are normal.
 */
export class AlertEvaluator {
  readonly #judgedSlots = new Map<string, number>();
  #transient: Instances = new Map();

  /** Reads both stores and works out what changes; `write` makes that durable and may refuse. */
  evaluate(
    stores: { readonly control: SqlDatabase; readonly history: SqlDatabase },
    request: EvaluationRequest,
    startedMs: () => number,
  ): {
    readonly evaluation: Omit<Evaluation, 'changed' | 'told'>;
    readonly writes: EvaluationWrites;
    readonly accept: () => void;
  } {
    const began = startedMs();
    const rules = alertRules(stores.control).filter(({ enabled, metric }) => enabled && metricOf(metric) !== undefined);
    const stored = alertInstances(stores.control);
    const due = rules.filter((rule) => request.all || this.#isDue(rule, request.nowMs));
    const evaluated = new Evaluating({
      rules,
      due,
      stored,
      before: (key) => stored.get(key) ?? this.#transient.get(key) ?? null,
      connections: connectionRecords(stores.control),
      snoozes: snoozes(stores.control, request.nowMs),
      minutes: minutesByConnection(stores.history, { ...rangeOf(due, request), ...needsOf(due) }),
      request,
    });
    evaluated.run();
    return {
      evaluation: {
        slotMs: slotAt(request.nowMs, shortestSlotMs),
        states: evaluated.states,
        workMs: startedMs() - began,
      },
      writes: evaluated.writes,
      accept: () => {
        for (const rule of due) this.#judgedSlots.set(dueKey(rule), slotAt(request.nowMs, slotMsOf(rule)));
        this.#transient = evaluated.transient;
      },
    };
  }

  #isDue(rule: StoredRule, nowMs: number): boolean {
    return this.#judgedSlots.get(dueKey(rule)) !== slotAt(nowMs, slotMsOf(rule));
  }
}

function dueKey({ id, updatedAt }: StoredRule): string {
  return `${id} ${updatedAt}`;
}

function slotAt(nowMs: number, slotMs: number): number {
  return Math.floor(nowMs / slotMs) * slotMs;
}

function rangeOf(
  rules: readonly StoredRule[],
  { nowMs, goneAfterMs }: EvaluationRequest,
): { fromMs: number; toMs: number } {
  const longest = rules.reduce((most, { lookbackMinutes }) => Math.max(most, lookbackMinutes), 0);
  const { fromMs, toMs } = windowAt(nowMs, Math.max(longest, Math.ceil(goneAfterMs / minuteMs) + 1));
  return { fromMs, toMs };
}

function needsOf(rules: readonly StoredRule[]): MinuteNeeds {
  const metrics = rules.map(({ metric }) => metricOf(metric));
  return {
    sketches: metrics.some((metric) => metric?.kind === 'quantile'),
    slow: metrics.some((metric) => metric?.id === 'slowOperationCount'),
    lost: true,
    engine: metrics.some((metric) => metric !== undefined && metric.source !== 'client'),
  };
}

interface Inputs {
  readonly rules: readonly StoredRule[];
  readonly due: readonly StoredRule[];
  readonly stored: Instances;
  readonly before: (key: string) => AlertInstance | null;
  readonly connections: readonly ConnectionRecord[];
  readonly snoozes: readonly Snooze[];
  readonly minutes: ReadonlyMap<string, readonly MinuteFacts[]>;
  readonly request: EvaluationRequest;
}

class Evaluating {
  readonly states: StateRow[] = [];
  readonly transient: Instances = new Map();
  readonly writes: EvaluationWrites = { instances: new Map(), events: [], tell: [], ended: [] };
  readonly #inputs: Inputs;
  readonly #windows = new Map<string, SlidingWindow>();
  readonly #due: ReadonlySet<string>;
  readonly #overlaid = new Map<string, number>();
  readonly #resolvedAway: { readonly title: string; readonly sinceMs: number }[] = [];
  readonly #stillFiring: { readonly title: string; readonly sinceMs: number }[] = [];

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
    this.#due = new Set(inputs.due.map(({ id }) => id));
  }

  run(): void {
    const { connections, stored } = this.#inputs;
    const remembered = new Set([...stored.keys()].map((key) => keyParts(key)[1]));
    const known = new Set<string>();
    for (const connection of connections) {
      known.add(connection.uid);
      const minutes = this.#inputs.minutes.get(connection.uid) ?? [];
      if (minutes.length > 0 || remembered.has(connection.uid)) this.#connection(connection, minutes);
    }
    this.#forgetOthers(known);
    this.#digest();
  }

  /** A rule that was disabled or deleted, or a connection that left its scope: normal again, and nobody is told. */
  #forgetOthers(known: ReadonlySet<string>): void {
    const rules = new Map(this.#inputs.rules.map((rule) => [rule.id, rule]));
    const byUid = new Map(this.#inputs.connections.map((connection) => [connection.uid, connection]));
    for (const key of this.#inputs.stored.keys()) {
      const [ruleId, uid] = keyParts(key);
      const rule = rules.get(ruleId);
      const connection = byUid.get(uid);
      const isFor = rule !== undefined && connection !== undefined && known.has(uid) && appliesTo(rule, connection);
      if (!isFor) this.#forget(key);
    }
  }

  #forget(key: string): void {
    const instance = this.#inputs.stored.get(key);
    this.writes.instances.set(key, null);
    if (!instance?.episode) return;
    const [ruleId, connectionId] = keyParts(key);
    const to = new Date(this.#inputs.request.nowMs).toISOString();
    this.writes.ended.push({ id: `alert/${ruleId}/${connectionId}/${instance.episode.firedMs}`, to });
  }

  #connection(connection: ConnectionRecord, minutes: readonly MinuteFacts[]): void {
    const rules = this.#inputs.rules.filter((rule) => appliesTo(rule, connection));
    // Whether the connection is lost decides how the others are judged.
    const ordered = [
      ...rules.filter(({ metric }) => metric === connectionDownMetric),
      ...rules.filter(({ metric }) => metric !== connectionDownMetric),
    ];
    const measured = new Map<string, Measured>();
    const judged: (Judged & { readonly rule: StoredRule; readonly shown: number | null })[] = [];
    for (const rule of ordered) judged.push(this.#judge(rule, connection, minutes, judged, measured));
    for (const each of judged) this.#deliver(each, judged, connection, each.shown);
  }

  #judge(
    rule: StoredRule,
    connection: ConnectionRecord,
    minutes: readonly MinuteFacts[],
    judged: readonly Judged[],
    known: Map<string, Measured>,
  ): Judged & { readonly rule: StoredRule; readonly shown: number | null } {
    const key = instanceKey(rule.id, connection.uid);
    const before = this.#inputs.before(key);
    if (!this.#due.has(rule.id)) return { rule, instance: before, shown: before?.value ?? null };
    const slotMs = slotAt(this.#inputs.request.nowMs, slotMsOf(rule));
    const metric = metricOf(rule.metric);
    if (metric === undefined) return { rule, instance: before, shown: null };
    const measured = this.#measure(rule, slotMs, minutes, judged, known);
    const { after, happenings } = step(rule, before, slotMs, verdictOf(rule, metric, measured));
    const subject = { rule, connectionId: connection.uid, connectionName: connection.name };
    for (const happening of happenings) this.#happened(subject, happening, slotMs);
    const isBack =
      before !== null &&
      after !== null &&
      after.state === 'firing' &&
      after.unverifiedSinceMs === null &&
      isActive(before);
    const sinceMs = before?.unverifiedSinceMs ?? null;
    const awayMs = before === null ? 0 : slotMs - before.slotMs;
    if (isBack && (sinceMs !== null || awayMs > longAwayMs) && after.overlay === null) {
      this.#stillFiring.push({ title: titleOf(subject), sinceMs: sinceMs ?? before.slotMs });
    }
    return { rule, instance: after, shown: measured.kind === 'value' ? measured.value : null };
  }

  #measure(
    rule: StoredRule,
    slotMs: number,
    minutes: readonly MinuteFacts[],
    judged: readonly Judged[],
    known: Map<string, Measured>,
  ): Measured {
    const newest = minutes.at(-1);
    const { nowMs, goneAfterMs } = this.#inputs.request;
    if (newest === undefined || newest.startMs + minuteMs < nowMs - goneAfterMs) return { kind: 'gone' };
    const fresh = rule.metric === connectionDownMetric ? { down: false, sinceMs: 0 } : freshness(judged);
    if (fresh.down) return { kind: 'noData', reason: 'connectionDown' };
    const key = `${rule.metric} ${rule.aggregation} ${rule.lookbackMinutes} ${slotMs}`;
    const found = known.get(key) ?? this.#read(rule, slotMs, minutes, fresh.sinceMs);
    known.set(key, found);
    return found;
  }

  /** One rule that cannot be read must not keep the others from being judged. */
  #read(rule: StoredRule, slotMs: number, minutes: readonly MinuteFacts[], freshMs: number): Measured {
    try {
      return this.#window(rule, slotMs, minutes, freshMs);
    } catch (error) {
      return { kind: 'error', reason: asFailure(error).message };
    }
  }

  #window(rule: StoredRule, slotMs: number, minutes: readonly MinuteFacts[], freshMs: number): Measured {
    const metric = metricOf(rule.metric);
    if (metric === undefined) return { kind: 'notAvailable' };
    const kind = `${rule.metric} ${rule.aggregation}`;
    const window = this.#windows.get(kind) ?? new SlidingWindow(metric, rule.aggregation);
    this.#windows.set(kind, window);
    window.reset();
    const { fromMs, toMs } = windowAt(slotMs, rule.lookbackMinutes);
    const begin = Math.max(fromMs, Math.floor(freshMs / minuteMs) * minuteMs);
    for (let at = firstFrom(minutes, begin); at < minutes.length; at++) {
      const minute = minutes[at];
      if (minute !== undefined && minute.startMs < toMs) window.push(minute);
    }
    return window.measure(toMs - fromMs);
  }

  #happened(subject: AlertSubject, happening: Happening, slotMs: number): void {
    const { nowMs } = this.#inputs.request;
    switch (happening.kind) {
      case 'flapping':
        this.writes.events.push({ event: flappingEvent(subject, slotMs, nowMs), toast: false });
        return;
      case 'resolved': {
        const { episode, toMs, fromMs, whileAway } = happening;
        this.writes.ended.push({ id: episodeEventId(subject, episode), to: new Date(toMs).toISOString() });
        if (whileAway && episode.notified && toMs - fromMs > longAwayMs) {
          this.#resolvedAway.push({ title: titleOf(subject), sinceMs: fromMs });
        }
        return;
      }
      case 'ended':
        this.writes.ended.push({ id: episodeEventId(subject, happening.episode), to: new Date(slotMs).toISOString() });
        return;
      case 'fired':
      // Whether somebody is told depends on the other alerts of the connection: see `#deliver`.
    }
  }

  #deliver(
    { rule, instance }: Judged & { readonly rule: StoredRule },
    judged: readonly Judged[],
    connection: ConnectionRecord,
    shown: number | null,
  ): void {
    const key = instanceKey(rule.id, connection.uid);
    if (instance === null) {
      if (this.#inputs.stored.has(key)) this.writes.instances.set(key, null);
      if (this.#inputs.request.all) this.states.push(plainState(rule, connection, shown));
      return;
    }
    const muted = isActive(instance) ? mutedBy({ rule, instance }, judged) : null;
    const snoozedUntilMs = this.#snoozedUntil(rule.id, connection.uid);
    const subject = { rule, connectionId: connection.uid, connectionName: connection.name };
    const isQuiet = muted !== null || snoozedUntilMs !== null || instance.flappingSinceMs !== null;
    const told = this.#tell(subject, instance, isQuiet);
    this.#keep(key, told);
    if (this.#isWorthTelling(told)) this.states.push(stateRow(subject, told, shown, muted, snoozedUntilMs));
  }

  /** Of what is normal and only cannot be judged, a few connections per rule say it all. */
  #isWorthTelling({ state, judgement }: AlertInstance): boolean {
    if (this.#inputs.request.all || state !== 'normal') return true;
    const told = (this.#overlaid.get(judgement) ?? 0) + 1;
    this.#overlaid.set(judgement, told);
    return told <= mostOverlaid;
  }

  /** One event per episode, when it fires; of one that was muted then, somebody is told when it is not any more. */
  #tell(subject: AlertSubject, instance: AlertInstance, isQuiet: boolean): AlertInstance {
    const { episode } = instance;
    if (episode === null || episode.notified || instance.state !== 'firing') return instance;
    const { nowMs } = this.#inputs.request;
    const toast = subject.rule.severity === 'critical';
    const event = firedEvent(subject, episode, instance.value, nowMs);
    const isNew =
      this.#inputs.stored.get(instanceKey(subject.rule.id, subject.connectionId))?.episode?.firedMs !== episode.firedMs;
    if (isNew) this.writes.events.push({ event: { ...event, read: isQuiet }, toast: toast && !isQuiet });
    else if (!isQuiet) this.writes.tell.push({ id: event.id, toast });
    return isQuiet ? instance : { ...instance, episode: { ...episode, notified: true } };
  }

  #keep(key: string, instance: AlertInstance): void {
    const isWorthARow = instance.state !== 'normal' || instance.silentSinceMs !== null || instance.edgesMs.length > 0;
    const before = this.#inputs.stored.get(key);
    if (!isWorthARow) {
      this.transient.set(key, instance);
      if (before !== undefined) this.writes.instances.set(key, null);
      return;
    }
    if (before === undefined || hasChanged(before, instance)) this.writes.instances.set(key, instance);
  }

  #snoozedUntil(ruleId: string, connectionId: string): number | null {
    const untils = this.#inputs.snoozes
      .filter((snooze) => snooze.ruleId === ruleId && (snooze.connectionId ?? connectionId) === connectionId)
      .map(({ untilMs }) => untilMs);
    return untils.length === 0 ? null : Math.max(...untils);
  }

  #digest(): void {
    const all = [...this.#resolvedAway, ...this.#stillFiring];
    if (all.length === 0) return;
    const sinceMs = Math.min(...all.map((each) => each.sinceMs));
    const { nowMs } = this.#inputs.request;
    const titles = (list: readonly { readonly title: string }[]): string[] => list.map(({ title }) => title);
    const found = {
      awayMs: nowMs - sinceMs,
      resolved: titles(this.#resolvedAway),
      firing: titles(this.#stillFiring),
    };
    this.writes.events.push({ event: digestEvent(found, sinceMs, nowMs), toast: false });
  }
}

/** Shorter absences are not worth a message. */
const longAwayMs = 5 * minuteMs;

function appliesTo(rule: StoredRule, connection: ConnectionRecord): boolean {
  if (rule.appliesTo !== undefined && !rule.appliesTo.includes(connection.uid)) return false;
  return isInScope(rule, connection);
}

/** Index of the first minute at or after a time. */
function firstFrom(minutes: readonly MinuteFacts[], fromMs: number): number {
  let at = minutes.length;
  while (at > 0 && (minutes[at - 1]?.startMs ?? 0) >= fromMs) at -= 1;
  return at;
}

/** Whether a row must be written again. What is good or pending for long says nothing new with every slot. */
function hasChanged(before: AlertInstance, now: AlertInstance): boolean {
  const moves = now.state === 'pending' || isActive(now);
  const still = ({ slotMs: _slot, missed: _missed, value: _value, ...rest }: AlertInstance): unknown => rest;
  return moves
    ? JSON.stringify(before) !== JSON.stringify(now)
    : JSON.stringify(still(before)) !== JSON.stringify(still(now));
}
