import { asFailure, type Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisCommand, type RedisReply } from '../../domain/redis/command.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';
import type { SpooledItem, StopCause } from '../../domain/workflows/definition.ts';
import type { ConflictItem, FailedItem } from '../../domain/workflows/events.ts';
import type { Before, Earlier, Given, Reading, Verdict } from '../../domain/workflows/kinds/kind.ts';
import type { AnyKind } from '../../domain/workflows/kinds/registry.ts';
import { indicesOf, rangesOf, type Ranges } from '../../domain/workflows/ranges.ts';
import type { InFlight } from '../../domain/workflows/state.ts';
import type { CommandOutcome } from '../ports/redis.ts';
import type { UndoRecord } from '../ports/workflows.ts';
import type { BulkLine } from '../redis/bulkLine.ts';

/** One batch: look at the items while they are watched, say what will be done, keep what was, write, tell item by item. */
export interface BatchRequest {
  readonly items: readonly SpooledItem[];
  readonly kind: AnyKind;
  readonly given: Given<unknown>;
  readonly reading: Reading;
  readonly earlier: EarlierTry | null;
  readonly line: BulkLine;
}

/** The same batch as it was begun before. */
export interface EarlierTry {
  readonly inFlight: InFlight;
  readonly before: ReadonlyMap<number, Before>;
}

export interface BatchSteps {
  /** Makes the intent durable. */
  intend(looked: boolean, missing: Ranges, conflicts: readonly ConflictItem[]): Promise<void>;
  /** Makes the values from before durable. */
  keep(records: readonly UndoRecord[]): Promise<void>;
}

interface Looked {
  readonly missing: Ranges;
  readonly conflicts: readonly ConflictItem[];
}

export type BatchEnd =
  | ({ readonly end: 'settled'; readonly failed: readonly FailedItem[] } & Looked)
  | {
      readonly end: 'released';
      readonly why: 'changed' | 'tooLarge' | 'refused' | 'notSent';
      readonly cause: StopCause;
    }
  | { readonly end: 'doubted'; readonly cause: StopCause };

