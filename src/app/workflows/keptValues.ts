import type { StopCause } from '../../domain/workflows/definition.ts';
import type { Effect } from '../../domain/workflows/decide.ts';
import type { Before } from '../../domain/workflows/kinds/kind.ts';
import type { UndoRecord, UndoSpool } from '../ports/workflows.ts';
import type { EarlierTry } from './batch.ts';
import type { RunJournal } from './journal.ts';

/** About what an item takes in the undo file besides its value. */
const recordBytes = 24;

/** The values from before a run's writes: for undo, and to tell what an earlier try of a batch had done. */
export class KeptValues {
  readonly #undo: UndoSpool;
  readonly #journal: RunJournal;
  #room: number;

  /** @param room bytes that they may still take */
  constructor(undo: UndoSpool, journal: RunJournal, room: number) {
    this.#undo = undo;
    this.#journal = journal;
    this.#room = room;
  }

  /** Whether values are still to be read and kept. */
  get areWanted(): boolean {
    return this.#journal.run.undo !== 'off' && this.#room > 0;
  }

  /**
   * Makes values durable, before anything is written over them. What there is no room for is not kept, if the run may go on so.
   *
   * @throws OutOfUndo when all of the run must be undoable
   */
  async keep(batch: number, records: readonly UndoRecord[]): Promise<void> {
    if (records.length === 0) return;
    const needed = records.reduce((total, { before }) => total + (before.dump?.length ?? 0) + recordBytes, 0);
    if (needed > this.#room) {
      if (this.#journal.run.undo === 'full') throw new OutOfUndo();
      this.#room = 0;
      return;
    }
    const bytes = await this.#undo.append(this.#journal.row.spoolId, batch, records);
    this.#room -= bytes;
    this.#journal.later({ kind: 'snapshotTaken', batch, items: records.length, bytes });
  }

  /** The try of a batch that may have been applied, with the values from before it; null when there was none. */
  async earlierTry({ batch, earlier }: Extract<Effect, { do: 'batch' }>): Promise<EarlierTry | null> {
    if (earlier === null || !earlier.doubtful) return null;
    const { spoolId } = this.#journal.row;
    const before = new Map<number, Before>();
    for (const block of await this.#undo.blocks(spoolId)) {
      if (block.batch !== batch) continue;
      for (const record of await this.#undo.read(spoolId, block)) before.set(record.index, record.before);
    }
    return { inFlight: earlier, before };
  }
}

/** All of the run must be undoable, and there is no more room for values from before. */
export class OutOfUndo extends Error {
  override readonly cause: StopCause = {
    code: 'BLOCKED',
    message:
      'The room for values from before is used up, so what comes next could not be undone. Nothing of it was changed.',
    nextAction:
      'Purge key snapshots in the Storage panel or raise cachify.keys.snapshotBudgetMb, then resume; or resume and confirm that undo will be partial.',
    details: { rule: 'snapshotBudget' },
  };
}
