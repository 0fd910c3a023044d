import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import type { PreviewOutcome, PreviewWork } from '../../../../app/ports/incidents.ts';
import type {
  BundleEntry,
  BundleManifest,
  IncidentCounts,
  PreviewProgress,
} from '../../../../domain/incidents/definition.ts';
import {
  alertsRecord,
  decisionRecord,
  diagnosticRecords,
  logRecord,
  workflowRecord,
} from '../../../../domain/incidents/datasets.ts';
import {
  contentText,
  manifestPath,
  manifestText,
  storedPaths,
  sumsPath,
  sumsText,
  type StoredPath,
} from '../../../../domain/incidents/manifest.ts';
import { bundlePage } from '../../../../domain/incidents/page.ts';
import { PageGathering, pageLogs, type PageData } from '../../../../domain/incidents/pageData.ts';
import { readmeText } from '../../../../domain/incidents/readme.ts';
import { redactionVersion, type Redactor } from '../../../../domain/incidents/redactor.ts';
import { allowed, type Shape } from '../../../../domain/incidents/shapes.ts';
import type { IncidentPlaces } from '../../messages.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import { bundleLines, bundleRedactor } from './bundleRedactor.ts';
import type { JobControl } from './jobControl.ts';
import { writePieces } from './keptFile.ts';
import { storedChunks } from './storedChunks.ts';

const deflate = promisify<Buffer, Buffer>(deflateRaw);
/**
 * Reads everything that a bundle would hold, once, and says exactly what it would be: counts, redactions, the hash of
 * every file. The small files are kept, redacted; the large ones are read again when the bundle is written.
 */
