import { displayShort } from '../display.ts';

/** Counters of one command since the server started or CONFIG RESETSTAT. */
export interface CommandCounters {
  readonly calls: number;
  readonly usec: number;
  /** Calls refused before they ran, and calls that failed; 0 on servers before 6.2. */
  readonly rejected: number;
  readonly failed: number;
}

/** By command, lower case, `config|get` for a subcommand, safe to show. */
export type CommandStats = ReadonlyMap<string, CommandCounters>;

const maxCommands = 1_000;

/** The `cmdstat_…` fields of INFO commandstats. Total: what is no such field is left out. */
export function commandStatsOf(info: ReadonlyMap<string, string>): CommandStats {
  const stats = new Map<string, CommandCounters>();
  for (const [name, value] of info) {
    if (!name.startsWith('cmdstat_')) continue;
    if (stats.size >= maxCommands) break;
    const numbers = new Map(
      value.split(',').map((pair): [string, number] => {
        const [field = '', number = ''] = pair.split('=', 2);
        return [field, Number(number)];
      }),
    );
    const count = (field: string): number => {
      const number = numbers.get(field) ?? 0;
      return Number.isFinite(number) && number >= 0 ? number : 0;
    };
    if (!numbers.has('calls')) continue;
    stats.set(displayShort(name.slice('cmdstat_'.length), 80), {
      calls: count('calls'),
      usec: count('usec'),
      rejected: count('rejected_calls'),
      failed: count('failed_calls'),
    });
  }
  return stats;
}

export interface CommandDelta extends CommandCounters {
  readonly command: string;
}

/**
 * What happened between two looks, the most time first; commands without a call are left out. Never negative: where a
 * counter is smaller than before, or `sameRun` is false, it was reset, and what it shows now is all that is known.
 */
export function commandDeltas(before: CommandStats, now: CommandStats, sameRun: boolean): CommandDelta[] {
  const deltas: CommandDelta[] = [];
  for (const [command, counters] of now) {
    const old = before.get(command);
    const reset = !sameRun || old === undefined || counters.calls < old.calls || counters.usec < old.usec;
    const since = (field: keyof CommandCounters): number =>
      reset ? counters[field] : Math.max(0, counters[field] - old[field]);
    const delta = {
      command,
      calls: since('calls'),
      usec: since('usec'),
      rejected: since('rejected'),
      failed: since('failed'),
    };
    if (delta.calls > 0 || delta.rejected > 0) deltas.push(delta);
  }
  return deltas.sort((a, b) => b.usec - a.usec || b.calls - a.calls);
}
