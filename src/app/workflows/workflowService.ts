import { asFailure, isFailure, validationFailure } from '../../domain/failure.ts';
import type { RetryPolicy, RunState } from '../../domain/workflows/definition.ts';
import type { WorkflowTemplate, WorkflowTemplateDraft } from '../../domain/workflows/builtIns.ts';
import { entriesOfItems } from '../../domain/workflows/kinds/warmupSet.ts';
import { requireTyped } from '../../domain/workflows/guardrails.ts';
import { checkRetry, defaultRetry } from '../../domain/workflows/retry.ts';
import type { PlanItem, WorkflowPlan, WorkflowRun } from '../../domain/workflows/views.ts';
import { isoTime } from '../ports/clock.ts';
import type { RunRow } from '../ports/workflows.ts';
import { beforeBatches, startedEvent } from './begin.ts';
import { CheckpointKey } from './checkpointKey.ts';
import type { NewEvent } from './journal.ts';
import type { WorkflowParts } from './parts.ts';
import { newPlan, type PlanQuery } from './newPlan.ts';
import type { PlanRequest } from './plan.ts';
import { RunHost } from './runHost.ts';
import { raiseRunAlert } from './runAlerts.ts';
import { RunReader } from './runReader.ts';
import { duplicate, elsewhere, noPlan, ownerGone, submitted, wrongState } from './refusals.ts';
import { Resumption } from './resumption.ts';
import { Schedule } from './schedule.ts';
import { listTemplates, removeTemplate, saveTemplate } from './templates.ts';
import { Undoing } from './undoing.ts';
import { planItemOf, planView, readAndClose, type RunHistory } from './views.ts';

const defaultLimit = 200;
const waitPollMs = 300;
const watchMs = 10_000;

/** The API's namespace `workflows`. */
export class WorkflowService {
  readonly #parts: WorkflowParts;
  readonly #host: RunHost;
  readonly #reader: RunReader;
  readonly #key: CheckpointKey;
  readonly #schedule: Schedule;
  readonly #resumption: Resumption;
  readonly #undoing: Undoing;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
    this.#key = new CheckpointKey(parts);
    this.#host = new RunHost(parts);
    this.#reader = new RunReader(parts, this.#host);
    const inside = { host: this.#host, reader: this.#reader, key: this.#key };
    this.#schedule = new Schedule(parts, inside, { start: (q) => this.start(q), rerun: (q) => this.rerun(q) });
    this.#resumption = new Resumption(parts, inside);
    this.#undoing = new Undoing(parts, inside);
  }

  onDidChange(listener: (runId: string) => void): { dispose(): void } {
    return this.#host.onDidChange(listener);
  }

  /** Called with a connection's `uid` when a run or an undo of this window changed its keys and stands still. */
  onDidChangeKeys(listener: (connectionUid: string) => void): { dispose(): void } {
    return this.#host.onDidChangeKeys(listener);
  }

