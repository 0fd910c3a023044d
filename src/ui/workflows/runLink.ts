import type { WorkflowRun } from '../../domain/workflows/views.ts';
import type { PanelLink } from '../../protocol/panelLink.ts';

const minuteMs = 60_000;

/** A run's events, from its plan to its end, or to now. */
export function runLink({ id, startedAt, finishedAt }: WorkflowRun, nowMs: number): PanelLink {
  return {
    runId: id,
    from: new Date(Date.parse(startedAt) - minuteMs).toISOString(),
    to:
      finishedAt === undefined
        ? new Date(nowMs).toISOString()
        : new Date(Date.parse(finishedAt) + minuteMs).toISOString(),
  };
}
