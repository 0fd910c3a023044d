import type { Clock } from '../../app/ports/clock.ts';

/** Lets other work of the thread run between the slices of a long one. */
export function giveWayOn(clock: Clock): () => Promise<void> {
  return () => new Promise((resolve) => void clock.after(0, resolve));
}
