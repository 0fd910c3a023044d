import { display } from '../../domain/display.ts';
import { validationFailure } from '../../domain/failure.ts';
import { fold } from '../../domain/workflows/state.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';
import type { RunRow } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';
import type { RunHost } from './runHost.ts';
import { runView, type RunHistory } from './views.ts';

/** Reads runs: from this window where they run here, else from the store. */
export class RunReader {
  readonly #parts: WorkflowParts;
  readonly #host: RunHost;

  constructor(parts: WorkflowParts, host: RunHost) {
    this.#parts = parts;
    this.#host = host;
  }

  /** @throws Failure VALIDATION_ERROR when there is none */
  async row(runId: string): Promise<RunRow> {
    const row = this.#host.liveRow(runId) ?? (await this.#parts.store.run(runId));
    if (row === null) throw validationFailure('runId', `There is no run ${display(runId)}.`);
    return row;
  }

  async history(runId: string): Promise<RunHistory> {
    const events = await this.#parts.store.events(runId);
    const live = this.#host.live(runId);
    if (live !== undefined) return { row: live.row, run: live.run, events };
    return { row: await this.row(runId), events, run: fold(events) };
  }

  /** The run that goes on with this one, and so on: the last of them. */
  async newest(runId: string): Promise<RunRow> {
    let row = await this.row(runId);
    while (row.resumedBy !== null) row = await this.row(row.resumedBy);
    return row;
  }

  /** The runs that this one goes on with, oldest first, then itself. */
  async lineage(row: RunRow): Promise<RunRow[]> {
    const rows = [row];
    for (let from = row.resumedFromExecutionId; from !== null;) {
      const before = await this.#parts.store.run(from);
      if (before === null) break;
      rows.unshift(before);
      from = before.resumedFromExecutionId;
    }
    return rows;
  }

  async view(runId: string): Promise<WorkflowRun> {
    const history = await this.history(runId);
    return runView(this.#parts, history, await this.lineage(history.row));
  }
}
