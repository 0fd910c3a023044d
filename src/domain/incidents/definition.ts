import type { FailureShape } from '../failure.ts';

/** What a bundle may take in. */
export const incidentIncludes = ['timeline', 'logs', 'diagnostics', 'metrics'] as const;
export type IncidentInclude = (typeof incidentIncludes)[number];

export const redactionProfiles = ['default', 'strict'] as const;
export type RedactionProfile = (typeof redactionProfiles)[number];

/** What a person asks to hand over. Times are UTC ISO-8601, half-open [from, to). */
export interface IncidentRequest {
  readonly from: string;
  readonly to: string;
  /** Absent = all connections. */
  readonly connectionIds?: readonly string[];
  readonly includes: readonly IncidentInclude[];
  readonly redactionProfile: RedactionProfile;
  /** true: what each token stands for is kept on this machine, in SecretStorage. Default false. */
  readonly keepMapping?: boolean;
}

/** Records per dataset. */
export interface IncidentCounts {
  readonly timeline: number;
  readonly logs: number;
  readonly diagnostics: number;
  readonly metrics: number;
  readonly alerts: number;
  readonly workflows: number;
  readonly decisions: number;
}

/** What was replaced or left out, by kind; examples are for the screen of whoever exports and never leave it. */
export interface RedactionSummary {
  readonly kind: RedactionKind;
  readonly count: number;
  readonly examples: readonly { readonly before: string; readonly after: string }[];
}

export const redactionKinds = [
  'secret',
  'credential',
  'key',
  'host',
  'user',
  'label',
  'path',
  'text',
  'dropped',
] as const;
export type RedactionKind = (typeof redactionKinds)[number];

/** One file of a bundle. */
export interface BundleEntry {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Lines of a `.jsonl`, elements of a list; 0 for pages and texts. */
  readonly records: number;
}

/** `manifest.json`. */
export interface BundleManifest {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string };
  /** When the cut was made. */
  readonly createdAt: string;
  readonly scope: {
    readonly from: string;
    readonly to: string;
    /** Absent = all. Ids, or tokens in the strict profile. */
    readonly connections?: readonly string[];
    readonly includes: readonly IncidentInclude[];
  };
  /** Sequence per dataset: what was recorded later is not in the bundle. */
  readonly cut: { readonly history: number; readonly control: number };
  readonly redaction: { readonly profile: RedactionProfile; readonly version: number };
  readonly entries: readonly BundleEntry[];
  readonly contentSha256: string;
  readonly omitted: readonly { readonly what: string; readonly reason: string }[];
}

/** What `incidents.preview` answers: exactly what an export would write, for ten minutes. */
export interface IncidentPreview {
  readonly previewId: string;
  readonly request: IncidentRequest;
  readonly counts: IncidentCounts;
  /** Bytes of all files before compression. */
  readonly contentBytes: number;
  /** Bytes of the zip file, about. */
  readonly estimatedBytes: number;
  readonly redactions: readonly RedactionSummary[];
  readonly contentSha256: string;
  readonly manifest: BundleManifest;
  readonly expiresAt: string;
}

/** How far a preview is. Counts and size come first. */
export interface PreviewProgress {
  readonly counts: { readonly timeline: number; readonly metrics: number };
  readonly contentBytes: number;
  /** 0..1 */
  readonly progress: number;
}

export const exportStates = [
  'pending',
  'running',
  'cancelling',
  'cancelled',
  'interrupted',
  'failed',
  'success',
] as const;
export type ExportState = (typeof exportStates)[number];

export const exportStages = ['waiting', 'collecting', 'checking', 'finishing', 'done'] as const;
export type ExportStage = (typeof exportStages)[number];

export interface ExportJob {
  readonly id: string;
  readonly previewId: string;
  readonly target: string;
  readonly state: ExportState;
  readonly stage: ExportStage;
  /** 0..1 of the whole. */
  readonly progress: number;
  /** Bytes of the zip file that are on disk. */
  readonly bytesWritten: number;
  /** Bytes of content that are done, of all. */
  readonly contentDone: number;
  readonly contentBytes: number;
  /** Content per second, and what is left at that rate; absent until known. */
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number;
  readonly createdAt: string;
  readonly error?: FailureShape;
  readonly bundleId?: string;
}

/** One row of the history. */
export interface IncidentBundle {
  readonly id: string;
  readonly createdAt: string;
  readonly request: IncidentRequest;
  readonly counts: IncidentCounts;
  readonly contentSha256: string;
  /** SHA-256 of the zip file. */
  readonly archiveSha256: string;
  readonly bytes: number;
  readonly path: string;
  /** Whether the zip is still where it was written; `moved`: it is beside that place under another name. */
  readonly file: 'found' | 'moved' | 'missing';
}

/** What `incidents.verify` found. Files are named as in the zip; `archive` stands for the zip's own structure. */
export interface BundleVerdict {
  readonly ok: boolean;
  readonly differing: readonly string[];
  readonly missing: readonly string[];
  readonly added: readonly string[];
}
