/** Why rows must stay for now. */
export type PinReason = 'resumableRun' | 'openAlert' | 'bundleExport' | 'preview' | 'newestSnapshot';

/**
 * Rows that a purge must leave alone. What is named by any of the fields is pinned; a window pins timeline events and
 * samples.
 */
export interface Pin {
  readonly reason: PinReason;
  /** What it is for a person, finished text: `Delete tmp:* on Shop prod can be resumed`. */
  readonly label: string;
  /** Half-open [from, to), UTC ISO-8601; `connectionIds` are `uid`s, absent = all connections. */
  readonly windows?: readonly {
    readonly from: string;
    readonly to: string;
    readonly connectionIds?: readonly string[];
  }[];
  /** Runs: their histories, their files, and the events that carry them. */
  readonly runIds?: readonly string[];
  /** Incident bundles: their rows and partial files. */
  readonly bundleIds?: readonly string[];
}

/** Asked before every purge and for the summary: the feature that needs the rows answers. */
export interface PinSource {
  pins(): Promise<readonly Pin[]>;
}
