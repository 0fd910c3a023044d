import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import { decidePolicy } from '../../domain/governance/decide.ts';
import { unruled, type RecordedDecision, type Ruling } from '../../domain/governance/decision.ts';
import { actionWords } from '../../domain/governance/words.ts';
import { decisionAction, type HistoryEvent } from '../../domain/timeline/event.ts';
import type { AlertEvents } from '../ports/alertEvents.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, Trust } from '../ports/environment.ts';
import type { ConfiguredPacks, Governance, GovernanceQuestion, GovernanceStore } from '../ports/governance.ts';
import { holdingOn, type Holding } from './holdingPacks.ts';

export interface PoliciesParts {
  readonly store: Pick<GovernanceStore, 'holding' | 'record'>;
  readonly configured: ConfiguredPacks;
  readonly trust: Pick<Trust, 'isTrusted'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  readonly alerts: AlertEvents;
  readonly recorder: { record(event: HistoryEvent): void };
  /** By id or uid. @throws Failure VALIDATION_ERROR when there is none */
  definitionOf(connectionId: string): ConnectionDefinition;
  /** Told when packs, their assignments, settings or connections may be others: here, or in another window. */
  onDidChange(listener: () => void): { dispose(): void };
}

/** Decisions where no pack holds are kept in groups: nothing waits for them. */
const groupMs = 1000;
/** A run without packs makes no decision between its batches that a replay could use. */
const betweenBatches = 'workflows.batch';

interface Judged {
  readonly definition: ConnectionDefinition;
  readonly holding: Holding;
  readonly ruling: Ruling;
}

/** The product's answer to "may this happen now?": the packs of the moment, the pure decision, its record. */
export class Policies implements Governance {
  readonly #parts: PoliciesParts;
  readonly #listeners = new Set<() => void>();
  #waiting: RecordedDecision[] = [];
  #due: { dispose(): void } | undefined;
  #latestMs = 0;
  /** Connections that were seen without packs since anything about packs changed. */
  #free = new Set<string>();

  constructor(parts: PoliciesParts) {
    this.#parts = parts;
    parts.onDidChange(() => {
      // A new set: an answer that is on its way notes itself in the old one.
      this.#free = new Set();
    });
  }

  /** Called after decisions on governed connections. */
  onDidDecide(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  async rule(question: GovernanceQuestion): Promise<Ruling> {
    const free = this.#free;
    if (question.action === betweenBatches && free.has(question.connectionUid)) return unruled(question.at);
    const judged = await this.#judge(question);
    const { ruling, definition } = judged;
    const record = this.#recordOf(question, judged);
    if (ruling.packIds.length === 0) {
      free.add(question.connectionUid);
      if (question.action !== betweenBatches) this.#later(record);
      return ruling;
    }
    await this.#keep(record, definition);
    this.#tell(question, judged, record);
    return ruling;
  }

  async foresee(question: GovernanceQuestion): Promise<Ruling> {
    return (await this.#judge(question)).ruling;
  }

  /** What would be said at a chosen moment, past or future; not recorded. */
  async at(question: GovernanceQuestion): Promise<Ruling> {
    return (await this.#judge(question, Date.parse(question.at))).ruling;
  }

  /** Stores what waits. */
  async flush(): Promise<void> {
    this.#due?.dispose();
    this.#due = undefined;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      await this.#parts.store.record(group);
    } catch (error) {
      this.#parts.log.warn('decisions not stored', { code: asFailure(error).code, count: group.length });
    }
  }

  async #judge(question: GovernanceQuestion, chosenMs?: number): Promise<Judged> {
    const definition = this.#parts.definitionOf(question.connectionUid);
    const { packs, lastDecisionAt } = await this.#holding(definition);
    const holding = holdingOn(definition, packs, this.#parts);
    // A clock that was set back does not open a window again, nor lengthen one: the later time counts.
    const lastMs = Math.max(this.#latestMs, lastDecisionAt === null ? 0 : Date.parse(lastDecisionAt));
    const atMs = chosenMs ?? Math.max(Date.parse(question.at), lastMs);
    const { environment } = definition;
    const { action, items } = question;
    const ruling = decidePolicy({
      action,
      environment,
      items,
      packs: holding.packs,
      unreadable: holding.unreadable,
      atMs,
    });
    return { definition, holding, ruling };
  }

  async #holding(definition: ConnectionDefinition): ReturnType<GovernanceStore['holding']> {
    try {
      return await this.#parts.store.holding(definition.uid);
    } catch (error) {
      const { message } = asFailure(error);
      throw new Failure(
        'BLOCKED',
        `Policies of ${display(definition.name)} could not be read, so nothing is allowed to change. ${message} Nothing was changed.`,
        {
          details: { rule: 'policiesUnreadable' },
          nextAction: 'Run "Cachify: Verify Store", or free space on the disk.',
        },
      );
    }
  }

  #recordOf({ action, items, runId }: GovernanceQuestion, judged: Judged): RecordedDecision {
    const { ruling, definition, holding } = judged;
    return {
      ...ruling.decision,
      id: this.#parts.newId(),
      connectionId: definition.uid,
      environment: definition.environment,
      action,
      items,
      packs: ruling.packIds.map((id) => ({ id, version: holding.versions.get(id) ?? 0 })),
      ...(runId === undefined ? {} : { runId }),
      ...(ruling.windowId === null ? {} : { windowId: ruling.windowId }),
    };
  }

  /** Where a pack holds nothing happens without a record that survives. A refusal stands without one: it changes nothing. */
  async #keep(record: RecordedDecision, definition: ConnectionDefinition): Promise<void> {
    try {
      await this.#parts.store.record([record]);
      this.#latestMs = Math.max(this.#latestMs, Date.parse(record.at));
    } catch (error) {
      const { message, code } = asFailure(error);
      this.#parts.log.error('decision not stored', { code });
      if (!record.allowed) return;
      throw new Failure(
        'BLOCKED',
        `A policy holds on ${display(definition.name)} and its decision could not be recorded, so nothing was changed. ${message}`,
        {
          details: { rule: 'decisionRecord' },
          nextAction: 'Free space on the disk that holds the store, then try again.',
        },
      );
    }
  }

