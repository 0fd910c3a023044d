import type {
  ItemProblem,
  PlanSummary,
  RetryPolicy,
  RunCounts,
  RunState,
  ServerMark,
  StopCause,
} from './definition.ts';
import { emptyCounts, type ConflictItem, type FailedItem, type RunEvent, type UndoMode } from './events.ts';
import { freshPace, paceAfter, type Pace } from './pacing.ts';
import { rangesOf, sizeOf, subtract, union, type Ranges } from './ranges.ts';
import { defaultRetry, errorWindow } from './retry.ts';

/** A batch that was begun and not yet settled. */
export interface InFlight {
  readonly batch: number;
  readonly items: Ranges;
  readonly looked: boolean;
  readonly missing: Ranges;
  readonly conflicts: readonly ConflictItem[];
  /** Whether its writes may have reached the server: true after a crash or a lost answer. */
  readonly doubtful: boolean;
}

/** A failed item that may be tried again. */
export interface PendingRetry {
  readonly index: number;
  /** Tries so far. */
  readonly tries: number;
}

/** What goes over to the run that resumes this one: progress and counts of the whole lineage. */
export interface CarriedState {
  readonly batch: number;
  readonly next: number;
  readonly counts: RunCounts;
  readonly inFlight: InFlight | null;
  /** Items before `next` that a batch gave back unwritten; histories of 0.1.0 carry none. */
  readonly left?: Ranges;
  readonly retries: readonly PendingRetry[];
  readonly problems: readonly ItemProblem[];
  readonly pace: Pace;
  readonly snapshotBytes: number;
  /** The server that was accepted last: the plan's, or the one that a start or resume found. */
  readonly server: ServerMark;
  /** Runs before this one, oldest first. */
  readonly lineage: readonly string[];
}

export interface RunProgress extends CarriedState {
  readonly state: RunState;
  readonly left: Ranges;
  readonly plan: PlanSummary;
  readonly retry: RetryPolicy;
  readonly undo: UndoMode;
  /** Sequence of the newest checkpoint's event, -1 before the first. */
  readonly checkpoint: number;
  readonly checkpointNonce: string;
  /** No batch before this instant (milliseconds since the epoch). */
  readonly notBeforeMs: number;
  /** Tries of the batch in hand that came to nothing. */
  readonly batchTries: number;
  /** Times in a row that a batch of one item was overtaken by another client's write. */
  readonly overtaken: number;
  /** The last items' fates, for the error rate: failed and settled in a window that halves when it is full. */
  readonly recent: { readonly failed: number; readonly settled: number };
  readonly cause: StopCause | null;
  /** The server refused: going on as before is pointless. */
  readonly refused: StopCause | null;
  readonly serverDrift: string | null;
  /** The moment that the run waits for to start by itself; null = it does not. */
  readonly scheduled: { readonly forAt: string; readonly confirm: string | null } | null;
  readonly resumedBy: string | null;
  readonly resumedFrom: string | null;
  readonly undoState: {
    readonly blocks: number;
    readonly restored: number;
    readonly expired: number;
    readonly conflicts: readonly ConflictItem[];
    readonly finished: boolean;
  } | null;
  /** Milliseconds spent in batches, for throughput. */
  readonly workedMs: number;
}

const keptProblems = 500;

/** State after the first event of a run's history, which is `planned` or `carriedOn`. */
export function begin(event: RunEvent): RunProgress {
  if (event.kind !== 'planned' && event.kind !== 'carriedOn') {
    throw new RangeError(`a run's history begins with its plan, not with ${event.kind}`);
  }
  const fresh: CarriedState = {
    batch: 0,
    next: 0,
    counts: emptyCounts(event.plan.count),
    inFlight: null,
    retries: [],
    problems: [],
    pace: freshPace,
    snapshotBytes: 0,
    server: event.plan.server,
    lineage: [],
  };
  const carried = event.kind === 'carriedOn' ? event.carried : fresh;
  return {
    ...carried,
    state: 'planned',
    left: carried.left ?? [],
    plan: event.plan,
    retry: defaultRetry,
    undo: 'off',
    checkpoint: -1,
    checkpointNonce: '',
    notBeforeMs: 0,
    batchTries: 0,
    overtaken: 0,
    recent: { failed: 0, settled: 0 },
    cause: null,
    refused: null,
    serverDrift: null,
    scheduled: null,
    resumedBy: null,
    resumedFrom: event.kind === 'carriedOn' ? event.fromRunId : null,
    undoState: null,
    workedMs: 0,
  };
}

