import { sameBytes } from '../../bytes.ts';
import { display } from '../../display.ts';
import { patternProblem } from '../../redis/glob.ts';
import type { RedisReply } from '../../redis/command.ts';
import { longestTtlSeconds, onlyKnown, optionalNumber, optionalText, pattern, textBytes } from './fields.ts';
import type { Before, Candidate, Earlier, Given, Kind, Reading, Verdict } from './kind.ts';
import { restoreCommands, sameExpiry, typeAnswer, typeQuestion, wholeAnswer, wholeQuestions } from './replies.ts';

/** Deletes the keys that matched a pattern when the plan was made: all, of one type, or unused for a while. */
export interface DeleteByPattern {
  readonly pattern: string;
  readonly type?: string;
  /** Only keys that nobody read or wrote for so long (OBJECT IDLETIME: Redis keeps no creation time). */
  readonly idleSeconds?: number;
}

type Deletion = Given<DeleteByPattern>;

/** OBJECT IDLETIME counts in whole seconds of a clock that ticks about once a second. */
const idleToleranceSeconds = 2;

export const deleteByPattern: Kind<DeleteByPattern> = {
  kind: 'deleteByPattern',
  title: 'Delete by pattern',
  verb: 'Delete',
  repeatable: true,
  guarantee:
    'Deleting is absolute: whatever dies in the middle, resuming ends as if nothing had happened. Only the keys of the plan are touched; ' +
    'a key that was replaced by one of another type, or written while it was being deleted, is left alone and listed.',
  check(parameters) {
    onlyKnown(parameters, ['pattern', 'type', 'idleSeconds']);
    const type = optionalText(parameters, 'type');
    const idleSeconds = optionalNumber(parameters, 'idleSeconds', { least: 1, most: longestTtlSeconds, whole: true });
    const checked = { pattern: pattern(parameters), ...(type && { type }), ...(idleSeconds && { idleSeconds }) };
    const problem = patternProblem(textBytes(checked.pattern), 'parameters.pattern');
    if (problem !== null) throw problem;
    return checked;
  },
  remember: (parameters) => parameters,
  describe(parameters) {
    const type = parameters.type === undefined ? '' : ` of type ${display(parameters.type)}`;
    const idle =
      parameters.idleSeconds === undefined ? '' : `, unused for ${parameters.idleSeconds.toLocaleString('en-US')} s`;
    return `Delete ${display(parameters.pattern)}${type}${idle}`;
  },
  source: (parameters) => ({
    from: 'scan',
    pattern: textBytes(parameters.pattern),
    ...(parameters.type === undefined ? {} : { type: parameters.type }),
  }),
  columns: (parameters) => (parameters.idleSeconds === undefined ? [] : ['idle']),
  leaveOut(candidate: Candidate, { parameters }: Deletion) {
    if (parameters.idleSeconds === undefined) return null;
    return (candidate.idleSeconds ?? 0) >= parameters.idleSeconds ? null : 'used lately';
  },
  needsLook: (parameters) => parameters.idleSeconds !== undefined,
  look: (item, { parameters }, reading) => [
    // OBJECT IDLETIME first: DUMP may count as a use of the key.
    ...(parameters.idleSeconds === undefined ? [] : [['OBJECT', 'IDLETIME', item.key] as const]),
    ...(reading.undo ? wholeQuestions(item.key, reading) : [typeQuestion(item.key)]),
  ],
  judge(item, given, replies, reading, earlier) {
    const idle = given.parameters.idleSeconds === undefined ? undefined : replies[0];
    const rest = idle === undefined ? replies : replies.slice(1);
    const now = stateOf(rest, reading);
    if (now.type === 'none')
      return { do: 'nothing', outcome: earlier?.wasAsPlanned === true ? 'done' : 'skipped_missing' };
    if (item.type !== '' && now.type !== 'unknown' && now.type !== item.type)
      return conflict(`It is a ${display(now.type)} now; the plan saw a ${display(item.type)}.`);
    if (usedSince(idle, given, reading)) return conflict('It was used after the plan was made.');
    if (cameBack(now, earlier, reading)) return conflict('It was created again after this run had deleted it.');
    return { do: 'apply', commands: [['UNLINK', item.key]], before: reading.undo ? now : null };
  },
  writeTogether: (items) => ['UNLINK', ...items.map(({ key }) => key)],
  blind: (item) => [['UNLINK', item.key]],
  blindFound: (replies) => replies[0] !== 0,
  looksDone: (_item, given, replies, reading) =>
    stateOf(given.parameters.idleSeconds === undefined ? replies : replies.slice(1), reading).type === 'none',
  undoLook: (item, _given, _before, reading) => wholeQuestions(item.key, reading),
  undoJudge(item, _given, before, replies, reading) {
    const now = wholeAnswer(replies, reading);
    if (now.dump !== null) {
      const same =
        before.dump !== null &&
        sameBytes(now.dump, before.dump) &&
        sameExpiry(now.expiresAtMs, before.expiresAtMs, reading);
      return same
        ? { do: 'nothing', outcome: 'restored' }
        : { do: 'nothing', outcome: 'conflict', reason: 'A key of this name exists again.' };
    }
    if (before.expiresAtMs !== null && before.expiresAtMs <= reading.nowMs)
      return { do: 'nothing', outcome: 'expired' };
    return { do: 'apply', commands: restoreCommands(item.key, before, false) };
  },
};

function stateOf(replies: readonly RedisReply[], reading: Reading): Before {
  if (reading.undo) return wholeAnswer(replies, reading);
  return { type: typeAnswer(replies[0]), dump: null, expiresAtMs: null };
}

function conflict(reason: string): Verdict {
  return { do: 'nothing', outcome: 'skipped_conflict', reason };
}

/** Whether the key was read or written since the plan: its last use is later than the plan's latest. */
function usedSince(idle: RedisReply | undefined, given: Deletion, reading: Reading): boolean {
  const { idleSeconds } = given.parameters;
  if (idleSeconds === undefined || typeof idle !== 'number') return false;
  const lastUsedMs = reading.nowMs - idle * 1000;
  return lastUsedMs > given.plannedAtMs - (idleSeconds - idleToleranceSeconds) * 1000;
}

/** In a repeated batch that was applied before, a key that is there and differs from what was deleted is somebody's new one. */
function cameBack(now: Before, earlier: Earlier | null, reading: Reading): boolean {
  if (earlier === null || !earlier.wasAsPlanned || !earlier.mostlyApplied) return false;
  const { before } = earlier;
  if (before === null || before.dump === null || now.dump === null) return true;
  return !(sameBytes(before.dump, now.dump) && sameExpiry(before.expiresAtMs, now.expiresAtMs, reading));
}
