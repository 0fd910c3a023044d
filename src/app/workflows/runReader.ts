import { display } from '../../domain/display.ts';
import { validationFailure } from '../../domain/failure.ts';
import { fold, type RunProgress } from '../../domain/workflows/state.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';
import type { RunRow } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';
import type { RunHost } from './runHost.ts';
import { runView, type RunHistory } from './views.ts';

const keptRuns = 300;

/** Reads runs: from this window where they run here, else from the store. */
export class RunReader {
  readonly #parts: WorkflowParts;
  readonly #host: RunHost;
  /** Folded histories of runs that stand still, with the row that they were read at. */
  readonly #folded = new Map<string, { readonly row: string; readonly run: RunProgress | undefined }>();

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

  /** What lists show: reads a run's events only when its row changed since. */
  async view(runId: string): Promise<WorkflowRun> {
    const row = await this.row(runId);
    return runView(this.#parts, { row, run: await this.#progress(row) }, await this.lineage(row));
  }

  async #progress(row: RunRow): Promise<RunProgress | undefined> {
    const live = this.#host.live(row.id);
    if (live !== undefined) return live.run;
    const text = JSON.stringify(row);
    const known = this.#folded.get(row.id);
    if (known?.row === text) return known.run;
    const run = fold(await this.#parts.store.events(row.id));
    this.#folded.delete(row.id);
    this.#folded.set(row.id, { row: text, run });
    for (const [oldest] of this.#folded) {
      if (this.#folded.size <= keptRuns) break;
      this.#folded.delete(oldest);
    }
    return run;
  }
}
