import type { Bytes } from '../../domain/bytes.ts';
import { slotOf } from '../../domain/redis/slot.ts';
import type { SpooledItem } from '../../domain/workflows/definition.ts';
import type { ClusterView } from '../ports/redis.ts';

/**
 * Most items of a batch in a cluster: each slot of a batch is watched by a connection of its own, since a transaction
 * there has the keys of one slot.
 */
export const largestClusterBatch = 64;

/** Items that one transaction may hold: in a cluster those of one slot. */
export interface Placed {
  /** Empty = one server. */
  readonly node: string;
  readonly items: readonly SpooledItem[];
}

/** Items by slot, in the order in which the slots come up. */
export function bySlot(items: readonly SpooledItem[], cluster: Pick<ClusterView, 'nodeOf'>): readonly Placed[] {
  const slots = new Map<number, SpooledItem[]>();
  for (const item of items) {
    const slot = slotOf(item.key);
    const known = slots.get(slot);
    if (known === undefined) slots.set(slot, [item]);
    else known.push(item);
  }
  return [...slots.values()].map((placed) => ({ node: cluster.nodeOf(keyOf(placed)), items: placed }));
}

function keyOf([first]: readonly SpooledItem[]): Bytes {
  return first?.key ?? new Uint8Array(0);
}

/** Error replies of a node by which a key is, or will soon be, served by another one. */
const elsewhere: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN']);

export function isElsewhere(prefix: string): boolean {
  return elsewhere.has(prefix);
}
