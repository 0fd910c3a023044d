import { Failure, validationFailure } from '../../domain/failure.ts';
import type {
  BundleVerdict,
  ExportJob,
  IncidentBundle,
  IncidentPreview,
  IncidentRequest,
  PreviewProgress,
} from '../../domain/incidents/definition.ts';
import { validateRequest } from '../../domain/incidents/request.ts';
import { findConnection, idsByUid, type WatchedConnections } from '../observability/watched.ts';
import { isoAt } from '../ports/clock.ts';
import type { CutQuery, ExportRow } from '../ports/incidents.ts';
import type { PinSource } from '../ports/pins.ts';
import type { Pin } from '../../domain/retention/pins.ts';
import { ExportHost } from './exportHost.ts';
import { BundleSecrets } from './bundleSecrets.ts';
import type { IncidentParts } from './parts.ts';

/** A preview pins what it shows for so long. */
export const previewMs = 10 * 60_000;
const saltBytes = 32;
/** What a line takes, about, before any was seen. */
const usualLineBytes = 320;
/** Exports that ended are listed for so long; their bundles stay in the history. */
const keptExportsMs = 7 * 86_400_000;
const defaultLimit = 200;
/** More exports than a week has. */
const allJobs = 10_000;
const unfinished: ReadonlySet<ExportJob['state']> = new Set(['pending', 'running', 'cancelling', 'interrupted']);

export interface PreviewHooks {
  readonly onProgress?: (progress: PreviewProgress) => void;
  readonly signal?: AbortSignal;
}

/** Incident bundles: what would be handed over, the handing over, and what was handed over. */
export class IncidentService implements PinSource {
  readonly #parts: IncidentParts;
  readonly #host: ExportHost;
  readonly #keys: BundleSecrets;
  readonly #listeners = new Set<() => void>();
  /** What previews of this window showed as examples; it is for the eye and is kept nowhere else. */
  readonly #shown = new Map<string, IncidentPreview>();

  constructor(parts: IncidentParts) {
    this.#parts = parts;
    this.#keys = new BundleSecrets(parts.secrets, parts.log);
    this.#host = new ExportHost(parts, this.#keys, () => this.#changed());
  }

  /** Told when previews, exports or bundles changed, also while an export goes on. */
  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /**
   * Reads everything that a bundle would hold and pins it for ten minutes. Counts and size are told first.
   *
   * @throws Failure VALIDATION_ERROR, CANCELLED, or what the store says
   */
  async preview(request: IncidentRequest, { onProgress, signal }: PreviewHooks = {}): Promise<IncidentPreview> {
    const { store, work, connections, clock, digest, toolVersion } = this.#parts;
    const now = clock.wallMs();
    validateRequest(request, now);
    const query = queryOf(request, connections);
    await this.#sweep();
    const { cut, estimated } = await store.cut(query);
    onProgress?.({
      counts: estimated,
      contentBytes: (estimated.timeline + estimated.metrics) * usualLineBytes,
      progress: 0,
    });
    const nameOf = idsByUid(connections);
    const names = Object.fromEntries(connections.views().map(({ summary }) => [summary.uid, nameOf(summary.uid)]));
    const [collected, secrets] = await Promise.all([
      this.#parts.collect({ request, query, nameOf }),
      this.#parts.knownSecrets(),
    ]);
    const id = digest.uuid();
    const salt = toHex(digest.randomBytes(saltBytes));
    const createdAt = isoAt(now);
    const keys = { salt, secrets };
    const outcome = await work.preview(
      { previewId: id, request, query, cut, names, createdAt, toolVersion, estimated, collected, ...keys },
      { ...(onProgress === undefined ? {} : { onProgress }), ...(signal === undefined ? {} : { signal }) },
    );
    const { redactions, mapping, ...proved } = outcome;
    const expiresAt = isoAt(clock.wallMs() + previewMs);
    await this.#keys.keep(id, { salt, mapping });
    await store.savePreview({ id, createdAt, expiresAt, request, query, cut, names, ...proved });
    const preview: IncidentPreview = { previewId: id, request, redactions, ...proved, expiresAt };
    this.#shown.set(id, preview);
    this.#changed();
    return preview;
  }

