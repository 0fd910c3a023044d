import { fromBase64, toBase64, utf8, type Bytes } from '../../domain/bytes.ts';
import { display } from '../../domain/display.ts';
import { Failure, isFailure, validationFailure } from '../../domain/failure.ts';
import { canResume } from '../../domain/workflows/decide.ts';
import type { RetryPolicy, RunState, WorkflowKind } from '../../domain/workflows/definition.ts';
import type { WorkflowTemplate } from '../../domain/workflows/builtIns.ts';
import { entriesOfFile } from '../../domain/workflows/entryFile.ts';
import { emptyCounts, type RunEvent, type StoredRunEvent } from '../../domain/workflows/events.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import { entriesOfItems } from '../../domain/workflows/kinds/warmupSet.ts';
import { cappedRetry, checkRetry, defaultRetry } from '../../domain/workflows/retry.ts';
import { begin, carry, fold } from '../../domain/workflows/state.ts';
import { provenToken, readToken, tokenLifeMs, type Hmac } from '../../domain/workflows/token.ts';
import type { PlanItem, WorkflowPlan, WorkflowRun } from '../../domain/workflows/views.ts';
import { isoTime } from '../ports/clock.ts';
import type { RunRow } from '../ports/workflows.ts';
import { beforeBatches, type Beginning } from './begin.ts';
import { RunJournal, rowAfter, type NewEvent } from './journal.ts';
import type { WorkflowParts } from './parts.ts';
import { makePlan, requireWritable, type PlanRequest } from './plan.ts';
import { RunHost } from './runHost.ts';
import { duplicate, elsewhere, noCluster, noPlan, nothingKept, submitted, wrongState } from './refusals.ts';
import { listTemplates, removeTemplate, saveTemplate, templateById, type WorkflowTemplateDraft } from './templates.ts';
import { undoRun } from './undo.ts';
import { planItemOf, planView, readAndClose, runView, type RunHistory } from './views.ts';

const defaultLimit = 200;
/** A token that comes twice within this time is the same wish: the same run answers. */
const sameWishMs = 15 * 60 * 1000;
const waitPollMs = 300;