  #later(record: RecordedDecision): void {
    this.#waiting.push(record);
    this.#due ??= this.#parts.clock.after(groupMs, () => void this.flush());
  }

  #tell(question: GovernanceQuestion, { definition, ruling }: Judged, record: RecordedDecision): void {
    const { decision } = ruling;
    // A direct command that is allowed has its own row in the timeline.
    if (!decision.allowed || question.action.startsWith('workflows.'))
      this.#parts.recorder.record(eventOf(record, definition));
    if (!decision.allowed) void this.#parts.alerts.raise(alertOf(record, definition));
    for (const listener of this.#listeners) listener();
  }
}

function eventOf(record: RecordedDecision, { environment }: ConnectionDefinition): HistoryEvent {
  const { violations, packs, nextOpening, action, items, runId, windowId } = record;
  return {
    id: record.id,
    timestamp: record.at,
    source: 'app',
    connectionId: record.connectionId,
    environment,
    action: decisionAction,
    keyOrPattern: '',
    durationMs: 0,
    status: record.allowed ? 'success' : 'blocked',
    redactedDiff: `${actionWords(action)}: ${record.allowed ? 'allowed' : 'blocked'}`,
    ...(record.allowed ? {} : { errorCode: 'BLOCKED', retryable: false }),
    ...(runId === undefined ? {} : { runId }),
    details: {
      asked: action,
      items,
      packs,
      ...(violations.length === 0 ? {} : { violations }),
      ...(nextOpening === undefined ? {} : { nextOpening }),
      ...(windowId === undefined ? {} : { windowId }),
    },
  };
}

/** Without anything that changes from minute to minute, so that repeated attempts are one alert. */
function alertOf(
  { violations, nextOpening, action, connectionId }: RecordedDecision,
  definition: ConnectionDefinition,
) {
  const names = [...new Set(violations.map(({ packName }) => display(packName)))].join(', ');
  const rules = [...new Set(violations.map(({ rule }) => rule))].join(', ');
  const opens = nextOpening === undefined ? '' : ` It opens at ${nextOpening}.`;
  return {
    severity: 'warning',
    title: `Policy blocked ${actionWords(action)} on ${display(definition.name)}`,
    message: `${names} forbids it (${rules}). Nothing was changed.${opens}`,
    source: 'policy',
    connectionId,
  } as const;
}
