import { commands, Uri, window, type Disposable } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { IncidentService } from '../../app/incidents/incidentService.ts';
import { storeScope } from '../../app/observability/watched.ts';
import { isoAt, isoTime, type Clock } from '../../app/ports/clock.ts';
import type { Log, Trust } from '../../app/ports/environment.ts';
import type { HistoryStore } from '../../app/ports/stores.ts';
import { display } from '../../domain/display.ts';
import { asFailure, type FailureShape } from '../../domain/failure.ts';
import type {
  BundleVerdict,
  ExportJob,
  IncidentBundle,
  IncidentPreview,
  IncidentRequest,
  PreviewProgress,
} from '../../domain/incidents/definition.ts';
import { rangeBucketMs, rangeBuckets, type RangeBucket } from '../../domain/incidents/rangeBuckets.ts';
import type { BundleAct, BundleSnapshot, IncidentBundleContract } from '../../protocol/incidentBundle.ts';
import { panelTypes, type CommandId } from '../contributions.ts';
import { SinglePanel, type OpenPage, type PageSession } from './panel.ts';
import { SnapshotPush } from './snapshotPush.ts';

export interface IncidentBundlePanelParts {
  readonly extensionUri: Uri;
  readonly service: IncidentService;
  readonly history: Pick<HistoryStore, 'operations'>;
  readonly connections: ConnectionService;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks where a bundle shall be written; undefined when dismissed. */
  readonly askTarget: (preview: IncidentPreview) => Promise<string | undefined>;
}

const tellEveryMs = 250;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The panel of one bundle: what shall be in it, what would be in it, its export, and what became of it. */
export class IncidentBundlePanel implements Disposable {
  readonly #parts: IncidentBundlePanelParts;
  readonly #panel: SinglePanel<IncidentBundleContract>;
  readonly #watching: Disposable;
  readonly #push: SnapshotPush<BundleSnapshot>;
  #request: IncidentRequest;
  #requestNumber = 0;
  #buckets: readonly RangeBucket[] = [];
  #previewing: PreviewProgress | null = null;
  #stop: AbortController | undefined;
  #preview: IncidentPreview | null = null;
  #jobId: string | undefined;
  #bundleId: string | undefined;
  #verdict: BundleVerdict | null = null;
  #problem: FailureShape | null = null;

