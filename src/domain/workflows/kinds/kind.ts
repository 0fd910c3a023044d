import type { Bytes } from '../../bytes.ts';
import type { RedisCommand, RedisReply } from '../../redis/command.ts';
import type { SpooledItem, WorkflowKind } from '../definition.ts';

/** What a kind of workflow is: one file each, listed in `registry.ts`. Nothing else of the engine knows a kind. */

/** A key as it was before a run wrote it. */
export interface Before {
  /** Redis type; `none` = the key did not exist. */
  readonly type: string;
  /** DUMP; null when the kind does not change values, or the key did not exist. */
  readonly dump: Bytes | null;
  /** Absolute expiry in milliseconds since the epoch; null = none. */
  readonly expiresAtMs: number | null;
}

/** What the plan was told, made absolute. */
export interface Given<P> {
  readonly parameters: P;
  /** When the plan was made: every relative time counts from here. */
  readonly plannedAtMs: number;
}

/** What a kind may rely on at the moment of a batch. */
export interface Reading {
  /** Whether the value before is kept for undo. */
  readonly undo: boolean;
  /** PEXPIRETIME answers absolute expiries (Redis 7); else PTTL, counted from `nowMs`. */
  readonly absoluteExpiry: boolean;
  /** The server's clock, milliseconds since the epoch. */
  readonly nowMs: number;
}

/** What was found out about an earlier, perhaps applied, try of the same batch. */
export interface Earlier {
  /** Whether this item was found as planned then. */
  readonly wasAsPlanned: boolean;
  /** The value that was kept for undo then. */
  readonly before: Before | null;
  /** More than half of the batch's items look already done. */
  readonly mostlyApplied: boolean;
}

export type Verdict =
  | { readonly do: 'apply'; readonly commands: readonly RedisCommand[]; readonly before: Before | null }
  /** The end state is already there: an earlier try of this batch did it. */
  | { readonly do: 'nothing'; readonly outcome: 'done' | 'skipped_missing' }
  | { readonly do: 'nothing'; readonly outcome: 'skipped_conflict'; readonly reason: string };

export type UndoVerdict =
  | { readonly do: 'apply'; readonly commands: readonly RedisCommand[] }
  /** Already as it was: restored by an earlier try of the same undo. */
  | { readonly do: 'nothing'; readonly outcome: 'restored' | 'expired' }
  | { readonly do: 'nothing'; readonly outcome: 'conflict'; readonly reason: string };

/** What a plan must ask about each matching key before it knows whether the key is an item. */
export type PlanColumn = 'type' | 'expiry' | 'idle' | 'exists';

/** A key while a plan is made; a column that was not asked for is null. */
export interface Candidate {
  /** `none` = does not exist. */
  readonly type: string | null;
  /** Absolute, milliseconds since the epoch; null = not asked or no expiry (`expires` tells). */
  readonly expiresAtMs: number | null;
  readonly idleSeconds: number | null;
}

/** An entry that a plan is made of when it is not a scan. */
export interface PlanEntry {
  readonly key: Bytes;
  readonly payload: Bytes;
}

export type PlanSource =
  | { readonly from: 'scan'; readonly pattern: Bytes; readonly type?: string }
  | { readonly from: 'entries'; readonly entries: readonly PlanEntry[]; readonly secret: boolean };

export interface Kind<P, R = P> {
  readonly kind: WorkflowKind;
  /** Name for people. */
  readonly title: string;
  /** Verb and what it does to items: `Delete`, `Set the TTL of`, `Set`. */
  readonly verb: string;
  /** Whether doing an item twice ends the same as doing it once. */
  readonly repeatable: boolean;
  /** What holds when something dies in the middle, in words. */
  readonly guarantee: string;
  /** The parameters, checked. Throws VALIDATION_ERROR that names the field. */
  check(parameters: Readonly<Record<string, unknown>>): P;
  /** What is stored of the parameters and given to everything below: no values of keys. */
  remember(parameters: P): R;
  /** What the run is about, in one line without its connection. */
  describe(parameters: R): string;
  source(parameters: P): PlanSource;
  /** What the plan asks per key, beyond its name. */
  columns(parameters: R): readonly PlanColumn[];
  /** Why a matching key is not an item (`has an expiry`), or null when it is one. */
  leaveOut(candidate: Candidate, given: Given<R>): string | null;
  /** Whether a run may skip looking at items before it writes, when there is nothing to compare with. */
  needsLook(parameters: R): boolean;
  /** Commands that tell what an item is now; sent while the key is watched. */
  look(item: SpooledItem, given: Given<R>, reading: Reading): readonly RedisCommand[];
  judge(
    item: SpooledItem,
    given: Given<R>,
    replies: readonly RedisReply[],
    reading: Reading,
    earlier: Earlier | null,
  ): Verdict;
  /**
   * One command that does to all of these items what `judge` would do to each, where a watched transaction makes certain
   * that they are as they were seen; absent = there is no such command.
   */
  writeTogether?(items: readonly SpooledItem[]): RedisCommand;
  /** Commands without a look before, and what their replies mean. */
  blind(item: SpooledItem, given: Given<R>): readonly RedisCommand[];
  /** Whether a blind command found the item: false = it was missing. */
  blindFound(replies: readonly RedisReply[]): boolean;
  /** Whether a look's replies show the end state already, for `Earlier.mostlyApplied`. */
  looksDone(item: SpooledItem, given: Given<R>, replies: readonly RedisReply[], reading: Reading): boolean;
  undoLook(item: SpooledItem, given: Given<R>, before: Before, reading: Reading): readonly RedisCommand[];
  undoJudge(
    item: SpooledItem,
    given: Given<R>,
    before: Before,
    replies: readonly RedisReply[],
    reading: Reading,
  ): UndoVerdict;
}
