import type { WorkerJob } from '../messages.ts';
import type { StoreEngine } from '../storeEngine.ts';
import { exportBundle } from './incidents/exportJob.ts';
import type { JobControl } from './incidents/jobControl.ts';
import { previewBundle } from './incidents/previewJob.ts';
import { openHistory } from './incidents/readHistory.ts';
import { verifyBundle } from './incidents/verifyJob.ts';
import { exportStores } from './maintenance/exportStores.ts';
import type { ServiceOptions } from './storeService.ts';

/** What a worker that was started for one job does. */
export function answerJob(options: ServiceOptions, job: WorkerJob, control: JobControl): Promise<unknown> {
  switch (job.kind) {
    case 'export':
      return exportStores(options, job.target);
    case 'incidentPreview':
      return reading(options, (history) => previewBundle(history, job.work, job.places, control));
    case 'incidentExport':
      return reading(options, (history) => exportBundle(history, job.work, job.places, control));
    case 'incidentVerify':
      return verifyBundle(job.path, control);
  }
}

async function reading<T>(options: ServiceOptions, run: (history: StoreEngine) => Promise<T>): Promise<T> {
  const history = await openHistory(options);
  try {
    return await run(history);
  } finally {
    await history.close();
  }
}
