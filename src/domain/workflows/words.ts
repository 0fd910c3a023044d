import { formatCount, formatDuration } from '../format.ts';
import type { RunState } from './definition.ts';
import type { WorkflowRun } from './views.ts';

/** Runs in words, the same in tree, panel and report. */
export const stateWords: Readonly<Record<RunState, string>> = {
  planned: 'planned',
  running: 'running',
  paused_user: 'paused',
  paused_window: 'waiting for its window',
  paused_policy: 'paused by a rule',
  interrupted: 'interrupted',
  in_doubt: 'in doubt',
  failed: 'failed',
  stopped_limit: 'stopped at a limit',
  completed: 'completed',
  aborted: 'cancelled',
};

/** Share of the plan that is settled, 0..1. */
export function progressOf({ counts }: Pick<WorkflowRun, 'counts'>): number {
  if (counts.planned === 0) return 1;
  return Math.min(1, (counts.done + counts.skipped + counts.failed) / counts.planned);
}

/** One line beside a run's name: state, how far, since when. `nowMs` = wall clock. */
export function runLine(run: WorkflowRun, nowMs: number): string {
  const { state, counts } = run;
  const percent = `${Math.floor(progressOf(run) * 100)} %`;
  const items = `${formatCount(counts.planned)} ${counts.planned === 1 ? 'key' : 'keys'}`;
  if (run.undone) return `undone · ${items}`;
  if (run.resumedByExecutionId !== undefined) return `${stateWords[state]} at ${percent}, resumed`;
  if (state === 'planned') return `planned · ${items}`;
  if (state === 'running') return `${percent} of ${items}`;
  if (state === 'completed') return `${ago(run.finishedAt ?? run.startedAt, nowMs)} · ${formatCount(counts.done)} done`;
  return `${stateWords[state]} at ${percent}`;
}

function ago(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  return ms < 5000 ? 'just now' : `${formatDuration(ms)} ago`;
}
