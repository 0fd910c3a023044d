import { createHash, type Hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Cipher } from '../../app/ports/environment.ts';
import type { PlanBlock, PlanReader, PlanSpool, PlanWriter } from '../../app/ports/workflows.ts';
import type { Bytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { KeyList } from '../../domain/keys/keyList.ts';
import type { SpooledItem } from '../../domain/workflows/definition.ts';
import { indicesOf, type Ranges } from '../../domain/workflows/ranges.ts';
import { readExactly, syncFolder } from './durable.ts';

/**
 * A plan's file: `CSPLAN1` and a flag byte, then blocks. A block is its length and its number of items (4 bytes each,
 * big-endian), then the names of types as JSON (length, bytes), a type code per item, the ends of the keys, the keys,
 * and, when there are payloads, their ends and bytes. Secret plans keep each block's body encrypted.
 * The hash is SHA-256 of the whole file.
 */
const magic = Buffer.from('CSPLAN1');
const headerBytes = 8;
const blockHeadBytes = 8;
/** Small pages are put together, so that a plan does not consist of crumbs. */
const writeBytes = 1 << 20;
const syncBytes = 4 << 20;

export class FilePlanSpool implements PlanSpool {
  readonly #pathOf: (spoolId: string) => string;
  readonly #cipher: Cipher;
  /** Files that were proven whole, as long as the system says that nobody touched them since. */
  readonly #proven = new Map<string, Proof>();

  constructor(pathOf: (spoolId: string) => string, cipher: Cipher) {
    this.#pathOf = pathOf;
    this.#cipher = cipher;
  }

  async create(spoolId: string, options: { readonly secret: boolean }): Promise<PlanWriter> {
    const path = this.#pathOf(spoolId);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(`${path}.part`, 'wx', 0o600);
    const sealing = options.secret ? { cipher: this.#cipher, context: contextOf(spoolId) } : null;
    return new Writer(path, file, sealing, async (hash, index) =>
      this.#remember(spoolId, await stat(path), hash, index),
    );
  }

  async open(spoolId: string, hash: string): Promise<PlanReader> {
    let file: FileHandle;
    try {
      file = await open(this.#pathOf(spoolId), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw changed('is gone');
      throw error;
    }
    try {
      const index = await this.#index(spoolId, file, hash);
      return new Reader(file, index, { cipher: this.#cipher, context: contextOf(spoolId) });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Pages of a preview would else read the whole file each. */
  async #index(spoolId: string, file: FileHandle, hash: string): Promise<PlanIndex> {
    const before = await file.stat();
    const proof = this.#proven.get(spoolId);
    if (proof?.hash === hash && proof.mark === markOf(before)) return proof.index;
    const index = await verify(file, hash);
    this.#remember(spoolId, before, hash, index);
    return index;
  }

  #remember(spoolId: string, stats: Stats, hash: string, index: PlanIndex): void {
    this.#proven.delete(spoolId);
    this.#proven.set(spoolId, { hash, mark: markOf(stats), index });
    for (const [oldest] of this.#proven) {
      if (this.#proven.size <= keptProofs) break;
      this.#proven.delete(oldest);
    }
  }
}

interface Proof {
  readonly hash: string;
  readonly mark: string;
  readonly index: PlanIndex;
}

const keptProofs = 8;

/** Changes whenever anybody writes the file or puts another one in its place. */
function markOf({ ino, size, ctimeMs, mtimeMs }: Stats): string {
  return [ino, size, ctimeMs, mtimeMs].join();
}

interface Sealing {
  readonly cipher: Cipher;
  readonly context: string;
}

function contextOf(spoolId: string): string {
  return `workflow-plan/${spoolId}`;
}

function changed(what: string): Failure {
  return new Failure('CONFLICT', `The item list of this plan ${what}, so nothing was touched.`, {
    details: { rule: 'planHash' },
    nextAction: 'Plan the same again (Rerun).',
  });
}

class Writer implements PlanWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #sealing: Sealing | null;
  readonly #hash: Hash = createHash('sha256');
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  readonly #finished: (hash: string, index: PlanIndex) => Promise<void>;
  readonly #blocks: BlockPlace[] = [];
  #count = 0;
  #bytes = headerBytes;
  #unsynced = 0;
  #writing: Promise<void> = Promise.resolve();
  /** What is written already reaches the disk while the rest is still being found. */
  #syncing: Promise<unknown> = Promise.resolve();

  constructor(
    path: string,
    file: FileHandle,
    sealing: Sealing | null,
    finished: (hash: string, index: PlanIndex) => Promise<void>,
  ) {
    this.#finished = finished;
    this.#path = path;
    this.#file = file;
    this.#sealing = sealing;
    this.#push(Buffer.concat([magic, Buffer.from([sealing === null ? 0 : 1])]));
  }

  async add(block: PlanBlock): Promise<void> {
    const plain = bodyOf(block);
    const { keys } = block;
    const body =
      this.#sealing === null
        ? plain
        : Buffer.from(await this.#sealing.cipher.seal(plain, `${this.#sealing.context}/${this.#blocks.length}`));
    const head = Buffer.alloc(blockHeadBytes);
    head.writeUInt32BE(body.length, 0);
    head.writeUInt32BE(keys.length, 4);
    this.#push(head, body);
    const at = this.#bytes + blockHeadBytes;
    this.#blocks.push({ at, length: body.length, from: this.#count, count: keys.length });
    this.#bytes = at + body.length;
    this.#count += keys.length;
    if (this.#waitingBytes < writeBytes) return;
    // One piece is written while the next is being found.
    await this.#writing;
    this.#writing = this.#write();
    // Whoever adds the next piece, or finishes, hears of it.
    this.#writing.catch(() => undefined);
  }

  async finish(): Promise<{ readonly hash: string; readonly count: number }> {
    await this.#writing;
    await this.#write();
    await this.#syncing;
    await this.#file.sync();
    await this.#file.close();
    await rename(`${this.#path}.part`, this.#path);
    await syncFolder(dirname(this.#path));
    const hash = this.#hash.digest('hex');
    await this.#finished(hash, { blocks: this.#blocks, count: this.#count, secret: this.#sealing !== null });
    return { hash, count: this.#count };
  }

  async discard(): Promise<void> {
    await Promise.allSettled([this.#writing.then(() => this.#syncing)]);
    // The file goes in any case.
    await this.#file.close().catch(() => undefined);
    await rm(dirname(this.#path), { recursive: true, force: true });
  }

  #push(...parts: Buffer[]): void {
    for (const part of parts) {
      this.#waiting.push(part);
      this.#waitingBytes += part.length;
    }
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#hash.update(bytes);
    await this.#file.appendFile(bytes);
    this.#unsynced += bytes.length;
    if (this.#unsynced < syncBytes) return;
    this.#unsynced = 0;
    await this.#syncing;
    this.#syncing = this.#file.datasync();
    // Whoever finishes the plan hears of it.
    this.#syncing.catch(() => undefined);
  }
}

function bodyOf({ keys, types, typeNames, payloads }: PlanBlock): Buffer {
  const names = Buffer.from(JSON.stringify(typeNames));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(names.length, 0);
  const parts = [size, names, types, endsOf(keys), keys.bytes];
  if (payloads !== null) parts.push(endsOf(payloads), payloads.bytes);
  return Buffer.concat(parts);
}

function endsOf(list: KeyList): Buffer {
  const ends = Buffer.from(list.ends.slice().buffer);
  return isLittleEndian ? ends.swap32() : ends;
}

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

interface BlockPlace {
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly count: number;
}

interface PlanIndex {
  readonly blocks: readonly BlockPlace[];
  readonly count: number;
  readonly secret: boolean;
}

const readBytes = 4 << 20;

/** Reads the whole file once: its hash, and where its blocks are. */
async function verify(file: FileHandle, expected: string): Promise<PlanIndex> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(readBytes);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, readBytes, at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  if (hash.digest('hex') !== expected) throw changed('was changed');
  const { size } = await file.stat();
  const secret = (await readExactly(file, 0, headerBytes))[7] === 1;
  const blocks: BlockPlace[] = [];
  let count = 0;
  for (let at = headerBytes; at < size;) {
    const head = await readExactly(file, at, blockHeadBytes);
    const place = { at: at + blockHeadBytes, length: head.readUInt32BE(0), from: count, count: head.readUInt32BE(4) };
    blocks.push(place);
    count += place.count;
    at = place.at + place.length;
  }
  return { blocks, count, secret };
}

interface OpenBlock {
  readonly place: BlockPlace;
  readonly keys: KeyList;
  readonly types: Uint8Array;
  readonly typeNames: readonly string[];
  readonly payloads: KeyList | null;
}

const nothing = new Uint8Array(0);

class Reader implements PlanReader {
  readonly count: number;
  readonly #file: FileHandle;
  readonly #index: PlanIndex;
  readonly #sealing: Sealing;
  #open: OpenBlock | undefined;

  constructor(file: FileHandle, index: PlanIndex, sealing: Sealing) {
    this.#file = file;
    this.#index = index;
    this.#sealing = sealing;
    this.count = index.count;
  }

  async items(ranges: Ranges): Promise<readonly SpooledItem[]> {
    const items: SpooledItem[] = [];
    for (const index of indicesOf(ranges)) {
      const block = await this.#blockOf(index);
      const at = index - block.place.from;
      items.push({
        index,
        key: block.keys.at(at),
        type: block.typeNames[block.types[at] ?? 0] ?? '',
        payload: block.payloads?.at(at) ?? nothing,
      });
    }
    return items;
  }

  async indexOf(key: Bytes): Promise<number> {
    for (const { from, count } of this.#index.blocks) {
      const { keys } = await this.#blockOf(from);
      for (let at = 0; at < count; at++) if (isKeyAt(keys, at, key)) return from + at;
    }
    return -1;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #blockOf(index: number): OpenBlock | Promise<OpenBlock> {
    const open = this.#open;
    if (open !== undefined && index >= open.place.from && index < open.place.from + open.place.count) return open;
    return this.#load(index);
  }

  async #load(index: number): Promise<OpenBlock> {
    const { blocks, secret } = this.#index;
    const number = blocks.findLastIndex(({ from }) => from <= index);
    const place = blocks[number];
    if (place === undefined || index >= place.from + place.count) {
      throw new RangeError(`the plan has no item ${index}`);
    }
    const stored = await readExactly(this.#file, place.at, place.length);
    const { cipher, context } = this.#sealing;
    const body = secret ? Buffer.from(await cipher.open(stored, `${context}/${number}`)) : stored;
    this.#open = { place, ...parsed(body, place.count) };
    return this.#open;
  }
}

function isKeyAt({ bytes, ends }: KeyList, index: number, key: Bytes): boolean {
  const from = index === 0 ? 0 : (ends[index - 1] ?? 0);
  if ((ends[index] ?? 0) - from !== key.length) return false;
  for (let at = 0; at < key.length; at++) if (bytes[from + at] !== key[at]) return false;
  return true;
}

function parsed(body: Buffer, count: number): Omit<OpenBlock, 'place'> {
  const namesLength = body.readUInt32BE(0);
  const typeNames = JSON.parse(body.toString('utf8', 4, 4 + namesLength)) as string[];
  let at = 4 + namesLength;
  const types = body.subarray(at, at + count);
  at += count;
  const keys = listAt(body, at, count);
  at += count * 4 + keys.bytes.length;
  return { typeNames, types, keys, payloads: at < body.length ? listAt(body, at, count) : null };
}

function listAt(body: Buffer, at: number, count: number): KeyList {
  const ends = Uint32Array.from({ length: count }, (_, index) => body.readUInt32BE(at + index * 4));
  const from = at + count * 4;
  return new KeyList(body.subarray(from, from + (ends.at(-1) ?? 0)), ends);
}
