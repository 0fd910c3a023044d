import type { BundleEntry, BundleManifest, BundleVerdict } from './definition.ts';

/** Files that speak about the others: they are not part of the content's hash. */
export const manifestPath = 'manifest.json';
export const sumsPath = 'SHA256SUMS';

/** Read from the store again when a bundle is written; all others are small and are kept with the preview. */
export const storedPaths = ['timeline.jsonl', 'metrics.jsonl'] as const;
export type StoredPath = (typeof storedPaths)[number];

export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** What `contentSha256` is the SHA-256 of: canonical JSON (RFC 8785) of path, hash and size of every file, by path. */
export function contentText(entries: readonly BundleEntry[]): string {
  return JSON.stringify(entries.toSorted(byPath).map(({ path, sha256, bytes }) => ({ bytes, path, sha256 })));
}

export function manifestText(manifest: BundleManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** As `sha256sum` writes and checks it. */
export function sumsText(entries: readonly Pick<BundleEntry, 'path' | 'sha256'>[]): string {
  return entries
    .toSorted(byPath)
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`)
    .join('');
}

/** Path by path; undefined when a line is none that `sumsText` writes. */
export function parseSums(text: string): ReadonlyMap<string, string> | undefined {
  const sums = new Map<string, string>();
  const lines = text.split('\n');
  if (lines.pop() !== '') return undefined;
  for (const line of lines) {
    const match = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || sums.has(match[2])) return undefined;
    sums.set(match[2], match[1]);
  }
  return sums;
}

interface ManifestEntries {
  readonly entries: readonly BundleEntry[];
  readonly contentSha256: string;
}

/** As far as a verdict needs it; undefined when the text is no manifest of ours. */
export function parseManifest(text: string): ManifestEntries | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { entries, contentSha256 } = (value ?? {}) as { readonly entries?: unknown; readonly contentSha256?: unknown };
  if (!Array.isArray(entries) || typeof contentSha256 !== 'string') return undefined;
  const isEntry = (entry: unknown): entry is BundleEntry => {
    const { path, sha256, bytes } = (entry ?? {}) as Partial<Record<keyof BundleEntry, unknown>>;
    return typeof path === 'string' && typeof sha256 === 'string' && typeof bytes === 'number';
  };
  return entries.every(isEntry) ? { entries, contentSha256 } : undefined;
}

/** One file as it was found in a zip; `damaged` = it could not be unpacked as it was packed. */
export interface FoundFile {
  readonly path: string;
  readonly sha256: string;
  readonly damaged: boolean;
}

export interface FoundBundle {
  readonly files: readonly FoundFile[];
  /** Whether the zip's own structure is as it was written. */
  readonly structureIsWhole: boolean;
  readonly manifest: string | undefined;
  readonly sums: string | undefined;
}

/**
 * Names each file that is not what it was when the bundle was written. A file has three witnesses (its line in SHA256SUMS,
 * its entry in the manifest, the zip's own check), so a damaged witness is told from a damaged file.
 */
export function verdictOf(found: FoundBundle, sha256: (text: string) => string): BundleVerdict {
  const files = new Map(found.files.map((file) => [file.path, file]));
  const sums = found.sums === undefined ? undefined : parseSums(found.sums);
  const manifest = found.manifest === undefined ? undefined : parseManifest(found.manifest);
  const entries = new Map((manifest?.entries ?? []).map((entry) => [entry.path, entry]));
  const expected = new Set([manifestPath, sumsPath, ...(sums?.keys() ?? []), ...entries.keys()]);
  const differing = new Set<string>();
  for (const file of found.files) {
    if (file.damaged) differing.add(file.path);
    if (file.path === sumsPath) continue;
    const summed = sums?.get(file.path);
    const listed = entries.get(file.path)?.sha256;
    const matches = [summed, listed].map((known) => known === file.sha256);
    if (summed !== undefined && listed !== undefined && matches[0] !== matches[1]) {
      // The witnesses disagree: the one that does not fit the file is the damaged one.
      differing.add(matches[0] === true ? manifestPath : sumsPath);
    } else if ((summed !== undefined || listed !== undefined) && !matches.includes(true)) differing.add(file.path);
  }
  const listedContent = manifest === undefined ? undefined : sha256(contentText(manifest.entries));
  if (files.has(manifestPath) && listedContent !== manifest?.contentSha256) differing.add(manifestPath);
  if (files.has(sumsPath) && sums === undefined) differing.add(sumsPath);
  if (!found.structureIsWhole && differing.size === 0) differing.add('archive');
  const missing = [...expected].filter((path) => !files.has(path)).sort();
  const added = found.files.map(({ path }) => path).filter((path) => !expected.has(path));
  const sorted = [...differing].sort();
  return { ok: sorted.length + missing.length + added.length === 0, differing: sorted, missing, added: added.sort() };
}
