import type { Bytes } from '../../domain/bytes.ts';
import type { Before } from '../../domain/workflows/kinds/kind.ts';
import { sealValue } from '../keys/snapshots.ts';
import type { Cipher } from '../ports/environment.ts';
import type { SnapshotStore, StoredKeySnapshot } from '../ports/stores.ts';
import type { RunFiles, RunRow, WorkflowStore } from '../ports/workflows.ts';

export interface RunSnapshotParts {
  readonly store: Pick<WorkflowStore, 'run' | 'runs' | 'events' | 'spoolsWithUndo'>;
  readonly files: RunFiles;
  readonly cipher: Cipher;
}

/** Runs that are looked through for the values of one key, newest first. */
const searchedRuns = 50;

/**
 * Previous values of keys, with those that runs keep for undo: a key that a run deleted can be restored alone. They stay
 * in the run's own encrypted file; what is found there is given as if the store held it.
 */
export function withRunSnapshots(parts: RunSnapshotParts, store: SnapshotStore): SnapshotStore {
  return {
    ...store,
    async list(query) {
      const { connectionId, key, limit } = query;
      const stored = await store.list(query);
      if (key === undefined) return stored;
      const kept: StoredKeySnapshot[] = [];
      for (const spoolId of await spoolsOf(parts, connectionId)) {
        const found = await valueOf(parts, spoolId, (plan) => plan.indexOf(key));
        if (found !== null) kept.push(found);
      }
      const listed = kept.map(({ sealed: _sealed, ...rest }) => rest);
      return [...stored, ...listed].sort((a, b) => b.takenAt.localeCompare(a.takenAt)).slice(0, limit);
    },
    async get(id) {
      const named = /^run\/([\w-]+)\/(\d+)$/.exec(id);
      const [, spoolId, index] = named ?? [];
      if (spoolId === undefined) return store.get(id);
      return valueOf(parts, spoolId, () => Promise.resolve(Number(index)));
    },
    async usedBytes(connectionId) {
      const used = await store.usedBytes(connectionId);
      return connectionId === undefined ? used + (await undoBytes(parts)) : used;
    },
  };
}

/** What runs keep for their undo; what a purge took goes when that cannot be undone any more, and counts no longer. */
export async function undoBytes(parts: {
  readonly store: Pick<WorkflowStore, 'spoolsWithUndo'>;
  readonly files: Pick<RunFiles, 'usage'>;
}): Promise<number> {
  const [spools, used] = await Promise.all([parts.store.spoolsWithUndo(), parts.files.usage()]);
  const kept = new Set(spools);
  return used.reduce((sum, { spoolId, undoBytes: bytes }) => (kept.has(spoolId) ? sum + bytes : sum), 0);
}

/** Lineages of a connection that wrote something, newest first. */
async function spoolsOf({ store }: RunSnapshotParts, connectionId: string): Promise<readonly string[]> {
  const runs = await store.runs({ connectionId, limit: searchedRuns });
  const wrote = runs.filter(({ state, spoolId, undoPurged }) => state !== 'planned' && spoolId !== '' && !undoPurged);
  return [...new Set(wrote.map(({ spoolId }) => spoolId))];
}

/** What a lineage kept of one item; null when it kept nothing, or its files are gone. */
async function valueOf(
  parts: RunSnapshotParts,
  spoolId: string,
  find: (plan: { indexOf(key: Bytes): Promise<number> }) => Promise<number>,
): Promise<StoredKeySnapshot | null> {
  const blocks = await parts.files.undo.blocks(spoolId);
  const first = await parts.store.run(spoolId);
  const [begun] = await parts.store.events(spoolId);
  if (blocks.length === 0 || first === null || first.undoPurged || begun?.event.kind !== 'planned') return null;
  const plan = await parts.files.plans.open(spoolId, begun.event.plan.hash);
  try {
    const index = await find(plan);
    if (index < 0 || index >= plan.count) return null;
    const [item] = await plan.items([[index, index + 1]]);
    const tries = await triesOf(parts, first, index);
    for (const block of blocks.toReversed()) {
      const takenAt = tries.get(block.batch);
      if (takenAt === undefined || item === undefined) continue;
      const records = await parts.files.undo.read(spoolId, block);
      const record = records.find((each) => each.index === index);
      if (record !== undefined) return stored(parts, first, { key: item.key, index, takenAt, before: record.before });
    }
    return null;
  } finally {
    await plan.close();
  }
}

/** Batches of the lineage that were begun with the item, and when. */
async function triesOf(
  { store }: RunSnapshotParts,
  first: RunRow,
  index: number,
): Promise<ReadonlyMap<number, string>> {
  const tries = new Map<number, string>();
  for (let run: RunRow | null = first; run !== null;) {
    for (const { event } of await store.events(run.id)) {
      if (event.kind === 'intended' && event.items.some(([from, to]) => index >= from && index < to))
        tries.set(event.batch, event.at);
    }
    run = run.resumedBy === null ? null : await store.run(run.resumedBy);
  }
  return tries;
}

/** Kinds that change no values keep none. */
async function stored(
  { cipher }: RunSnapshotParts,
  run: RunRow,
  value: { readonly key: Bytes; readonly index: number; readonly takenAt: string; readonly before: Before },
): Promise<StoredKeySnapshot | null> {
  const { key, index, takenAt, before } = value;
  const { type, dump, expiresAtMs } = before;
  if (dump === null) return null;
  const id = `run/${run.spoolId}/${index}`;
  return {
    id,
    connectionId: run.connectionId,
    key,
    type,
    takenAt,
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    bytes: dump.length,
    reason: 'workflow',
    runId: run.id,
    sealed: await sealValue(cipher, run.connectionId, id, { key, type, dump, expiresAtMs }),
  };
}
