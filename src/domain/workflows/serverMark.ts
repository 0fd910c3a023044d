import type { NodeMark, ServerMark } from './definition.ts';

export type ServerChange =
  | { readonly kind: 'same' }
  /** Another process with the same data: a failover or a restart that kept the replication id. */
  | { readonly kind: 'succeeded'; readonly words: string }
  /** Another process, and nothing proves that it has the same data. */
  | {
      readonly kind: 'unproven';
      readonly words: string;
      /** Of a cluster: those in question. */ readonly nodes?: readonly string[];
    }
  /** Certainly not what the plan was made for. */
  | { readonly kind: 'different'; readonly words: string };

/** What became of the server that a plan was made on. Where INFO is denied nothing can be compared. */
export function serverChange(planned: ServerMark, now: ServerMark): ServerChange {
  if (planned.destination !== now.destination)
    return { kind: 'different', words: 'the connection leads to another address than the plan was made for' };
  if (planned.db !== now.db)
    return { kind: 'different', words: `the plan was made for db ${planned.db}, the connection now uses db ${now.db}` };
  if (planned.nodes !== undefined || now.nodes !== undefined)
    return clusterChange(planned.nodes ?? [], now.nodes ?? []);
  if (planned.runId === null && now.runId === null) return { kind: 'same' };
  if (planned.runId === now.runId) return { kind: 'same' };
  const known = planned.replicationId;
  if (known !== null && (known === now.replicationId || known === now.previousReplicationId))
    return {
      kind: 'succeeded',
      words: 'the server was restarted or failed over since; its replication id proves the same data',
    };
  return { kind: 'unproven', words: 'the server was restarted, restored or replaced since' };
}

/** A node that left is no change: its slots are served by others now, who are looked at each. */
function clusterChange(planned: readonly NodeMark[], now: readonly NodeMark[]): ServerChange {
  if (now.length === 0) return { kind: 'unproven', words: 'no node of the cluster tells who it is' };
  const runIds = new Set(planned.map(({ runId }) => runId));
  const replicationIds = new Set(planned.flatMap(({ replicationId }) => replicationId ?? []));
  const others = now.filter(({ runId }) => !runIds.has(runId));
  if (others.length === 0) return { kind: 'same' };
  const unproven = others.filter(
    ({ replicationId, previousReplicationId }) =>
      !replicationIds.has(replicationId ?? '') && !replicationIds.has(previousReplicationId ?? ''),
  );
  if (unproven.length === 0)
    return {
      kind: 'succeeded',
      words: 'a node of the cluster was restarted or failed over since; its replication id proves the same data',
    };
  return {
    kind: 'unproven',
    words: `${unproven.length} of ${now.length} nodes of the cluster were restarted, restored, replaced or added since`,
    nodes: unproven.map(({ node }) => node),
  };
}

/** Whether a process is one that the mark names. Where INFO is denied nobody knows. */
export function isProcessOf({ runId, nodes }: ServerMark, found: string | null): boolean {
  if (found === null) return false;
  return nodes === undefined ? runId === found : nodes.some((node) => node.runId === found);
}

/** The mark in `INFO server` and `INFO replication`; fields that are missing are null. */
export function markOfInfo(info: string, known: Pick<ServerMark, 'db' | 'user' | 'destination'>): ServerMark {
  const field = (name: string): string | null => new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(info)?.[1] ?? null;
  const previous = field('master_replid2');
  return {
    ...known,
    runId: field('run_id'),
    replicationId: field('master_replid'),
    previousReplicationId: previous === null || /^0+$/.test(previous) ? null : previous,
    role: field('role'),
  };
}
