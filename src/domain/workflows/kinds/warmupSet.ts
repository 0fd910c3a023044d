import { sameBytes, utf8, type Bytes } from '../../bytes.ts';
import { bytesOfJson } from '../../keys/key.ts';
import type { RedisCommand } from '../../redis/command.ts';
import type { SpooledItem } from '../definition.ts';
import { invalid, longestTtlSeconds, onlyKnown, optionalBoolean, optionalText } from './fields.ts';
import type { Candidate, Given, Kind, PlanEntry } from './kind.ts';
import {
  expiryAnswer,
  expiryQuestion,
  integer,
  restoreCommands,
  sameExpiry,
  wholeAnswer,
  wholeQuestions,
} from './replies.ts';

/** Sets string keys to given values, with or without an expiry. */
export interface WarmupSet {
  readonly entries: readonly WarmupEntry[];
  /** false (default): keys that exist are left alone. */
  readonly overwrite: boolean;
  /** Where the entries came from. */
  readonly file?: string;
}

export interface WarmupEntry {
  readonly key: Bytes;
  readonly value: Bytes;
  /** Counted from the moment of the plan; null = no expiry. */
  readonly ttlSeconds: number | null;
}

/** What is stored: how many entries, never their values. */
export interface WarmupRemembered {
  readonly entries: number;
  readonly overwrite: boolean;
  readonly file?: string;
}

type Warming = Given<WarmupRemembered>;

const mostEntries = 1_000_000;

export const warmupSet: Kind<WarmupSet, WarmupRemembered> = {
  kind: 'warmupSet',
  title: 'Warm up',
  verb: 'Set',
  repeatable: true,
  guarantee:
    'Values and expiries are fixed by the plan, so repeating ends the same. Keys that exist are left alone unless overwriting was asked for; ' +
    'a key that somebody created after the plan is listed and not touched. Values lie encrypted in the run’s own file only.',
  check(parameters) {
    onlyKnown(parameters, ['entries', 'overwrite', 'file']);
    const file = optionalText(parameters, 'file');
    const { entries } = parameters;
    if (!Array.isArray(entries) || entries.length === 0)
      throw invalid('entries', 'is a list of at least one { key, value, ttlSeconds? }');
    if (entries.length > mostEntries)
      throw invalid('entries', `has at most ${mostEntries.toLocaleString('en-US')} entries`);
    const checked = entries.map((entry: unknown, index) => checkEntry(entry, index));
    const seen = new Set<string>();
    checked.forEach(({ key }, index) => {
      const name = String.fromCharCode(...key.subarray(0, 4096));
      if (seen.has(name)) throw invalid(`entries.${index}.key`, 'stands in the list twice');
      seen.add(name);
    });
    const overwrite = optionalBoolean(parameters, 'overwrite') ?? false;
    return { entries: checked, overwrite, ...(file === undefined ? {} : { file }) };
  },
  remember: ({ entries, ...rest }) => ({ entries: entries.length, ...rest }),
  describe: ({ entries, overwrite }) =>
    `Set ${entries.toLocaleString('en-US')} ${entries === 1 ? 'key' : 'keys'}${overwrite ? ', replacing what exists' : ''}`,
  source: ({ entries }) => ({ from: 'entries', entries: entries.map(spooledEntry), secret: true }),
  columns: () => ['type'],
  leaveOut(candidate: Candidate, { parameters }) {
    return parameters.overwrite || candidate.type === 'none' ? null : 'exists already';
  },
  needsLook: () => true,
  look: (item, _given, reading) =>
    reading.undo ? wholeQuestions(item.key, reading) : [['TYPE', item.key], expiryQuestion(item.key, reading)],
  judge(item, given, replies, reading, earlier) {
    const now = reading.undo ? wholeAnswer(replies, reading) : bareAnswer(replies);
    const ours = earlier?.wasAsPlanned === true;
    if (now.type !== 'none' && !given.parameters.overwrite) {
      if (ours && earlier.mostlyApplied) return { do: 'nothing', outcome: 'done' };
      return { do: 'nothing', outcome: 'skipped_conflict', reason: 'It was created after the plan was made.' };
    }
    // Repeating an overwrite that was applied must keep the value from before the first time.
    const before = ours && earlier.before !== null ? earlier.before : now;
    return { do: 'apply', commands: setCommands(item, given), before: reading.undo ? before : null };
  },
  blind: setCommands,
  blindFound: () => true,
  looksDone: (_item, given, replies, reading) =>
    !given.parameters.overwrite && (reading.undo ? wholeAnswer(replies, reading) : bareAnswer(replies)).type !== 'none',
  undoLook: (item, _given, _before, reading) => [
    ['TYPE', item.key],
    ['GETRANGE', item.key, '0', '-1'],
    expiryQuestion(item.key, reading),
    ['DUMP', item.key],
  ],
  undoJudge(item, given, before, replies, reading) {
    const [type, value, expiry, dump] = replies;
    const exists = !(type instanceof Uint8Array && sameBytes(type, none));
    const { value: ours, expiresAtMs } = entryOf(item, given);
    if (!exists) {
      if (before.type === 'none') return { do: 'nothing', outcome: 'restored' };
      if (expiresAtMs !== null && expiresAtMs <= reading.nowMs) return restoreOver(item, before, reading);
      return { do: 'nothing', outcome: 'conflict', reason: 'The key was deleted since.' };
    }
    const foundExpiry = expiryAnswer(expiry, reading);
    const untouched =
      value instanceof Uint8Array &&
      sameBytes(value, ours) &&
      foundExpiry !== 'missing' &&
      sameExpiry(foundExpiry, expiresAtMs, reading);
    if (untouched) return restoreOver(item, before, reading);
    const asBefore = dump instanceof Uint8Array && before.dump !== null && sameBytes(dump, before.dump);
    return asBefore
      ? { do: 'nothing', outcome: 'restored' }
      : { do: 'nothing', outcome: 'conflict', reason: 'The key was changed since.' };
  },
};

