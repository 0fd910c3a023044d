import type {
  BundleEntry,
  BundleManifest,
  BundleVerdict,
  ExportStage,
  ExportState,
  IncidentBundle,
  IncidentCounts,
  IncidentRequest,
  PreviewProgress,
  RedactionSummary,
} from '../../domain/incidents/definition.ts';
import type { FailureShape } from '../../domain/failure.ts';

/** What is in a bundle and what was recorded later: the last part of the history that belongs to it, and when. */
export interface IncidentCut {
  readonly history: number;
  readonly control: number;
}

export interface CutQuery {
  readonly from: string;
  readonly to: string;
  /** `uid`s; absent = all. */
  readonly connectionIds?: readonly string[];
}

/** A preview as it is kept: an export writes exactly this. */
export interface PreviewRow {
  readonly id: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly request: IncidentRequest;
  readonly query: CutQuery;
  readonly cut: IncidentCut;
  readonly counts: IncidentCounts;
  readonly contentBytes: number;
  readonly estimatedBytes: number;
  readonly contentSha256: string;
  readonly manifest: BundleManifest;
  /** Ids that people know, by `uid`. */
  readonly names: Readonly<Record<string, string>>;
}

export interface ExportRow {
  readonly id: string;
  readonly previewId: string;
  readonly target: string;
  readonly state: ExportState;
  readonly stage: ExportStage;
  readonly createdAt: string;
  readonly bytesWritten: number;
  readonly contentDone: number;
  readonly contentBytes: number;
  readonly error: FailureShape | null;
  readonly bundleId: string | null;
}

export type BundleRow = Omit<IncidentBundle, 'file'>;

/** Previews, exports and the history of bundles, in the store `control`: durable before a promise resolves. */
export interface IncidentStore {
  /**
   * Ends the part of the history that grows: every event and sample that was acknowledged before stands in the cut, and
   * none that comes later. `estimated` is quick and about right.
   */
  cut(query: CutQuery): Promise<{
    readonly cut: IncidentCut;
    readonly estimated: { readonly timeline: number; readonly metrics: number };
  }>;
  savePreview(row: PreviewRow): Promise<void>;
  preview(id: string): Promise<PreviewRow | null>;
  previews(): Promise<readonly PreviewRow[]>;
  removePreview(id: string): Promise<void>;
  saveExport(row: ExportRow): Promise<void>;
  export(id: string): Promise<ExportRow | null>;
  /** Newest first. */
  exports(limit: number): Promise<readonly ExportRow[]>;
  removeExport(id: string): Promise<void>;
  /** Adds the bundle and ends its export, in one transaction. */
  finish(bundle: BundleRow, row: ExportRow): Promise<void>;
  /** Newest first. */
  bundles(limit: number): Promise<readonly BundleRow[]>;
  bundle(id: string): Promise<BundleRow | null>;
  removeBundle(id: string): Promise<void>;
}

/** What was gathered outside the history, not redacted yet: it never touches a disk so. */
export interface Collected {
  readonly logs: readonly unknown[];
  /** Each has a `record` that names its kind. */
  readonly diagnostics: readonly unknown[];
  readonly workflows: readonly unknown[];
  readonly decisions: readonly unknown[];
  readonly alerts: {
    readonly events: readonly unknown[];
    readonly rules: readonly unknown[];
    readonly states: readonly unknown[];
  };
  readonly omitted: BundleManifest['omitted'];
}

/** What makes the redaction of one bundle: kept in memory and, for an export that may be resumed, in SecretStorage. */
export interface RedactionKeys {
  /** Random, lower-case hex. */
  readonly salt: string;
  /** Secrets that are known. */
  readonly secrets: readonly string[];
}

export interface PreviewWork extends RedactionKeys {
  readonly previewId: string;
  readonly request: IncidentRequest;
  readonly query: CutQuery;
  readonly cut: IncidentCut;
  readonly names: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly toolVersion: string;
  readonly estimated: { readonly timeline: number; readonly metrics: number };
  readonly collected: Collected;
}

export interface PreviewOutcome {
  readonly counts: IncidentCounts;
  readonly contentBytes: number;
  readonly estimatedBytes: number;
  readonly contentSha256: string;
  readonly manifest: BundleManifest;
  readonly redactions: readonly RedactionSummary[];
  readonly mapping: Readonly<Record<string, string>>;
}

export interface ExportWork extends RedactionKeys {
  readonly jobId: string;
  readonly previewId: string;
  readonly request: IncidentRequest;
  readonly query: CutQuery;
  readonly cut: IncidentCut;
  readonly names: Readonly<Record<string, string>>;
  readonly target: string;
  readonly entries: readonly BundleEntry[];
}

export interface ExportProgress {
  readonly stage: ExportStage;
  readonly contentDone: number;
  readonly contentBytes: number;
  readonly bytesWritten: number;
}

export interface ExportOutcome {
  readonly bytes: number;
  readonly archiveSha256: string;
}

export interface WorkHooks<Progress> {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The heavy work, off the extension host's thread; memory does not grow with the size of a bundle. */
export interface IncidentWork {
  /** Keeps the small files of the bundle, redacted, under the preview's id. */
  preview(work: PreviewWork, hooks: WorkHooks<PreviewProgress>): Promise<PreviewOutcome>;
  /**
   * Writes the bundle, or goes on where an earlier try of the same job stopped.
   *
   * @throws Failure CONFLICT when what was previewed is not there any more, BLOCKED when a secret was found in the
   *   finished bytes: no file is left. INTERNAL_ERROR with `details.resumable` when the disk refused: what was written
   *   stays for another try. CANCELLED: nothing is left.
   */
  export(work: ExportWork, hooks: WorkHooks<ExportProgress>): Promise<ExportOutcome>;
  verify(path: string, signal?: AbortSignal): Promise<BundleVerdict & { readonly archiveSha256: string }>;
  /** @throws Failure VALIDATION_ERROR with `details.path` = `target` */
  checkTarget(target: string): Promise<void>;
  /** Removes the kept files of a preview. */
  forget(previewId: string): Promise<void>;
  /** Removes what an export that does not go on has left. */
  discard(job: { readonly jobId: string; readonly previewId: string; readonly target: string }): Promise<void>;
  /** Where the zip is now: its path, another one in the same folder with the same bytes, or null. */
  locate(bundle: Pick<BundleRow, 'path' | 'bytes' | 'archiveSha256'>): Promise<string | null>;
}