/** The API's namespace `workflows`. */
export class WorkflowService {
  readonly #parts: WorkflowParts;
  readonly #host: RunHost;
  readonly #undoing = new Set<string>();
  #key: Promise<Bytes> | undefined;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
    this.#host = new RunHost(parts);
  }

  onDidChange(listener: (runId: string) => void): { dispose(): void } {
    return this.#host.onDidChange(listener);
  }

  templates(): Promise<WorkflowTemplate[]> {
    return listTemplates(this.#parts);
  }

  async saveTemplate(draft: WorkflowTemplateDraft): Promise<WorkflowTemplate> {
    const saved = await saveTemplate(this.#parts, draft);
    this.#host.changed('');
    return saved;
  }

  async removeTemplate(id: string): Promise<void> {
    await removeTemplate(this.#parts, id);
    this.#host.changed('');
  }

  /** A dry run: nothing changes on the server. The plan is kept under `runId` until it is started or superseded. */
  async plan(
    q: {
      readonly connectionId: string;
      readonly templateId?: string;
      readonly kind?: WorkflowKind;
      readonly parameters?: Readonly<Record<string, unknown>>;
      readonly signal?: AbortSignal;
    },
    onProgress?: PlanRequest['onProgress'],
  ): Promise<WorkflowPlan> {
    const parts = this.#parts;
    const template = q.templateId === undefined ? undefined : await templateById(parts, q.templateId);
    const kindName = q.kind ?? template?.kind;
    if (kindName === undefined) throw validationFailure('kind', 'Say what to plan: `kind` or `templateId`.');
    if (template !== undefined && q.kind !== undefined && q.kind !== template.kind)
      throw validationFailure('kind', `The template is of the kind ${template.kind}.`);
    const parameters = { ...template?.parameters, ...q.parameters };
    const kind = kindOf(kindName);
    const checked = kind.check(await this.#withFile(kindName, parameters));
    const definition = parts.definitionOf(q.connectionId);
    const { readOnlyNow, session } = await parts.sessions.active(definition.uid);
    requireWritable(definition, readOnlyNow);
    if (session.server.mode === 'cluster') throw noCluster();
    const id = parts.digest.uuid();
    const at = isoTime(parts.clock);
    const ruling = await parts.governance.rule({
      connectionUid: definition.uid,
      action: 'workflows.plan',
      items: 0,
      at,
    });
    const summary = await makePlan(parts, {
      definition,
      kind,
      checked,
      spoolId: id,
      maxItems: ruling.maxItems,
      ...(q.signal === undefined ? {} : { signal: q.signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const startRuling = await parts.governance.rule({
      connectionUid: definition.uid,
      action: 'workflows.start',
      items: summary.count,
      runId: id,
      at: isoTime(parts.clock),
    });
    const remembered = kind.remember(checked) as Readonly<Record<string, unknown>>;
    const row: RunRow = {
      id,
      name: kind.describe(remembered),
      kind: kindName,
      templateId: q.templateId ?? null,
      connectionId: definition.uid,
      state: 'planned',
      startedAt: at,
      finishedAt: null,
      retryCount: 0,
      parameters: remembered,
      counts: emptyCounts(summary.count),
      cause: null,
      checkpointToken: null,
      policyPackIds: startRuling.packIds,
      scheduleWindowId: startRuling.windowId,
      resumedFromExecutionId: null,
      resumedBy: null,
      spoolId: id,
      sameness: parts.digest.sha256([utf8(JSON.stringify([definition.uid, kindName, sorted(remembered)]))]),
      undone: false,
    };
    await parts.store.create(row, [{ sequence: 0, event: { kind: 'planned', at, plan: summary } }]);
    this.#host.changed(id);
    return planView(parts, row, summary, startRuling);
  }

  async planItems(q: {
    readonly runId: string;
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<{ items: PlanItem[]; cursor?: string }> {
    const { row, run } = await this.#history(q.runId);
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
    const { row, run } = await this.#history(runId);
    if (run === undefined) throw noPlan(runId);
    const ruling = await this.#parts.governance.rule({
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
    const { row, run } = await this.#history(q.runId);
    if (run === undefined) throw noPlan(q.runId);
    if (row.state !== 'planned') throw submitted(row);
    if (run.plan.count === 0) throw validationFailure('runId', 'The plan has no items, so there is nothing to start.');
    const [twin] = await store.runs({ sameness: row.sameness, states: ['running'], limit: 1 });
    if (twin !== undefined) throw duplicate(twin);
    const beginning = await beforeBatches(this.#parts, {
      action: 'workflows.start',
      runId: row.id,
      connectionUid: row.connectionId,
      spoolId: row.spoolId,
      plan: run.plan,
      next: 0,
      confirm: q.confirm,
    });
    try {
      const journal = await this.#host.journal(row, await this.#hmac());
      if (journal.run.state !== 'planned') throw submitted(journal.row);
      await journal.write(this.#started(beginning, retry));
      this.#begin(journal, beginning, 'workflows.start');
    } catch (error) {
      await beginning.reader.close();
      throw error;
    }
    return this.#view(row.id);
  }

  /** Resolves at the next state that is not `running`. */
  async wait(runId: string): Promise<WorkflowRun> {
    for (;;) {
      await this.#host.ended(runId);
      const row = await this.#row(runId);
      if (row.state !== 'running') return this.#view(runId);
      await new Promise<void>((resolve) => void this.#parts.clock.after(waitPollMs, resolve));
      await this.recover();
    }
  }

  async pause(runId: string): Promise<WorkflowRun> {
    const row = await this.#row(runId);
    if (row.state !== 'running') throw wrongState(row, 'paused');
    if (!this.#host.request(runId, 'pause')) throw elsewhere();
    return this.wait(runId);
  }

  /** Ends a run for good; what was done stays and can be undone. */
  async cancel(runId: string): Promise<WorkflowRun> {
    const row = await this.#row(runId);
    if (row.state === 'running') {
      if (!this.#host.request(runId, 'cancel')) throw elsewhere();
      return this.wait(runId);
    }
    if (row.state === 'completed' || row.state === 'aborted' || row.resumedBy !== null)
      throw wrongState(row, 'cancelled');
    await this.#written(row, { kind: 'stopped', state: 'aborted' });
    return this.#view(runId);
  }

  async resume(q: {
    readonly runId: string;
    readonly token?: string;
    readonly confirm?: string;
  }): Promise<WorkflowRun> {
    const parts = this.#parts;
    await this.recover();
    const { row, run, events } = await this.#history(q.runId);
    if (run === undefined) throw noPlan(q.runId);
    if (q.token !== undefined) await this.#requireToken(q.token, row, run);
    if (row.resumedBy !== null) return this.#resumedAlready(row, q.token);
    if (!canResume(run)) throw wrongState(row, 'resumed');
    const beginning = await beforeBatches(parts, {
      action: 'workflows.resume',
      runId: row.id,
      connectionUid: row.connectionId,
      spoolId: row.spoolId,
      plan: run.plan,
      next: run.next,
      confirm: q.confirm,
    });
    try {
      const hmac = await this.#hmac();
      const id = parts.digest.uuid();
      const at = isoTime(parts.clock);
      const first: RunEvent = { kind: 'carriedOn', at, plan: run.plan, fromRunId: row.id, carried: carry(run, row.id) };
      const base: RunRow = {
        ...row,
        id,
        startedAt: at,
        finishedAt: null,
        checkpointToken: row.checkpointToken,
        policyPackIds: beginning.ruling.packIds,
        scheduleWindowId: beginning.ruling.windowId,
        resumedFromExecutionId: row.id,
      };
      const started: RunEvent = { ...this.#started(beginning, run.retry), at };
      const history: StoredRunEvent[] = [
        { sequence: 0, event: first },
        { sequence: 1, event: started },
      ];
      const running = fold(history) ?? begin(first);
      const newRow = rowAfter(base, running, { at, hmac });
      const fence = await this.#host.lease(`run:${id}`);
      const old = {
        row,
        event: { sequence: (events.at(-1)?.sequence ?? 0) + 1, event: { kind: 'resumedBy', at, runId: id } as const },
      };
      await parts.store.resume(old, newRow, history);
      this.#begin(new RunJournal({ ...parts, hmac }, newRow, history, fence), beginning, 'workflows.resume');
      this.#host.changed(row.id);
      return await this.#view(id);
    } catch (error) {
      await beginning.reader.close();
      throw error;
    }
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
    const { row, run } = await this.#history(q.runId);
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
    const parts = this.#parts;
    await this.recover();
    const newest = await this.#newest(q.runId);
    const { row, run } = await this.#history(newest.id);
    if (run === undefined) throw noPlan(q.runId);
    if (row.state === 'running' || row.state === 'planned') throw wrongState(row, 'undone');
    if (run.snapshotBytes === 0) throw nothingKept();
    if (this.#undoing.has(row.id)) throw new Failure('CONFLICT', 'This undo is running already.');
    const beginning = await beforeBatches(parts, {
      action: 'workflows.start',
      runId: row.id,
      connectionUid: row.connectionId,
      spoolId: row.spoolId,
      plan: { ...run.plan, snapshotBytes: 0 },
      next: run.plan.count,
      confirm: q.confirm,
    });
    this.#undoing.add(row.id);
    const journal = await this.#host.journal(row, await this.#hmac());
    const heart = this.#host.keep(`run:${row.id}`, journal.fence, () => undefined);
    try {
      const histories = await Promise.all((await this.#lineage(row)).map(({ id }) => parts.store.events(id)));
      const { definition, reader } = beginning;
      const onProgress = (): void => this.#host.changed(row.id);
      return await undoRun(parts, { journal, definition, reader, histories, subject: row.name, onProgress });
    } finally {
      this.#undoing.delete(row.id);
      heart.dispose();
      await beginning.reader.close();
      await parts.store.releaseLease(`run:${row.id}`, journal.fence);
      this.#host.changed(row.id);
    }
  }

  async resolveInDoubt(q: {
    readonly runId: string;
    readonly choice: 'treatAsDone' | 'redo' | 'stop';
  }): Promise<WorkflowRun> {
    const row = await this.#row(q.runId);
    if (row.state !== 'in_doubt') throw wrongState(row, 'decided on');
    await this.#written(row, { kind: 'doubtResolved', choice: q.choice });
    return this.#view(q.runId);
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
    return Promise.all(rows.map(({ id }) => this.#view(id)));
  }

  async run(runId: string): Promise<WorkflowRun | null> {
    await this.recover();
    return (await this.#parts.store.run(runId)) === null ? null : this.#view(runId);
  }

  /** A run's whole history, for its report. */
  async history(runId: string): Promise<readonly RunHistory[]> {
    const rows = await this.#lineage(await this.#row(runId));
    return Promise.all(rows.map(({ id }) => this.#history(id)));
  }

  /**
   * Finds runs whose window died: they become `interrupted` and are offered for resume, never resumed by themselves.
   * Runs of windows that live are left alone.
   */
  async recover(): Promise<void> {
    const { store, holder, clock } = this.#parts;
    const running = await store.runs({ states: ['running'], limit: 1000 });
    for (const row of running) {
      if (this.#host.isHere(row.id)) continue;
      const [lease] = await store.leases(`run:${row.id}`);
      const alive = lease !== undefined && lease.untilMs > clock.wallMs() && !holder.isGone(lease.holder);
      // A lease in this window's name without a run here is one that is just being begun.
      if (alive) continue;
      try {
        await this.#written(row, { kind: 'stopped', state: 'interrupted', cause: ownerGone });
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

  async #written(row: RunRow, event: NewEvent): Promise<void> {
    const journal = await this.#host.journal(row, await this.#hmac());
    try {
      if (event.kind === 'stopped' && event.state === 'interrupted' && journal.run.state !== 'running') return;
      await journal.write(event);
    } finally {
      await this.#parts.store.releaseLease(`run:${row.id}`, journal.fence);
      this.#host.changed(row.id);
    }
  }

  #begin(journal: RunJournal, beginning: Beginning, action: string): void {
    const { definition, reader, server, undoRoom } = beginning;
    const subject = journal.row.name;
    this.#host.begin({ journal, definition, reader, server, undoRoom, action, subject, onProgress: () => undefined });
  }

  #started(beginning: Beginning, retry: RetryPolicy) {
    const { undo, server, serverDrift, ruling } = beginning;
    return {
      kind: 'started',
      retry: cappedRetry(retry, ruling.maxRetryAttempts),
      undo,
      server: server.mark,
      ...(serverDrift === undefined ? {} : { serverDrift }),
    } as const;
  }

  async #withFile(kind: WorkflowKind, parameters: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const file = parameters['file'];
    if (kind !== 'warmupSet' || typeof file !== 'string' || parameters['entries'] !== undefined)
      return { ...parameters };
    const { name, bytes } = await this.#parts.entryFiles.read(file);
    return { ...parameters, entries: entriesOfFile(name, bytes) };
  }

  async #requireToken(
    token: string,
    row: RunRow,
    run: { readonly plan: { readonly hash: string }; readonly checkpoint: number },
  ): Promise<void> {
    const hmac = await this.#hmac();
    const named = readToken(token)?.runId ?? row.id;
    // A resumed run shows its predecessor's token until it has a checkpoint of its own.
    const owner = named === row.resumedFromExecutionId && token === row.checkpointToken ? named : row.id;
    const mark = provenToken(token, owner, run.plan.hash, hmac);
    if (owner === row.id && mark.sequence !== run.checkpoint) {
      throw new Failure(
        'CONFLICT',
        'The checkpoint token is older than the run’s newest checkpoint, so it is not valid any more.',
        {
          details: { path: 'token', rule: 'superseded' },
          nextAction: 'Resume with the newest token, or without one.',
        },
      );
    }
    const lastAt = (await this.#parts.store.events(owner)).find(({ sequence }) => sequence === mark.sequence)?.event.at;
    if (lastAt !== undefined && this.#parts.clock.wallMs() - Date.parse(lastAt) > tokenLifeMs) {
      throw new Failure('VALIDATION_ERROR', 'The checkpoint token is older than 14 days and not valid any more.', {
        details: { path: 'token', rule: 'expired' },
        nextAction: 'Plan the same again (Rerun).',
      });
    }
  }

  async #resumedAlready(row: RunRow, token: string | undefined): Promise<WorkflowRun> {
    const next = row.resumedBy === null ? null : await this.#parts.store.run(row.resumedBy);
    const age = next === null ? Infinity : this.#parts.clock.wallMs() - Date.parse(next.startedAt);
    if (next !== null && token !== undefined && age <= sameWishMs) return this.#view(next.id);
    throw new Failure('CONFLICT', 'This run was resumed already; its checkpoint is used up.', {
      details: { rule: 'resumedBy', resumedBy: row.resumedBy },
      nextAction: 'Look at the run that goes on with it.',
    });
  }

  async #newest(runId: string): Promise<RunRow> {
    let row = await this.#row(runId);
    while (row.resumedBy !== null) row = await this.#row(row.resumedBy);
    return row;
  }

  async #lineage(row: RunRow): Promise<RunRow[]> {
    const rows = [row];
    for (let from = row.resumedFromExecutionId; from !== null;) {
      const before = await this.#parts.store.run(from);
      if (before === null) break;
      rows.unshift(before);
      from = before.resumedFromExecutionId;
    }
    return rows;
  }

  async #row(runId: string): Promise<RunRow> {
    const row = this.#host.liveRow(runId) ?? (await this.#parts.store.run(runId));
    if (row === null) throw validationFailure('runId', `There is no run ${display(runId)}.`);
    return row;
  }

  async #history(runId: string): Promise<RunHistory> {
    const live = this.#host.live(runId);
    const events = await this.#parts.store.events(runId);
    if (live !== undefined) return { row: live.row, run: live.run, events };
    return { row: await this.#row(runId), events, run: fold(events) };
  }

  async #view(runId: string): Promise<WorkflowRun> {
    const history = await this.#history(runId);
    return runView(this.#parts, history, [...(await this.#lineage(history.row))]);
  }

  /** The key that signs checkpoints: made once per machine. */
  async #hmac(): Promise<Hmac> {
    this.#key ??= this.#keyOnce().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    const key = await this.#key;
    return (signed) => this.#parts.digest.hmacSha256(key, signed);
  }

  async #keyOnce(): Promise<Bytes> {
    const { secrets, digest } = this.#parts;
    const kept = fromBase64((await secrets.get(keyName)) ?? '-');
    if (kept?.length === 32) return kept;
    const fresh = digest.randomBytes(32);
    await secrets.set(keyName, toBase64(fresh));
    return fresh;
  }
}

const keyName = 'cachify.checkpointKey';

const ownerGone = {
  code: 'CANCELLED',
  message: 'The window that ran it is gone. What was done up to the checkpoint is certain.',
  nextAction: 'Resume to finish it, or undo what was done.',
} as const;

function sorted(value: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
