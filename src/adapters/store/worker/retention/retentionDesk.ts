import { randomUUID } from 'node:crypto';
import type {
  FileOwner,
  PlanRequest,
  PurgeProgress,
  PurgeRecord,
  RetentionStore,
  StoreUsage,
} from '../../../../app/ports/retention.ts';
import { Failure } from '../../../../domain/failure.ts';
import type { PurgePlan } from '../../../../domain/retention/purge.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { StoreParts } from '../handlers/handlers.ts';
import { bodyOf, planHistory, type HistoryPlan } from './planHistory.ts';
import { isHistoryDataset } from './historyParts.ts';
import { planRows, type RowPlan } from './planRows.ts';
import { purgeHistoryStep, sweepHistoryStep, undoHistoryStep } from './purgeHistory.ts';
import {
  forgetOldPurges,
  insertPurge,
  purgeById,
  purgesIn,
  purgesToSweep,
  setPurgeState,
  type StoredPurge,
} from './purgeRecords.ts';
import { beginSweepOfRows, filesToRemove, purgeRowsStep, sweepRows, undoRowsStep } from './purgeRows.ts';
import { usageOf } from './usage.ts';

const planMs = 10 * 60_000;
const recordsMs = 365 * 86_400_000;

type Plan = (HistoryPlan | RowPlan) & { readonly plan: PurgePlan };
type Begin = Parameters<RetentionStore['begin']>[0];

