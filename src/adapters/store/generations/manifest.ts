import { createHash } from 'node:crypto';

/** A file of the store as it was written: its name in the store's folder, length and SHA-256. */
export interface StoredFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a part holds of one table. */
export interface TableContent {
  readonly rows: number;
  readonly from: string | null;
  readonly to: string | null;
  /** About what its rows take in the part's file. */
  readonly bytes: number;
  /** Per connection the time of its newest row; of samples only. */
  readonly newest?: Readonly<Record<string, string>>;
}

/** The main database: deflated, as `packed` says; files of earlier versions are plain. */
export interface StoredMain extends StoredFile {
  readonly packed?: true;
}

/** How many rows share these values of the columns that most filters ask for. */
export type RowKind = readonly [rows: number, ...values: string[]];

/** A finished stretch of event rows, in a file of its own that never changes. */
export interface StoredPart extends StoredFile {
  /** Number of the transaction that finished it. */
  readonly id: number;
  readonly rows: number;
  /** First and last time of its rows, UTC ISO-8601; null when it holds none. */
  readonly from: string | null;
  readonly to: string | null;
  /** By table; absent in what an earlier version wrote. */
  readonly tables?: Readonly<Record<string, TableContent>>;
  /** Tables whose rows in it are not seen; absent when all are. */
  readonly hidden?: readonly string[];
  /** Its rows counted by kind; absent when there are too many kinds. */
  readonly kinds?: readonly RowKind[];
}

export const manifestFormat = 1;

/** A generation: the state after transaction `seq`, and the log file that goes on from there. */
export interface Manifest {
  readonly format: number;
  /** Grows when damage forced a new beginning: generations of an earlier epoch are history. */
  readonly epoch: number;
  readonly seq: number;
  readonly schema: number;
  readonly main: StoredMain;
  readonly parts: readonly StoredPart[];
  readonly log: string;
  readonly writtenAt: string;
}

function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Two lines: the SHA-256 of the second, and the JSON. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const body = JSON.stringify(manifest);
  return Buffer.from(`${digest(body)}\n${body}\n`);
}

/** @returns undefined when these bytes are not exactly what `encodeManifest` made */
export function decodeManifest(bytes: Uint8Array): Manifest | undefined {
  const [hash, body, rest, ...more] = Buffer.from(bytes).toString('utf8').split('\n');
  if (hash === undefined || body === undefined || rest !== '' || more.length > 0) return undefined;
  if (digest(body) !== hash) return undefined;
  const manifest: unknown = JSON.parse(body);
  return isManifest(manifest) ? manifest : undefined;
}

function isManifest(value: unknown): value is Manifest {
  const candidate = value as Partial<Manifest> | null;
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    Number.isSafeInteger(candidate.format) &&
    Number.isSafeInteger(candidate.epoch) &&
    Number.isSafeInteger(candidate.seq) &&
    Number.isSafeInteger(candidate.schema) &&
    typeof candidate.log === 'string' &&
    Array.isArray(candidate.parts)
  );
}
