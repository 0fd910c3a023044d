import { asFailure, type Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisCommand, type RedisReply } from '../../domain/redis/command.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';
import type { SpooledItem, StopCause } from '../../domain/workflows/definition.ts';
import type { ConflictItem, FailedItem } from '../../domain/workflows/events.ts';
import type { Before, Earlier, Given, Reading, Verdict } from '../../domain/workflows/kinds/kind.ts';
import type { AnyKind } from '../../domain/workflows/kinds/registry.ts';
import { indicesOf, rangesOf, union, type Ranges } from '../../domain/workflows/ranges.ts';
import type { InFlight } from '../../domain/workflows/state.ts';
import type { CommandOutcome } from '../ports/redis.ts';
import type { UndoRecord } from '../ports/workflows.ts';
import type { BulkLine } from '../redis/bulkLine.ts';
import { isElsewhere } from './placing.ts';

/** One batch: look at the items while they are watched, say what will be done, keep what was, write, tell item by item. */
export interface BatchRequest {
  readonly kind: AnyKind;
  readonly given: Given<unknown>;
  readonly earlier: EarlierTry | null;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Each share is a transaction of its own even so: whether one was applied says nothing of the others. */
  readonly apart: boolean;
}

/** The same batch as it was begun before. */
export interface EarlierTry {
  readonly inFlight: InFlight;
  readonly before: ReadonlyMap<number, Before>;
}

