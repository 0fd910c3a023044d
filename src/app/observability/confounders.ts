import {
  confounders,
  confoundingActions,
  type Period,
  type PolicyChange,
} from '../../domain/observability/confounders.ts';
import type { WindowMs } from '../../domain/observability/window.ts';
import type { GovernanceStore, StoredPack } from '../ports/governance.ts';
import type { HistoryStore, StoreScope } from '../ports/stores.ts';
import { idsByUid, type WatchedConnections } from './watched.ts';

export interface ConfounderParts {
  readonly history: Pick<HistoryStore, 'timeline'>;
  readonly connections: WatchedConnections;
  readonly governance: Pick<GovernanceStore, 'packs' | 'assignments'>;
}

type Watched = WindowMs & { readonly coverage: number };

/** What besides the load differs between two periods, as sentences. */
export async function confoundersOf(
  parts: ConfounderParts,
  scope: StoreScope,
  periods: { readonly baseline: Watched; readonly compare: Watched },
): Promise<readonly string[]> {
  const changes = await policyChanges(parts.governance, scope);
  const period = async (span: Watched): Promise<Period> => ({
    ...span,
    engineEvents: await engineEvents(parts, scope, span),
    policyChanges: changes.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs),
  });
  return confounders(await period(periods.baseline), await period(periods.compare));
}

async function engineEvents(
  { history, connections }: ConfounderParts,
  scope: StoreScope,
  { fromMs, toMs }: WindowMs,
): Promise<Period['engineEvents']> {
  const nameOf = new Map(connections.views().map(({ summary }) => [summary.uid, summary.name]));
  const idOf = idsByUid(connections);
  const { events } = await history.timeline({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    ...scope,
    source: 'engine',
    // Slow commands may be thousands, and say nothing of this kind.
    actions: confoundingActions,
    limit: 1_000,
  });
  return events.map(({ action, timestamp, connectionId }) => ({
    action,
    timestamp,
    connection: nameOf.get(connectionId) ?? idOf(connectionId),
  }));
}

/** When packs that hold on these connections were changed last, and when any pack was removed. */
async function policyChanges(
  governance: ConfounderParts['governance'],
  { connectionIds }: StoreScope,
): Promise<readonly PolicyChange[]> {
  const assigned = (await governance.assignments()).filter(
    ({ connectionId }) => connectionIds?.includes(connectionId) ?? true,
  );
  const holding = new Set(assigned.flatMap(({ packIds }) => packIds));
  return (await governance.packs()).flatMap((pack) =>
    pack.removedAt !== null || holding.has(pack.id) ? [changeOf(pack)] : [],
  );
}

function changeOf({ content, version, updatedAt, removedAt }: StoredPack): PolicyChange {
  const { name } = content;
  return {
    pack: typeof name === 'string' ? name : 'without a name',
    kind: removedAt !== null ? 'removed' : version <= 1 ? 'added' : 'changed',
    atMs: Date.parse(removedAt ?? updatedAt),
  };
}
