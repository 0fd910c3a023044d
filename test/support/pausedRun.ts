// A run that was paused with some of it done and some left.
import type { WorkflowService } from '../../src/app/workflows/workflowService.ts';
import type { WorkflowRun } from '../../src/domain/workflows/views.ts';

/** It is told of when the run begins, and after each batch: by the fourth time there is a checkpoint. */
const tellings = 4;

/** Starts a planned run and pauses it after its first batches. */
export async function startAndPause(service: WorkflowService, runId: string): Promise<WorkflowRun> {
  let told = 0;
  const worked = new Promise<void>((resolve) => {
    const listening = service.onDidChange((id) => {
      if (id === runId) told += 1;
      if (told < tellings) return;
      listening.dispose();
      resolve();
    });
  });
  await service.start({ runId });
  await worked;
  return service.pause(runId);
}
