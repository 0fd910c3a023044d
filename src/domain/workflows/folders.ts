import type { Bytes } from '../bytes.ts';
import { displayShort } from '../display.ts';
import type { Count } from './definition.ts';

/** How many folders are told apart; keys of further ones are counted together. */
const mostFolders = 2000;
const listedFolders = 50;

interface Folder {
  readonly name: Bytes;
  count: number;
}

/** Counts keys by the folder that they lie in, one level below the fixed part of a pattern, without decoding names. */
export class FolderCounts {
  private readonly delimiter: Bytes;
  private readonly skip: number;
  private readonly byHash = new Map<number, Folder[]>();
  private distinct = 0;
  private others = 0;
  private last: Folder | undefined;

  /** `fixed`: bytes that every key begins with. */
  constructor(delimiter: Bytes, fixed: Bytes) {
    this.delimiter = delimiter;
    this.skip = lastFolderEnd(fixed, delimiter);
  }

  add(bytes: Bytes, from: number, to: number): void {
    const end = folderEnd(bytes, from + Math.min(this.skip, to - from), to, this.delimiter);
    const stop = end < 0 ? from + Math.min(this.skip, to - from) : end;
    if (this.last !== undefined && isSame(this.last.name, bytes, from, stop)) {
      this.last.count += 1;
      return;
    }
    const folder = this.find(bytes, from, stop);
    if (folder === undefined) this.others += 1;
    else {
      folder.count += 1;
      this.last = folder;
    }
  }

  /** Largest first; the rest is counted together. An empty name is the keys outside any folder. */
  result(): { readonly listed: readonly Count[]; readonly others: number } {
    const all = [...this.byHash.values()].flat().sort((a, b) => b.count - a.count);
    const listed = all.slice(0, listedFolders);
    const rest = all.slice(listedFolders).reduce((total, folder) => total + folder.count, 0);
    return {
      listed: listed.map(({ name, count }) => ({
        name: name.length === 0 ? '(no folder)' : displayShort(name),
        count,
      })),
      others: rest + this.others,
    };
  }

  private find(bytes: Bytes, from: number, to: number): Folder | undefined {
    let hash = 0;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const bucket = this.byHash.get(hash);
    if (bucket !== undefined) for (const folder of bucket) if (isSame(folder.name, bytes, from, to)) return folder;
    if (this.distinct >= mostFolders) return undefined;
    this.distinct += 1;
    const made = { name: bytes.slice(from, to), count: 0 };
    if (bucket === undefined) this.byHash.set(hash, [made]);
    else bucket.push(made);
    return made;
  }
}

function isSame(name: Bytes, bytes: Bytes, from: number, to: number): boolean {
  // Compared in place: a view per key would be a million objects.
  if (name.length !== to - from) return false;
  for (let at = 0; at < name.length; at++) if (name[at] !== bytes[from + at]) return false;
  return true;
}

/** Offset right after the first delimiter at or after `from`, -1 = none before `to`. */
function folderEnd(bytes: Bytes, from: number, to: number, delimiter: Bytes): number {
  const first = delimiter[0];
  if (first === undefined) return -1;
  for (let at = from; at + delimiter.length <= to; at++) {
    if (bytes[at] !== first) continue;
    if (isSame(delimiter, bytes, at, at + delimiter.length)) return at + delimiter.length;
  }
  return -1;
}

function lastFolderEnd(fixed: Bytes, delimiter: Bytes): number {
  let end = 0;
  for (let next = folderEnd(fixed, 0, fixed.length, delimiter); next >= 0;) {
    end = next;
    next = folderEnd(fixed, next, fixed.length, delimiter);
  }
  return end;
}

/** The bytes of a glob before its first special character. */
export function fixedPart(pattern: Bytes): Bytes {
  const special = new Set([0x2a, 0x3f, 0x5b, 0x5c]);
  const end = pattern.findIndex((byte) => special.has(byte));
  return end < 0 ? pattern : pattern.subarray(0, end);
}
