import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisReply } from '../../domain/redis/command.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';
import { requireAllowed } from '../../domain/governance/refusal.ts';
import type { SpooledItem } from '../../domain/workflows/definition.ts';
import type { ConflictItem, RunEvent, StoredRunEvent } from '../../domain/workflows/events.ts';
import type { Before, Given, Reading, UndoVerdict } from '../../domain/workflows/kinds/kind.ts';
import { kindOf, type AnyKind } from '../../domain/workflows/kinds/registry.ts';
import { indicesOf, rangesOf, type Ranges } from '../../domain/workflows/ranges.ts';
import { isProcessOf } from '../../domain/workflows/serverMark.ts';
import { isoTime } from '../ports/clock.ts';
import type { ClusterView } from '../ports/redis.ts';
import type { PlanReader } from '../ports/workflows.ts';
import type { BulkLine } from '../redis/bulkLine.ts';
import type { RunJournal } from './journal.ts';
import { Lanes } from './lanes.ts';
import { bySlot, isElsewhere, type Placed } from './placing.ts';
import type { WorkflowParts } from './parts.ts';
import { serverNow } from './server.ts';

export interface UndoRequest {
  readonly journal: RunJournal;
  readonly definition: ConnectionDefinition;
  readonly reader: PlanReader;
  /** Histories of the whole lineage, oldest run first. */
  readonly histories: readonly (readonly StoredRunEvent[])[];
  readonly subject: string;
  /** Absent = one server. */
  readonly cluster?: ClusterView;
  readonly onProgress: () => void;
}

const itemsAtOnce = 200;
/** Of a cluster that is moving a slot: how often, and how long apart, it is asked where the slot is. */
const looksForMoved = 20;
const learnAfterMs = 400;
/** Tries of a chunk whose keys others write to meanwhile, each on fewer items. */
const splits = [200, 20, 1, 1, 1];

/**
 * Brings back what a run changed, batch by batch, wherever nobody changed it since. Progress is stored after each batch
 * and a batch that was restored before is recognised, so that an undo that died can be called again.
 */
export async function undoRun(
  parts: WorkflowParts,
  request: UndoRequest,
): Promise<{ readonly restored: number; readonly conflicts: number }> {
  const { journal, definition, reader, histories, subject, onProgress } = request;
  const { plan } = journal.run;
  const changed = changedItems(histories);
  const batches = await recordedBatches(parts, journal.row.spoolId);
  if (journal.run.undoState === null) await journal.write({ kind: 'undoBegan' });
  const server = await serverNow(parts, definition, 'workflows.undo');
  const scope = { action: 'workflows.undo', keyOrPattern: subject, runId: journal.row.id };
  const lanes = new Lanes(async (node) => {
    const line = await parts.gate.openLine(definition.uid, scope, node);
    if (line.runId === null || isProcessOf(server.mark, line.runId)) return line;
    line.close();
    throw serverReplaced();
  });
  const work: UndoWork = {
    lanes,
    cluster: request.cluster ?? null,
    learn: async () => {
      await new Promise<void>((resolve) => void parts.clock.after(learnAfterMs, resolve));
      await request.cluster?.learn(definition.timeoutMs);
    },
    kind: kindOf(plan.kind),
    given: { parameters: plan.parameters, plannedAtMs: plan.plannedAtMs },
    reading: () => ({
      undo: true,
      absoluteExpiry: server.absoluteExpiry,
      nowMs: parts.clock.wallMs() + server.clockOffsetMs,
    }),
  };
  try {
    const done = journal.run.undoState?.blocks ?? 0;
    for (const [position, batch] of batches.entries()) {
      if (position < done) continue;
      await requirePermission(parts, request);
      const started = parts.clock.monoMs();
      const before = await readBatch(parts, journal.row.spoolId, batch);
      const indices = [...before.keys()]
        .filter((index) => changed.indices.has(index) && (changed.lastTry.get(index) ?? batch.batch) === batch.batch)
        .sort((a, b) => a - b);
      const tally: Tally = { restored: 0, expired: 0, conflicts: [] };
      for (let at = 0; at < indices.length; at += itemsAtOnce) {
        await restoreItems(work, await reader.items(rangesOf(indices.slice(at, at + itemsAtOnce))), before, tally);
      }
      await journal.write({ kind: 'undoSettled', blocks: position + 1, ...tally });
      const diff = `undo: ${tally.restored} restored, ${tally.conflicts.length} conflicts`;
      lanes.record({ ms: parts.clock.monoMs() - started, diff });
      onProgress();
    }
    await journal.write({ kind: 'undone' });
  } finally {
    lanes.close();
  }
  const { restored = 0, conflicts = [] } = journal.run.undoState ?? {};
  return { restored, conflicts: conflicts.length };
}

/** A policy may close in the middle: what is restored stays so, and the undo goes on when it is called again. */
async function requirePermission(parts: WorkflowParts, { definition, journal }: UndoRequest): Promise<void> {
  const question = { connectionUid: definition.uid, action: 'workflows.undo', items: 1, runId: journal.row.id };
  const ruling = await parts.governance.rule({ ...question, at: isoTime(parts.clock) });
  requireAllowed(ruling, question, 'What was restored until now stays restored.');
}