  constructor(parts: IncidentBundlePanelParts) {
    this.#parts = parts;
    this.#push = new SnapshotPush({
      clock: parts.clock,
      log: parts.log,
      panel: panelTypes.incidentBundle,
      everyMs: tellEveryMs,
      snapshot: () => this.#snapshot(),
    });
    this.#request = lastHour(parts.clock);
    this.#panel = new SinglePanel(parts.extensionUri, {
      viewType: panelTypes.incidentBundle,
      title: 'Incident bundle',
      page: 'incidentBundle',
      contract: async () => (await import('../../protocol/incidentBundle.ts')).incidentBundleContract,
      session: (page) => this.#session(page),
      onRefused: () => parts.log.warn('panel message refused', { kind: panelTypes.incidentBundle }),
    });
    this.#watching = parts.service.onDidChange(() => this.#push.soon());
  }

  /** Opens or reveals the panel on a new bundle of a range; the last hour when none is given. */
  async open(
    link: { readonly from?: string; readonly to?: string; readonly connectionIds?: readonly string[] } = {},
  ): Promise<void> {
    const { from, to, connectionIds } = link;
    const range = from === undefined || to === undefined ? lastHour(this.#parts.clock) : { ...this.#request, from, to };
    const { connectionIds: _before, ...rest } = { ...this.#request, from: range.from, to: range.to };
    await this.#show({ ...rest, ...(connectionIds === undefined ? {} : { connectionIds }) });
  }

  /** Opens the panel on the same request as an earlier bundle. */
  async openAgain(request: IncidentRequest): Promise<void> {
    await this.#show(request);
  }

  /** Opens the panel on an export, or on a bundle of the history. */
  async openOn(subject: { readonly job: ExportJob } | { readonly bundle: IncidentBundle }): Promise<void> {
    this.#clear();
    if ('job' in subject) this.#jobId = subject.job.id;
    else {
      this.#bundleId = subject.bundle.id;
      this.#request = subject.bundle.request;
      this.#requestNumber += 1;
      void this.#chart(subject.bundle.request);
    }
    await this.#panel.open();
    await this.#push.now();
  }

  dispose(): void {
    this.#stop?.abort();
    this.#watching.dispose();
    this.#push.dispose();
    this.#panel.dispose();
  }

  async #show(request: IncidentRequest): Promise<void> {
    this.#clear();
    this.#request = request;
    this.#requestNumber += 1;
    await this.#panel.open();
    await this.#chart(request);
  }

  #clear(): void {
    this.#stop?.abort();
    this.#preview = null;
    this.#previewing = null;
    this.#jobId = undefined;
    this.#bundleId = undefined;
    this.#verdict = null;
    this.#problem = null;
  }

  #session(page: OpenPage<IncidentBundleContract>): PageSession<IncidentBundleContract> {
    this.#push.attach(page);
    return {
      handlers: {
        ready: () => {
          if (this.#buckets.length === 0) void this.#chart(this.#request);
          return this.#snapshot();
        },
        range: ({ from, to }) => this.#chart({ from, to }),
        // The page hears how it goes by snapshots.
        preview: (request) => void this.#makePreview(withoutUndefined(request)),
        act: ({ act }) => this.#act(act),
      },
      dispose: () => {
        this.#push.detach(page);
      },
    };
  }

  async #chart({ from, to }: { readonly from: string; readonly to: string }): Promise<void> {
    const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
    if (!(toMs > fromMs)) return;
    const scope = storeScope(
      this.#parts.connections,
      this.#request.connectionIds === undefined ? {} : { connectionIds: this.#request.connectionIds },
    );
    try {
      const bucketSeconds = rangeBucketMs(fromMs, toMs) / 1000;
      const rows = await this.#parts.history.operations({ from, to, ...scope, bucketSeconds });
      this.#buckets = rangeBuckets(rows, fromMs, toMs);
    } catch (error) {
      this.#parts.log.warn('bundle chart could not be filled', { code: asFailure(error).code });
      this.#buckets = [];
    }
    await this.#push.now();
  }

  async #makePreview(request: IncidentRequest): Promise<void> {
    this.#clear();
    this.#request = request;
    const stop = new AbortController();
    this.#stop = stop;
    this.#previewing = { counts: { timeline: 0, metrics: 0 }, contentBytes: 0, progress: 0 };
    await this.#push.now();
    try {
      const preview = await this.#parts.service.preview(request, {
        signal: stop.signal,
        onProgress: (progress) => {
          this.#previewing = progress;
          this.#push.soon();
        },
      });
      if (!stop.signal.aborted) this.#preview = preview;
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code !== 'CANCELLED') this.#problem = failure.toJSON();
    }
    if (this.#stop !== stop) return;
    this.#previewing = null;
    await this.#push.now();
  }

  async #act(act: BundleAct): Promise<void> {
    const { service } = this.#parts;
    this.#problem = null;
    const bundle = await this.#bundle();
    try {
      if (act === 'stopPreview') this.#stop?.abort();
      if (act === 'export') await this.#export();
      if (act === 'cancel' && this.#jobId !== undefined) await service.cancel(this.#jobId);
      if (act === 'resume' && this.#jobId !== undefined) await service.resume(this.#jobId);
      if (act === 'verify' && bundle !== null) this.#verdict = await service.verify(bundle.path);
      if (act === 'reveal' && bundle !== null) await run('cachify.incidents.reveal', bundle);
      if (act === 'openViewer' && bundle !== null) await run('cachify.incidents.openViewer', bundle);
    } catch (error) {
      this.#problem = asFailure(error).toJSON();
    }
    await this.#push.now();
  }

  async #export(): Promise<void> {
    const preview = this.#preview;
    if (preview === null) return;
    const target = await this.#parts.askTarget(preview);
    if (target === undefined) return;
    const job = await this.#parts.service.export({ previewId: preview.previewId, target });
    this.#jobId = job.id;
    this.#bundleId = undefined;
    this.#verdict = null;
  }

  async #snapshot(): Promise<BundleSnapshot> {
    const { service, connections, trust, clock } = this.#parts;
    const job = this.#jobId === undefined ? null : await service.job(this.#jobId);
    return {
      trusted: trust.isTrusted(),
      now: isoTime(clock),
      connections: connections.views().map(({ summary }) => ({
        id: summary.id,
        name: display(summary.name),
        environment: summary.environment,
      })),
      request: this.#request,
      requestNumber: this.#requestNumber,
      buckets: this.#buckets,
      previewing: this.#previewing,
      preview: this.#preview,
      job,
      bundle: await this.#bundle(job),
      verdict: this.#verdict,
      problem: this.#problem,
    };
  }

  async #bundle(job?: ExportJob | null): Promise<IncidentBundle | null> {
    const { service } = this.#parts;
    const known = job ?? (this.#jobId === undefined ? null : await service.job(this.#jobId));
    const id = known?.bundleId ?? this.#bundleId;
    if (id === undefined) return null;
    return (await service.bundles()).find((bundle) => bundle.id === id) ?? null;
  }
}

function run(command: CommandId, bundle: IncidentBundle): Thenable<unknown> {
  return commands.executeCommand(command, { bundleId: bundle.id });
}

function lastHour(clock: Clock): IncidentRequest {
  const now = Math.ceil(clock.wallMs() / minuteMs) * minuteMs;
  return {
    from: isoAt(now - hourMs),
    to: isoAt(now),
    includes: ['timeline', 'logs', 'diagnostics', 'metrics'],
    redactionProfile: 'default',
  };
}

type Sent = Omit<IncidentRequest, 'connectionIds' | 'keepMapping'> & {
  readonly connectionIds?: readonly string[] | undefined;
  readonly keepMapping?: boolean | undefined;
};

function withoutUndefined({ connectionIds, keepMapping, ...rest }: Sent): IncidentRequest {
  return {
    ...rest,
    ...(connectionIds === undefined ? {} : { connectionIds }),
    ...(keepMapping === undefined ? {} : { keepMapping }),
  };
}

/** Asks a person where the bundle shall be written; a name in their own folder is proposed. */
export async function askBundleTarget(preview: IncidentPreview): Promise<string | undefined> {
  const stamp = preview.request.from.slice(0, 16).replace('T', '-').replace(':', '');
  const folder = process.env['HOME'] ?? process.env['USERPROFILE'];
  const target = await window.showSaveDialog({
    title: 'Export incident bundle',
    saveLabel: 'Export bundle',
    filters: { 'Incident bundle': ['zip'] },
    ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(Uri.file(folder), `cachify-incident-${stamp}.zip`) }),
  });
  return target?.fsPath;
}
