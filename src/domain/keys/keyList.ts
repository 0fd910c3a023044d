import type { Bytes } from '../bytes.ts';

/**
 * Many keys in two buffers: their bytes one after another, and where each ends. A million names cost their bytes
 * and four more each, and no garbage collector ever walks them.
 */
export class KeyList {
  readonly bytes: Bytes;
  /** `ends[i]` is the offset in `bytes` right after key i. */
  readonly ends: Uint32Array;

  constructor(bytes: Bytes, ends: Uint32Array) {
    this.bytes = bytes;
    this.ends = ends;
  }

  static of(keys: readonly Bytes[]): KeyList {
    const bytes = new Uint8Array(keys.reduce((total, key) => total + key.length, 0));
    const ends = new Uint32Array(keys.length);
    let at = 0;
    keys.forEach((key, index) => {
      bytes.set(key, at);
      at += key.length;
      ends[index] = at;
    });
    return new KeyList(bytes, ends);
  }

  get length(): number {
    return this.ends.length;
  }

  /** A view (not a copy) of key `index`; an empty key for an index out of range. */
  at(index: number): Bytes {
    return this.bytes.subarray(index === 0 ? 0 : (this.ends[index - 1] ?? 0), this.ends[index] ?? 0);
  }

  *[Symbol.iterator](): Iterator<Bytes> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}
