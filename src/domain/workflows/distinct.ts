import type { Bytes } from '../bytes.ts';

const mostAtFirst = 1 << 23;

/**
 * Which keys were seen, in 8 bytes each: SCAN may give a key twice, and a plan must not. Keeps a 64-bit hash per key,
 * seeded so that nobody can choose names that collide; a chance meeting among a million keys is one in 37 million.
 */
export class Distinct {
  /** Two words per place, side by side: a place is one access to memory. */
  private words: Uint32Array;
  private mask: number;
  private held = 0;
  private scratch = new Uint32Array(0);
  private readonly seedA: number;
  private readonly seedB: number;

  /** `seed`: 8 random bytes. `expected`: about how many keys will come; room that stays unused costs nothing. */
  constructor(seed: Bytes, expected = 0) {
    let places = 1 << 12;
    while (places * 6 < expected * 10 && places < mostAtFirst) places *= 2;
    this.words = new Uint32Array(2 * places);
    this.mask = places - 1;
    this.seedA = word(seed, 0);
    this.seedB = word(seed, 4);
  }

  get size(): number {
    return this.held;
  }

  /**
   * Adds keys that lie one after another in `bytes`, each up to its place in `ends`.
   *
   * @returns positions of those that were there already, in order
   */
  addAll(bytes: Bytes, ends: Uint32Array): readonly number[] {
    while ((this.held + ends.length) * 10 > (this.mask + 1) * 6) this.grow();
    const hashes = this.hashes(bytes, ends);
    const repeated: number[] = [];
    // A loop of its own: the memory of several places is on its way at once.
    for (let index = 0; index < ends.length; index++) {
      if (this.place(hashes[2 * index] ?? 0, hashes[2 * index + 1] ?? 0)) this.held += 1;
      else repeated.push(index);
    }
    return repeated;
  }

  /** Two words per key; valid until the next call. */
  private hashes(bytes: Bytes, ends: Uint32Array): Uint32Array {
    if (this.scratch.length < 2 * ends.length) this.scratch = new Uint32Array(2 * ends.length);
    const { scratch, seedA, seedB } = this;
    let at = 0;
    for (let index = 0; index < ends.length; index++) {
      const to = ends[index] ?? at;
      let a = seedA ^ (to - at);
      let b = seedB;
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
      scratch[2 * index] = a;
      // (0, 0) marks a free place.
      scratch[2 * index + 1] = a === 0 && b === 0 ? 1 : b;
    }
    return scratch;
  }

  private place(a: number, b: number): boolean {
    const { words, mask } = this;
    for (let at = b & mask; ; at = (at + 1) & mask) {
      const high = words[2 * at];
      const low = words[2 * at + 1];
      if (high === a && low === b) return false;
      if (high === 0 && low === 0) {
        words[2 * at] = a;
        words[2 * at + 1] = b;
        return true;
      }
    }
  }

  private grow(): void {
    const { words } = this;
    // Moving costs more than room while there are few.
    const size = (this.mask + 1) * (this.mask < 1 << 18 ? 4 : 2);
    this.words = new Uint32Array(2 * size);
    this.mask = size - 1;
    for (let at = 0; at < words.length; at += 2) {
      const a = words[at] ?? 0;
      const b = words[at + 1] ?? 0;
      if (a !== 0 || b !== 0) this.place(a, b);
    }
  }
}

function word(bytes: Bytes, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}