/** Items of a batch that go over one line: they are written together or, where they are watched, not at all. */
export interface Share {
  readonly line: BulkLine;
  readonly items: readonly SpooledItem[];
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

type ShareEnd =
  | ({ readonly end: 'settled'; readonly failed: readonly FailedItem[] } & Looked)
  | NotSettled
  /** A guard forbade it, or something that no batch accounts for. */
  | { readonly end: 'thrown'; readonly error: unknown };

export type NotSettled =
  | {
      readonly end: 'released';
      readonly why: 'changed' | 'tooLarge' | 'refused' | 'notSent';
      readonly cause: StopCause;
      /** Another node of the cluster serves these keys, or soon will. */
      readonly elsewhere?: true;
    }
  | { readonly end: 'doubted'; readonly cause: StopCause };

/** What a batch came to: the part that is settled, and the part that is not. */
export interface BatchEnd {
  readonly settled: ({ readonly items: Ranges; readonly failed: readonly FailedItem[] } & Looked) | null;
  readonly rest: ({ readonly items: Ranges } & NotSettled) | null;
  /** What the run must stop for, after this end is stored. */
  readonly thrown?: unknown;
  /** Milliseconds that the server took. */
  readonly ms: number;
}

/** Error replies that pass by themselves, besides those of a cluster that moves a slot. */
const passing: ReadonlySet<string> = new Set(['LOADING', 'BUSY', 'MASTERDOWN']);

function passes({ prefix }: RedisErrorReply): boolean {
  return passing.has(prefix) || isElsewhere(prefix);
}

/** What was seen of the items of a batch, whose keys are watched from then on. */
export interface Sight {
  readonly reading: Reading;
  readonly shares: readonly Share[];
  /** Per share and item: the answers to `kind.look`; or why there are none. */
  readonly answers: readonly (readonly (readonly RedisReply[])[])[] | NotSettled;
  readonly ms: number;
}

/** Looks at the items, which writes nothing: it may happen while the batch before is still under way. */
export async function lookAt(
  { kind, given, now }: Pick<BatchRequest, 'kind' | 'given' | 'now'>,
  shares: readonly Share[],
  reading: Reading,
): Promise<Sight> {
  const begun = now();
  const looks = shares.map(({ items }) => items.map((item) => kind.look(item, given, reading)));
  const seen = await allOf(
    shares.map(({ line, items }, at) =>
      line.look(
        items.map(({ key }) => key),
        (looks[at] ?? []).flat(),
      ),
    ),
  );
  const answers: (readonly (readonly RedisReply[])[])[] = [];
  for (const [at, outcomes] of seen.entries()) {
    const replies: RedisReply[] = [];
    for (const outcome of outcomes) {
      const problem = notLooked(shares[at], outcome, looks[at], replies.length);
      if (problem !== null) return { reading, shares, answers: problem, ms: now() - begun };
      if (outcome.kind === 'reply') replies.push(outcome.reply);
    }
    answers.push(portions(replies, looks[at] ?? []));
  }
  return { reading, shares, answers, ms: now() - begun };
}

/** Every promise settles before the first error is thrown: nothing stays under way unseen. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Writes what was looked at, if nothing of it changed since. */
export async function writeSeen(request: BatchRequest, sight: Sight, steps: BatchSteps): Promise<BatchEnd> {
  const { answers, shares, reading } = sight;
  if ('end' in answers) return { settled: null, rest: { items: itemsOf(shares), ...answers }, ms: sight.ms };
  const items = shares.flatMap((share) => share.items);
  const verdicts = judgeAll(request, shares, answers, reading);
  const looked = lookedOf(items, verdicts);
  await steps.intend(true, looked.missing, looked.conflicts);
  await steps.keep(recordsOf(items, verdicts));
  const begun = request.now();
  const judged = portions(
    verdicts,
    shares.map((share) => share.items),
  );
  const ends = await Promise.all(shares.map((share, at) => writeShare(request, share, judged[at] ?? [])));
  return combined(shares, ends, sight.ms + request.now() - begun);
}

async function writeShare({ kind }: BatchRequest, share: Share, verdicts: readonly Verdict[]): Promise<ShareEnd> {
  const { line, items } = share;
  const commands = verdicts.map((verdict) => (verdict.do === 'apply' ? verdict.commands : []));
  const looked = lookedOf(items, verdicts);
  const written = items.filter((_, at) => verdicts[at]?.do === 'apply');
  try {
    if (kind.writeTogether === undefined || written.length < 2) {
      return endOf(share, commands, await line.transact(commands.flat()), looked);
    }
    const [outcome] = await line.transact([kind.writeTogether(written)]);
    const same = outcome === undefined ? [] : commands.flat().map(() => outcome);
    return endOf(share, commands, same, looked);
  } catch (error) {
    return { end: 'thrown', error };
  }
}

/** Writes without having looked: for items about which nothing is known that could have changed. */
export async function writeBlind(
  request: BatchRequest,
  shares: readonly Share[],
  steps: Pick<BatchSteps, 'intend'>,
): Promise<BatchEnd> {
  await steps.intend(false, [], []);
  const begun = request.now();
  const ends = await Promise.all(shares.map((share) => writeBlindShare(request, share)));
  return combined(shares, ends, request.now() - begun);
}

async function writeBlindShare({ kind, given, earlier }: BatchRequest, share: Share): Promise<ShareEnd> {
  const { items, line } = share;
  const commands = items.map((item) => kind.blind(item, given));
  try {
    const outcomes = await line.pipeline(commands.flat());
    const end = endOf(share, commands, outcomes, { missing: [], conflicts: [] });
    // In a repeated batch a missing item is one that the first try dealt with.
    if (end.end !== 'settled' || earlier !== null) return end;
    const replies = portions(outcomes, commands);
    const failed = new Set(end.failed.map(({ index }) => index));
    const missing = items.filter(
      ({ index }, at) => !failed.has(index) && !kind.blindFound((replies[at] ?? []).flatMap(replyOf)),
    );
    return { ...end, missing: rangesOf(missing.map(({ index }) => index)) };
  } catch (error) {
    return { end: 'thrown', error };
  }
}

function replyOf(outcome: CommandOutcome): RedisReply[] {
  return outcome.kind === 'reply' ? [outcome.reply] : [];
}

/** How bad it is that a share was not written: the worst says what the run does next. */
const gravity = ['changed', 'tooLarge', 'notSent', 'refused'] as const;

function combined(shares: readonly Share[], ends: readonly ShareEnd[], ms: number): BatchEnd {
  const settledShares = shares.filter((_, at) => ends[at]?.end === 'settled');
  const restShares = shares.filter((_, at) => ends[at]?.end !== 'settled');
  const settled = ends.filter((end) => end.end === 'settled');
  const thrown = ends.find((end) => end.end === 'thrown');
  const rest = ends.flatMap((end): NotSettled[] => (end.end === 'released' || end.end === 'doubted' ? [end] : []));
  if (thrown !== undefined) rest.push({ end: 'released', why: 'notSent', cause: causeOf(thrown.error) });
  const worst =
    rest.find(({ end }) => end === 'doubted') ??
    [...rest].sort((a, b) => gravityOf(b) - gravityOf(a)).find(({ end }) => end === 'released');
  return {
    settled:
      settled.length === 0
        ? null
        : {
            items: itemsOf(settledShares),
            missing: settled.reduce<Ranges>((all, { missing }) => union(all, missing), []),
            conflicts: settled.flatMap(({ conflicts }) => conflicts),
            failed: settled.flatMap(({ failed }) => failed),
          },
    rest: worst === undefined ? null : { items: itemsOf(restShares), ...worst },
    ...(thrown === undefined ? {} : { thrown: thrown.error }),
    ms,
  };
}

function gravityOf(end: NotSettled): number {
  return end.end === 'released' ? gravity.indexOf(end.why) : gravity.length;
}

function itemsOf(shares: readonly Share[]): Ranges {
  return positions(shares.flatMap(({ items }) => items.map(({ index }) => index)));
}

/** Of items in any order: those of a cluster come by slot. */
function positions(indices: readonly number[]): Ranges {
  return rangesOf([...indices].sort((a, b) => a - b));
}

function judgeAll(
  { kind, given, earlier, apart }: BatchRequest,
  shares: readonly Share[],
  answers: readonly (readonly (readonly RedisReply[])[])[],
  reading: Reading,
): Verdict[] {
  const all = shares.map(({ items }, at) =>
    items.map((item, place) => ({ item, replies: answers[at]?.[place] ?? [] })),
  );
  if (earlier === null) return all.flat().map(({ item, replies }) => kind.judge(item, given, replies, reading, null));
  const open = openItems(
    shares.flatMap(({ items }) => items),
    earlier.inFlight,
  );
  const mostly = (looked: (typeof all)[number]): boolean => {
    const planned = looked.filter(({ item }) => open.has(item.index));
    const done = planned.filter(({ item, replies }) => kind.looksDone(item, given, replies, reading));
    return done.length * 2 > planned.length;
  };
  const batchApplied = mostly(all.flat());
  return all.flatMap((looked) => {
    const shareApplied = mostly(looked);
    return looked.map(({ item, replies }) => {
      const before = earlier.before.get(item.index) ?? null;
      // Without its value from before, only what came with an item in one transaction tells whether it was written.
      const mostlyApplied = apart && before === null ? shareApplied : batchApplied;
      const known: Earlier = { wasAsPlanned: open.has(item.index), before, mostlyApplied };
      return kind.judge(item, given, replies, reading, known);
    });
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
  return { missing: positions(missing), conflicts };
}

function recordsOf(items: readonly SpooledItem[], verdicts: readonly Verdict[]): UndoRecord[] {
  return items.flatMap(({ index }, at) => {
    const verdict = verdicts[at];
    return verdict?.do === 'apply' && verdict.before !== null ? [{ index, before: verdict.before }] : [];
  });
}

/** What the outcomes of the writes say about a share, and about each of its items. */
function endOf(
  share: Share,
  commands: readonly (readonly RedisCommand[])[],
  outcomes: readonly CommandOutcome[],
  looked: Looked,
): ShareEnd {
  const lost = outcomes.find((outcome) => outcome.kind === 'unknown');
  if (lost?.kind === 'unknown') return { end: 'doubted', cause: causeOf(lost.cause) };
  const firstError = outcomes.findIndex((outcome) => isError(outcome));
  const error = outcomes[firstError];
  const withheld = outcomes.find((outcome) => outcome.kind === 'notDone');
  const nothingRan = withheld !== undefined || (firstError >= 0 && outcomes.every(isError));
  if (nothingRan && error?.kind === 'reply' && error.reply instanceof RedisErrorReply) {
    return refused(share.line, error.reply, commands.flat()[firstError]);
  }
  if (withheld?.kind === 'notDone') {
    const why = withheld.cause.code === 'CONFLICT' ? 'changed' : 'notSent';
    return { end: 'released', why, cause: causeOf(withheld.cause) };
  }
  return { end: 'settled', ...looked, failed: firstError < 0 ? [] : failedItems(share, commands, outcomes) };
}

function isError(outcome: CommandOutcome): boolean {
  return outcome.kind === 'reply' && outcome.reply instanceof RedisErrorReply;
}

function failedItems(
  { items, line }: Share,
  commands: readonly (readonly RedisCommand[])[],
  outcomes: readonly CommandOutcome[],
): FailedItem[] {
  const parts = portions(outcomes, commands);
  return items.flatMap(({ index }, at): FailedItem[] => {
    const wrong = parts[at]?.findIndex(isError) ?? -1;
    const outcome = parts[at]?.[wrong];
    if (outcome?.kind !== 'reply' || !(outcome.reply instanceof RedisErrorReply)) return [];
    const { code, message } = failureOf(line, outcome.reply, commands[at]?.[wrong]);
    return [{ index, code, message, retryable: passes(outcome.reply) }];
  });
}

function failureOf(line: BulkLine, reply: RedisErrorReply, command: RedisCommand | undefined): Failure {
  // A look that was refused to be watched comes back with the refusal of WATCH.
  const refusedName = reply.prefix === 'NOPERM' ? /'([a-z|]{1,40})' command/.exec(reply.message)?.[1] : undefined;
  const name = refusedName ?? (command?.[0] ?? 'a command').toLowerCase();
  return failureOfReply(reply, { connectionName: line.connectionName, user: line.user, command: name, write: true });
}

function refused(line: BulkLine, reply: RedisErrorReply, command: RedisCommand | undefined): NotSettled {
  const cause = causeOf(failureOf(line, reply, command));
  const moved = isElsewhere(reply.prefix) ? { elsewhere: true as const } : {};
  return { end: 'released', why: passes(reply) ? 'notSent' : 'refused', cause, ...moved };
}

/** Looking writes nothing: whatever happened to it, the batch was not begun. Null = the answer is one. */
function notLooked(
  share: Share | undefined,
  outcome: CommandOutcome,
  looks: readonly (readonly RedisCommand[])[] | undefined,
  at: number,
): NotSettled | null {
  if (outcome.kind === 'reply') {
    const isRefusal = outcome.reply instanceof RedisErrorReply && share !== undefined;
    return isRefusal ? refused(share.line, outcome.reply, looks?.flat()[at]) : null;
  }
  const tooLarge = outcome.cause.details?.['rule'] === 'replyBytes';
  return { end: 'released', why: tooLarge ? 'tooLarge' : 'notSent', cause: causeOf(outcome.cause) };
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
