import { textOf } from '../../domain/bytes.ts';
import { bundledCommandTable, withBundledSubcommands } from '../../domain/redis/bundledCommands.ts';
import type { CommandInfo, CommandTable } from '../../domain/redis/classify.ts';
import type { RedisReply } from '../../domain/redis/command.ts';

const maxCommands = 5_000;

/** Reads the answer of `COMMAND`; a server that denies it or answers something else gets the bundled table. */
export function commandTableOf(reply: RedisReply | undefined): CommandTable {
  if (!Array.isArray(reply) || reply.length === 0) return bundledCommandTable();
  const table = new Map<string, CommandInfo>();
  for (const row of reply.slice(0, maxCommands) as readonly RedisReply[]) addRow(table, row, 0);
  if (table.size === 0) return bundledCommandTable();
  const listsSubcommands = [...table.values()].some((info) => info.hasSubcommands);
  return listsSubcommands ? table : withBundledSubcommands(table);
}

/** name, arity, flags, first key, last key, step, ACL categories (6), tips, key specs, subcommands (7). */
function addRow(table: Map<string, CommandInfo>, row: RedisReply, depth: number): void {
  if (!Array.isArray(row)) return;
  const parts = row as readonly RedisReply[];
  const name = text(parts[0])?.toLowerCase();
  if (name === undefined || table.size >= maxCommands) return;
  const subcommands = Array.isArray(parts[9]) && depth === 0 ? (parts[9] as readonly RedisReply[]) : [];
  table.set(name, {
    name,
    flags: words(parts[2]),
    categories: words(parts[6]),
    hasSubcommands: subcommands.length > 0,
    firstKey: integer(parts[3]),
    lastKey: integer(parts[4]),
    step: integer(parts[5]),
  });
  for (const subcommand of subcommands) addRow(table, subcommand, depth + 1);
}

function text(reply: RedisReply | undefined): string | undefined {
  return reply instanceof Uint8Array ? (textOf(reply) ?? undefined) : undefined;
}

function words(reply: RedisReply | undefined): ReadonlySet<string> {
  if (!Array.isArray(reply)) return new Set();
  return new Set((reply as readonly RedisReply[]).flatMap((part) => text(part)?.toLowerCase() ?? []));
}

function integer(reply: RedisReply | undefined): number {
  return typeof reply === 'number' ? reply : 0;
}