/** Purges over both stores, slice by slice. Plans live here, in one window, for ten minutes; purges in the stores. */
export class RetentionDesk {
  readonly #parts: StoreParts;
  readonly #plans = new Map<string, Plan>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async usage(query: Parameters<RetentionStore['usage']>[0]): Promise<StoreUsage> {
    const { control, history, telemetry } = this.#parts;
    await telemetry.settled();
    return { ...usageOf(control, history, query), fileBytes: control.fileBytes() + history.fileBytes() };
  }

  async plan(request: PlanRequest): Promise<PurgePlan> {
    const { control, history, telemetry, clock } = this.#parts;
    await telemetry.settled();
    const { dataset } = request;
    const found = isHistoryDataset(dataset)
      ? planHistory(history, dataset, request)
      : planRows(control.read(), dataset, request);
    const now = clock.wallMs();
    const plan: PurgePlan = {
      planId: randomUUID(),
      dataset,
      cutoff: found.victims.cutoff,
      rows: found.rows,
      bytes: found.bytes,
      pinned: found.pinned,
      stillOverBy: Math.max(0, found.usedBytes - found.bytes - request.budgetBytes),
      expiresAt: new Date(now + planMs).toISOString(),
    };
    for (const [id, old] of this.#plans) if (Date.parse(old.plan.expiresAt) <= now) this.#plans.delete(id);
    this.#plans.set(plan.planId, { ...found, plan });
    return plan;
  }

  async begin({ planId, byPerson, undoMs, pins }: Begin): Promise<PurgeRecord> {
    const { control, history, telemetry, clock } = this.#parts;
    const begun = purgeById(history.read(), planId) ?? purgeById(control.read(), planId);
    if (begun !== undefined) return recordOf(begun);
    const planned = this.#plans.get(planId);
    const now = clock.wallMs();
    if (planned === undefined || Date.parse(planned.plan.expiresAt) <= now) throw expiredPlan();
    await telemetry.settled();
    const undo = undoMs > 0;
    // What was pinned since the plan was made is not deleted either: a purge takes a part of its plan, never more.
    const body =
      planned.kind === 'history'
        ? await bodyOf(history, { ...planned, ...pinnedToo(planned, pins) }, undo)
        : { victims: { ...planned.victims, pins: [...planned.victims.pins, ...pins] }, undo };
    const purge: StoredPurge = {
      purgeId: planId,
      dataset: planned.dataset,
      state: 'running',
      cutoff: planned.plan.cutoff,
      rows: planned.rows,
      bytes: planned.bytes,
      byPerson,
      startedAt: new Date(now).toISOString(),
      undoUntil: new Date(now + undoMs).toISOString(),
      body,
    };
    const store = planned.kind === 'history' ? history : control;
    await store.commit((tx) => {
      insertPurge(tx, purge);
      forgetOldPurges(tx, new Date(now - recordsMs).toISOString());
    }, true);
    this.#plans.delete(planId);
    return recordOf(purge);
  }

  async step(purgeId: string): Promise<PurgeProgress> {
    const { store, purge } = this.#find(purgeId);
    if (purge.state !== 'running') return { done: true, rows: purge.rows };
    return isHistoryDataset(purge.dataset) ? purgeHistoryStep(store, purge) : purgeRowsStep(store, purge);
  }

  async undoStep(purgeId: string): Promise<PurgeProgress> {
    const { store, purge } = this.#find(purgeId);
    if (purge.state === 'undone') return { done: true, rows: purge.rows };
    if (purge.state !== 'undoing') {
      const over = new Date(this.#parts.clock.wallMs()).toISOString() >= purge.undoUntil;
      if (purge.state !== 'done' || over) throw undoIsOver();
      await store.commit((tx) => setPurgeState(tx, purgeId, 'undoing'), true);
    }
    return isHistoryDataset(purge.dataset) ? undoHistoryStep(store, purge) : undoRowsStep(store, purge);
  }

  async sweepStep({ now }: { readonly now: boolean }): Promise<{ done: boolean; files: FileOwner[] }> {
    const { control, history, clock } = this.#parts;
    const at = new Date(clock.wallMs()).toISOString();
    const [ofParts] = purgesToSweep(history.read(), at, now);
    if (ofParts !== undefined) {
      await sweepHistoryStep(history, ofParts);
      return { done: false, files: [] };
    }
    const [ofRows] = purgesToSweep(control.read(), at, now);
    if (ofRows === undefined) return { done: true, files: [] };
    if (ofRows.state !== 'sweeping') {
      await beginSweepOfRows(control, ofRows);
      return { done: false, files: filesToRemove(control, ofRows) };
    }
    const files = filesToRemove(control, ofRows);
    await sweepRows(control, ofRows);
    return { done: false, files };
  }

  purges(): PurgeRecord[] {
    const { control, history } = this.#parts;
    return [...purgesIn(control.read()), ...purgesIn(history.read())]
      .map(recordOf)
      .sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0));
  }

  #find(purgeId: string): { readonly store: StoreEngine; readonly purge: StoredPurge } {
    for (const store of [this.#parts.history, this.#parts.control]) {
      const purge = purgeById(store.read(), purgeId);
      if (purge !== undefined) return { store, purge };
    }
    throw new Failure('VALIDATION_ERROR', 'There is no such purge; it may be too long ago.', {
      details: { path: 'purgeId' },
    });
  }
}

/** Whole parts may hold rows that were pinned since: they are then looked through row by row. */
function pinnedToo(plan: HistoryPlan, pins: Begin['pins']): Pick<HistoryPlan, 'victims' | 'parts'> {
  const known = JSON.stringify(plan.victims.pins);
  if (JSON.stringify(pins) === known) return plan;
  return {
    victims: { ...plan.victims, pins: [...plan.victims.pins, ...pins] },
    parts: plan.parts.map((part) => ({ ...part, reach: 'some' as const })),
  };
}

/** Without what is stored of the plan. */
function recordOf(purge: StoredPurge): PurgeRecord {
  const { purgeId, dataset, state, cutoff, rows, bytes, byPerson, startedAt, undoUntil } = purge;
  return { purgeId, dataset, state, cutoff, rows, bytes, byPerson, startedAt, undoUntil };
}

function expiredPlan(): Failure {
  return new Failure(
    'CONFLICT',
    'This purge plan is no longer good: plans hold for ten minutes. Nothing was deleted.',
    {
      details: { rule: 'planExpired' },
      nextAction: 'Make a new plan and look at it again.',
    },
  );
}

function undoIsOver(): Failure {
  return new Failure('CONFLICT', 'This purge cannot be undone any more. Nothing was changed.', {
    details: { rule: 'undoOver' },
  });
}
