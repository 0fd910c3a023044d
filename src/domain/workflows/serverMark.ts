import type { ServerMark } from './definition.ts';

export type ServerChange =
  | { readonly kind: 'same' }
  /** Another process with the same data: a failover or a restart that kept the replication id. */
  | { readonly kind: 'succeeded'; readonly words: string }
  /** Another process, and nothing proves that it has the same data. */
  | { readonly kind: 'unproven'; readonly words: string }
  /** Certainly not what the plan was made for. */
  | { readonly kind: 'different'; readonly words: string };

/** What became of the server that a plan was made on. Where INFO is denied nothing can be compared. */
export function serverChange(planned: ServerMark, now: ServerMark): ServerChange {
  if (planned.destination !== now.destination)
    return { kind: 'different', words: 'the connection leads to another address than the plan was made for' };
  if (planned.db !== now.db)
    return { kind: 'different', words: `the plan was made for db ${planned.db}, the connection now uses db ${now.db}` };
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