  templates(): Promise<WorkflowTemplate[]> {
    return listTemplates(this.#parts);
  }

  async saveTemplate(draft: WorkflowTemplateDraft & { readonly id?: string }): Promise<WorkflowTemplate> {
    const saved = await saveTemplate(this.#parts, draft);
    this.#host.changed('');
    return saved;
  }

  async removeTemplate(id: string): Promise<void> {
    await removeTemplate(this.#parts, id);
    this.#host.changed('');
  }

  /** A dry run: nothing changes on the server. The plan is kept under `runId` until it is started or superseded. */
  async plan(q: PlanQuery, onProgress?: PlanRequest['onProgress']): Promise<WorkflowPlan> {
    const plan = await newPlan(this.#parts, q, onProgress);
    this.#host.changed(plan.runId);
    return plan;
  }

  async planItems(q: {
    readonly runId: string;
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<{ items: PlanItem[]; cursor?: string }> {
    const { row, run } = await this.#reader.history(q.runId);
    if (run === undefined) throw noPlan(q.runId);
    const from = q.cursor === undefined ? 0 : Number(q.cursor);
    if (!Number.isSafeInteger(from) || from < 0 || from > run.plan.count)
      throw validationFailure('cursor', 'The cursor is not one that this plan gave.');
    const to = Math.min(run.plan.count, from + (q.limit ?? defaultLimit));
    const reader = await this.#parts.files.plans.open(row.spoolId, run.plan.hash);
    const items = await readAndClose(reader, from, to);
    return { items: items.map(planItemOf), ...(to < run.plan.count ? { cursor: String(to) } : {}) };
  }

  /** What a stored plan looks like now: policies and room for undo are asked anew. */
  async planOf(runId: string): Promise<WorkflowPlan> {
    const { row, run } = await this.#reader.history(runId);
    if (run === undefined) throw noPlan(runId);
    const ruling = await this.#parts.governance.foresee({
      connectionUid: row.connectionId,
      action: 'workflows.start',
      items: run.plan.count,
      runId,
      at: isoTime(this.#parts.clock),
    });
    return planView(this.#parts, row, run.plan, ruling);
  }

  /** Resolves when the run has started. */
  async start(q: {
    readonly runId: string;
    readonly confirm?: string;
    readonly retry?: RetryPolicy;
  }): Promise<WorkflowRun> {
    const { store } = this.#parts;
    const retry = checkRetry(q.retry ?? defaultRetry);
    const { row, run } = await this.#reader.history(q.runId);
    if (run === undefined) throw noPlan(q.runId);
    if (row.state !== 'planned' && run.scheduled === null) throw submitted(row);
    if (run.plan.count === 0) throw validationFailure('runId', 'The plan has no items, so there is nothing to start.');
    const [twin] = await store.runs({ sameness: row.sameness, states: ['running'], limit: 1 });
    if (twin !== undefined) throw duplicate(twin);
    const beginning = await beforeBatches(this.#parts, {
      action: 'workflows.start',
      runId: row.id,
      connectionUid: row.connectionId,
      spoolId: row.spoolId,
      plan: run.plan,
      server: run.server,
      next: 0,
      confirm: q.confirm,
    });
    try {
      const journal = await this.#host.journal(row, await this.#key.hmac());
      if (journal.run.state !== 'planned' && journal.run.scheduled === null) throw submitted(journal.row);
      journal.ruledBy(beginning.ruling);
      await journal.write(startedEvent(beginning, retry));
      this.#host.beginWith(journal, beginning, 'workflows.start');
    } catch (error) {
      await beginning.reader.close();
      throw error;
    }
    return this.#reader.view(row.id);
  }

  /** Starts the run now when policies allow it, else once when the next window opens. */
  async schedule(q: { readonly runId: string; readonly confirm?: string }): Promise<WorkflowRun> {
    const { row, run } = await this.#reader.history(q.runId);
    if (run === undefined) throw noPlan(q.runId);
    if (row.state !== 'planned') throw submitted(row);
    const at = isoTime(this.#parts.clock);
    const items = run.plan.count;
    const question = { connectionUid: row.connectionId, action: 'workflows.start', items, runId: row.id, at };
    const ruling = await this.#parts.governance.foresee(question);
    if (ruling.decision.nextOpening === undefined) return this.start(q);
    // What a guardrail wants typed is asked for now: nobody is there to type it when the window opens.
    const plan = await this.planOf(row.id);
    const { name: connectionName } = this.#parts.definitionOf(row.connectionId);
    requireTyped(plan.confirmReasons, { connectionName, count: plan.count }, q.confirm, 'The schedule');
    await this.#schedule.wait(row, ruling, q.confirm ?? null);
    return this.#reader.view(row.id);
  }

  /** Looks for orphaned runs and due schedules now and every few seconds, until disposed. */
  watch(): { dispose(): void } {
    let over = false;
    const { clock, log } = this.#parts;
    const look = async (): Promise<void> => {
      try {
        await this.recover();
        await this.#schedule.startDue();
      } catch (error) {
        log.warn('runs could not be looked after', { code: asFailure(error).code });
      }
      if (!over) timer = clock.after(watchMs, () => void look());
    };
    let timer = clock.after(0, () => void look());
    return {
      dispose: () => {
        over = true;
        timer.dispose();
      },
    };
  }

  /** Resolves at the next state that is not `running`. */
  async wait(runId: string): Promise<WorkflowRun> {
    for (;;) {
      await this.#host.ended(runId);
      const row = await this.#reader.row(runId);
      if (row.state !== 'running') return this.#reader.view(runId);
      await new Promise<void>((resolve) => void this.#parts.clock.after(waitPollMs, resolve));
      await this.recover();
    }
  }

  async pause(runId: string): Promise<WorkflowRun> {
    const row = await this.#reader.row(runId);
    if (row.state !== 'running') throw wrongState(row, 'paused');
    if (!this.#host.request(runId, 'pause')) throw elsewhere();
    return this.wait(runId);
  }

  /** Ends a run for good; what was done stays and can be undone. */
  async cancel(runId: string): Promise<WorkflowRun> {
    const row = await this.#reader.row(runId);
    if (row.state === 'running') {
      if (!this.#host.request(runId, 'cancel')) throw elsewhere();
      return this.wait(runId);
    }
    if (row.state === 'completed' || row.state === 'aborted' || row.resumedBy !== null)
      throw wrongState(row, 'cancelled');
    await this.#written(row, { kind: 'stopped', state: 'aborted' });
    return this.#reader.view(runId);
  }

  async resume(q: {
    readonly runId: string;
    readonly token?: string;
    readonly confirm?: string;
  }): Promise<WorkflowRun> {
    await this.recover();
    return this.#resumption.resume(q);
  }

  /** Plans the same again, with changed parameters when given. */
  async rerun(
    q: {
      readonly runId: string;
      readonly parameters?: Readonly<Record<string, unknown>>;
      readonly signal?: AbortSignal;
    },
    onProgress?: PlanRequest['onProgress'],
  ): Promise<WorkflowPlan> {
    const { row, run } = await this.#reader.history(q.runId);
    if (run === undefined) throw noPlan(q.runId);
    let parameters: Record<string, unknown> = { ...row.parameters, ...q.parameters };
    if (row.kind === 'warmupSet' && q.parameters?.['entries'] === undefined && q.parameters?.['file'] === undefined) {
      const reader = await this.#parts.files.plans.open(row.spoolId, run.plan.hash);
      const items = await readAndClose(reader, 0, run.plan.count);
      parameters = { ...parameters, entries: entriesOfItems(items) };
    }
    const { connectionId, kind } = row;
    return this.plan(
      { connectionId, kind, parameters, ...(q.signal === undefined ? {} : { signal: q.signal }) },
      onProgress,
    );
  }

  /** Restores what the run and those before it changed, where nobody changed it since. */
  async undo(q: {
    readonly runId: string;
    readonly confirm?: string;
  }): Promise<{ restored: number; conflicts: number }> {
    await this.recover();
    return this.#undoing.undo(q);
  }

  async resolveInDoubt(q: {
    readonly runId: string;
    readonly choice: 'treatAsDone' | 'redo' | 'stop';
  }): Promise<WorkflowRun> {
    const row = await this.#reader.row(q.runId);
    if (row.state !== 'in_doubt') throw wrongState(row, 'decided on');
    await this.#written(row, { kind: 'doubtResolved', choice: q.choice });
    return this.#reader.view(q.runId);
  }

  async runs(
    q: { readonly connectionId?: string; readonly states?: readonly RunState[]; readonly limit?: number } = {},
  ): Promise<WorkflowRun[]> {
    await this.recover();
    const connectionId = q.connectionId === undefined ? undefined : this.#parts.definitionOf(q.connectionId).uid;
    const rows = await this.#parts.store.runs({
      ...(connectionId === undefined ? {} : { connectionId }),
      ...(q.states === undefined ? {} : { states: q.states }),
      limit: q.limit ?? defaultLimit,
    });
    return Promise.all(rows.map(({ id }) => this.#reader.view(id)));
  }

  async run(runId: string): Promise<WorkflowRun | null> {
    await this.recover();
    return (await this.#parts.store.run(runId)) === null ? null : this.#reader.view(runId);
  }

  /** A run's whole history, for its report. */
  async history(runId: string): Promise<readonly RunHistory[]> {
    const rows = await this.#reader.lineage(await this.#reader.row(runId));
    return Promise.all(rows.map(({ id }) => this.#reader.history(id)));
  }

  /**
   * Finds runs whose window died: they become `interrupted` and are offered for resume, never resumed by themselves.
   * Runs of windows that live are left alone.
   */
  async recover(): Promise<void> {
    const { store, leases } = this.#parts;
    const running = await store.runs({ states: ['running'], limit: 1000 });
    for (const row of running) {
      if (this.#host.isHere(row.id)) continue;
      // A lease in this window's name without a run here is one that is just being begun.
      if (await leases.isAlive(`run:${row.id}`)) continue;
      try {
        const found = await this.#written(row, { kind: 'stopped', state: 'interrupted', cause: ownerGone });
        if (found !== null) await raiseRunAlert(this.#parts, found);
      } catch (error) {
        // Another window found it at the same time.
        if (!isFailure(error, 'CONFLICT')) throw error;
      }
    }
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  // --- inside

  /** The row afterwards; null when another window was first and nothing is left to write. */
  async #written(row: RunRow, event: NewEvent): Promise<RunRow | null> {
    const journal = await this.#host.journal(row, await this.#key.hmac());
    try {
      if (event.kind === 'stopped' && event.state === 'interrupted' && journal.run.state !== 'running') return null;
      await journal.write(event);
      return journal.row;
    } finally {
      await this.#parts.leases.release(`run:${row.id}`, journal.fence);
      this.#host.changed(row.id);
    }
  }
}