export async function previewBundle(
  history: StoreEngine,
  work: PreviewWork,
  places: IncidentPlaces,
  control: JobControl,
): Promise<PreviewOutcome> {
  const folder = join(places.folder, work.previewId);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return await new Preview(history, work, places, control, folder).run();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

class Preview {
  readonly #history: StoreEngine;
  readonly #work: PreviewWork;
  readonly #places: IncidentPlaces;
  readonly #control: JobControl;
  readonly #folder: string;
  readonly #redactor: Redactor;
  readonly #gathering: PageGathering;
  readonly #entries: BundleEntry[] = [];
  #done = 0;
  /** Share of the size that is left after packing, from the first chunk. */
  #packedShare = 0.15;

  constructor(history: StoreEngine, work: PreviewWork, places: IncidentPlaces, control: JobControl, folder: string) {
    this.#history = history;
    this.#work = work;
    this.#places = places;
    this.#control = control;
    this.#folder = folder;
    this.#redactor = bundleRedactor(work.request, work);
    this.#gathering = new PageGathering(work.query.from, work.query.to);
  }

  async run(): Promise<PreviewOutcome> {
    const { request, collected, createdAt } = this.#work;
    const includes = new Set(request.includes);
    if (includes.has('timeline')) await this.#stored('timeline.jsonl');
    if (includes.has('metrics')) await this.#stored('metrics.jsonl');
    const logs = includes.has('logs') ? this.#records('logs.jsonl', collected.logs, () => logRecord) : [];
    const diagnostics = includes.has('diagnostics')
      ? this.#records('diagnostics.jsonl', collected.diagnostics, recordShape)
      : [];
    const withTimeline = <T>(run: () => T[]): T[] => (includes.has('timeline') ? run() : []);
    const workflows = withTimeline(() => this.#records('workflows.jsonl', collected.workflows, () => workflowRecord));
    const decisions = withTimeline(() => this.#records('decisions.jsonl', collected.decisions, () => decisionRecord));
    const alerts = includes.has('timeline') ? allowed(this.#redactor, alertsRecord, collected.alerts) : undefined;
    const events = (alerts as { events?: unknown[] } | undefined)?.events ?? [];
    if (alerts !== undefined) this.#keep('alerts.json', [`${JSON.stringify(alerts, null, 2)}\n`], events.length);
    const counts: IncidentCounts = {
      timeline: this.#recordsOf('timeline.jsonl'),
      metrics: this.#recordsOf('metrics.jsonl'),
      logs: logs.length,
      diagnostics: diagnostics.length,
      workflows: workflows.length,
      decisions: decisions.length,
      alerts: events.length,
    };
    const redactions = this.#redactor.summary();
    const counted = redactions.map(({ kind, count }) => ({ kind, count }));
    const report = { profile: request.redactionProfile, version: redactionVersion, redactions: counted };
    this.#keep('redaction-report.json', [`${JSON.stringify(report, null, 2)}\n`], counted.length);
    this.#page({
      counts,
      redactions: counted,
      workflows,
      decisions,
      diagnostics,
      logs: pageLogs(logs),
      alerts: alerts ?? null,
    });
    this.#keep('README.md', [readmeText(shownRequest(request), createdAt, this.#entries)], 0);
    const { manifest, contentSha256 } = this.#manifest();
    const contentBytes = this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      counts,
      contentBytes,
      estimatedBytes: Math.round(contentBytes * this.#packedShare),
      contentSha256,
      manifest,
      redactions,
      mapping: this.#redactor.mapping,
    };
  }

  async #stored(path: StoredPath): Promise<void> {
    const { cut, query, names, estimated } = this.#work;
    const lines = bundleLines(this.#redactor, names);
    const gathering = this.#gathering;
    const onLine =
      path === 'timeline.jsonl'
        ? (line: string, at: string, status: string): void => gathering.event(line, at, status)
        : (line: string): void => gathering.sample(line);
    const hash = createHash('sha256');
    let bytes = 0;
    let records = 0;
    const betweenParts = (): Promise<void> => this.#control.checkpoint();
    for await (const chunk of storedChunks(path, { history: this.#history, cut, query, lines, onLine, betweenParts })) {
      hash.update(chunk.bytes);
      if (bytes === 0 && path === 'timeline.jsonl') {
        this.#packedShare = (await deflate(chunk.bytes)).length / chunk.bytes.length;
      }
      bytes += chunk.bytes.length;
      chunk.release();
      records += chunk.records;
      this.#done += chunk.records;
      const all = Math.max(this.#done, estimated.timeline + estimated.metrics);
      const perLine = bytes / records;
      this.#control.progress({
        counts: estimated,
        contentBytes: Math.round(all * perLine),
        progress: Math.min(0.99, this.#done / all),
      } satisfies PreviewProgress);
      await this.#control.checkpoint();
    }
    this.#entries.push({ path, sha256: hash.digest('hex'), bytes, records });
  }

  #records(path: string, records: readonly unknown[], shapeOf: (record: unknown) => Shape | undefined): unknown[] {
    const kept = records.flatMap((record) => {
      const shape = shapeOf(record);
      if (shape === undefined) this.#redactor.dropped('record');
      const shown = shape === undefined ? undefined : allowed(this.#redactor, shape, record);
      return shown === undefined ? [] : [shown];
    });
    this.#keep(path, linesOf(kept), kept.length);
    return kept;
  }

  #page(
    parts: Pick<PageData, 'counts' | 'redactions' | 'workflows' | 'decisions' | 'alerts' | 'diagnostics' | 'logs'>,
  ): void {
    const { request, collected, createdAt, toolVersion } = this.#work;
    const data = this.#gathering.dataPieces({
      tool: { name: 'Cachify Studio', version: toolVersion },
      createdAt,
      from: request.from,
      to: request.to,
      includes: request.includes,
      profile: request.redactionProfile,
      omitted: collected.omitted,
      ...parts,
    });
    const page = bundlePage(
      {
        script: readFileSync(this.#places.pageScript, 'utf8'),
        style: readFileSync(this.#places.pageStyle, 'utf8'),
        sha256Base64: (text) => createHash('sha256').update(text).digest('base64'),
      },
      data,
    );
    this.#keep('index.html', page, 0);
  }

  #manifest(): { readonly manifest: BundleManifest; readonly contentSha256: string } {
    const { request, cut, collected, createdAt, toolVersion } = this.#work;
    const entries = this.#entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const contentSha256 = createHash('sha256').update(contentText(entries)).digest('hex');
    const connections = request.connectionIds?.map((id) => this.#redactor.text('label', id) ?? '');
    const manifest: BundleManifest = {
      schemaVersion: 1,
      tool: { name: 'Cachify Studio', version: toolVersion },
      createdAt,
      scope: {
        from: request.from,
        to: request.to,
        ...(connections === undefined ? {} : { connections }),
        includes: request.includes,
      },
      cut,
      redaction: { profile: request.redactionProfile, version: redactionVersion },
      entries,
      contentSha256,
      omitted: collected.omitted,
    };
    const text = manifestText(manifest);
    writeFileSync(join(this.#folder, manifestPath), text, { mode: 0o600 });
    const all = [...entries, { path: manifestPath, sha256: sha256Of(text) }];
    writeFileSync(join(this.#folder, sumsPath), sumsText(all), { mode: 0o600 });
    return { manifest, contentSha256 };
  }

  #keep(path: string, pieces: Iterable<string>, records: number): void {
    this.#entries.push({ path, ...writePieces(join(this.#folder, path), pieces), records });
  }

  #recordsOf(path: string): number {
    return this.#entries.find((entry) => entry.path === path)?.records ?? 0;
  }
}

/** Connections are named in the manifest, as the profile allows. */
function shownRequest({ connectionIds: _named, ...request }: PreviewWork['request']): PreviewWork['request'] {
  return request;
}

function recordShape(record: unknown): Shape | undefined {
  const kind = (record as { record?: unknown } | null)?.record;
  return typeof kind === 'string' && Object.hasOwn(diagnosticRecords, kind) ? diagnosticRecords[kind] : undefined;
}

function* linesOf(records: readonly unknown[]): Generator<string> {
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Whether a file of a bundle is read from the store again. */
export function isStored(path: string): path is StoredPath {
  return storedPaths.some((stored) => stored === path);
}
