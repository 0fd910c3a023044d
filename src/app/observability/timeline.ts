import { windowMs } from '../../domain/observability/window.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import type { HistoryStore, TimelineQuery } from '../ports/stores.ts';
import { idsByUid, storeScope, type WatchedConnections } from './watched.ts';

export interface TimelineRequest extends Omit<TimelineQuery, 'limit'> {
  /** 1..10,000; default 200. */
  readonly limit?: number;
}

export interface TimelineAnswer {
  /** Newest first; `connectionId` is the connection's id. */
  readonly events: HistoryEvent[];
  /** Absent = these were the oldest. */
  readonly cursor?: string;
  readonly total: number;
}

/** What happened in a window, page by page. @throws Failure VALIDATION_ERROR */
export async function timeline(
  parts: { readonly history: Pick<HistoryStore, 'timeline'>; readonly connections: WatchedConnections },
  request: TimelineRequest,
): Promise<TimelineAnswer> {
  windowMs(request);
  const { connectionIds, environments, limit = 200, ...rest } = request;
  const scope = storeScope(parts.connections, {
    ...(connectionIds === undefined ? {} : { connectionIds }),
    ...(environments === undefined ? {} : { environments }),
  });
  const page = await parts.history.timeline({ ...rest, ...scope, limit });
  const idOf = idsByUid(parts.connections);
  return {
    events: page.events.map((event) => ({ ...event, connectionId: idOf(event.connectionId) })),
    ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
    total: page.total,
  };
}
