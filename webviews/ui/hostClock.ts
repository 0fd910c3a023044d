// The host's clock as the page knows it. What was recorded carries the host's times, and the two may run on different
// machines, so no page reads a clock of its own elsewhere; a test sees to it.

/** Milliseconds that the host's clock is ahead of the page's. */
let aheadMs = 0;

/** The host said what time it is: milliseconds since the epoch. */
export function setHostNow(ms: number): void {
  aheadMs = ms - Date.now();
}

/** Now, by the clock of the host, milliseconds since the epoch. */
export function hostNowMs(): number {
  return Date.now() + aheadMs;
}