/** Error replies that pass by themselves. */
const passing: ReadonlySet<string> = new Set(['LOADING', 'BUSY', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN']);

export function performBatch(request: BatchRequest, looks: boolean, steps: BatchSteps): Promise<BatchEnd> {
  return looks ? lookAndWrite(request, steps) : writeBlind(request, steps);
}

async function lookAndWrite(request: BatchRequest, steps: BatchSteps): Promise<BatchEnd> {
  const { items, kind, given, reading, line } = request;
  const looks = items.map((item) => kind.look(item, given, reading));
  const questions = looks.flat();
  const seen = await line.look(
    items.map(({ key }) => key),
    questions,
  );
  const replies: RedisReply[] = [];
  for (const outcome of seen) {
    if (outcome.kind !== 'reply') return notLooked(outcome.cause);
    if (outcome.reply instanceof RedisErrorReply) return refused(request, outcome.reply, questions[replies.length]);
    replies.push(outcome.reply);
  }
  const verdicts = judgeAll(request, portions(replies, looks));
  const looked = lookedOf(items, verdicts);
  await steps.intend(true, looked.missing, looked.conflicts);
  await steps.keep(recordsOf(items, verdicts));
  const commands = verdicts.map((verdict) => (verdict.do === 'apply' ? verdict.commands : []));
  return endOf(request, commands, await line.transact(commands.flat()), looked);
}

async function writeBlind(request: BatchRequest, steps: BatchSteps): Promise<BatchEnd> {
  const { items, kind, given, line, earlier } = request;
  const commands = items.map((item) => kind.blind(item, given));
  await steps.intend(false, [], []);
  const outcomes = await line.pipeline(commands.flat());
  const end = endOf(request, commands, outcomes, { missing: [], conflicts: [] });
  // In a repeated batch a missing item is one that the first try dealt with.
  if (end.end !== 'settled' || earlier !== null) return end;
  const replies = portions(outcomes, commands).map((part) =>
    part.flatMap((outcome) => (outcome.kind === 'reply' ? [outcome.reply] : [])),
  );
  const failed = new Set(end.failed.map(({ index }) => index));
  const missing = items.filter(({ index }, at) => !failed.has(index) && !kind.blindFound(replies[at] ?? []));
  return { ...end, missing: rangesOf(missing.map(({ index }) => index)) };
}

function judgeAll(request: BatchRequest, replies: readonly (readonly RedisReply[])[]): Verdict[] {
  const { items, kind, given, reading, earlier } = request;
  if (earlier === null) return items.map((item, at) => kind.judge(item, given, replies[at] ?? [], reading, null));
  const open = openItems(items, earlier.inFlight);
  const done = items.filter(
    (item, at) => open.has(item.index) && kind.looksDone(item, given, replies[at] ?? [], reading),
  );
  const mostlyApplied = done.length * 2 > open.size;
  return items.map((item, at) => {
    const before = earlier.before.get(item.index) ?? null;
    const known: Earlier = { wasAsPlanned: open.has(item.index), before, mostlyApplied };
    return kind.judge(item, given, replies[at] ?? [], reading, known);
  });
}

/** Items that the earlier try found as planned; all of them when it did not look. */
function openItems(items: readonly SpooledItem[], inFlight: InFlight): ReadonlySet<number> {
  const open = new Set(items.map(({ index }) => index));
  for (const index of indicesOf(inFlight.missing)) open.delete(index);
  for (const { index } of inFlight.conflicts) open.delete(index);
  return open;
}

function portions<T>(all: readonly T[], shares: readonly (readonly unknown[])[]): T[][] {
  let at = 0;
  return shares.map(({ length }) => all.slice(at, (at += length)));
}

function lookedOf(items: readonly SpooledItem[], verdicts: readonly Verdict[]): Looked {
  const missing: number[] = [];
  const conflicts: ConflictItem[] = [];
  items.forEach(({ index }, at) => {
    const verdict = verdicts[at];
    if (verdict?.do !== 'nothing') return;
    if (verdict.outcome === 'skipped_missing') missing.push(index);
    if (verdict.outcome === 'skipped_conflict') conflicts.push({ index, reason: verdict.reason });
  });
  return { missing: rangesOf(missing), conflicts };
}

function recordsOf(items: readonly SpooledItem[], verdicts: readonly Verdict[]): UndoRecord[] {
  return items.flatMap(({ index }, at) => {
    const verdict = verdicts[at];
    return verdict?.do === 'apply' && verdict.before !== null ? [{ index, before: verdict.before }] : [];
  });
}

/** What the outcomes of the writes say about the batch, and about each item. */
function endOf(
  request: BatchRequest,
  commands: readonly (readonly RedisCommand[])[],
  outcomes: readonly CommandOutcome[],
  looked: Looked,
): BatchEnd {
  const lost = outcomes.find((outcome) => outcome.kind === 'unknown');
  if (lost?.kind === 'unknown') return { end: 'doubted', cause: causeOf(lost.cause) };
  const firstError = outcomes.findIndex((outcome) => isError(outcome));
  const error = outcomes[firstError];
  const withheld = outcomes.find((outcome) => outcome.kind === 'notDone');
  const nothingRan = withheld !== undefined || (firstError >= 0 && outcomes.every(isError));
  if (nothingRan && error?.kind === 'reply' && error.reply instanceof RedisErrorReply) {
    return refused(request, error.reply, commands.flat()[firstError]);
  }
  if (withheld?.kind === 'notDone') {
    const why = withheld.cause.code === 'CONFLICT' ? 'changed' : 'notSent';
    return { end: 'released', why, cause: causeOf(withheld.cause) };
  }
  return { end: 'settled', ...looked, failed: firstError < 0 ? [] : failedItems(request, commands, outcomes) };
}

function isError(outcome: CommandOutcome): boolean {
  return outcome.kind === 'reply' && outcome.reply instanceof RedisErrorReply;
}

function failedItems(
  request: BatchRequest,
  commands: readonly (readonly RedisCommand[])[],
  outcomes: readonly CommandOutcome[],
): FailedItem[] {
  const parts = portions(outcomes, commands);
  return request.items.flatMap(({ index }, at): FailedItem[] => {
    const wrong = parts[at]?.findIndex(isError) ?? -1;
    const outcome = parts[at]?.[wrong];
    if (outcome?.kind !== 'reply' || !(outcome.reply instanceof RedisErrorReply)) return [];
    const { code, message } = failureOf(request, outcome.reply, commands[at]?.[wrong]);
    return [{ index, code, message, retryable: passing.has(outcome.reply.prefix) }];
  });
}

function failureOf({ line }: BatchRequest, reply: RedisErrorReply, command: RedisCommand | undefined): Failure {
  const name = (command?.[0] ?? 'a command').toLowerCase();
  return failureOfReply(reply, { connectionName: line.connectionName, user: line.user, command: name, write: true });
}

function refused(request: BatchRequest, reply: RedisErrorReply, command: RedisCommand | undefined): BatchEnd {
  const cause = causeOf(failureOf(request, reply, command));
  return { end: 'released', why: passing.has(reply.prefix) ? 'notSent' : 'refused', cause };
}

/** Looking writes nothing: whatever happened to it, the batch was not begun. */
function notLooked(cause: Failure): BatchEnd {
  const tooLarge = cause.details?.['rule'] === 'replyBytes';
  return { end: 'released', why: tooLarge ? 'tooLarge' : 'notSent', cause: causeOf(cause) };
}

export function causeOf(error: unknown): StopCause {
  const { code, message, nextAction, details } = asFailure(error);
  return {
    code,
    message,
    ...(nextAction === undefined ? {} : { nextAction }),
    ...(details === undefined ? {} : { details }),
  };
}
