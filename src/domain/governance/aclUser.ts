import { classify, type CommandTable } from '../redis/classify.ts';
import type { PackContent } from './pack.ts';
import { stateWords, weekdayNames } from './words.ts';
import { minutesOfWindows } from './week.ts';

/** What ACLs cannot leave out for a client that connects and browses. */
const always = ['hello', 'auth', 'ping', 'select', 'watch', 'unwatch', 'multi', 'exec', 'discard', 'client|no-touch'];

/** The commands of a server that Cachify may need: those that read, and those that change keys and nothing else. */
export function commandsOf(table: CommandTable): {
  readonly reading: readonly string[];
  readonly writing: readonly string[];
} {
  const reading = new Set(always.filter((name) => table.has(name)));
  const writing = new Set<string>();
  for (const { name, flags, categories, hasSubcommands } of table.values()) {
    const [first = '', ...rest] = name.split('|');
    const { write, refused } = classify([first, ...rest], table);
    if (hasSubcommands || refused !== undefined) continue;
    if (!write) reading.add(name);
    // RESTORE counts as dangerous to the server, and is the way back.
    else if (flags.has('write') && (name === 'restore' || !categories.has('@dangerous'))) writing.add(name);
  }
  return { reading: [...reading].sort(), writing: [...writing].sort() };
}

/**
 * A text with the ACL users that say the same as a pack, as far as ACLs can: one that reads, one that changes keys, built
 * from the commands that this server has. Passwords are left to the person.
 */
export function aclText(
  pack: PackContent,
  server: { readonly name: string; readonly version: string; readonly allowed: boolean; readonly table: CommandTable },
  nowMs: number,
): string {
  const { reading, writing } = commandsOf(server.table);
  const reader = `ACL SETUSER cachify-reader on >CHANGE-THIS-PASSWORD resetkeys ~* resetchannels -@all ${plus(reading)}`;
  const writer = `ACL SETUSER cachify-writer on >CHANGE-THIS-PASSWORD resetkeys ~* resetchannels -@all ${plus([...reading, ...writing])}`;
  return [
    `# Redis ACL users that match the policy pack ${oneLine(pack.name)}`,
    `# Built from the ${reading.length + writing.length} commands that Cachify needs of those that ${oneLine(server.name)} (Redis ${oneLine(server.version)}) has.`,
    '# Cachify runs none of this. Set passwords, narrow ~* to your key prefixes, then run it as an administrator.',
    '',
    '# Reads, and nothing else:',
    reader,
    '',
    ...(server.allowed
      ? [
          '# Reads and changes keys; no administration, no scripts, no emptying of databases:',
          writer,
          '',
          ...windowLines(pack, nowMs),
        ]
      : [
          `# The pack allows ${pack.environments.join(', ')} only, so no user that changes keys belongs on this server.`,
          '',
        ]),
  ].join('\n');
}

function windowLines(pack: PackContent, nowMs: number): string[] {
  if (!pack.schedulingEnabled) return [];
  return [
    '# ACLs know no time. Run these at the edges of the windows (UTC), for example from cron:',
    ...pack.executionWindows.flatMap(({ weekdays, startTime, endTime }) => {
      const days = weekdays.map((day) => weekdayNames[day]).join(', ');
      const next = endTime <= startTime ? ' of the next day' : '';
      return [
        `#   ${days} ${startTime}: ACL SETUSER cachify-writer on`,
        `#   ${days} ${endTime}${next}: ACL SETUSER cachify-writer off`,
      ];
    }),
    `# Now: ${stateWords(minutesOfWindows(pack.executionWindows), nowMs)}.`,
    '',
  ];
}

function plus(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `+${name}`).join(' ');
}

/** A name cannot end a comment. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Other}\p{Line_Separator}\p{Paragraph_Separator}]/gu, ' ');
}