const none = utf8('none');

function restoreOver(
  item: SpooledItem,
  before: Parameters<typeof restoreCommands>[1],
  reading: { readonly nowMs: number },
) {
  const expired = before.expiresAtMs !== null && before.expiresAtMs <= reading.nowMs;
  const commands: readonly RedisCommand[] = expired ? [['UNLINK', item.key]] : restoreCommands(item.key, before, true);
  return { do: 'apply', commands } as const;
}

function bareAnswer(replies: Parameters<typeof wholeAnswer>[0]) {
  const [type] = replies;
  const exists = type instanceof Uint8Array && !sameBytes(type, none);
  return { type: exists ? 'unknown' : 'none', dump: null, expiresAtMs: null };
}

function setCommands(item: SpooledItem, given: Warming): readonly RedisCommand[] {
  const { value, expiresAtMs } = entryOf(item, given);
  const set: RedisCommand = ['SET', item.key, value];
  // SET … PXAT needs Redis 6.2; both commands run in one transaction, so nobody sees the value without its expiry.
  return expiresAtMs === null ? [set] : [set, ['PEXPIREAT', item.key, integer(expiresAtMs)]];
}

/** The payload of an item: its TTL in seconds (4 bytes, big-endian, 0 = none), then the value. */
function spooledEntry({ key, value, ttlSeconds }: WarmupEntry): PlanEntry {
  const payload = new Uint8Array(4 + value.length);
  const ttl = ttlSeconds ?? 0;
  payload.set([ttl >>> 24, (ttl >>> 16) & 255, (ttl >>> 8) & 255, ttl & 255]);
  payload.set(value, 4);
  return { key, payload };
}

function entryOf(item: SpooledItem, given: Warming): { readonly value: Bytes; readonly expiresAtMs: number | null } {
  const [a = 0, b = 0, c = 0, d = 0] = item.payload;
  const ttlSeconds = a * 0x1000000 + ((b << 16) | (c << 8) | d);
  return {
    value: item.payload.subarray(4),
    expiresAtMs: ttlSeconds === 0 ? null : given.plannedAtMs + ttlSeconds * 1000,
  };
}

function checkEntry(entry: unknown, index: number): WarmupEntry {
  const at = `entries.${index}`;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw invalid(at, 'is { key, value, ttlSeconds? }');
  for (const name of Object.keys(entry)) {
    if (!['key', 'value', 'ttlSeconds'].includes(name)) throw invalid(`${at}.${name}`, 'is not a field of an entry');
  }
  const { key, value, ttlSeconds } = entry as Record<string, unknown>;
  return {
    key: entryBytes(key, `${at}.key`),
    value: entryBytes(value, `${at}.value`),
    ttlSeconds: entryTtl(ttlSeconds, `${at}.ttlSeconds`),
  };
}

function entryBytes(part: unknown, at: string): Bytes {
  const bytes = part instanceof Uint8Array ? part : bytesOfJson(part);
  if (bytes === null) throw invalid(at, 'is text, bytes or { base64 }');
  return bytes;
}

function entryTtl(ttl: unknown, at: string): number | null {
  if (ttl === undefined || ttl === null) return null;
  if (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl < 1 || ttl > longestTtlSeconds)
    throw invalid(at, 'is a whole number of seconds, 1 or more');
  return ttl;
}

/** The entries that a plan was made of, from its items: what a rerun plans again. */
export function entriesOfItems(items: readonly SpooledItem[]): readonly WarmupEntry[] {
  return items.map((item) => {
    const { value, expiresAtMs } = entryOf(item, { parameters: { entries: 0, overwrite: false }, plannedAtMs: 0 });
    return { key: item.key, value, ttlSeconds: expiresAtMs === null ? null : expiresAtMs / 1000 };
  });
}