  /** A preview that this window made and that still holds. */
  shownPreview(previewId: string): IncidentPreview | undefined {
    return this.#shown.get(previewId);
  }

  /**
   * Begins to write what a preview showed; resolves when it has begun.
   *
   * @throws Failure VALIDATION_ERROR for the target, CONFLICT when the preview does not hold any more
   */
  async export({ previewId, target }: { readonly previewId: string; readonly target: string }): Promise<ExportJob> {
    const { store, work, clock, digest } = this.#parts;
    const preview = await store.preview(previewId);
    if (preview === null || Date.parse(preview.expiresAt) <= clock.wallMs()) throw previewGone();
    const path = pathOf(target);
    await work.checkTarget(path);
    const row: ExportRow = {
      id: digest.uuid(),
      previewId,
      target: path,
      state: 'pending',
      stage: 'waiting',
      createdAt: isoAt(clock.wallMs()),
      bytesWritten: 0,
      contentDone: 0,
      contentBytes: preview.contentBytes,
      error: null,
      bundleId: null,
    };
    await store.saveExport(row);
    try {
      return await this.#host.begin(row, preview);
    } catch (error) {
      await store.removeExport(row.id);
      throw error;
    }
  }

  /** @throws Failure VALIDATION_ERROR when there is no such job */
  async job(id: string): Promise<ExportJob> {
    return this.#host.jobOf(await this.#row(id));
  }

