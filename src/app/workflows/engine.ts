import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure, isFailure } from '../../domain/failure.ts';
import { permissionOf, type BegunUnder } from '../../domain/governance/permission.ts';
import { decide, restAfterBatch, type Circumstances, type Effect } from '../../domain/workflows/decide.ts';
import type { Given, Reading } from '../../domain/workflows/kinds/kind.ts';
import { kindOf, type AnyKind } from '../../domain/workflows/kinds/registry.ts';
import { largestBlindBatch, largestWatchedBatch } from '../../domain/workflows/pacing.ts';
import { sizeOf, type Ranges } from '../../domain/workflows/ranges.ts';
import { backoffMs } from '../../domain/workflows/retry.ts';
import { isoTime } from '../ports/clock.ts';
import type { ClusterView } from '../ports/redis.ts';
import type { PlanReader } from '../ports/workflows.ts';
import {
  causeOf,
  writeBlind,
  writeSeen,
  type BatchEnd,
  type BatchRequest,
  type BatchSteps,
  type NotSettled,
} from './batch.ts';
import type { RunJournal } from './journal.ts';
import { KeptValues, OutOfUndo } from './keptValues.ts';
import { Lookout, type ClusterRouting } from './lookout.ts';
import type { WorkflowParts } from './parts.ts';
import { largestClusterBatch } from './placing.ts';
import { RunLines, ServerChanged } from './runLines.ts';
import type { ServerNow } from './server.ts';

type BatchEffect = Extract<Effect, { do: 'batch' }>;

export interface EngineOptions {
  readonly journal: RunJournal;
  readonly definition: ConnectionDefinition;
  readonly reader: PlanReader;
  readonly server: ServerNow;
  /** Absent = one server. */
  readonly cluster?: ClusterView;
  readonly action: string;
  /** Made safe by `display()`. */
  readonly subject: string;
  /** Bytes that values for undo may still take. */
  readonly undoRoom: number;
  /** Bounds of the policies at the start or resume. */
  readonly begun: BegunUnder;
  /** After every stored step, for those who watch. */
  readonly onProgress: () => void;
}

/** Before a cluster that moves a slot is asked again where it is. */
const learnAfterMs = 400;
/** Items of a blind batch that are on their way before the next ones are encoded. */
const blindShare = 1000;

/**
 * Runs one run: asks `decide` what comes next, does it, stores what happened. Whatever ends it, the history says where;
 * a process that dies leaves a history from which another one goes on.
 */
export class RunEngine {
  readonly #parts: WorkflowParts;
  readonly #options: EngineOptions;
  readonly #kind: AnyKind;
  readonly #given: Given<unknown>;
  readonly #wake = new Set<() => void>();
  readonly #kept: KeptValues;
  readonly #lines: RunLines;
  readonly #lookout: Lookout;
  #requested: 'pause' | 'cancel' | null = null;
  #lost = false;
  readonly #cluster: ClusterView | undefined;