interface Tally {
  restored: number;
  expired: number;
  readonly conflicts: ConflictItem[];
}

interface UndoWork {
  readonly lanes: Lanes;
  /** Null = one server. */
  readonly cluster: ClusterView | null;
  readonly kind: AnyKind;
  readonly given: Given<unknown>;
  reading(): Reading;
  /** Waits a moment, then asks the cluster anew where its slots are. */
  learn(): Promise<void>;
}

interface ChunkWork extends UndoWork {
  readonly line: BulkLine;
}

interface ChangedItems {
  /** Items that the lineage certainly or perhaps changed. */
  readonly indices: ReadonlySet<number>;
  /** For items that were not written at first and tried again: the batch that tried last. */
  readonly lastTry: ReadonlyMap<number, number>;
}

function changedItems(histories: UndoRequest['histories']): ChangedItems {
  const indices = new Set<number>();
  const lastTry = new Map<number, number>();
  let begun: Extract<RunEvent, { kind: 'intended' }> | undefined;
  const givenBack = (items: Ranges, batch: number): void => {
    for (const index of indicesOf(items)) {
      indices.delete(index);
      lastTry.set(index, batch);
    }
  };
  for (const { event } of histories.flat()) {
    if (event.kind === 'intended') {
      begun = event;
      for (const index of indicesOf(event.items)) {
        indices.add(index);
        if (lastTry.has(index)) lastTry.set(index, event.batch);
      }
    } else if (event.kind === 'released' && begun?.batch === event.batch) {
      givenBack(begun.items, event.batch);
    } else if (event.kind === 'settled') {
      if (event.left?.doubtful === false) {
        givenBack(event.left.items, event.batch);
        begun = undefined;
      }
      for (const index of indicesOf(event.missing)) indices.delete(index);
      for (const { index } of event.conflicts) indices.delete(index);
      for (const { index } of event.failed) {
        indices.delete(index);
        lastTry.set(index, event.batch);
      }
    }
  }
  return { indices, lastTry };
}

interface RecordedBatch {
  readonly batch: number;
  readonly blocks: readonly { readonly batch: number; readonly at: number }[];
}

/** Blocks by batch, in the order in which batches were begun: a repeated batch has several. */
async function recordedBatches(parts: WorkflowParts, spoolId: string): Promise<RecordedBatch[]> {
  const byBatch = new Map<number, { batch: number; at: number }[]>();
  for (const block of await parts.files.undo.blocks(spoolId)) {
    const known = byBatch.get(block.batch);
    if (known === undefined) byBatch.set(block.batch, [block]);
    else known.push(block);
  }
  return [...byBatch].map(([batch, blocks]) => ({ batch, blocks }));
}

/** What each item of a batch was before; of several tries the last one that kept it. */
async function readBatch(
  parts: WorkflowParts,
  spoolId: string,
  { blocks }: RecordedBatch,
): Promise<ReadonlyMap<number, Before>> {
  const before = new Map<number, Before>();
  for (const block of blocks) {
    for (const record of await parts.files.undo.read(spoolId, block)) before.set(record.index, record.before);
  }
  return before;
}

