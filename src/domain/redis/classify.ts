import { textOf } from '../bytes.ts';
import type { RedisArgument, RedisCommand } from './command.ts';

/** What one command (or `container|sub`) of a server is allowed to do, from `COMMAND INFO` and ACL categories. */
export interface CommandInfo {
  /** Lower case, `config|get` for a subcommand. */
  readonly name: string;
  /** Flags as the server gives them: `readonly`, `write`, `admin`, `blocking`, … */
  readonly flags: ReadonlySet<string>;
  /** ACL categories: `@read`, `@dangerous`, … */
  readonly categories: ReadonlySet<string>;
  /** Whether it is a container whose subcommands are listed on their own. */
  readonly hasSubcommands: boolean;
  /** Position of the first key argument, 0 = none known. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly step: number;
}

/** By lower-case name. Renamed commands stand under their new name, with true flags. */
export type CommandTable = ReadonlyMap<string, CommandInfo>;

export interface Classification {
  /** Lower case, `config|get` for a subcommand; made of what was typed, so `display()` it. */
  readonly name: string;
  /** Whether the server's table names the command. */
  readonly known: boolean;
  /** May change data or the server: refused while the connection is read-only. Unknown commands are writes. */
  readonly write: boolean;
  /** Deletes, administers, runs scripts, or is unknown: asks for confirmation on production. */
  readonly dangerous: boolean;
  /** May wait on the server without end. */
  readonly blocking: boolean;
  /** Why this command may never pass the gate, as the second half of a sentence; absent = it may. */
  readonly refused?: string;
}

/**
 * Harmless although the server does not flag them `readonly`: they tell about the server or a key and change nothing.
 * They count only while the server's own table does not flag them `write` (a rename may put anything behind a name).
 */
export const safeMeta: ReadonlySet<string> = new Set(
  `ping echo time info dbsize role lastsave
   command command|count command|docs command|getkeys command|getkeysandflags command|info command|list
   client|id client|getname client|info client|list config|get
   memory|usage memory|stats memory|doctor object|encoding object|freq object|idletime object|refcount
   latency|latest latency|history latency|histogram slowlog|get slowlog|len
   cluster|info cluster|nodes cluster|slots cluster|shards cluster|myid cluster|keyslot
   acl|whoami acl|dryrun xinfo|stream xinfo|groups xinfo|consumers
   pubsub|channels pubsub|numsub pubsub|numpat pubsub|shardchannels pubsub|shardnumsub
   script|exists function|list function|stats`.split(/\s+/),
);

const connectionState = 'it changes the state of the connection that everything else shares';
const stream = 'it turns the connection into a stream of messages';
const flush = 'Cachify never empties a whole database';

/** Commands that no connection may send through the gate, whatever its rights. */
const neverSent: ReadonlyMap<string, string> = new Map([
  ...`auth hello select reset quit multi exec discard watch unwatch asking readonly readwrite client|reply
      client|tracking client|caching client|setname client|setinfo client|no-evict client|no-touch script|debug`
    .split(/\s+/)
    .map((name): [string, string] => [name, connectionState]),
  ...'subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe monitor sync psync replconf'
    .split(' ')
    .map((name): [string, string] => [name, stream]),
  ['flushall', flush],
  ['flushdb', flush],
  ['keys', 'it stops the whole server while it walks every key'],
]);

/** Remove or overwrite keys as a whole, which the server's flags do not tell apart from other writes. */
const deleting: ReadonlySet<string> = new Set(['del', 'unlink', 'getdel', 'move', 'rename', 'swapdb']);

const subcommandOfOld: ReadonlySet<string> = new Set(
  [...safeMeta, ...neverSent.keys()].filter((name) => name.includes('|')).map((name) => name.split('|')[0] ?? name),
);

function word(argument: RedisArgument | undefined): string | null {
  if (argument === undefined) return null;
  return (typeof argument === 'string' ? argument : textOf(argument))?.toLowerCase() ?? null;
}

/** Lower-case name of a command, with `|sub` where the server lists subcommands. */
export function leafName(command: RedisCommand, table: CommandTable): string {
  const name = command[0].toLowerCase();
  const info = table.get(name);
  // Servers before 7 know containers only by their first word, and so does an empty table.
  const walks = info?.hasSubcommands === true || (subcommandOfOld.has(name) && !safeMeta.has(name));
  const sub = command.length > 1 && walks ? word(command[1]) : null;
  return sub === null ? name : `${name}|${sub}`;
}

/**
 * Says what a command may do, from the live server's table: a read is what the server flags `readonly` and neither
 * dangerous, administrative nor blocking, or a few harmless questions (`safeMeta`). Everything else is a write, and
 * what the table does not know is a dangerous one.
 */
export function classify(command: RedisCommand, table: CommandTable): Classification {
  const name = leafName(command, table);
  const info = table.get(name);
  const blocking = waits(command, name, info);
  const refused = neverSent.get(name) ?? (blocking ? 'it may wait and hold up everything else meanwhile' : undefined);
  const reads = isRead(name, info, blocking);
  return {
    name,
    known: info !== undefined,
    write: !reads,
    dangerous: !reads && isDangerous(name, info),
    blocking,
    ...(refused === undefined ? {} : { refused }),
  };
}

function isRead(name: string, info: CommandInfo | undefined, blocking: boolean): boolean {
  if (safeMeta.has(name)) return info?.flags.has('write') !== true;
  if (info === undefined || info.hasSubcommands || blocking) return false;
  return info.flags.has('readonly') && !info.flags.has('admin') && !info.categories.has('@dangerous');
}

function isDangerous(name: string, info: CommandInfo | undefined): boolean {
  if (info === undefined || info.hasSubcommands || deleting.has(name)) return true;
  if (info.flags.has('admin') || info.categories.has('@dangerous') || info.categories.has('@scripting')) return true;
  return info.flags.has('write') && info.firstKey === 0 && !info.flags.has('movablekeys');
}

/** XREAD and XREADGROUP wait only when they say BLOCK. */
function waits(command: RedisCommand, name: string, info: CommandInfo | undefined): boolean {
  if (info === undefined) return false;
  if (!info.flags.has('blocking') && !info.categories.has('@blocking')) return false;
  if (name !== 'xread' && name !== 'xreadgroup') return true;
  return command.slice(1).some((argument) => word(argument) === 'block');
}

/** Arguments that are keys, as far as the table's positions tell; empty for scripts and other movable ones. */
export function keysOf(command: RedisCommand, table: CommandTable): readonly RedisArgument[] {
  const info = table.get(leafName(command, table));
  if (info === undefined || info.firstKey <= 0) return [];
  const last = info.lastKey < 0 ? command.length + info.lastKey : Math.min(info.lastKey, command.length - 1);
  const keys: RedisArgument[] = [];
  for (let at = info.firstKey; at <= last; at += Math.max(1, info.step)) {
    const key = command[at];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}
