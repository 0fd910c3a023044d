import { sameBytes, type Bytes } from '../bytes.ts';
import { hashOf, type KeyIndex } from './keyIndex.ts';
import { Smallest } from './smallest.ts';

export interface FolderQuery {
  /** What the keys of the folder start with, delimiter included; empty = the whole index. */
  readonly prefix: Bytes;
  /** Empty = no folders: every key stands by itself. */
  readonly delimiter: Bytes;
  /** How many children are listed, folders first. */
  readonly limit: number;
}

export interface FolderEntry {
  /** Prefix of all its keys: the folder's own, its segment, the delimiter. */
  readonly prefix: Bytes;
  /** Keys in it, at any depth. */
  readonly count: number;
}

export interface FolderListing {
  /** By bytes, the first `limit` of `folderCount`. */
  readonly folders: readonly FolderEntry[];
  /** Keys that stand in no deeper folder, by bytes, the first ones of `keyCount` that the limit leaves room for. */
  readonly keys: readonly Bytes[];
  readonly folderCount: number;
  readonly keyCount: number;
  /** Keys in the folder, at any depth. */
  readonly total: number;
}

const keysPerStep = 8_192;

/**
 * Lists one folder in one pass over all names, whatever their order; nothing is kept between calls. Yields often, so
 * that whoever drives it can let others run. Only the listed children are ever sorted.
 */
export function* listFolder(index: KeyIndex, query: FolderQuery): Generator<undefined, FolderListing> {
  const { prefix, delimiter, limit } = query;
  const segments = new Segments(index, prefix.length);
  const compare = (a: number, b: number) => compareNames(index, a, b);
  const leaves = new Smallest<number>(limit, compare);
  const length = index.length;
  let leafCount = 0;
  let total = 0;
  for (let i = 0; i < length; i++) {
    if (i % keysPerStep === keysPerStep - 1) yield;
    const start = index.startOf(i);
    const end = index.endOf(i);
    if (!startsWith(index.bytes, start, end, prefix) || index.isRemoved(i)) continue;
    total++;
    const at = find(index.bytes, start + prefix.length, end, delimiter);
    if (at < 0) {
      leafCount++;
      leaves.offer(i);
    } else {
      segments.count(i, at - start + delimiter.length);
    }
  }
  const folders = yield* segments.smallest(limit);
  return {
    folders,
    keys: leaves
      .sorted()
      .slice(0, limit - folders.length)
      .map((i) => index.at(i)),
    folderCount: segments.size,
    keyCount: leafCount,
    total,
  };
}

function startsWith(bytes: Bytes, start: number, end: number, prefix: Bytes): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}

/** Offset of the first `delimiter` in [start, end), or -1. */
function find(bytes: Bytes, start: number, end: number, delimiter: Bytes): number {
  const first = delimiter[0];
  if (first === undefined) return -1;
  for (let i = start; i <= end - delimiter.length; i++) {
    if (bytes[i] === first && startsWith(bytes, i, end, delimiter)) return i;
  }
  return -1;
}

function compareNames(index: KeyIndex, a: number, b: number): number {
  return compareRanges(index.bytes, index.startOf(a), index.endOf(a), index.startOf(b), index.endOf(b));
}

function compareRanges(bytes: Bytes, aStart: number, aEnd: number, bStart: number, bEnd: number): number {
  const shared = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < shared; i++) {
    const order = (bytes[aStart + i] ?? 0) - (bytes[bStart + i] ?? 0);
    if (order !== 0) return order;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** Counts of distinct folder prefixes, each told by one key that starts with it: no prefix is copied. */
class Segments {
  readonly #index: KeyIndex;
  /** Bytes that all prefixes share: hashing starts after them. */
  readonly #shared: number;
  #slots = new Uint32Array(1 << 8);
  readonly #key: number[] = [];
  readonly #length: number[] = [];
  readonly #count: number[] = [];

  constructor(index: KeyIndex, shared: number) {
    this.#index = index;
    this.#shared = shared;
  }

  get size(): number {
    return this.#key.length;
  }

  /** Counts the prefix of `length` bytes of key `key`. */
  count(key: number, length: number): void {
    if ((this.size + 1) * 4 > this.#slots.length * 3) this.#grow();
    const start = this.#index.startOf(key);
    const mask = this.#slots.length - 1;
    let slot = hashOf(this.#index.bytes, start + this.#shared, start + length) & mask;
    for (let held = this.#slots[slot] ?? 0; held !== 0; held = this.#slots[slot] ?? 0) {
      if (this.#same(held - 1, start, length)) {
        this.#count[held - 1] = (this.#count[held - 1] ?? 0) + 1;
        return;
      }
      slot = (slot + 1) & mask;
    }
    this.#key.push(key);
    this.#length.push(length);
    this.#count.push(1);
    this.#slots[slot] = this.size;
  }

  *smallest(limit: number): Generator<undefined, FolderEntry[]> {
    const least = new Smallest<number>(limit, (a, b) => this.#compare(a, b));
    for (let segment = 0; segment < this.size; segment++) {
      if (segment % keysPerStep === keysPerStep - 1) yield;
      least.offer(segment);
    }
    return least.sorted().map((segment) => {
      const start = this.#index.startOf(this.#key[segment] ?? 0);
      const prefix = this.#index.bytes.slice(start, start + (this.#length[segment] ?? 0));
      return { prefix, count: this.#count[segment] ?? 0 };
    });
  }

  #same(segment: number, start: number, length: number): boolean {
    if (this.#length[segment] !== length) return false;
    const bytes = this.#index.bytes;
    const other = this.#index.startOf(this.#key[segment] ?? 0);
    for (let i = this.#shared; i < length; i++) if (bytes[start + i] !== bytes[other + i]) return false;
    return true;
  }

  #compare(a: number, b: number): number {
    const [aStart, bStart] = [this.#index.startOf(this.#key[a] ?? 0), this.#index.startOf(this.#key[b] ?? 0)];
    const [aEnd, bEnd] = [aStart + (this.#length[a] ?? 0), bStart + (this.#length[b] ?? 0)];
    return compareRanges(this.#index.bytes, aStart, aEnd, bStart, bEnd);
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let segment = 0; segment < this.size; segment++) {
      const start = this.#index.startOf(this.#key[segment] ?? 0);
      let slot = hashOf(this.#index.bytes, start + this.#shared, start + (this.#length[segment] ?? 0)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = segment + 1;
    }
    this.#slots = slots;
  }
}

/** What a folder is called: the last segment of its prefix, with the delimiter. */
export function folderName(prefix: Bytes, parent: Bytes): Bytes {
  return prefix.slice(parent.length);
}

/** The prefixes of the folders that lead to a key, outermost first. */
export function foldersOf(key: Bytes, delimiter: Bytes): Bytes[] {
  const folders: Bytes[] = [];
  for (
    let at = find(key, 0, key.length, delimiter);
    at >= 0;
    at = find(key, at + delimiter.length, key.length, delimiter)
  ) {
    folders.push(key.slice(0, at + delimiter.length));
  }
  return folders;
}

/** Whether a key belongs to a folder. */
export function inFolder(key: Bytes, prefix: Bytes): boolean {
  return key.length >= prefix.length && sameBytes(key.subarray(0, prefix.length), prefix);
}
