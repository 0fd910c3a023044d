import type { Bytes } from '../bytes.ts';

/**
 * Which keys were seen, in 8 bytes each: SCAN may give a key twice, and a plan must not. Keeps a 64-bit hash per key,
 * seeded so that nobody can choose names that collide; a chance meeting among a million keys is one in 37 million.
 */
export class Distinct {
  private high: Uint32Array;
  private low: Uint32Array;
  private mask: number;
  private held = 0;
  private readonly seedA: number;
  private readonly seedB: number;

  /** `seed`: 8 random bytes. */
  constructor(seed: Bytes) {
    this.high = new Uint32Array(1 << 12);
    this.low = new Uint32Array(1 << 12);
    this.mask = (1 << 12) - 1;
    this.seedA = word(seed, 0);
    this.seedB = word(seed, 4);
  }

  get size(): number {
    return this.held;
  }

  /** True when the key was not there yet. */
  add(bytes: Bytes, from: number, to: number): boolean {
    let a = this.seedA ^ (to - from);
    let b = this.seedB;
    let at = from;
    for (; at + 3 < to; at += 4) {
      const four = word(bytes, at);
      a = Math.imul(a ^ four, 0x85ebca6b);
      a ^= a >>> 15;
      b = Math.imul(b + four, 0xc2b2ae35);
      b ^= b >>> 13;
    }
    for (; at < to; at++) {
      const byte = bytes[at] ?? 0;
      a = Math.imul(a ^ byte, 0x85ebca6b);
      a ^= a >>> 15;
      b = Math.imul(b + byte, 0xc2b2ae35);
      b ^= b >>> 13;
    }
    a = Math.imul(a ^ (a >>> 16), 0x27d4eb2f) ^ b;
    b = Math.imul(b ^ (b >>> 15), 0x165667b1) ^ (a >>> 7);
    // (0, 0) marks a free place.
    if (a === 0 && b === 0) b = 1;
    if (!this.place(a >>> 0, b >>> 0)) return false;
    this.held += 1;
    if (this.held * 10 > (this.mask + 1) * 6) this.grow();
    return true;
  }

  private place(a: number, b: number): boolean {
    const { high, low, mask } = this;
    for (let at = b & mask; ; at = (at + 1) & mask) {
      if (high[at] === a && low[at] === b) return false;
      if (high[at] === 0 && low[at] === 0) {
        high[at] = a;
        low[at] = b;
        return true;
      }
    }
  }

  private grow(): void {
    const { high, low } = this;
    // Moving costs more than room while there are few.
    const size = (this.mask + 1) * (this.mask < 1 << 18 ? 4 : 2);
    this.high = new Uint32Array(size);
    this.low = new Uint32Array(size);
    this.mask = size - 1;
    for (let at = 0; at < high.length; at++) {
      const a = high[at] ?? 0;
      const b = low[at] ?? 0;
      if (a !== 0 || b !== 0) this.place(a, b);
    }
  }
}

function word(bytes: Bytes, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}
