/**
 * How much one bulk request may ask for: doubles while the server answers quickly, halves when a step keeps it busy
 * for longer than production should notice. A server does nothing else during a step.
 */
export class Pace {
  private size: number;
  private readonly least: number;
  private readonly most: number;
  /** The quickest answer seen, taken as the network's share. */
  private floorMs = Infinity;

  constructor(bounds: { readonly first: number; readonly least: number; readonly most: number }) {
    this.least = Math.min(bounds.least, bounds.most);
    this.most = bounds.most;
    this.size = Math.min(Math.max(bounds.first, this.least), this.most);
  }

  get current(): number {
    return this.size;
  }

  /** Learns from a step of size `asked` whose answer began after `ms`. */
  learn(asked: number, ms: number): void {
    this.floorMs = Math.min(this.floorMs, ms);
    const busyMs = ms - (asked > this.least ? Math.min(this.floorMs, ms / 2) : 0);
    if (busyMs > tooLongMs) this.size = Math.max(this.least, Math.floor(asked / 2));
    else if (busyMs < quickMs && asked >= this.size) this.size = Math.min(this.most, asked * 2);
  }
}

const tooLongMs = 15;
const quickMs = 6;