/** The state after `event`, stored at `sequence`. Pure: a run's state is always this fold over its history. */
export function apply(run: RunProgress, event: RunEvent, sequence: number): RunProgress {
  switch (event.kind) {
    case 'planned':
    case 'carriedOn':
      return begin(event);
    case 'started': {
      const { retry, undo, server, serverDrift } = event;
      return {
        ...run,
        server,
        state: 'running',
        scheduled: null,
        retry,
        undo,
        cause: null,
        refused: null,
        batchTries: 0,
        serverDrift: serverDrift ?? null,
      };
    }
    case 'intended': {
      const { batch, items, looked, missing, conflicts } = event;
      const inFlight = { batch, items, looked, missing, conflicts, doubtful: true };
      return { ...run, inFlight, counts: { ...run.counts, inDoubt: doubtfulItems(inFlight) } };
    }
    case 'snapshotTaken':
      return { ...run, snapshotBytes: run.snapshotBytes + event.bytes };
    case 'settled':
      return settle(run, event);
    case 'checkpointed':
      return { ...run, checkpoint: sequence, checkpointNonce: event.nonce };
    case 'released':
      return release(run, event);
    case 'doubted':
      return { ...run, batchTries: run.batchTries + 1, notBeforeMs: event.retryAtMs, cause: event.cause };
    case 'scheduled': {
      const { forAt, confirm, cause } = event;
      return { ...run, state: 'paused_window', scheduled: { forAt, confirm }, cause };
    }
    case 'doubtResolved':
      return resolveDoubt(run, event.choice);
    case 'stopped':
      return { ...run, state: event.state, scheduled: null, cause: event.cause ?? null };
    case 'completed':
      return { ...run, state: 'completed', cause: null };
    case 'resumedBy':
      return { ...run, resumedBy: event.runId };
    case 'undoBegan':
      return {
        ...run,
        undoState: run.undoState ?? { blocks: 0, restored: 0, expired: 0, conflicts: [], finished: false },
      };
    case 'undoSettled': {
      const before = run.undoState ?? { blocks: 0, restored: 0, expired: 0, conflicts: [], finished: false };
      const undoState = {
        blocks: event.blocks,
        restored: before.restored + event.restored,
        expired: before.expired + event.expired,
        conflicts: [...before.conflicts, ...event.conflicts].slice(0, 10_000),
        finished: false,
      };
      return { ...run, undoState };
    }
    case 'undone':
      return run.undoState === null ? run : { ...run, undoState: { ...run.undoState, finished: true } };
  }
}

/** The fold. `events` begin with the run's first; undefined for no events. */
export function fold(
  events: readonly { readonly sequence: number; readonly event: RunEvent }[],
): RunProgress | undefined {
  const first = events[0];
  if (first === undefined) return undefined;
  return events.slice(1).reduce((run, { event, sequence }) => apply(run, event, sequence), begin(first.event));
}

/** What a resuming run takes over. */
export function carry(run: RunProgress, runId: string): CarriedState {
  const { batch, next, counts, inFlight, left, retries, problems, pace, snapshotBytes, server, lineage } = run;
  return {
    batch,
    next,
    counts,
    inFlight,
    left,
    retries,
    problems,
    pace,
    snapshotBytes,
    server,
    lineage: [...lineage, runId],
  };
}

/** Items of a batch whose fate is open: those found as planned. */
function doubtfulItems(inFlight: InFlight): number {
  return sizeOf(inFlight.items) - sizeOf(inFlight.missing) - inFlight.conflicts.length;
}

function settle(run: RunProgress, event: Extract<RunEvent, { kind: 'settled' }>): RunProgress {
  const { items, missing, conflicts, failed } = event;
  const size = sizeOf(items);
  const missed = sizeOf(missing);
  const tried = new Map(run.retries.map((retry) => [retry.index, retry]));
  const settledIndices = new Set(tried.size === 0 ? [] : [...tried.keys()].filter((index) => covers(items, index)));
  const again = failed.filter((item) => item.retryable && (tried.get(item.index)?.tries ?? 1) <= run.retry.maxAttempts);
  const lost = failed.filter((item) => !again.includes(item));
  const retries = [
    ...run.retries.filter((retry) => !settledIndices.has(retry.index)),
    ...again.map(({ index }) => ({ index, tries: (tried.get(index)?.tries ?? 1) + 1 })),
  ];
  const inFlight = stillInFlight(run, event);
  const skippedMissing = run.counts.skippedMissing + missed;
  const skippedConflict = run.counts.skippedConflict + conflicts.length;
  const counts: RunCounts = {
    planned: run.counts.planned,
    done: run.counts.done + size - missed - conflicts.length - failed.length,
    skippedMissing,
    skippedConflict,
    skipped: skippedMissing + skippedConflict,
    failed: run.counts.failed + lost.length,
    inDoubt: inFlight === null ? 0 : doubtfulItems(inFlight),
  };
  const full = run.recent.settled >= errorWindow;
  const given = event.left === undefined || event.left.doubtful ? [] : event.left.items;
  return {
    ...run,
    counts,
    retries,
    // What stays in doubt is repeated under the same number, so that its snapshots stay together.
    batch: inFlight === null ? event.batch + 1 : event.batch,
    next: Math.max(run.next, items.at(-1)?.[1] ?? 0, event.left?.items.at(-1)?.[1] ?? 0),
    inFlight,
    left: union(subtract(run.left, items), given),
    batchTries: 0,
    overtaken: 0,
    cause: null,
    notBeforeMs: again.length > 0 ? event.retryAtMs : 0,
    pace: paceAfter(run.pace, size, event.ms),
    recent: {
      failed: (full ? run.recent.failed / 2 : run.recent.failed) + failed.length,
      settled: (full ? run.recent.settled / 2 : run.recent.settled) + size,
    },
    problems: [...run.problems, ...problemsOf(event, lost)].slice(0, keptProblems),
    workedMs: run.workedMs + event.ms,
  };
}

