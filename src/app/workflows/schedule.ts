import { asFailure } from '../../domain/failure.ts';
import type { Ruling } from '../../domain/governance/decision.ts';
import { utcWords } from '../../domain/governance/words.ts';
import type { RunProgress } from '../../domain/workflows/state.ts';
import type { WorkflowPlan, WorkflowRun } from '../../domain/workflows/views.ts';
import { isoTime } from '../ports/clock.ts';
import type { RunRow } from '../ports/workflows.ts';
import { causeOf } from './batch.ts';
import type { CheckpointKey } from './checkpointKey.ts';
import type { Inside } from './inside.ts';
import type { NewEvent } from './journal.ts';
import type { WorkflowParts } from './parts.ts';
import type { RunHost } from './runHost.ts';
import type { RunReader } from './runReader.ts';

/** Keys come and go: a plan that is older is made anew before it is started by itself. */
const stalePlanMs = 24 * 60 * 60 * 1000;

type StartQuery = { readonly runId: string; readonly confirm?: string };

/** What scheduling does with runs, given by the service. */
export interface ScheduleActs {
  start(q: StartQuery): Promise<WorkflowRun>;
  rerun(q: { readonly runId: string }): Promise<WorkflowPlan>;
}

/**
 * Plans that wait for a window of their policies. Each is started once, while VS Code is open; however many windows were
 * missed meanwhile, the next one that is open counts, and only once.
 */
export class Schedule {
  readonly #parts: WorkflowParts;
  readonly #host: RunHost;
  readonly #reader: RunReader;
  readonly #key: CheckpointKey;
  readonly #acts: ScheduleActs;

  constructor(parts: WorkflowParts, inside: Inside, acts: ScheduleActs) {
    this.#parts = parts;
    this.#host = inside.host;
    this.#reader = inside.reader;
    this.#key = inside.key;
    this.#acts = acts;
  }

  /** Lets a plan wait for `ruling`'s next opening. */
  async wait(row: RunRow, ruling: Ruling, confirm: string | null): Promise<void> {
    const forAt = ruling.decision.nextOpening;
    if (forAt === undefined) return;
    const opens = utcWords(Date.parse(forAt), this.#parts.clock.wallMs());
    const cause = {
      code: 'BLOCKED',
      message: `Waits for the window that opens ${opens}.`,
      nextAction: 'It starts by itself then, while a window of VS Code is open. Cancel it to stop that.',
      details: { rule: 'policy', nextOpening: forAt },
    } as const;
    await this.#write(row, () => ({ kind: 'scheduled', forAt, confirm, cause }), ruling);
  }

  /** Starts what is due. */
  async startDue(): Promise<void> {
    for (const row of await this.#parts.store.runs({ states: ['paused_window'], limit: 1000 })) {
      const { run } = await this.#reader.history(row.id);
      const due = run?.scheduled;
      if (run === undefined || !due || Date.parse(due.forAt) > this.#parts.clock.wallMs()) continue;
      try {
        await this.#startOrWait(row, run, due.confirm);
      } catch (error) {
        await this.#afterRefusal(row, error);
      }
    }
  }

  async #startOrWait(row: RunRow, run: RunProgress, confirm: string | null): Promise<void> {
    const { governance, clock } = this.#parts;
    const ruling = await governance.foresee({
      connectionUid: row.connectionId,
      action: 'workflows.start',
      items: run.plan.count,
      runId: row.id,
      at: isoTime(clock),
    });
    // VS Code was closed while the window was open: the next one counts.
    if (ruling.decision.nextOpening !== undefined) return this.wait(row, ruling, confirm);
    const confirmed = confirm === null ? {} : { confirm };
    if (clock.wallMs() - Date.parse(row.startedAt) <= stalePlanMs) {
      await this.#acts.start({ runId: row.id, ...confirmed });
      return;
    }
    if (!(await this.#takeOver(row))) return;
    const plan = await this.#acts.rerun({ runId: row.id });
    if (plan.count > 0) await this.#acts.start({ runId: plan.runId, ...confirmed });
  }

  /** Ends the old plan before the new one is made, so that no other window makes one too. */
  #takeOver(row: RunRow): Promise<boolean> {
    const message = 'Its plan was older than 24 hours when the window opened, so the same was planned anew.';
    const cause = { code: 'CANCELLED', message, nextAction: 'Look at the newer run.' } as const;
    return this.#write(row, (run) => (run.scheduled === null ? null : { kind: 'stopped', state: 'aborted', cause }));
  }

  async #afterRefusal(row: RunRow, error: unknown): Promise<void> {
    const cause = causeOf(error);
    // Another window started it, or the server is away for the moment: only a refusal ends the waiting.
    if (cause.code === 'CONFLICT' || cause.code === 'CONNECTION_FAILED' || cause.code === 'TIMEOUT') return;
    const stopped = { kind: 'stopped', state: 'paused_policy', cause } as const;
    await this.#write(row, (run) => (run.scheduled === null ? null : stopped));
    this.#parts.log.warn('scheduled run was refused', { code: asFailure(error).code });
  }

  /** Writes what `event` makes of the run as it is now, under its lease; false = nothing. */
  async #write(row: RunRow, event: (run: RunProgress) => NewEvent | null, ruling?: Ruling): Promise<boolean> {
    const journal = await this.#host.journal(row, await this.#key.hmac());
    try {
      const next = event(journal.run);
      if (next === null) return false;
      if (ruling !== undefined) journal.ruledBy(ruling);
      await journal.write(next);
      return true;
    } finally {
      await this.#parts.leases.release(`run:${row.id}`, journal.fence);
      this.#host.changed(row.id);
    }
  }
}
