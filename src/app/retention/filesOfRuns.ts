import type { KeptFiles } from '../ports/retention.ts';
import type { RunFiles } from '../ports/workflows.ts';

/** Files of runs by what they are: plans are history of workflows, values for undo are previous values of keys. */
export function filesOfRuns(files: Pick<RunFiles, 'usage' | 'remove' | 'removeUndo'>): KeptFiles[] {
  return [
    {
      dataset: 'workflowHistory',
      list: async () => (await files.usage()).map(({ spoolId, planBytes }) => ({ owner: spoolId, bytes: planBytes })),
      remove: (spoolId) => files.remove(spoolId),
    },
    {
      dataset: 'keySnapshots',
      list: async () => (await files.usage()).map(({ spoolId, undoBytes }) => ({ owner: spoolId, bytes: undoBytes })),
      remove: (spoolId) => files.removeUndo(spoolId),
    },
  ];
}
