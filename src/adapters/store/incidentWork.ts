import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ExportOutcome, IncidentWork, PreviewOutcome, WorkHooks } from '../../app/ports/incidents.ts';
import { checkBundleTarget, partialPath } from '../files/bundleTarget.ts';
import { sha256OfFile } from '../files/fileHash.ts';
import type { IncidentPlaces, WorkerSettings } from './messages.ts';
import { runStoreJob, type JobHooks } from './storeWorker.ts';

type VerifyOutcome = Awaited<ReturnType<IncidentWork['verify']>>;

/** Other files of a folder that are hashed at most, to find one that was renamed. */
const lookedAt = 20;

/** Incident bundles, made in worker threads that end with their job. */
export function incidentWork(
  settings: WorkerSettings & { readonly workerPath: string },
  places: IncidentPlaces,
): IncidentWork {
  return {
    async preview(work, hooks) {
      const answer = await runStoreJob(settings, { kind: 'incidentPreview', work, places }, jobHooks(hooks));
      return answer as PreviewOutcome;
    },
    async export(work, hooks) {
      const answer = await runStoreJob(settings, { kind: 'incidentExport', work, places }, jobHooks(hooks));
      return answer as ExportOutcome;
    },
    async verify(path, signal) {
      const hooks = signal === undefined ? {} : { signal };
      return (await runStoreJob(settings, { kind: 'incidentVerify', path }, hooks)) as VerifyOutcome;
    },
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
