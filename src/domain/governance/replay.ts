import type { Environment } from '../connections/definition.ts';
import { decidePolicy } from './decide.ts';
import type { RecordedDecision } from './decision.ts';
import type { PackContent } from './pack.ts';

/** What a pack would have said to decisions that were made without it; those that it would have blocked come back. */
export function replayPack(pack: PackContent, recorded: readonly RecordedDecision[]): readonly RecordedDecision[] {
  const holding = [{ id: 'draft', content: { ...pack, enabled: true } }];
  return recorded.flatMap((record): RecordedDecision[] => {
    const { decision, packIds, windowId } = decidePolicy({
      action: record.action,
      environment: record.environment as Environment,
      items: record.items,
      packs: holding,
      unreadable: [],
      atMs: Date.parse(record.at),
    });
    if (decision.allowed) return [];
    const packs = packIds.map((id) => ({ id, version: 0 }));
    const { id, connectionId, environment, action, items, runId } = record;
    const kept = { id, connectionId, environment, action, items, ...(runId === undefined ? {} : { runId }) };
    return [{ ...kept, ...decision, packs, ...(windowId === null ? {} : { windowId }) }];
  });
}
