import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import type { Disposable } from '../ports/environment.ts';
import type { StoreScope } from '../ports/stores.ts';
import { Failure } from '../../domain/failure.ts';

/** The connections as observability sees them; the connection use cases are one. */
export interface WatchedConnections {
  views(): readonly { readonly summary: ConnectionSummary }[];
  onDidChange(listener: () => void): Disposable;
}

/** By uid, else by id (the first of equal ids is the effective one). @throws Failure VALIDATION_ERROR */
export function findConnection(connections: WatchedConnections, idOrUid: string): ConnectionSummary {
  const all = connections.views().map((view) => view.summary);
  const found = all.find((summary) => summary.uid === idOrUid) ?? all.find((summary) => summary.id === idOrUid);
  if (found !== undefined) return found;
  throw new Failure('VALIDATION_ERROR', 'There is no connection with this id.', {
    details: { path: 'connectionIds' },
    nextAction: 'Choose one of the connections in the Connections view.',
  });
}

/** The same scope in the store's terms: rows carry the uid. @throws Failure VALIDATION_ERROR */
export function storeScope(connections: WatchedConnections, scope: StoreScope): StoreScope {
  const { connectionIds, environments } = scope;
  return {
    ...(connectionIds === undefined
      ? {}
      : { connectionIds: connectionIds.map((id) => findConnection(connections, id).uid) }),
    ...(environments === undefined ? {} : { environments }),
  };
}

/**
 * Answers rows with the id that people and the API use. Rows of a connection that no longer exists, or whose id means
 * another one here, keep their uid.
 */
export function idsByUid(connections: WatchedConnections): (uid: string) => string {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const { summary } of connections.views()) {
    ids.set(summary.uid, taken.has(summary.id) ? summary.uid : summary.id);
    taken.add(summary.id);
  }
  return (uid) => ids.get(uid) ?? uid;
}
