import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ResourceLimits } from 'node:worker_threads';
import type { ExportOutcome, IncidentWork, PreviewOutcome, WorkHooks } from '../../app/ports/incidents.ts';
import { checkBundleTarget, partialPath } from '../files/bundleTarget.ts';
import { sha256OfFile } from '../files/fileHash.ts';
import type { IncidentPlaces, WorkerJob, WorkerSettings } from './messages.ts';
import { runStoreJob, type JobHooks } from './storeWorker.ts';

type VerifyOutcome = Awaited<ReturnType<IncidentWork['verify']>>;

/** Other files of a folder that are hashed at most, to find one that was renamed. */
const lookedAt = 20;

/**
 * Far more than a job ever holds. V8 collects what a thread left behind the later the more it may hold: without a limit a
 * bundle took twice as much memory as it needs.
 */
const memoryLimits: ResourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 };

/** Incident bundles, made in worker threads that end with their job. */
export function incidentWork(
  settings: WorkerSettings & { readonly workerPath: string },
  places: IncidentPlaces,
): IncidentWork {
  const run = (job: WorkerJob, hooks: JobHooks): Promise<unknown> => runStoreJob(settings, job, hooks, memoryLimits);
  return {
    preview: async (work, hooks) =>
      (await run({ kind: 'incidentPreview', work, places }, jobHooks(hooks))) as PreviewOutcome,
    export: async (work, hooks) =>
      (await run({ kind: 'incidentExport', work, places }, jobHooks(hooks))) as ExportOutcome,
    verify: async (path, signal) =>
      (await run({ kind: 'incidentVerify', path }, signal === undefined ? {} : { signal })) as VerifyOutcome,
    checkTarget: checkBundleTarget,
    forget: (previewId) => rm(join(places.folder, basename(previewId)), { recursive: true, force: true }),
    async discard({ jobId, previewId, target }) {
      await rm(partialPath(target, jobId), { force: true });
      await rm(join(places.folder, basename(previewId), `${basename(jobId)}.state`), { force: true });
    },
    locate,
  };
}

/** What the worker tells and answers is what its own code made: the types of both ends are the same. */
function jobHooks({ onProgress, signal }: WorkHooks<never>): JobHooks {
  return {
    ...(onProgress === undefined ? {} : { onProgress: (value) => onProgress(value as never) }),
    ...(signal === undefined ? {} : { signal }),
  };
}

async function locate({ path, bytes, archiveSha256 }: Parameters<IncidentWork['locate']>[0]): Promise<string | null> {
  // What cannot be looked at is missing, as far as its history can say.
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() === true) return path;
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  let looked = 0;
  for (const name of names.filter((one) => one.endsWith('.zip')).sort()) {
    const other = join(folder, name);
    const found = await stat(other).catch(() => undefined);
    if (found?.isFile() !== true || found.size !== bytes || ++looked > lookedAt) continue;
    if ((await sha256OfFile(other).catch(() => '')) === archiveSha256) return other;
  }
  return null;
}