/** What of the batch in flight stays in doubt when it is settled in part. */
function stillInFlight({ inFlight }: RunProgress, { left }: Extract<RunEvent, { kind: 'settled' }>): InFlight | null {
  if (inFlight === null || left === undefined || !left.doubtful) return null;
  const missing = subtract(inFlight.missing, subtract(inFlight.items, left.items));
  const conflicts = inFlight.conflicts.filter(({ index }) => covers(left.items, index));
  return { ...inFlight, items: left.items, missing, conflicts, doubtful: true };
}

function covers(ranges: Ranges, index: number): boolean {
  return ranges.some(([from, to]) => index >= from && index < to);
}

/** What did not end as done in one settled batch, in the order of the plan. */
export function problemsOf(
  event: Extract<RunEvent, { kind: 'settled' }>,
  lost: readonly FailedItem[] = event.failed,
): ItemProblem[] {
  const missing = event.missing.flatMap(([from, to]) =>
    Array.from({ length: Math.min(to - from, keptProblems) }, (_, at): ItemProblem => {
      const message = 'The key did not exist any more.';
      return { index: from + at, outcome: 'skipped_missing', reason: 'missing', message };
    }),
  );
  const conflicts = event.conflicts.map(({ index, reason }): ItemProblem => ({
    index,
    outcome: 'skipped_conflict',
    reason: 'conflict',
    message: reason,
  }));
  const failures = lost.map(({ index, code, message }): ItemProblem => ({
    index,
    outcome: 'failed',
    reason: code,
    message,
  }));
  return [...missing, ...conflicts, ...failures].sort((a, b) => a.index - b.index);
}

function release(run: RunProgress, event: Extract<RunEvent, { kind: 'released' }>): RunProgress {
  const size = run.inFlight === null ? run.pace.size : sizeOf(run.inFlight.items);
  const smaller = event.why === 'changed' || event.why === 'tooLarge';
  const shrunk: Pace = { ...run.pace, size: Math.max(1, Math.floor(size / 8)), quick: 0 };
  return {
    ...run,
    inFlight: null,
    left: union(run.left, passedItems(run)),
    counts: { ...run.counts, inDoubt: 0 },
    pace: smaller ? shrunk : run.pace,
    overtaken: smaller && size === 1 ? run.overtaken + 1 : 0,
    batchTries: smaller ? run.batchTries : run.batchTries + 1,
    notBeforeMs: event.retryAtMs,
    cause: event.cause ?? null,
    refused: event.why === 'refused' ? (event.cause ?? null) : null,
  };
}

/** Items in flight that the plan's order has gone past: nothing else would come back to them. */
function passedItems({ inFlight, next, retries }: RunProgress): Ranges {
  if (inFlight === null) return [];
  const retried = rangesOf(retries.map(({ index }) => index).sort((a, b) => a - b));
  return subtract(subtract(inFlight.items, [[next, Infinity]]), retried);
}

function resolveDoubt(run: RunProgress, choice: 'treatAsDone' | 'redo' | 'stop'): RunProgress {
  const { inFlight } = run;
  if (inFlight === null) return run;
  if (choice === 'stop') return { ...run, state: 'aborted' };
  if (choice === 'redo')
    return { ...run, state: 'interrupted', batchTries: 0, inFlight: { ...inFlight, doubtful: false } };
  const settled = settle(run, {
    kind: 'settled',
    at: '',
    batch: inFlight.batch,
    items: inFlight.items,
    missing: inFlight.missing,
    conflicts: inFlight.conflicts,
    failed: [],
    ms: 0,
    retryAtMs: 0,
  });
  return { ...settled, state: 'interrupted', pace: run.pace };
}
