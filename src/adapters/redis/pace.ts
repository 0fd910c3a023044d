/** A server does nothing else during a step of SCAN: longer than this should not happen on production. */
const tooLongMs = 15;
const quickMs = 6;

/**
 * How many keys one SCAN may look at: doubles while the server answers quickly, halves when a step keeps it busy for
 * longer than others should notice. The network's share is known from the connection's PING and does not count.
 */
export class Pace {
  private size: number;
  private readonly least: number;
  private readonly most: number;
  private roundTripMs: number;

  constructor(bounds: { readonly first: number; readonly least: number; readonly most: number }, pingMs: number) {
    this.most = bounds.most;
    this.least = Math.min(bounds.least, bounds.most);
    this.size = Math.min(Math.max(bounds.first, this.least), this.most);
    this.roundTripMs = pingMs;
  }

  get current(): number {
    return this.size;
  }

  /** Learns from a step of size `asked`: `ms` until its answer began, `idleMs` of that with nothing else arriving. */
  learn(asked: number, ms: number, idleMs: number): void {
    this.roundTripMs = Math.min(this.roundTripMs, ms);
    const busyMs = Math.min(ms - this.roundTripMs, idleMs);
    if (busyMs > tooLongMs) this.size = Math.max(this.least, Math.floor(asked / 2));
    else if (busyMs < quickMs && asked >= this.size) this.size = Math.min(this.most, asked * 2);
  }
}
