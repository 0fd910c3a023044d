import { Failure } from '../../domain/failure.ts';
import type { RunRow } from '../ports/workflows.ts';
import { beforeBatches, type Beginning } from './begin.ts';
import type { Inside } from './inside.ts';
import type { WorkflowParts } from './parts.ts';
import { noPlan, nothingKept, undoPurged, wrongState } from './refusals.ts';
import { undoRun } from './undo.ts';

/** Undoes a run with all that it goes on with: asks what stands before batches, under the run's lease, once at a time. */
export class Undoing {
  readonly #parts: WorkflowParts;
  readonly #inside: Inside;
  readonly #undoing = new Set<string>();

  constructor(parts: WorkflowParts, inside: Inside) {
    this.#parts = parts;
    this.#inside = inside;
  }

  async undo(q: {
    readonly runId: string;
    readonly confirm?: string;
  }): Promise<{ restored: number; conflicts: number }> {
    const parts = this.#parts;
    const { host, reader } = this.#inside;
    const newest = await reader.newest(q.runId);
    const { row, run } = await reader.history(newest.id);
    if (run === undefined) throw noPlan(q.runId);
    if (row.state === 'running' || row.state === 'planned') throw wrongState(row, 'undone');
    if (run.snapshotBytes === 0) throw nothingKept();
    if (row.undoPurged) throw undoPurged();
    if (this.#undoing.has(row.id)) throw new Failure('CONFLICT', 'This undo is running already.');
    const beginning = await beforeBatches(parts, {
      action: 'workflows.undo',
      runId: row.id,
      connectionUid: row.connectionId,
      spoolId: row.spoolId,
      plan: { ...run.plan, snapshotBytes: 0 },
      server: run.server,
      next: run.plan.count,
      confirm: q.confirm,
    });
    this.#undoing.add(row.id);
    try {
      return await this.#underLease(row, beginning);
    } finally {
      this.#undoing.delete(row.id);
      await beginning.reader.close();
      host.changed(row.id);
      host.changedKeys(row.connectionId);
    }
  }

  async #underLease(
    row: RunRow,
    { definition, reader, cluster }: Beginning,
  ): Promise<{ restored: number; conflicts: number }> {
    const parts = this.#parts;
    const { host, key } = this.#inside;
    const journal = await host.journal(row, await key.hmac());
    const heart = parts.leases.keep(`run:${row.id}`, journal.fence, () => undefined);
    try {
      const lineage = await this.#inside.reader.lineage(row);
      const histories = await Promise.all(lineage.map(({ id }) => parts.store.events(id)));
      const onProgress = (): void => host.changed(row.id);
      const request = { journal, definition, reader, histories, subject: row.name, onProgress };
      return await undoRun(parts, cluster === undefined ? request : { ...request, cluster });
    } finally {
      heart.dispose();
      await parts.leases.release(`run:${row.id}`, journal.fence);
    }
  }
}
