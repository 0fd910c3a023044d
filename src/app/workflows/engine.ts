import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure, isFailure } from '../../domain/failure.ts';
import { permissionOf, type BegunUnder } from '../../domain/governance/permission.ts';
import type { SpooledItem, StopCause } from '../../domain/workflows/definition.ts';
import { decide, restAfterBatch, type Circumstances, type Effect } from '../../domain/workflows/decide.ts';
import type { Before, Given, Reading } from '../../domain/workflows/kinds/kind.ts';
import { kindOf, type AnyKind } from '../../domain/workflows/kinds/registry.ts';
import { largestBlindBatch, largestWatchedBatch } from '../../domain/workflows/pacing.ts';
import { sizeOf } from '../../domain/workflows/ranges.ts';
import { backoffMs } from '../../domain/workflows/retry.ts';
import { isoTime } from '../ports/clock.ts';
import type { PlanReader, UndoRecord } from '../ports/workflows.ts';
import type { BulkLine } from '../redis/bulkLine.ts';
import { causeOf, performBatch, type BatchEnd, type EarlierTry } from './batch.ts';
import type { RunJournal } from './journal.ts';
import type { WorkflowParts } from './parts.ts';
import { judgeServer, serverNow, type ServerNow } from './server.ts';

type BatchEffect = Extract<Effect, { do: 'batch' }>;

export interface EngineOptions {
  readonly journal: RunJournal;
  readonly definition: ConnectionDefinition;
  readonly reader: PlanReader;
  readonly server: ServerNow;
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
  #server: ServerNow;
  #line: BulkLine | null = null;
  #requested: 'pause' | 'cancel' | null = null;
  #lost = false;
  #undoRoom: number;

  constructor(parts: WorkflowParts, options: EngineOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#server = options.server;
    this.#undoRoom = options.undoRoom;
    const { plan } = options.journal.run;
    this.#kind = kindOf(plan.kind);
    this.#given = { parameters: plan.parameters, plannedAtMs: plan.plannedAtMs };
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
      this.#line?.close();
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
      largestBatch: this.#looks() ? largestWatchedBatch : largestBlindBatch,
      repeatable: this.#kind.repeatable,
      permission: permissionOf(ruling, this.#options.begun),
    };
  }

