// A store with a past, and the work on bundles of it, in plain Node.
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { incidentWork } from '../../src/adapters/store/incidentWork.ts';
import { openStores } from '../../src/adapters/store/openStores.ts';
import { StoreWorker } from '../../src/adapters/store/storeWorker.ts';
import type {
  Collected,
  ExportWork,
  IncidentWork,
  PreviewOutcome,
  PreviewWork,
} from '../../src/app/ports/incidents.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import type { IncidentRequest, PreviewProgress } from '../../src/domain/incidents/definition.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { ownFolder } from './processes.ts';
import { storeBuild, type StoreBuild } from './storeBuild.ts';
import { eventOf, sampleOf } from './storeRows.ts';
import { systemClock } from './systemClock.ts';

export const nothingCollected: Collected = {
  logs: [],
  diagnostics: [],
  workflows: [],
  decisions: [],
  alerts: { events: [], rules: [], states: [] },
  omitted: [],
};

export const salt = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

export interface IncidentsRig {
  /** Folder of everything. */
  readonly root: string;
  readonly built: StoreBuild;
  /** Folder for targets; no link on the way. */
  readonly folder: string;
  readonly stores: Stores;
  readonly work: IncidentWork;
  /** `count` events, a second apart from 2026-01-01, and a sample for every 15. */
  fill(count: number, more?: (n: number) => Partial<HistoryEvent>): Promise<void>;
  preview(
    more?: Partial<IncidentRequest>,
    parts?: Partial<PreviewWork>,
    onProgress?: (progress: PreviewProgress) => void,
  ): Promise<{ readonly outcome: PreviewOutcome; readonly work: PreviewWork }>;
  exportOf(
    preview: { readonly outcome: PreviewOutcome; readonly work: PreviewWork },
    target: string,
    jobId?: string,
  ): ExportWork;
  /** Writes what the log holds into its generation. */
  settle(): Promise<void>;
  /** As another window would, at once and without asking what is pinned. */
  purgeBefore(time: string): Promise<void>;
  close(): Promise<void>;
}

/** `folder` of an earlier rig opens the same store again. */
export async function incidentsRig(folder = realpathSync(ownFolder('cachify-incidents-'))): Promise<IncidentsRig> {
  const built = await storeBuild();
  const directory = join(folder, 'store');
  const settings = { ...built, directory };
  mkdirSync(join(folder, 'out'), { recursive: true });
  const pageScript = join(folder, 'page.js');
  const pageStyle = join(folder, 'page.css');
  writeFileSync(pageScript, 'document.title = "bundle";');
  writeFileSync(pageStyle, 'body { margin: 0; }');
  const stores = openStores({ ...settings, clock: systemClock });
  const work = incidentWork(settings, { folder: join(folder, 'incidents'), pageScript, pageStyle });
  let previews = 0;
  return {
    root: folder,
    built,
    folder: join(folder, 'out'),
    stores,
    work,
    async fill(count, more = () => ({})) {
      for (let n = 0; n < count; n += 500) {
        const rows = Math.min(500, count - n);
        await stores.history.append(Array.from({ length: rows }, (_, i) => eventOf(n + i, more(n + i))));
      }
      await stores.history.appendSamples(Array.from({ length: Math.ceil(count / 15) }, (_, n) => sampleOf(n)));
      await stores.history.flush();
    },
    async preview(more = {}, parts = {}, onProgress) {
      const request: IncidentRequest = {
        from: '2026-01-01T00:00:00.000Z',
        to: '2026-02-01T00:00:00.000Z',
        includes: ['timeline', 'logs', 'diagnostics', 'metrics'],
        redactionProfile: 'default',
        ...more,
      };
      const query = { from: request.from, to: request.to };
      const { cut, estimated } =
        parts.cut === undefined || parts.estimated === undefined
          ? await stores.incidents.cut(query)
          : { cut: parts.cut, estimated: parts.estimated };
      previews += 1;
      const given: PreviewWork = {
        previewId: `preview-${previews}`,
        request,
        query,
        cut,
        estimated,
        names: { 'connection-0': 'shop', 'connection-1': 'cache', 'connection-2': 'queue' },
        createdAt: '2026-02-02T00:00:00.000Z',
        toolVersion: '1.2.3',
        collected: nothingCollected,
        salt,
        secrets: [],
        ...parts,
      };
      const hooks = onProgress === undefined ? {} : { onProgress };
      return { outcome: await work.preview(given, hooks), work: given };
    },
    exportOf({ outcome, work: given }, target, jobId = 'job-0001-0001') {
      const { previewId, request, query, cut, names, secrets } = given;
      const { entries } = outcome.manifest;
      return { jobId, previewId, request, query, cut, names, salt: given.salt, secrets, target, entries };
    },
    async settle() {
      const window = new StoreWorker({ ...settings, clock: systemClock, onNotice: () => undefined });
      await window.call('store.checkpoint');
      await window.close();
    },
    async purgeBefore(time) {
      const window = new StoreWorker({ ...settings, clock: systemClock, onNotice: () => undefined });
      await window.call('history.deleteEventsBefore', time);
      await window.close();
    },
    close: () => stores.close(),
  };
}
