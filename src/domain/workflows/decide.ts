import { resumableStates, type RunState, type StopCause } from './definition.ts';
import { restMs } from './pacing.ts';
import { firstOf, rangesOf, sizeOf, type Ranges } from './ranges.ts';
import { errorRateExceeded } from './retry.ts';
import type { InFlight, RunProgress } from './state.ts';

/** What the engine knows besides the run's history at the moment it decides. */
export interface Circumstances {
  readonly nowMs: number;
  readonly requested: 'pause' | 'cancel' | null;
  /** Whether policies and guardrails let the next batch happen now. */
  readonly permission:
    | { readonly allowed: true; readonly maxItems: number | null }
    | { readonly allowed: false; readonly state: 'paused_policy' | 'paused_window'; readonly cause: StopCause };
  /** Items that one batch may have at most now. */
  readonly largestBatch: number;
  /** Whether doing an item twice ends the same as doing it once. */
  readonly repeatable: boolean;
}

export type Effect =
  | { readonly do: 'rest'; readonly ms: number }
  /** Work on these items. `earlier` = the same batch as it was begun before and perhaps applied. */
  | { readonly do: 'batch'; readonly batch: number; readonly items: Ranges; readonly earlier: InFlight | null }
  /** Give up on an item that others write to all the time, or that is too large to keep. */
  | { readonly do: 'skip'; readonly batch: number; readonly items: Ranges; readonly reason: string }
  | {
      readonly do: 'stop';
      readonly state: Exclude<RunState, 'planned' | 'running' | 'completed'>;
      readonly cause?: StopCause;
    }
  | { readonly do: 'complete' }
  | { readonly do: 'nothing' };

/** How often a single item may be overtaken by other clients' writes before it counts as a conflict. */
const overtakenLimit = 5;

/** The next thing to do for a run. Pure: the same history and circumstances always give the same answer. */
export function decide(run: RunProgress, now: Circumstances): Effect {
  if (run.state !== 'running') return { do: 'nothing' };
  const left = nextItems(run, now.largestBatch);
  if (left === null) return finish(run);
  if (now.requested === 'cancel') return { do: 'stop', state: 'aborted' };
  if (now.requested === 'pause') return { do: 'stop', state: 'paused_user' };
  if (!now.permission.allowed) return { do: 'stop', state: now.permission.state, cause: now.permission.cause };
  if (run.inFlight !== null && run.inFlight.doubtful && !now.repeatable)
    return { do: 'stop', state: 'in_doubt', cause: doubt };
  if (run.refused !== null) return { do: 'stop', state: 'failed', cause: run.refused };
  if (errorRateExceeded(run.retry, run.recent.failed, run.recent.settled))
    return { do: 'stop', state: 'failed', cause: tooManyErrors(run) };
  if (run.batchTries > run.retry.maxAttempts) return { do: 'stop', state: 'failed', cause: run.cause ?? unanswered };
  const clipped = withinLimit(run, left, now.permission.maxItems);
  if (clipped === null)
    return { do: 'stop', state: 'stopped_limit', cause: limitReached(now.permission.maxItems ?? 0) };
  const wait = Math.max(run.notBeforeMs - now.nowMs, 0);
  if (wait > 0) return { do: 'rest', ms: wait };
  if (run.overtaken >= overtakenLimit) return { do: 'skip', batch: run.batch, items: clipped, reason: overtakenReason };
  return { do: 'batch', batch: run.batch, items: clipped, earlier: run.inFlight };
}

/** Whether a run stopped with work left that a resume could do. */
export function canResume(run: RunProgress): boolean {
  return (
    resumableStates.has(run.state) && run.resumedBy === null && run.undoState === null && nextItems(run, 1) !== null
  );
}

/** Milliseconds to leave to the server after a batch. */
export function restAfterBatch(run: RunProgress): number {
  return run.state === 'running' ? restMs(run.pace) : 0;
}

/** The items of the next batch, null when none are left: what is in flight, what was given back, the plan, retries. */
function nextItems(run: RunProgress, largest: number): Ranges | null {
  if (run.inFlight !== null) return run.inFlight.items;
  const size = Math.min(run.pace.size, largest);
  if (run.left.length > 0) return firstOf(run.left, size);
  if (run.next < run.plan.count) return [[run.next, Math.min(run.next + size, run.plan.count)]];
  if (run.retries.length === 0) return null;
  return rangesOf(
    run.retries
      .map(({ index }) => index)
      .sort((a, b) => a - b)
      .slice(0, size),
  );
}

function withinLimit(run: RunProgress, items: Ranges, maxItems: number | null): Ranges | null {
  if (maxItems === null) return items;
  // What is in flight or tried again was counted when it was first begun.
  if (run.inFlight !== null || run.left.length > 0 || run.next >= run.plan.count) return items;
  const left = maxItems - run.next;
  if (left <= 0) return null;
  const [from, to] = items[0] ?? [0, 0];
  return sizeOf(items) <= left ? items : [[from, Math.min(to, from + left)]];
}

function finish(run: RunProgress): Effect {
  if (run.counts.failed === 0) return { do: 'complete' };
  const failed = run.counts.failed.toLocaleString('en-US');
  const message = `${failed} of ${run.plan.count.toLocaleString('en-US')} items failed; all others are done or were skipped.`;
  const nextAction = 'Look at the failed items, remove the cause, then plan the same again for what is left.';
  return { do: 'stop', state: 'failed', cause: { code: 'INTERNAL_ERROR', message, nextAction } };
}

const overtakenReason = 'Other clients kept changing this key while it was worked on.';

const doubt: StopCause = {
  code: 'OUTCOME_UNKNOWN',
  message: 'A batch was sent and its answer never came. Doing it again could change items twice.',
  nextAction: 'Say whether to treat the batch as done, do it again, or stop.',
};

const unanswered: StopCause = {
  code: 'CONNECTION_FAILED',
  message: 'The server did not answer, and the retries are used up.',
  nextAction: 'Resume when the server answers again.',
};

function tooManyErrors(run: RunProgress): StopCause {
  const rate = Math.round((100 * run.recent.failed) / run.recent.settled);
  return {
    code: 'INTERNAL_ERROR',
    message: `${rate} % of the recent items failed, which is more than this run accepts.`,
    nextAction: 'Look at the failed items, remove the cause, then resume.',
  };
}

function limitReached(maxItems: number): StopCause {
  return {
    code: 'BLOCKED',
    message: `The policy allows ${maxItems.toLocaleString('en-US')} items for this run and all its resumes; they are used up.`,
    nextAction: 'Resume after the policy allows more.',
  };
}
