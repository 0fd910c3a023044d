import { display } from '../../domain/display.ts';
import type { Pin } from '../../domain/retention/pins.ts';
import { resumableStates } from '../../domain/workflows/definition.ts';
import type { PinSource } from '../ports/pins.ts';
import type { WorkflowStore } from '../ports/workflows.ts';

/** Runs that look back further than this many are not resumed by anybody. */
const mostRuns = 10_000;

/** What can be resumed, or is running, keeps its history, its files and its events. */
export function resumableRuns(store: Pick<WorkflowStore, 'runs'>): PinSource {
  return {
    async pins() {
      const states = [...resumableStates, 'running' as const];
      const runs = await store.runs({ states: [...new Set(states)], limit: mostRuns });
      return runs
        .filter(({ resumedBy }) => resumedBy === null)
        .map((run): Pin => ({
          reason: 'resumableRun',
          label: `${display(run.name)} can be resumed`,
          runIds: [run.id],
          since: run.startedAt,
        }));
    },
  };
}