  async #batch(effect: BatchEffect): Promise<void> {
    const { journal, reader } = this.#options;
    let waitedBefore = 0;
    let end: BatchEnd;
    let items: readonly SpooledItem[] = [];
    try {
      const line = await this.#openLine();
      waitedBefore = line.waitedMs;
      items = await reader.items(effect.items);
      const request = {
        items,
        kind: this.#kind,
        given: this.#given,
        reading: this.#reading(),
        earlier: await this.#earlier(effect),
        line,
      };
      end = await performBatch(request, this.#looks(), {
        intend: (looked, missing, conflicts) => {
          const { batch } = effect;
          return journal.write({ kind: 'intended', batch, items: effect.items, looked, missing, conflicts });
        },
        keep: (records) => this.#keep(effect.batch, records),
      });
    } catch (error) {
      end = endOfError(error);
    }
    // Pacing goes by the server's time: a slow disk of ours is no reason to spare the server.
    this.#conclude(effect, end, Math.max(0, (this.#line?.waitedMs ?? 0) - waitedBefore));
    // An outcome is stored at the latest with the next intent, and before anything else is written.
    if (end.end !== 'settled') await journal.flush();
  }

  /** Values from before, durable before anything is written over them. */
  async #keep(batch: number, records: readonly UndoRecord[]): Promise<void> {
    if (records.length === 0) return;
    const { journal } = this.#options;
    const needed = records.reduce((total, { before }) => total + (before.dump?.length ?? 0) + recordBytes, 0);
    if (needed > this.#undoRoom) {
      if (journal.run.undo === 'full') throw new OutOfUndo();
      this.#undoRoom = 0;
      return;
    }
    const bytes = await this.#parts.files.undo.append(journal.row.spoolId, batch, records);
    this.#undoRoom -= bytes;
    journal.later({ kind: 'snapshotTaken', batch, items: records.length, bytes });
  }

  #conclude(effect: BatchEffect, end: BatchEnd, ms: number): void {
    const { journal } = this.#options;
    const { batch, items } = effect;
    const size = sizeOf(items);
    if (end.end === 'settled') {
      const { missing, conflicts, failed } = end;
      const retryAtMs = failed.length > 0 ? this.#retryAt(1) : 0;
      journal.later({ kind: 'settled', batch, items, missing, conflicts, failed, ms, retryAtMs });
      journal.later(this.#checkpoint(batch));
      const skipped = sizeOf(missing) + conflicts.length;
      const done = size - skipped - failed.length;
      this.#line?.record({ ms, diff: `batch ${batch}: ${done} done, ${skipped} skipped, ${failed.length} failed` });
      return;
    }
    const diff = `batch ${batch}: ${size} items`;
    this.#line?.record({ ms, diff, failed: { code: end.cause.code, message: end.cause.message } });
    const shrinks = end.end === 'released' && (end.why === 'changed' || end.why === 'tooLarge');
    const retryAtMs = shrinks ? 0 : this.#retryAt(journal.run.batchTries + 1);
    if (end.end === 'doubted') journal.later({ kind: 'doubted', batch, cause: end.cause, retryAtMs });
    else if (journal.run.inFlight?.doubtful === true && this.#wasInFlight(effect)) {
      // An earlier try of this batch may have been applied: the doubt stays, whatever this try came to.
      journal.later({ kind: 'doubted', batch, cause: end.cause, retryAtMs });
    } else journal.later({ kind: 'released', batch, why: end.why, cause: end.cause, retryAtMs });
  }

  /** Whether items are looked at before they are written. */
  #looks(): boolean {
    const { journal } = this.#options;
    return (
      this.#reading().undo || this.#kind.needsLook(this.#given.parameters) || journal.run.next < journal.run.plan.typed
    );
  }

  #wasInFlight(effect: BatchEffect): boolean {
    return effect.earlier !== null && effect.earlier.doubtful;
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
    const { absoluteExpiry, clockOffsetMs } = this.#server;
    const undo = this.#options.journal.run.undo !== 'off' && this.#undoRoom > 0;
    return { undo, absoluteExpiry, nowMs: this.#parts.clock.wallMs() + clockOffsetMs };
  }

  async #earlier(effect: BatchEffect): Promise<EarlierTry | null> {
    if (effect.earlier === null || !effect.earlier.doubtful) return null;
    const { undo } = this.#parts.files;
    const { spoolId } = this.#options.journal.row;
    const before = new Map<number, Before>();
    for (const block of await undo.blocks(spoolId)) {
      if (block.batch !== effect.batch) continue;
      for (const record of await undo.read(spoolId, block)) before.set(record.index, record.before);
    }
    return { inFlight: effect.earlier, before };
  }

  /** The line of this run; a new one is only used when it leads to the server that the run was started on. */
  async #openLine(): Promise<BulkLine> {
    if (this.#line !== null && !this.#line.dead()) return this.#line;
    this.#line?.close();
    const { journal, definition, reader, action, subject } = this.#options;
    const line = await this.#parts.gate.openLine(definition.uid, {
      action,
      keyOrPattern: subject,
      runId: journal.row.id,
    });
    this.#line = line;
    const now = await serverNow(this.#parts, definition, action);
    if (now.mark.runId !== this.#server.mark.runId) {
      const change = await judgeServer(this.#parts, definition, {
        known: this.#server.mark,
        next: journal.run.next,
        now: now.mark,
        reader,
      });
      if (change.kind === 'unproven' || change.kind === 'different') throw new ServerChanged(change.words);
    }
    this.#server = now;
    return line;
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

/** About what an item takes in the undo file besides its value. */
const recordBytes = 24;

class OutOfUndo extends Error {
  override readonly cause: StopCause = {
    code: 'BLOCKED',
    message:
      'The room for values from before is used up, so what comes next could not be undone. Nothing of it was changed.',
    nextAction: 'Raise cachify.keys.snapshotBudgetMb, or resume and confirm that undo will be partial.',
    details: { rule: 'snapshotBudget' },
  };
}

class ServerChanged extends Error {
  override readonly cause: StopCause;

  constructor(words: string) {
    super(words);
    this.name = 'ServerChanged';
    this.cause = {
      code: 'CONFLICT',
      message: `The run was stopped before another item was touched: ${words}.`,
      nextAction: 'Make sure that this is the right server, then resume.',
    };
  }
}

/** What a thrown failure means for the batch; what no batch accounts for goes on. */
function endOfError(error: unknown): BatchEnd {
  const failure = asFailure(error);
  if (error instanceof ServerChanged || error instanceof OutOfUndo || failure.code === 'BLOCKED') throw error;
  if (failure.code === 'CONNECTION_FAILED' || failure.code === 'TIMEOUT') {
    return { end: 'released', why: 'notSent', cause: causeOf(failure) };
  }
  if (failure.code === 'UNAUTHORIZED') return { end: 'released', why: 'refused', cause: causeOf(failure) };
  throw error;
}
