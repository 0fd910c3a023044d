import type { ObservabilitySnapshot } from '../../../domain/observability/snapshot.ts';
import type { StoreEngine } from '../storeEngine.ts';
import { sampleOfPartAt } from './repositories/observabilitySamples.ts';
import { isoMs } from './windows.ts';

/** The newest sample of a connection at or before a time; null when there is none. */
export function sampleAt(
  history: StoreEngine,
  query: { readonly connectionId: string; readonly at: string },
): ObservabilitySnapshot | null {
  const at = isoMs(query.at);
  let newest: ObservabilitySnapshot | null = null;
  for (const { content, open } of history.eventParts('observability_snapshots')) {
    if (content !== undefined && content.from !== null && content.from > at) continue;
    if (newest !== null && content !== undefined && content.to !== null && content.to < newest.timestamp) continue;
    const part = open();
    const found = part === undefined ? null : sampleOfPartAt(part, query.connectionId, at);
    if (found !== null && (newest === null || found.timestamp > newest.timestamp)) newest = found;
  }
  return newest;
}
