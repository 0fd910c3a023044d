import { asFailure, Failure } from '../../domain/failure.ts';
import type { ExportJob } from '../../domain/incidents/definition.ts';
import { isoAt } from '../ports/clock.ts';
import type { BundleRow, ExportOutcome, ExportProgress, ExportRow, PreviewRow } from '../ports/incidents.ts';
import type { BundleKeys, BundleSecrets } from './bundleSecrets.ts';
import type { IncidentParts } from './parts.ts';

interface Running {
  row: ExportRow;
  readonly stop: AbortController;
  readonly startedMs: number;
  /** Content that was done when this process began. */
  readonly startedAt: number;
  ended: Promise<void>;
}

/** The rate is told once it rests on so much time. */
const rateAfterMs = 500;

/** The exports that this window works on: their leases, progress and ends. */
export class ExportHost {
  readonly #parts: IncidentParts;
  readonly #keys: BundleSecrets;
  readonly #changed: () => void;
  readonly #running = new Map<string, Running>();

  constructor(parts: IncidentParts, keys: BundleSecrets, changed: () => void) {
    this.#parts = parts;
    this.#keys = keys;
    this.#changed = changed;
  }

  /**
   * Takes the job's lease and works on it in the background.
   *
   * @throws Failure CONFLICT when another window has it, or the salt is gone
   */
  async begin(row: ExportRow, preview: PreviewRow): Promise<ExportJob> {
    const { leases, store, clock } = this.#parts;
    const lease = await leases.take(leaseOf(row.id));
    if (!('fence' in lease)) {
      throw new Failure('CONFLICT', 'Another window is writing this bundle.', { retryable: true });
    }
    const keys = await this.#keys.of(preview.id);
    if (keys === undefined) {
      await leases.release(leaseOf(row.id), lease.fence);
      throw new Failure('CONFLICT', 'What the tokens of this bundle were made with is not on this machine any more.', {
        nextAction: 'Cancel this export and make a new preview.',
      });
    }
    const begun: ExportRow = { ...row, state: 'running', stage: 'collecting', error: null };
    await store.saveExport(begun);
    const running: Running = {
      row: begun,
      stop: new AbortController(),
      startedMs: clock.monoMs(),
      startedAt: row.contentDone,
      ended: Promise.resolve(),
    };
    this.#running.set(row.id, running);
    running.ended = this.#execute(running, preview, keys, lease.fence);
    this.#changed();
    return this.jobOf(begun);
  }

  /** The row as it stands this moment; a job that nobody works on any more is interrupted. */
  async jobOf(stored: ExportRow): Promise<ExportJob> {
    const running = this.#running.get(stored.id);
    const row = running?.row ?? stored;
    const { error, bundleId, ...rest } = row;
    const active = row.state === 'pending' || row.state === 'running' || row.state === 'cancelling';
    const alive = !active || running !== undefined || (await this.#parts.leases.isAlive(leaseOf(row.id)));
    return {
      ...rest,
      state: alive ? row.state : 'interrupted',
      progress: row.state === 'success' ? 1 : row.contentBytes === 0 ? 0 : row.contentDone / row.contentBytes,
      ...(running === undefined ? {} : this.#pace(running)),
      ...(error === null ? {} : { error }),
      ...(bundleId === null ? {} : { bundleId }),
    };
  }

  /** false = not here. */
  cancel(id: string): boolean {
    const running = this.#running.get(id);
    if (running === undefined) return false;
    running.row = { ...running.row, state: 'cancelling' };
    running.stop.abort();
    this.#changed();
    return true;
  }

  async ended(id: string): Promise<void> {
    await this.#running.get(id)?.ended;
  }

  async #execute(running: Running, preview: PreviewRow, keys: BundleKeys, fence: number): Promise<void> {
    const { leases, store, log } = this.#parts;
    const { id } = running.row;
    const heart = leases.keep(leaseOf(id), fence, () => running.stop.abort());
    let last: ExportRow;
    try {
      const outcome = await this.#write(running, preview, keys);
      last = await this.#finish(running, preview, keys, outcome);
    } catch (error) {
      const failure = asFailure(error);
      const state =
        failure.code === 'CANCELLED' ? 'cancelled' : failure.details?.['resumable'] === true ? 'interrupted' : 'failed';
      last = { ...running.row, state, error: state === 'cancelled' ? null : failure.toJSON() };
      if (state !== 'cancelled') log.warn('incident bundle not written', { code: failure.code, state });
      // The row then still says running without a lease: it is found interrupted.
      await store
        .saveExport(last)
        .catch((cause: unknown) => log.error('incident export not stored', { code: asFailure(cause).code }));
    }
    heart.dispose();
    await leases.release(leaseOf(id), fence);
    running.row = last;
    this.#running.delete(id);
    this.#changed();
  }

  async #write(running: Running, preview: PreviewRow, { salt }: BundleKeys): Promise<ExportOutcome> {
    const { row, stop } = running;
    const { request, query, cut, names, manifest } = preview;
    const secrets = await this.#parts.knownSecrets();
    const onProgress = (progress: ExportProgress): void => {
      running.row = { ...running.row, ...progress };
      this.#changed();
    };
    return this.#parts.work.export(
      {
        jobId: row.id,
        previewId: preview.id,
        target: row.target,
        request,
        query,
        cut,
        names,
        entries: manifest.entries,
        salt,
        secrets,
      },
      { onProgress, signal: stop.signal },
    );
  }

  async #finish(running: Running, preview: PreviewRow, keys: BundleKeys, outcome: ExportOutcome): Promise<ExportRow> {
    const { store, clock, digest } = this.#parts;
    const bundle: BundleRow = {
      id: digest.uuid(),
      createdAt: isoAt(clock.wallMs()),
      request: preview.request,
      counts: preview.counts,
      contentSha256: preview.contentSha256,
      archiveSha256: outcome.archiveSha256,
      bytes: outcome.bytes,
      path: running.row.target,
    };
    const last: ExportRow = {
      ...running.row,
      state: 'success',
      stage: 'done',
      bytesWritten: outcome.bytes,
      contentDone: running.row.contentBytes,
      bundleId: bundle.id,
    };
    await store.finish(bundle, last);
    if (preview.request.keepMapping === true) await this.#keys.keep(bundle.id, { salt: '', mapping: keys.mapping });
    return last;
  }

  #pace({ row, startedMs, startedAt }: Running): Pick<ExportJob, 'bytesPerSecond' | 'secondsLeft'> {
    const ms = this.#parts.clock.monoMs() - startedMs;
    const done = row.contentDone - startedAt;
    if (ms < rateAfterMs || done <= 0) return {};
    const bytesPerSecond = (done / ms) * 1000;
    return { bytesPerSecond, secondsLeft: Math.max(0, (row.contentBytes - row.contentDone) / bytesPerSecond) };
  }
}

function leaseOf(jobId: string): string {
  return `incident:${jobId}`;
}
