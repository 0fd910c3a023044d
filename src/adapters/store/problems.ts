/** Something of the store was damaged. Plain data, safe to show. */
export interface StoreProblem {
  readonly store: 'control' | 'history';
  readonly kind: 'damagedFile' | 'missingWrites' | 'tornTail' | 'unreadable';
  /** The file, by name. */
  readonly file: string;
  /** Time range (UTC ISO-8601) in which something may be missing; null when nothing is, or when it is not known. */
  readonly missing: { readonly from: string | null; readonly to: string | null } | null;
  /** Bytes of a torn tail, or rows of a damaged part. */
  readonly count?: number;
  /** A window has told a person of it before. */
  readonly toldBefore?: true;
}

/** What tells one problem of a store from another. The same damage has the same name in every window. */
export function nameOf({ kind, file, missing }: Pick<StoreProblem, 'kind' | 'file' | 'missing'>): string {
  return [kind, file, missing?.from ?? ''].join(' ');
}
