import { Failure } from '../../domain/failure.ts';
import { canResume } from '../../domain/workflows/decide.ts';
import type { RunEvent, StoredRunEvent } from '../../domain/workflows/events.ts';
import { begin, carry, fold } from '../../domain/workflows/state.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';
import { isoTime } from '../ports/clock.ts';
import type { RunRow } from '../ports/workflows.ts';
import { beforeBatches, startedEvent } from './begin.ts';
import type { Inside } from './inside.ts';
import { RunJournal, rowAfter } from './journal.ts';
import type { WorkflowParts } from './parts.ts';
import { noPlan, wrongState } from './refusals.ts';
import { requireToken } from './tokenCheck.ts';

/** A token that comes twice within this time is the same wish: the same run answers. */
const sameWishMs = 15 * 60 * 1000;

/** Goes on with a run that stands still, as a run of its own: only one resume of a run can succeed. */
export class Resumption {
  readonly #parts: WorkflowParts;
  readonly #inside: Inside;

  constructor(parts: WorkflowParts, inside: Inside) {
    this.#parts = parts;
    this.#inside = inside;
  }

  async resume(q: {
    readonly runId: string;
    readonly token?: string;
    readonly confirm?: string;
  }): Promise<WorkflowRun> {
    const parts = this.#parts;
    const { host, reader, key } = this.#inside;
    const { row, run, events } = await reader.history(q.runId);
    if (run === undefined) throw noPlan(q.runId);
    if (q.token !== undefined) await requireToken(parts, await key.hmac(), q.token, { row, run });
    if (row.resumedBy !== null) return this.#resumedAlready(row, q.token);
    if (!canResume(run)) throw wrongState(row, 'resumed');
    const beginning = await beforeBatches(parts, {
      action: 'workflows.resume',
      runId: row.id,
      connectionUid: row.connectionId,
      spoolId: row.spoolId,
      plan: run.plan,
      server: run.server,
      next: run.next,
      confirm: q.confirm,
    });
    try {
      const hmac = await key.hmac();
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
      const started: RunEvent = { ...startedEvent(beginning, run.retry), at };
      const history: StoredRunEvent[] = [
        { sequence: 0, event: first },
        { sequence: 1, event: started },
      ];
      const running = fold(history) ?? begin(first);
      const newRow = rowAfter(base, running, { at, hmac });
      const fence = await host.lease(`run:${id}`);
      const old = {
        row,
        event: { sequence: (events.at(-1)?.sequence ?? 0) + 1, event: { kind: 'resumedBy', at, runId: id } as const },
      };
      await parts.store.resume(old, newRow, history);
      host.beginWith(new RunJournal({ ...parts, hmac }, newRow, history, fence), beginning, 'workflows.resume');
      host.changed(row.id);
      return await reader.view(id);
    } catch (error) {
      await beginning.reader.close();
      throw error;
    }
  }

  async #resumedAlready(row: RunRow, token: string | undefined): Promise<WorkflowRun> {
    const next = row.resumedBy === null ? null : await this.#parts.store.run(row.resumedBy);
    const age = next === null ? Infinity : this.#parts.clock.wallMs() - Date.parse(next.startedAt);
    if (next !== null && token !== undefined && age <= sameWishMs) return this.#inside.reader.view(next.id);
    throw new Failure('CONFLICT', 'This run was resumed already; its checkpoint is used up.', {
      details: { rule: 'resumedBy', resumedBy: row.resumedBy },
      nextAction: 'Look at the run that goes on with it.',
    });
  }
}
