/** Why rows must stay for now. */
export type PinReason = 'resumableRun' | 'openAlert' | 'bundleExport' | 'preview' | 'newestSnapshot';

export const pinWords: Readonly<Record<PinReason, readonly [one: string, many: string]>> = {
  resumableRun: ['resumable run', 'resumable runs'],
  openAlert: ['open alert', 'open alerts'],
  bundleExport: ['bundle being exported', 'bundles being exported'],
  preview: ['preview', 'previews'],
  newestSnapshot: ['newest sample of a connection', 'newest samples of connections'],
};

/** Half-open [from, to), UTC ISO-8601; `connectionIds` are `uid`s, absent = all connections. */
export interface PinnedWindow {
  readonly from: string;
  readonly to: string;
  readonly connectionIds?: readonly string[];
}

/**
 * Rows that a purge must leave alone. What is named by any of the fields is pinned; a window pins timeline events and
 * samples.
 */
export interface Pin {
  readonly reason: PinReason;
  /** What it is for a person, finished text: `Delete tmp:* on Shop prod can be resumed`. */
  readonly label: string;
  readonly windows?: readonly PinnedWindow[];
  /** Runs: their histories, their files, and the events that carry them. */
  readonly runIds?: readonly string[];
  /** Nothing of those runs is older than this, UTC ISO-8601; absent = not known. */
  readonly since?: string;
  /** Incident bundles: their rows and partial files. */
  readonly bundleIds?: readonly string[];
}

/** What pinning looks at in a row. */
export interface PinnableRow {
  readonly timestamp: string;
  readonly connectionId: string;
  readonly runId?: string;
}

/** Whether a pin holds a row of the timeline or a sample. */
export function pins(pin: Pin, row: PinnableRow): boolean {
  if (row.runId !== undefined && (pin.runIds ?? []).includes(row.runId)) return true;
  return (pin.windows ?? []).some(
    ({ from, to, connectionIds }) =>
      row.timestamp >= from && row.timestamp < to && (connectionIds?.includes(row.connectionId) ?? true),
  );
}
