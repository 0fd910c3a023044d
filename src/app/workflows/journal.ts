import { Failure } from '../../domain/failure.ts';
import type { Ruling } from '../../domain/governance/decision.ts';
import type { RunEvent, StoredRunEvent } from '../../domain/workflows/events.ts';
import { apply, fold, type RunProgress } from '../../domain/workflows/state.ts';
import { makeToken, type Hmac } from '../../domain/workflows/token.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { RunRow, WorkflowStore } from '../ports/workflows.ts';

/** An event before it is given its time. */
export type NewEvent = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never;

export interface JournalParts {
  readonly store: WorkflowStore;
  readonly clock: Clock;
  readonly hmac: Hmac;
}

/**
 * A run's history while this window holds its lease: every event is stored before it counts. `later` events ride along
 * with the next write, for what nothing outside depends on yet.
 */
export class RunJournal {
  readonly #parts: JournalParts;
  readonly fence: number;
  #row: RunRow;
  #run: RunProgress;
  #next: number;
  #waiting: StoredRunEvent[] = [];

  constructor(parts: JournalParts, row: RunRow, events: readonly StoredRunEvent[], fence: number) {
    const run = fold(events);
    if (run === undefined) throw new Failure('INTERNAL_ERROR', 'The history of the run is gone, so it cannot go on.');
    this.#parts = parts;
    this.#row = row;
    this.#run = run;
    this.#next = (events.at(-1)?.sequence ?? -1) + 1;
    this.fence = fence;
  }

  get run(): RunProgress {
    return this.#run;
  }

  /** The row as it stands, with what was applied and not stored yet. */
  get row(): RunRow {
    return rowAfter(this.#row, this.#run, { at: isoTime(this.#parts.clock), hmac: this.#parts.hmac });
  }

  /** The packs and the window under which the run goes on, stored with the next write. */
  ruledBy({ packIds, windowId }: Ruling): void {
    this.#row = { ...this.#row, policyPackIds: packIds, scheduleWindowId: windowId };
  }

  /** Stores the events, then applies them. @throws Failure CONFLICT when the lease was lost */
  async write(...events: readonly NewEvent[]): Promise<void> {
    const { store, clock, hmac } = this.#parts;
    const numbered = this.#number(events);
    const run = numbered.reduce((state, { event, sequence }) => apply(state, event, sequence), this.#run);
    const row = rowAfter(this.#row, run, { at: isoTime(clock), hmac });
    await store.append(row, [...this.#waiting, ...numbered], this.fence);
    this.#next += events.length;
    this.#waiting = [];
    this.#run = run;
    this.#row = row;
  }

  /** Applies events now; they are stored with the next `write`. */
  later(...events: readonly NewEvent[]): void {
    const numbered = this.#number(events);
    this.#waiting.push(...numbered);
    this.#next += events.length;
    this.#run = numbered.reduce((state, { event, sequence }) => apply(state, event, sequence), this.#run);
  }

  /** Stores what waits. */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.write();
  }

  #number(events: readonly NewEvent[]): StoredRunEvent[] {
    const at = isoTime(this.#parts.clock);
    return events.map((event, index) => ({ sequence: this.#next + index, event: { ...event, at } as RunEvent }));
  }
}

const over: ReadonlySet<string> = new Set(['completed', 'aborted']);

/** The row that shows a run's state. */
export function rowAfter(row: RunRow, run: RunProgress, now: { readonly at: string; readonly hmac: Hmac }): RunRow {
  const { checkpoint, checkpointNonce, plan } = run;
  const mark = { runId: row.id, sequence: checkpoint, nonce: checkpointNonce };
  return {
    ...row,
    state: run.state,
    finishedAt: over.has(run.state) ? (row.finishedAt ?? now.at) : null,
    counts: run.counts,
    retryCount: run.retries.reduce((total, { tries }) => total + tries - 1, 0),
    cause: run.cause,
    checkpointToken: checkpoint < 0 ? row.checkpointToken : makeToken(mark, plan.hash, now.hmac),
    resumedBy: run.resumedBy,
    undone: run.undoState?.finished ?? false,
  };
}
