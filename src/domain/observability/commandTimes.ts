import type { CommandCounters, CommandDelta } from './commandStats.ts';

/** What a server spent its time on over a window, from the samples that say so. */
export interface CommandTimes {
  /** Seconds that these samples cover. */
  readonly watchedSeconds: number;
  /** The most time first. Each sample names its ten busiest commands only, so that rare ones are counted in part. */
  readonly commands: readonly CommandDelta[];
  /** Slot `i` covers `[startMs + i * stepMs, startMs + (i + 1) * stepMs)`. */
  readonly startMs: number;
  readonly stepMs: number;
  /** Of the commands that took the most time, in the order of `commands`; null = not called, or not watched. */
  readonly courses: readonly { readonly command: string; readonly usecPerCall: readonly (number | null)[] }[];
  /** 0..1: watched share of the slot. */
  readonly coverage: readonly number[];
}

/** One sample's part. */
export interface CommandSample {
  /** When it was taken, UTC milliseconds, and the seconds before that it covers. */
  readonly atMs: number;
  readonly periodSeconds: number;
  readonly commands: readonly CommandDelta[];
}

interface Grid {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

interface Slot {
  watchedMs: number;
  readonly byCommand: Map<string, { calls: number; usec: number }>;
}

/** Adds samples up, in any order; a sample belongs to the slot in which the middle of its stretch lies. */
export class CommandTimesCounter {
  readonly #startMs: number;
  readonly #stepMs: number;
  readonly #slots: Slot[];
  readonly #totals = new Map<string, { -readonly [Field in keyof CommandCounters]: number }>();
  #watchedSeconds = 0;

  constructor({ fromMs, toMs, stepMs }: Grid) {
    this.#stepMs = stepMs;
    this.#startMs = Math.floor(fromMs / stepMs) * stepMs;
    const count = Math.max(0, Math.ceil((toMs - this.#startMs) / stepMs));
    this.#slots = Array.from({ length: count }, () => ({ watchedMs: 0, byCommand: new Map() }));
  }

  add({ atMs, periodSeconds, commands }: CommandSample): void {
    this.#watchedSeconds += periodSeconds;
    const slot = this.#slots[Math.floor((atMs - periodSeconds * 500 - this.#startMs) / this.#stepMs)];
    if (slot !== undefined) slot.watchedMs += periodSeconds * 1000;
    for (const { command, calls, usec, rejected, failed } of commands) {
      const total = this.#totals.get(command) ?? { calls: 0, usec: 0, rejected: 0, failed: 0 };
      total.calls += calls;
      total.usec += usec;
      total.rejected += rejected;
      total.failed += failed;
      this.#totals.set(command, total);
      if (slot === undefined) continue;
      const there = slot.byCommand.get(command) ?? { calls: 0, usec: 0 };
      there.calls += calls;
      there.usec += usec;
      slot.byCommand.set(command, there);
    }
  }

  /** The `most` busiest commands, and the courses of the first few of them. */
  result(most: number, courses: number): CommandTimes {
    const commands = [...this.#totals]
      .map(([command, counters]): CommandDelta => ({ command, ...counters }))
      .sort((a, b) => b.usec - a.usec || b.calls - a.calls)
      .slice(0, most);
    return {
      watchedSeconds: this.#watchedSeconds,
      commands,
      startMs: this.#startMs,
      stepMs: this.#stepMs,
      courses: commands.slice(0, courses).map(({ command }) => ({
        command,
        usecPerCall: this.#slots.map(({ byCommand }) => {
          const there = byCommand.get(command);
          return there === undefined || there.calls === 0 ? null : there.usec / there.calls;
        }),
      })),
      coverage: this.#slots.map(({ watchedMs }) => Math.min(1, watchedMs / this.#stepMs)),
    };
  }
}
