/** The latest moment that was seen with trust, and why ages are not trusted now. Plain data: it is stored. */
export interface ClockGuard {
  /** Milliseconds since the epoch, wall clock. */
  readonly seenMs: number;
  readonly suspended: ClockJump | null;
}

export interface ClockJump {
  readonly direction: 'forward' | 'backward';
  /** What the clock said then, milliseconds since the epoch. */
  readonly nowMs: number;
}

/** A clock may be set by this much without a word. */
const backwardMs = 2 * 60_000;
const forwardMs = 7 * 86_400_000;

/**
 * Looks at the clock. A jump forward by more than a week, or backward, suspends everything that goes by age, until a person
 * confirms the clock or it is set right again; the trusted moment stays where it was.
 */
export function observeClock(guard: ClockGuard | null, nowMs: number): ClockGuard {
  if (guard === null) return { seenMs: nowMs, suspended: null };
  const { seenMs } = guard;
  if (nowMs < seenMs - backwardMs) return { seenMs, suspended: { direction: 'backward', nowMs } };
  if (nowMs > seenMs + forwardMs) return { seenMs, suspended: { direction: 'forward', nowMs } };
  return { seenMs: Math.max(seenMs, nowMs), suspended: null };
}

/** A person says that the clock is right. */
export function confirmClock(nowMs: number): ClockGuard {
  return { seenMs: nowMs, suspended: null };
}
