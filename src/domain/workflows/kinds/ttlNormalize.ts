import { display } from '../../display.ts';
import { patternProblem } from '../../redis/glob.ts';
import type { SpooledItem } from '../definition.ts';
import { spread } from '../spread.ts';
import { invalid, longestTtlSeconds, number, onlyKnown, optionalNumber, pattern, textBytes } from './fields.ts';
import type { Before, Candidate, Given, Kind } from './kind.ts';
import { expiryAnswer, expiryQuestion, integer, sameExpiry } from './replies.ts';

/** Gives matching keys an expiry: all of them, those without one, or those whose expiry is later. */
export interface TtlNormalize {
  readonly pattern: string;
  readonly ttlSeconds: number;
  readonly mode: 'all' | 'missing' | 'longer';
  /** Spreads the expiries by up to this share of the TTL to either side, so that they never fall due together. */
  readonly jitterPercent?: number;
}

type Normalizing = Given<TtlNormalize>;

const modes: Readonly<Record<TtlNormalize['mode'], string>> = {
  all: '',
  missing: ', only where there is none',
  longer: ', only where it is later',
};

export const ttlNormalize: Kind<TtlNormalize> = {
  kind: 'ttlNormalize',
  title: 'Normalize TTL',
  verb: 'Set the TTL of',
  repeatable: true,
  guarantee:
    'Expiries are set as points in time that the plan fixed, never as “so long from now”: repeating or resuming hours later gives the same ' +
    'expiry. Values are not touched. A key whose expiry no longer fits the mode is left alone and listed.',
  check(parameters) {
    onlyKnown(parameters, ['pattern', 'ttlSeconds', 'mode', 'jitterPercent']);
    const { mode } = parameters;
    if (mode !== 'all' && mode !== 'missing' && mode !== 'longer')
      throw invalid('mode', 'is `all`, `missing` or `longer`');
    const jitterPercent = optionalNumber(parameters, 'jitterPercent', { least: 0, most: 90, whole: false });
    const checked: TtlNormalize = {
      pattern: pattern(parameters),
      ttlSeconds: number(parameters, 'ttlSeconds', { least: 1, most: longestTtlSeconds, whole: true }),
      mode,
      ...(jitterPercent === undefined ? {} : { jitterPercent }),
    };
    const problem = patternProblem(textBytes(checked.pattern), 'parameters.pattern');
    if (problem !== null) throw problem;
    return checked;
  },
  remember: (parameters) => parameters,
  describe: (parameters) =>
    `TTL of ${display(parameters.pattern)} to ${parameters.ttlSeconds.toLocaleString('en-US')} s${modes[parameters.mode]}`,
  source: (parameters) => ({ from: 'scan', pattern: textBytes(parameters.pattern) }),
  columns: (parameters) => (parameters.mode === 'all' ? [] : ['expiry']),
  leaveOut(candidate: Candidate, given: Normalizing) {
    const { mode } = given.parameters;
    if (mode === 'all') return null;
    if (mode === 'missing') return candidate.expiresAtMs === null ? null : 'has an expiry';
    if (candidate.expiresAtMs === null) return 'has no expiry';
    return candidate.expiresAtMs > latest(given) ? null : 'expires early enough';
  },
  needsLook: (parameters) => parameters.mode !== 'all',
  look: (item, _given, reading) => [expiryQuestion(item.key, reading)],
  judge(item, given, replies, reading, earlier) {
    const expiry = expiryAnswer(replies[0], reading);
    if (expiry === 'missing') return { do: 'nothing', outcome: 'skipped_missing' };
    const goal = targetOf(item, given);
    if (expiry === goal && earlier?.wasAsPlanned === true) return { do: 'nothing', outcome: 'done' };
    const { mode } = given.parameters;
    if (mode === 'missing' && expiry !== null) return conflict('It has an expiry by now.');
    if (mode === 'longer' && (expiry === null || expiry <= goal)) return conflict('Its expiry is no longer later.');
    const before: Before | null = reading.undo ? { type: item.type, dump: null, expiresAtMs: expiry } : null;
    return { do: 'apply', commands: [['PEXPIREAT', item.key, integer(goal)]], before };
  },
  blind: (item, given) => [['PEXPIREAT', item.key, integer(targetOf(item, given))]],
  blindFound: (replies) => replies[0] !== 0,
  looksDone: (item, given, replies, reading) => expiryAnswer(replies[0], reading) === targetOf(item, given),
  undoLook: (item, _given, _before, reading) => [expiryQuestion(item.key, reading)],
  undoJudge(item, given, before, replies, reading) {
    const expiry = expiryAnswer(replies[0], reading);
    if (expiry === 'missing') {
      return targetOf(item, given) <= reading.nowMs
        ? { do: 'nothing', outcome: 'expired' }
        : { do: 'nothing', outcome: 'conflict', reason: 'The key was deleted since.' };
    }
    if (sameExpiry(expiry, before.expiresAtMs, reading)) return { do: 'nothing', outcome: 'restored' };
    if (!sameExpiry(expiry, targetOf(item, given), reading))
      return { do: 'nothing', outcome: 'conflict', reason: 'Its expiry was changed since.' };
    const back = before.expiresAtMs;
    return { do: 'apply', commands: [back === null ? ['PERSIST', item.key] : ['PEXPIREAT', item.key, integer(back)]] };
  },
};

function conflict(reason: string) {
  return { do: 'nothing', outcome: 'skipped_conflict', reason } as const;
}

/** The item's expiry, milliseconds since the epoch: the same whenever it is asked, since jitter comes from the position. */
function targetOf(item: SpooledItem, given: Normalizing): number {
  const { ttlSeconds, jitterPercent = 0 } = given.parameters;
  const shift = jitterPercent === 0 ? 0 : (spread(item.index) * 2 - 1) * (jitterPercent / 100);
  return Math.round(given.plannedAtMs + ttlSeconds * 1000 * (1 + shift));
}

function latest(given: Normalizing): number {
  const { ttlSeconds, jitterPercent = 0 } = given.parameters;
  return Math.round(given.plannedAtMs + ttlSeconds * 1000 * (1 + jitterPercent / 100));
}
