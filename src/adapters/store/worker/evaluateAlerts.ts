import type { Evaluation, EvaluationRequest, StateRow, StoredRule } from '../../../app/ports/alerts.ts';
import type { ConnectionRecord } from '../../../app/ports/stores.ts';
import { mutedBy, type Judged } from '../../../domain/alerts/delivery.ts';
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
import { windowAt } from '../../../domain/alerts/window.ts';
import type { SqlDatabase } from '../sql/driver.ts';
import { Measuring, Plans, slotAt, type Plan } from './alertLookbacks.ts';
import { minutesByConnection, type MinuteNeeds } from './alertMinutes.ts';
import { plainState, stateRow } from './alertStateRows.ts';
import { alertRules } from './repositories/alertRules.ts';
import {
  alertInstances,
  instanceKey,
  remember,
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
    const due = rules.filter((rule) => request.all || this.#isDue(rule, request.nowMs));
    const evaluated = new Evaluating({
      rules,
      due,
      stored: alertInstances(stores.control),
      transient: this.#transient,
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
    engine: metrics.flatMap((metric) => metric?.reads ?? []),
  };
}

interface Inputs {
  readonly rules: readonly StoredRule[];
  readonly due: readonly StoredRule[];
  readonly stored: Instances;
  /** As the evaluation before left them. */
  readonly transient: Instances;
  readonly connections: readonly ConnectionRecord[];
  readonly snoozes: readonly Snooze[];
  readonly minutes: ReadonlyMap<string, readonly MinuteFacts[]>;
  readonly request: EvaluationRequest;
}

interface JudgedHere extends Judged {
  readonly rule: StoredRule;
  readonly shown: number | null;
}

class Evaluating {
  readonly states: StateRow[] = [];
  readonly transient: Instances = new Map();
  readonly writes: EvaluationWrites = { instances: new Map(), events: [], tell: [], ended: [] };
  readonly #inputs: Inputs;
  readonly #plans: Plans;
  readonly #overlaid = new Map<string, number>();
  readonly #resolvedAway: { readonly title: string; readonly sinceMs: number }[] = [];
  readonly #stillFiring: { readonly title: string; readonly sinceMs: number }[] = [];

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
    this.#plans = new Plans(inputs.rules, inputs.due, inputs.request.nowMs);
  }

  run(): void {
    const { connections, stored } = this.#inputs;
    for (const connection of connections) {
      const minutes = this.#inputs.minutes.get(connection.uid) ?? [];
      if (minutes.length > 0 || stored.has(connection.uid)) this.#connection(connection, minutes);
    }
    this.#forgetOthers();
    this.#digest();
  }

  /** A rule that was disabled or deleted, or a connection that left its scope: normal again, and nobody is told. */
  #forgetOthers(): void {
    const rules = new Map(this.#inputs.rules.map((rule) => [rule.id, rule]));
    const byUid = new Map(this.#inputs.connections.map((connection) => [connection.uid, connection]));
    for (const [uid, instances] of this.#inputs.stored) {
      const connection = byUid.get(uid);
      for (const [ruleId, instance] of instances) {
        const rule = rules.get(ruleId);
        const isFor = rule !== undefined && connection !== undefined && appliesTo(rule, connection);
        if (!isFor) this.#forget(ruleId, uid, instance);
      }
    }
  }

  #forget(ruleId: string, connectionId: string, { episode }: AlertInstance): void {
    this.writes.instances.set(instanceKey(ruleId, connectionId), null);
    if (episode === null) return;
    const to = new Date(this.#inputs.request.nowMs).toISOString();
    this.writes.ended.push({ id: `alert/${ruleId}/${connectionId}/${episode.firedMs}`, to });
  }

  #connection(connection: ConnectionRecord, minutes: readonly MinuteFacts[]): void {
    const stored = this.#inputs.stored.get(connection.uid);
    const transient = this.#inputs.transient.get(connection.uid);
    const measuring = new Measuring(this.#plans.lookbacks, minutes, this.#inputs.request);
    const judged: JudgedHere[] = [];
    for (const plan of this.#plans.all) {
      const { rule } = plan;
      if (!appliesTo(rule, connection)) continue;
      const before = stored?.get(rule.id) ?? transient?.get(rule.id) ?? null;
      if (!plan.isDue) judged.push({ rule, instance: before, shown: before?.value ?? null });
      else judged.push(this.#judge(plan, connection, before, measuring.measure(plan, judged)));
    }
    for (const each of judged) this.#deliver(each, judged, connection, stored?.get(each.rule.id));
  }

  #judge(
    { rule, metric, slotMs }: Plan,
    connection: ConnectionRecord,
    before: AlertInstance | null,
    measured: Measured,
  ): JudgedHere {
    const { after, happenings } = step(rule, before, slotMs, verdictOf(rule, metric, measured));
    const shown = measured.kind === 'value' ? measured.value : null;
    if (before === null && happenings.length === 0) return { rule, instance: after, shown };
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
    return { rule, instance: after, shown };
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
    { rule, instance, shown }: JudgedHere,
    judged: readonly Judged[],
    connection: ConnectionRecord,
    stored: AlertInstance | undefined,
  ): void {
    if (instance === null) {
      if (stored !== undefined) this.writes.instances.set(instanceKey(rule.id, connection.uid), null);
      if (this.#inputs.request.all) this.states.push(plainState(rule, connection, shown));
      return;
    }
    const muted = isActive(instance) ? mutedBy({ rule, instance }, judged) : null;
    const snoozedUntilMs = this.#snoozedUntil(rule.id, connection.uid);
    const subject = { rule, connectionId: connection.uid, connectionName: connection.name };
    const isQuiet = muted !== null || snoozedUntilMs !== null || instance.flappingSinceMs !== null;
    const told = this.#tell(subject, instance, stored, isQuiet);
    this.#keep(subject, told, stored);
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
  #tell(
    subject: AlertSubject,
    instance: AlertInstance,
    stored: AlertInstance | undefined,
    isQuiet: boolean,
  ): AlertInstance {
    const { episode } = instance;
    if (episode === null || episode.notified || instance.state !== 'firing') return instance;
    const { nowMs } = this.#inputs.request;
    const toast = subject.rule.severity === 'critical';
    const event = firedEvent(subject, episode, instance.value, nowMs);
    const isNew = stored?.episode?.firedMs !== episode.firedMs;
    if (isNew) this.writes.events.push({ event: { ...event, read: isQuiet }, toast: toast && !isQuiet });
    else if (!isQuiet) this.writes.tell.push({ id: event.id, toast });
    return isQuiet ? instance : { ...instance, episode: { ...episode, notified: true } };
  }

  #keep({ rule, connectionId }: AlertSubject, instance: AlertInstance, stored: AlertInstance | undefined): void {
    const isWorthARow = instance.state !== 'normal' || instance.silentSinceMs !== null || instance.edgesMs.length > 0;
    if (!isWorthARow) {
      remember(this.transient, rule.id, connectionId, instance);
      if (stored !== undefined) this.writes.instances.set(instanceKey(rule.id, connectionId), null);
    } else if (stored === undefined || hasChanged(stored, instance)) {
      this.writes.instances.set(instanceKey(rule.id, connectionId), instance);
    }
  }

  #snoozedUntil(ruleId: string, connectionId: string): number | null {
    let untilMs: number | null = null;
    for (const snooze of this.#inputs.snoozes) {
      if (snooze.ruleId !== ruleId || (snooze.connectionId ?? connectionId) !== connectionId) continue;
      untilMs = Math.max(untilMs ?? 0, snooze.untilMs);
    }
    return untilMs;
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

/** Whether a row must be written again. What is good or pending for long says nothing new with every slot. */
function hasChanged(before: AlertInstance, now: AlertInstance): boolean {
  const moves = now.state === 'pending' || isActive(now);
  const still = ({ slotMs: _slot, missed: _missed, value: _value, ...rest }: AlertInstance): unknown => rest;
  return moves
    ? JSON.stringify(before) !== JSON.stringify(now)
    : JSON.stringify(still(before)) !== JSON.stringify(still(now));
}