/** In a cluster, slot by slot: each is a transaction of its own, and a slot may be moving. */
async function restoreItems(
  work: UndoWork,
  items: readonly SpooledItem[],
  before: ReadonlyMap<number, Before>,
  tally: Tally,
): Promise<void> {
  const { cluster } = work;
  if (cluster === null) return withLine(work, '', (line) => restoreChunk({ ...work, line }, items, before, tally, 0));
  const nodes = new Map<string, Placed[]>();
  for (const placed of bySlot(items, cluster)) nodes.set(placed.node, [...(nodes.get(placed.node) ?? []), placed]);
  const results = await Promise.allSettled(
    [...nodes.values()].map(async (slots) => {
      for (const slot of slots) await restoreSlot(work, cluster, slot.items, before, tally);
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function restoreSlot(
  work: UndoWork,
  cluster: ClusterView,
  items: readonly SpooledItem[],
  before: ReadonlyMap<number, Before>,
  tally: Tally,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const node = cluster.nodeOf(items[0]?.key ?? new Uint8Array(0));
      return await withLine(work, node, (line) => restoreChunk({ ...work, line }, items, before, tally, 0));
    } catch (error) {
      if (!(error instanceof ServedElsewhere) || tries >= looksForMoved) throw asFailure(error);
      await work.learn();
    }
  }
}

async function withLine<T>({ lanes }: UndoWork, node: string, act: (line: BulkLine) => Promise<T>): Promise<T> {
  const [line, ...others] = await lanes.take(1, node);
  if (line === undefined) throw new RangeError('no line was given');
  lanes.give(others);
  try {
    const result = await act(line);
    lanes.give([line]);
    return result;
  } catch (error) {
    lanes.drop([line]);
    throw error;
  }
}

/** Nothing of the chunk was written: its slot is on another node, or on its way there. */
class ServedElsewhere extends Failure {}

async function restoreChunk(
  work: ChunkWork,
  items: readonly SpooledItem[],
  before: ReadonlyMap<number, Before>,
  tally: Tally,
  depth: number,
): Promise<void> {
  const { line, kind, given } = work;
  const reading = work.reading();
  const looks = items.map((item) => kind.undoLook(item, given, beforeOf(before, item), reading));
  const outcomes = await line.look(
    items.map(({ key }) => key),
    looks.flat(),
  );
  const replies: RedisReply[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind !== 'reply') throw outcome.cause;
    throwIfElsewhere(work, outcome.reply);
    replies.push(outcome.reply);
  }
  let at = 0;
  const verdicts = items.map((item, place) => {
    const part = replies.slice(at, (at += looks[place]?.length ?? 0));
    return kind.undoJudge(item, given, beforeOf(before, item), part, reading);
  });
  const commands = verdicts.flatMap((verdict) => (verdict.do === 'apply' ? verdict.commands : []));
  const written = await line.transact(commands);
  const [first] = written;
  // A transaction of one command that a node did not take comes back as that command's refusal.
  if (written.length === 1 && first?.kind === 'reply') throwIfElsewhere(work, first.reply);
  const withheld = written.find((outcome) => outcome.kind !== 'reply');
  if (withheld === undefined) return count(work, items, verdicts, written, tally);
  if (withheld.kind === 'notDone' && withheld.cause.code === 'CONFLICT')
    return split(work, items, before, tally, depth + 1);
  if (withheld.kind === 'notDone') {
    const refusal = written.find((outcome) => outcome.kind === 'reply' && outcome.reply instanceof RedisErrorReply);
    if (refusal?.kind === 'reply' && refusal.reply instanceof RedisErrorReply) {
      throwIfElsewhere(work, refusal.reply);
      throw refusalOf(work, refusal.reply);
    }
    throw withheld.cause;
  }
  if (withheld.kind === 'unknown') throw unanswered(withheld.cause);
}

function throwIfElsewhere(work: ChunkWork, reply: RedisReply): void {
  if (!(reply instanceof RedisErrorReply) || !isElsewhere(reply.prefix)) return;
  const { code, message, nextAction } = refusalOf(work, reply);
  throw new ServedElsewhere(code, message, { retryable: true, ...(nextAction === undefined ? {} : { nextAction }) });
}

/** Others write to these keys: fewer at a time, and what never holds still is a conflict. */
async function split(
  work: ChunkWork,
  items: readonly SpooledItem[],
  before: ReadonlyMap<number, Before>,
  tally: Tally,
  depth: number,
): Promise<void> {
  const size = splits[depth];
  if (size === undefined) {
    for (const { index } of items) tally.conflicts.push({ index, reason: 'Other clients kept changing this key.' });
    return;
  }
  for (let at = 0; at < items.length; at += size) {
    await restoreChunk(work, items.slice(at, at + size), before, tally, depth);
  }
}

function count(
  work: ChunkWork,
  items: readonly SpooledItem[],
  verdicts: readonly UndoVerdict[],
  written: readonly { readonly kind: string; readonly reply?: RedisReply }[],
  tally: Tally,
): void {
  let at = 0;
  verdicts.forEach((verdict, place) => {
    const index = items[place]?.index ?? -1;
    if (verdict.do === 'apply') {
      const replies = written.slice(at, (at += verdict.commands.length));
      const error = replies.find(({ reply }) => reply instanceof RedisErrorReply)?.reply;
      if (!(error instanceof RedisErrorReply)) tally.restored += 1;
      else tally.conflicts.push({ index, reason: refusalOf(work, error).message });
    } else if (verdict.outcome === 'restored') tally.restored += 1;
    else if (verdict.outcome === 'conflict') tally.conflicts.push({ index, reason: verdict.reason });
    else tally.expired += 1;
  });
}

function beforeOf(before: ReadonlyMap<number, Before>, item: SpooledItem): Before {
  return before.get(item.index) ?? { type: 'none', dump: null, expiresAtMs: null };
}

function refusalOf({ line }: ChunkWork, reply: RedisErrorReply): Failure {
  return failureOfReply(reply, {
    connectionName: line.connectionName,
    user: line.user,
    command: 'restore',
    write: true,
  });
}

function serverReplaced(): Failure {
  return new Failure('CONFLICT', 'The undo was stopped before another item was touched: another server answers now.', {
    details: { rule: 'server' },
    nextAction: 'Make sure that this is the right server, then undo again: what is restored is recognised.',
  });
}

function unanswered(cause: Failure): Failure {
  return new Failure(
    'OUTCOME_UNKNOWN',
    `The undo was interrupted: ${cause.message} Some items may be restored already.`,
    {
      retryable: true,
      nextAction: 'Undo again: what is restored is recognised and left as it is.',
    },
  );
}
