import type { Bytes } from '../bytes.ts';
import type { KeyList } from './keyList.ts';

/**
 * Distinct keys, packed: their bytes one after another, where each ends, and a hash table of their numbers. SCAN may
 * give a key twice; it stands here once. A million names of 20 bytes take about 40 MB at most, as four buffers.
 */
export class KeyIndex {
  #bytes: Bytes = new Uint8Array(1 << 16);
  #ends = new Uint32Array(1 << 10);
  /** Hash of each key: a table that grows need not read every name again, which would hold up everything else. */
  #hashes = new Uint32Array(1 << 10);
  /** Open addressing; number of the key plus one, 0 = free. */
  #slots = new Uint32Array(1 << 11);
  #length = 0;
  /** Numbers of keys that were taken out again: few, so the buffers stay as they are. */
  readonly #removed = new Set<number>();

  /** Numbers given out, also for keys that were taken out again. */
  get length(): number {
    return this.#length;
  }

  /** Keys that are there. */
  get size(): number {
    return this.#length - this.#removed.size;
  }

  /** Whether key `index` was taken out again. */
  isRemoved(index: number): boolean {
    return this.#removed.size > 0 && this.#removed.has(index);
  }

  /** All names one after another; `startOf` and `endOf` say where each stands. Changes with the next `add`. */
  get bytes(): Bytes {
    return this.#bytes;
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }

  endOf(index: number): number {
    return this.#ends[index] ?? 0;
  }

  /** A copy of key `index`. */
  at(index: number): Bytes {
    return this.#bytes.slice(this.startOf(index), this.endOf(index));
  }

  /** Memory held, in bytes. */
  get heldBytes(): number {
    return this.#bytes.byteLength + this.#ends.byteLength + this.#hashes.byteLength + this.#slots.byteLength;
  }

  /** Adds the keys of a page that are not there yet; returns how many they were. */
  add(page: KeyList): number {
    const before = this.size;
    for (let i = 0; i < page.length; i++) {
      this.#addKey(page.bytes, i === 0 ? 0 : (page.ends[i - 1] ?? 0), page.ends[i] ?? 0);
    }
    return this.size - before;
  }

  /** Takes a key out; false when it was not there. */
  remove(key: Bytes): boolean {
    const mask = this.#slots.length - 1;
    let slot = hashOf(key, 0, key.length) & mask;
    for (let held = this.#slots[slot] ?? 0; held !== 0; held = this.#slots[slot] ?? 0) {
      if (this.#holds(held - 1, key, 0, key.length)) {
        if (this.#removed.has(held - 1)) return false;
        this.#removed.add(held - 1);
        return true;
      }
      slot = (slot + 1) & mask;
    }
    return false;
  }

  #addKey(source: Bytes, start: number, end: number): void {
    if ((this.#length + 1) * 4 > this.#slots.length * 3) this.#growSlots();
    const mask = this.#slots.length - 1;
    const hash = hashOf(source, start, end);
    let slot = hash & mask;
    for (let held = this.#slots[slot] ?? 0; held !== 0; held = this.#slots[slot] ?? 0) {
      if (this.#hashes[held - 1] === hash && this.#holds(held - 1, source, start, end)) {
        this.#removed.delete(held - 1);
        return;
      }
      slot = (slot + 1) & mask;
    }
    this.#append(source, start, end, hash);
    this.#slots[slot] = this.#length;
  }

  #holds(index: number, source: Bytes, start: number, end: number): boolean {
    const at = this.startOf(index);
    if (this.endOf(index) - at !== end - start) return false;
    for (let i = start; i < end; i++) if (source[i] !== this.#bytes[at + i - start]) return false;
    return true;
  }

  #append(source: Bytes, start: number, end: number, hash: number): void {
    const used = this.endOf(this.#length - 1);
    const needed = used + end - start;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, Math.ceil(this.#bytes.length * 1.5)));
      grown.set(this.#bytes.subarray(0, used));
      this.#bytes = grown;
    }
    if (this.#length === this.#ends.length) {
      this.#ends = grown(this.#ends);
      this.#hashes = grown(this.#hashes);
    }
    for (let i = start; i < end; i++) this.#bytes[used + i - start] = source[i] ?? 0;
    this.#hashes[this.#length] = hash;
    this.#ends[this.#length++] = needed;
  }

  #growSlots(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#length; index++) {
      let slot = (this.#hashes[index] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

function grown(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(Math.ceil(numbers.length * 1.5));
  longer.set(numbers);
  return longer;
}

/** FNV-1a with a final mix (its low bits alone cluster for names that end in counters). */
export function hashOf(bytes: Bytes, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