  constructor(parts: WorkflowParts, options: EngineOptions) {
    this.#parts = parts;
    this.#options = options;
    const { plan } = options.journal.run;
    this.#kind = kindOf(plan.kind);
    this.#given = { parameters: plan.parameters, plannedAtMs: plan.plannedAtMs };
    this.#cluster = options.cluster;
    this.#kept = new KeptValues(parts.files.undo, options.journal, options.undoRoom);
    this.#lines = new RunLines(parts, options);
    this.#lookout = new Lookout({
      kind: this.#kind,
      given: this.#given,
      reader: options.reader,
      lanes: this.#lines.lanes,
      cluster: this.#routing(),
      now: () => parts.clock.monoMs(),
    });
  }

  #routing(): ClusterRouting | null {
    const cluster = this.#cluster;
    if (cluster === undefined) return null;
    const { timeoutMs } = this.#options.definition;
    return {
      nodeOf: (key) => cluster.nodeOf(key),
      learn: async () => {
        await this.#rest(learnAfterMs);
        await cluster.learn(timeoutMs);
      },
    };
  }

  /** How many items a batch has at most, from this one on. */
  #largest(from: number): number {
    if (this.#cluster !== undefined) return largestClusterBatch;
    return this.#looks(from) ? largestWatchedBatch : largestBlindBatch;
  }

  /** The batch in hand is finished first. */
  request(what: 'pause' | 'cancel'): void {
    if (this.#requested !== 'cancel') this.#requested = what;
    for (const wake of this.#wake) wake();
  }

  /** Another window holds the lease now: nothing may be written any more. */
  lose(): void {
    this.#lost = true;
    for (const wake of this.#wake) wake();
  }

  /** Resolves when the run has left the state `running`, or this window lost it. */
  async run(): Promise<void> {
    try {
      while (!this.#lost && (await this.#step()));
    } catch (error) {
      await this.#stopBy(error);
    } finally {
      await this.#lookout.drop();
      this.#lines.lanes.close();
      await this.#options.reader.close();
      this.#options.onProgress();
    }
  }

  /** Does the next thing; false when there is none. */
  async #step(): Promise<boolean> {
    const { journal, onProgress } = this.#options;
    const effect = decide(journal.run, await this.#circumstances());
    switch (effect.do) {
      case 'nothing':
        await journal.flush();
        return false;
      case 'rest':
        await this.#rest(effect.ms);
        return true;
      case 'complete':
        await journal.write({ kind: 'completed' });
        return false;
      case 'stop': {
        const { state, cause } = effect;
        await journal.write({ kind: 'stopped', state, ...(cause === undefined ? {} : { cause }) });
        return false;
      }
      case 'skip':
        await this.#skip(effect);
        break;
      case 'batch':
        await this.#batch(effect);
        break;
    }
    onProgress();
    await this.#rest(restAfterBatch(journal.run));
    return true;
  }

  async #circumstances(): Promise<Circumstances> {
    const { clock, governance } = this.#parts;
    const { journal, definition } = this.#options;
    const ruling = await governance.rule({
      connectionUid: definition.uid,
      action: 'workflows.batch',
      items: journal.run.next,
      runId: journal.row.id,
      at: isoTime(clock),
    });
    return {
      nowMs: clock.wallMs(),
      requested: this.#requested,
      largestBatch: this.#largest(this.#nextIndex()),
      repeatable: this.#kind.repeatable,
      permission: permissionOf(ruling, this.#options.begun),
    };
  }

  async #batch(effect: BatchEffect): Promise<void> {
    const { journal } = this.#options;
    let end: BatchEnd;
    try {
      end = await this.#perform(effect);
    } catch (error) {
      end = { settled: null, rest: { items: effect.items, ...endOfError(error) }, ms: 0 };
    }
    this.#conclude(effect, end);
    // An outcome is stored at the latest with the next intent, and before anything else is written.
    if (end.rest !== null) await journal.flush();
    if (end.thrown !== undefined) endOfError(end.thrown);
  }

  async #perform(effect: BatchEffect): Promise<BatchEnd> {
    const request: BatchRequest = {
      kind: this.#kind,
      given: this.#given,
      earlier: await this.#kept.earlierTry(effect),
      now: () => this.#parts.clock.monoMs(),
      apart: this.#cluster !== undefined,
    };
    const [[from] = [0]] = effect.items;
    return this.#looks(from) ? this.#performSeen(effect, request) : this.#performBlind(effect, request);
  }

  async #performSeen(effect: BatchEffect, request: BatchRequest): Promise<BatchEnd> {
    const { lanes } = this.#lines;
    const { items, lines, sight } = await this.#lookout.see(effect.items, this.#reading(), request.earlier !== null);
    this.#lookAhead(effect, items);
    let isFree = false;
    try {
      const end = await writeSeen(request, sight, this.#steps(effect, items));
      isFree = end.rest === null;
      return end;
    } finally {
      if (isFree) lanes.give(lines);
      else lanes.drop(lines);
    }
  }

  async #performBlind(effect: BatchEffect, request: BatchRequest): Promise<BatchEnd> {
    const { lanes } = this.#lines;
    const [line, ...others] = await lanes.take(1);
    if (line === undefined) throw new RangeError('no line was given');
    try {
      const items = await this.#options.reader.items(effect.items);
      const shares = Array.from({ length: Math.ceil(items.length / blindShare) }, (_, at) => ({
        line,
        items: items.slice(at * blindShare, (at + 1) * blindShare),
      }));
      return await writeBlind(request, shares, this.#steps(effect, effect.items));
    } finally {
      lanes.give([line, ...others]);
    }
  }

  #steps({ batch }: BatchEffect, items: Ranges): BatchSteps {
    const { journal } = this.#options;
    return {
      intend: (looked, missing, conflicts) =>
        journal.write({ kind: 'intended', batch, items, looked, missing, conflicts }),
      keep: (records) => this.#kept.keep(batch, records),
    };
  }

  /** While a batch is stored and written, the server may already tell of the one after it. */
  #lookAhead(effect: BatchEffect, items: Ranges): void {
    const { run } = this.#options.journal;
    const [, to = 0] = items.at(-1) ?? [];
    const goesOn = effect.earlier === null && run.left.length === 0 && to > run.next && to < run.plan.count;
    if (!goesOn || this.#requested !== null || this.#lost || !this.#looks(to)) return;
    const size = Math.min(run.pace.size, this.#largest(to));
    this.#lookout.ahead([[to, Math.min(to + size, run.plan.count)]], this.#reading());
  }

  #conclude(effect: BatchEffect, { settled, rest, ms }: BatchEnd): void {
    const { journal } = this.#options;
    const { batch } = effect;
    if (settled !== null) {
      const { items, missing, conflicts, failed } = settled;
      const retryAtMs = failed.length > 0 ? this.#retryAt(1) : 0;
      const doubtful = rest?.end === 'doubted' || effect.earlier?.doubtful === true;
      const left = rest === null ? {} : { left: { items: rest.items, doubtful } };
      journal.later({ kind: 'settled', batch, items, missing, conflicts, failed, ...left, ms, retryAtMs });
      journal.later(this.#checkpoint(batch));
      const skipped = sizeOf(missing) + conflicts.length;
      const done = sizeOf(items) - skipped - failed.length;
      this.#lines.record({ ms, diff: `batch ${batch}: ${done} done, ${skipped} skipped, ${failed.length} failed` });
    }
    if (rest !== null) this.#concludeRest(effect, rest, ms);
  }

  #concludeRest({ batch, earlier }: BatchEffect, rest: NonNullable<BatchEnd['rest']>, ms: number): void {
    const { journal } = this.#options;
    const { cause } = rest;
    const diff = `batch ${batch}: ${sizeOf(rest.items)} items`;
    this.#lines.record({ ms, diff, failed: { code: cause.code, message: cause.message } });
    const shrinks = rest.end === 'released' && (rest.why === 'changed' || rest.why === 'tooLarge');
    const retryAtMs = shrinks ? 0 : this.#retryAt(journal.run.batchTries + 1);
    // An earlier try of this batch may have been applied: the doubt stays, whatever this try came to.
    const stays = journal.run.inFlight?.doubtful === true && earlier?.doubtful === true;
    if (rest.end === 'doubted' || stays) journal.later({ kind: 'doubted', batch, cause, retryAtMs });
    else journal.later({ kind: 'released', batch, why: rest.why, cause, retryAtMs });
  }

  /** The item that comes next. */
  #nextIndex(): number {
    const { inFlight, left, next } = this.#options.journal.run;
    return inFlight?.items[0]?.[0] ?? left[0]?.[0] ?? next;
  }

  /** Whether items from this one on are looked at before they are written. */
  #looks(from: number): boolean {
    const { plan } = this.#options.journal.run;
    // In a cluster each slot is a transaction of its own in any case, and a batch that was not looked at would need many.
    if (this.#cluster !== undefined) return true;
    return this.#reading().undo || this.#kind.needsLook(this.#given.parameters) || from < plan.typed;
  }

  async #skip({ batch, items, reason }: Extract<Effect, { do: 'skip' }>): Promise<void> {
    const conflicts = items.flatMap(([from, to]) =>
      Array.from({ length: to - from }, (_, at) => ({ index: from + at, reason })),
    );
    const settled = { kind: 'settled', batch, items, missing: [], conflicts, failed: [], ms: 0, retryAtMs: 0 } as const;
    this.#options.journal.later(settled);
    this.#options.journal.later(this.#checkpoint(batch));
    await this.#options.journal.flush();
  }

  #checkpoint(batch: number) {
    const nonce = [...this.#parts.digest.randomBytes(9)].map((byte) => byte.toString(36).padStart(2, '0')).join('');
    return { kind: 'checkpointed', batch, next: this.#options.journal.run.next, nonce } as const;
  }

  #reading(): Reading {
    const { absoluteExpiry, clockOffsetMs } = this.#lines.server;
    return { undo: this.#kept.areWanted, absoluteExpiry, nowMs: this.#parts.clock.wallMs() + clockOffsetMs };
  }

  #retryAt(attempt: number): number {
    const [random = 0] = this.#parts.digest.randomBytes(1);
    return this.#parts.clock.wallMs() + backoffMs(this.#options.journal.run.retry, attempt, random / 255);
  }

  #rest(ms: number): Promise<void> {
    if (ms <= 0 || this.#requested !== null || this.#lost) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.dispose();
        this.#wake.delete(done);
        resolve();
      };
      const timer = this.#parts.clock.after(ms, done);
      this.#wake.add(done);
    });
  }

  /** Something that no batch accounts for: the store, a guard, the plan's file. */
  async #stopBy(error: unknown): Promise<void> {
    if (isFailure(error, 'CONFLICT') && error.details?.['rule'] === 'lease') return;
    const { journal } = this.#options;
    const expected = error instanceof ServerChanged || error instanceof OutOfUndo;
    const cause = expected ? error.cause : causeOf(error);
    const state = error instanceof OutOfUndo ? 'stopped_limit' : cause.code === 'BLOCKED' ? 'paused_policy' : 'failed';
    try {
      await journal.write({ kind: 'stopped', state, cause });
    } catch (unstored) {
      // Nothing more can be said in the history: the next window finds the run without an owner.
      this.#parts.log.error('run could not be stopped in its history', { code: asFailure(unstored).code });
    }
  }
}

/** What a thrown failure means for the batch; what no batch accounts for goes on. */
function endOfError(error: unknown): NotSettled {
  const failure = asFailure(error);
  if (error instanceof ServerChanged || error instanceof OutOfUndo || failure.code === 'BLOCKED') throw error;
  if (failure.code === 'CONNECTION_FAILED' || failure.code === 'TIMEOUT') {
    return { end: 'released', why: 'notSent', cause: causeOf(failure) };
  }
  if (failure.code === 'UNAUTHORIZED') return { end: 'released', why: 'refused', cause: causeOf(failure) };
  throw error;
}
