import { textOf, type Bytes } from '../bytes.ts';
import { displayShort } from '../display.ts';
import type { CommandTable } from '../redis/classify.ts';
import type { RedisReply } from '../redis/command.ts';

/** One entry of SLOWLOG, without arguments: they hold values. */
export interface SlowEntry {
  readonly id: number;
  /** UTC epoch milliseconds; the server keeps whole seconds. */
  readonly atMs: number;
  readonly durationMs: number;
  /** Upper case, safe to show; `CONFIG SET` for a subcommand. */
  readonly command: string;
  /** First key of the command, safe to show; empty when none is known. */
  readonly key: string;
  readonly argumentCount: number;
  /** Address and name of the client, safe to show. */
  readonly client: string;
}

/** More entries are not asked for at a time, and none beyond are read. */
export const maxSlowEntries = 128;

/** Entries of an answer to SLOWLOG GET, newest first. Total: whatever is not an entry is left out. */
export function parseSlowlog(reply: RedisReply, table: CommandTable): SlowEntry[] {
  if (!Array.isArray(reply)) return [];
  const entries: SlowEntry[] = [];
  for (const item of reply.slice(0, maxSlowEntries)) {
    const entry = Array.isArray(item) ? entryOf(item, table) : null;
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

function entryOf(item: readonly RedisReply[], table: CommandTable): SlowEntry | null {
  const [id, seconds, micros, args, address, name] = item;
  if (typeof id !== 'number' || typeof seconds !== 'number' || typeof micros !== 'number') return null;
  if (!Array.isArray(args) || !args.every((part): part is Bytes => part instanceof Uint8Array)) return null;
  const words = args as readonly Bytes[];
  const command = (textOf(words[0] ?? new Uint8Array()) ?? '').toLowerCase();
  const sub = (textOf(words[1] ?? new Uint8Array()) ?? '').toLowerCase();
  const info = table.get(`${command}|${sub}`) ?? table.get(command);
  const isSubcommand = table.has(`${command}|${sub}`);
  const key = info === undefined || info.firstKey < 1 ? undefined : words[info.firstKey];
  return {
    id,
    atMs: seconds * 1000,
    durationMs: micros / 1000,
    command: displayShort((isSubcommand ? `${command} ${sub}` : command).toUpperCase(), 60),
    key: key === undefined || isCut(key) ? '' : displayShort(key, 512),
    argumentCount: Math.max(0, words.length - 1),
    client: [address, name]
      .filter((part): part is Bytes => part instanceof Uint8Array && part.length > 0)
      .map((part) => displayShort(part, 80))
      .join(' '),
  };
}

/** `… (12 more arguments)`: Redis' own words in the place of what it did not keep. */
function isCut(argument: Bytes): boolean {
  return argument.length < 64 && /^\.\.\. \(\d+ more arguments\)$/.test(textOf(argument) ?? '');
}