  /** Newest first. */
  async jobs(limit = defaultLimit): Promise<ExportJob[]> {
    const rows = await this.#parts.store.exports(limit);
    return Promise.all(rows.map((row) => this.#host.jobOf(row)));
  }

  /** Resolves when the job is no longer at work, wherever it runs. */
  async wait(id: string): Promise<ExportJob> {
    for (;;) {
      await this.#host.ended(id);
      const job = await this.job(id);
      if (!['pending', 'running', 'cancelling'].includes(job.state)) return job;
      await new Promise<void>((resolve) => void this.#parts.clock.after(500, resolve));
    }
  }

  /** Stops a job, or gives up one that was interrupted; nothing of its file is left. */
  async cancel(id: string): Promise<ExportJob> {
    const row = await this.#row(id);
    if (this.#host.cancel(id)) return this.job(id);
    const job = await this.#host.jobOf(row);
    if (job.state === 'pending' || job.state === 'running') throw elsewhere();
    if (job.state !== 'interrupted') return job;
    const { store, work } = this.#parts;
    await work.discard({ jobId: id, previewId: row.previewId, target: row.target });
    const cancelled: ExportRow = { ...row, state: 'cancelled', error: null };
    await store.saveExport(cancelled);
    this.#changed();
    return this.#host.jobOf(cancelled);
  }

  /**
   * Goes on with an interrupted export, from the last piece that is on disk.
   *
   * @throws Failure CONFLICT when it is not interrupted, or what it needs is gone
   */
  async resume(id: string): Promise<ExportJob> {
    const row = await this.#row(id);
    const job = await this.#host.jobOf(row);
    if (job.state !== 'interrupted') {
      throw new Failure('CONFLICT', `The export is not interrupted: it is ${job.state}.`, {
        details: { state: job.state },
      });
    }
    const preview = await this.#parts.store.preview(row.previewId);
    if (preview === null) throw previewGone();
    return this.#host.begin({ ...row, error: null }, preview);
  }

  /** Newest first, each with where its file is now. */
  async bundles(limit = defaultLimit): Promise<IncidentBundle[]> {
    const { store, work } = this.#parts;
    return Promise.all(
      (await store.bundles(limit)).map(async (row) => {
        const path = await work.locate(row);
        const file = path === null ? 'missing' : path === row.path ? 'found' : 'moved';
        return { ...row, path: path ?? row.path, file };
      }),
    );
  }

  /** Recomputes everything of a zip, offline. @throws Failure VALIDATION_ERROR when it is none */
  async verify(path: string): Promise<BundleVerdict> {
    const { archiveSha256: _unused, ...verdict } = await this.#parts.work.verify(pathOf(path));
    return verdict;
  }

  /** Removes a bundle from the history; its file stays where it is. */
  async removeBundle(id: string): Promise<void> {
    await this.#parts.store.removeBundle(id);
    await this.#keys.forget(id);
    this.#changed();
  }

  /** What a token of a bundle stands for; undefined when no mapping was kept, or it does not hold the token. */
  async meaning(bundleId: string, token: string): Promise<string | undefined> {
    return (await this.#keys.of(bundleId))?.mapping[token];
  }

  /** What previews show and exports write must not be purged meanwhile. */
  async pins(): Promise<readonly Pin[]> {
    const { store, clock } = this.#parts;
    const now = clock.wallMs();
    const jobs = (await this.jobs(allJobs)).filter(({ state }) => unfinished.has(state));
    const exporting = new Set(jobs.map(({ previewId }) => previewId));
    const previews = await store.previews();
    return previews
      .filter(({ id, expiresAt }) => exporting.has(id) || Date.parse(expiresAt) > now)
      .map((preview) => ({
        reason: exporting.has(preview.id) ? 'bundleExport' : 'preview',
        label: exporting.has(preview.id) ? 'An incident bundle is being exported' : 'An incident bundle is previewed',
        windows: [preview.query],
      }));
  }

  /** Exports that a crash or a full disk stopped. Clears away what previews left whose time is over. */
  async interrupted(): Promise<ExportJob[]> {
    await this.#sweep();
    return (await this.jobs(allJobs)).filter(({ state }) => state === 'interrupted');
  }

  async #sweep(): Promise<void> {
    const { store, work, clock } = this.#parts;
    const longAgo = isoAt(clock.wallMs() - keptExportsMs);
    const jobs = await this.jobs(allJobs);
    for (const { id, state, createdAt } of jobs) {
      if (!unfinished.has(state) && createdAt < longAgo) await store.removeExport(id);
    }
    const needed = new Set(jobs.filter(({ state }) => unfinished.has(state)).map(({ previewId }) => previewId));
    for (const { id, expiresAt } of await store.previews()) {
      if (needed.has(id) || Date.parse(expiresAt) > clock.wallMs()) continue;
      await work.forget(id);
      await store.removePreview(id);
      await this.#keys.forget(id);
      this.#shown.delete(id);
    }
  }

  async #row(id: string): Promise<ExportRow> {
    const row = await this.#parts.store.export(id);
    if (row === null) throw validationFailure('id', 'There is no export with this id.');
    return row;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Rows carry uids, and times to the millisecond. */
function queryOf(request: IncidentRequest, connections: WatchedConnections): CutQuery {
  const { connectionIds } = request;
  return {
    from: isoAt(Date.parse(request.from)),
    to: isoAt(Date.parse(request.to)),
    ...(connectionIds === undefined
      ? {}
      : { connectionIds: connectionIds.map((id) => findConnection(connections, id).uid) }),
  };
}

/** Paths and `file:` URIs are taken. */
function pathOf(target: string): string {
  const match = /^file:\/\/(?:localhost)?(\/.*)$/.exec(target);
  if (match?.[1] === undefined) return target;
  try {
    const path = decodeURIComponent(match[1]);
    return /^\/[A-Za-z]:\//.test(path) ? path.slice(1).replaceAll('/', '\\') : path;
  } catch {
    throw validationFailure('target', 'The target is not a valid URI.');
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function previewGone(): Failure {
  return new Failure('CONFLICT', 'The preview does not hold any more: it held for ten minutes.', {
    nextAction: 'Make a new preview, then export that.',
  });
}

function elsewhere(): Failure {
  return new Failure('CONFLICT', 'Another window is writing this bundle.', {
    nextAction: 'Cancel it there, or close that window.',
  });
}
