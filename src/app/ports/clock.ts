/** Time comes in through here and nowhere else. */
export interface Clock {
  /** Milliseconds since the epoch, UTC; may jump. */
  wallMs(): number;
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  monoMs(): number;
  /** Calls `run` once after `ms`; dispose to cancel. */
  after(ms: number, run: () => void): { dispose(): void };
}

export function isoTime(clock: Clock): string {
  return isoAt(clock.wallMs());
}

/** A moment of the wall clock, in milliseconds since the epoch, as UTC ISO-8601. */
export function isoAt(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
