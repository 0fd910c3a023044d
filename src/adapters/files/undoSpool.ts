import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cipher } from '../../app/ports/environment.ts';
import type { UndoBlock, UndoRecord, UndoSpool } from '../../app/ports/workflows.ts';
import { Failure } from '../../domain/failure.ts';
import { readExactly, syncFolder } from './durable.ts';

/**
 * An undo file: blocks of a mark, the batch and the length (4 bytes each, big-endian), then the encrypted records of one
 * try of one batch. Blocks are appended and synced; a torn last one, left by a crash before anything was written to
 * Redis, is cut off before the next append.
 */
const mark = 0x43_53_55_31;
const headBytes = 12;
export const undoFileName = 'undo.bin';

export class FileUndoSpool implements UndoSpool {
  readonly #root: string;
  readonly #cipher: Cipher;
  /** Files that this window writes, and where their next block goes. */
  readonly #open = new Map<string, Promise<{ readonly file: FileHandle; end: number }>>();

  constructor(root: string, cipher: Cipher) {
    this.#root = root;
    this.#cipher = cipher;
  }

  async append(spoolId: string, batch: number, records: readonly UndoRecord[]): Promise<number> {
    const writing = await this.#writable(spoolId);
    const sealed = await this.#cipher.seal(encoded(records), contextOf(spoolId, batch));
    const block = Buffer.allocUnsafe(headBytes + sealed.length);
    block.writeUInt32BE(mark, 0);
    block.writeUInt32BE(batch, 4);
    block.writeUInt32BE(sealed.length, 8);
    block.set(sealed, headBytes);
    await writing.file.write(block, 0, block.length, writing.end);
    await writing.file.datasync();
    writing.end += block.length;
    return block.length;
  }

  async blocks(spoolId: string): Promise<readonly UndoBlock[]> {
    const file = await openIfThere(this.#path(spoolId));
    if (file === undefined) return [];
    try {
      return (await scan(file)).blocks;
    } finally {
      await file.close();
    }
  }

  async read(spoolId: string, { batch, at }: UndoBlock): Promise<readonly UndoRecord[]> {
    const file = await open(this.#path(spoolId), 'r');
    try {
      const head = await readExactly(file, at, headBytes);
      const sealed = await readExactly(file, at + headBytes, head.readUInt32BE(8));
      return decoded(Buffer.from(await this.#cipher.open(sealed, contextOf(spoolId, batch))));
    } finally {
      await file.close();
    }
  }

  /** Lets go of a run's file. */
  async close(spoolId: string): Promise<void> {
    const writing = this.#open.get(spoolId);
    this.#open.delete(spoolId);
    await (await writing)?.file.close();
  }

  #path(spoolId: string): string {
    return join(this.#root, spoolId, undoFileName);
  }

  #writable(spoolId: string): Promise<{ readonly file: FileHandle; end: number }> {
    let writing = this.#open.get(spoolId);
    if (writing === undefined) {
      writing = openForWriting(this.#path(spoolId));
      this.#open.set(spoolId, writing);
      // Who waits for it hears of the failure; the next append opens the file anew.
      writing.catch(() => this.#open.delete(spoolId));
    }
    return writing;
  }
}

function contextOf(spoolId: string, batch: number): string {
  return `workflow-undo/${spoolId}/${batch}`;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function openForWriting(path: string): Promise<{ readonly file: FileHandle; end: number }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const existing = await openIfThere(path);
  await existing?.close();
  const file = await open(path, existing === undefined ? 'wx+' : 'r+', 0o600);
  const { end } = await scan(file);
  await file.truncate(end);
  if (existing === undefined) {
    await syncFolder(dirname(path));
  }
  return { file, end };
}

/** Whole blocks in order, and where the last one ends. */
async function scan(file: FileHandle): Promise<{ readonly blocks: readonly UndoBlock[]; readonly end: number }> {
  const { size } = await file.stat();
  const blocks: UndoBlock[] = [];
  let at = 0;
  while (at + headBytes <= size) {
    const head = await readExactly(file, at, headBytes);
    const end = at + headBytes + head.readUInt32BE(8);
    if (head.readUInt32BE(0) !== mark || end > size) break;
    blocks.push({ batch: head.readUInt32BE(4), at });
    at = end;
  }
  return { blocks, end: at };
}

/** Per record: index, length of the type's name, of the DUMP (0xffffffff = none), expiry as a double (NaN = none). */
const recordHead = 4 + 1 + 4 + 8;
const noDump = 0xff_ff_ff_ff;

function encoded(records: readonly UndoRecord[]): Buffer {
  const types = records.map(({ before }) => Buffer.from(before.type));
  const total = records.reduce(
    (sum, { before }, at) => sum + recordHead + (types[at]?.length ?? 0) + (before.dump?.length ?? 0),
    0,
  );
  const out = Buffer.allocUnsafe(total);
  let at = 0;
  records.forEach(({ index, before }, place) => {
    const type = types[place] ?? Buffer.alloc(0);
    out.writeUInt32BE(index, at);
    out.writeUInt8(type.length, at + 4);
    out.writeUInt32BE(before.dump?.length ?? noDump, at + 5);
    out.writeDoubleBE(before.expiresAtMs ?? Number.NaN, at + 9);
    at += recordHead;
    out.set(type, at);
    at += type.length;
    if (before.dump !== null) {
      out.set(before.dump, at);
      at += before.dump.length;
    }
  });
  return out;
}

function decoded(bytes: Buffer): UndoRecord[] {
  const records: UndoRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + recordHead > bytes.length) throw damaged();
    const index = bytes.readUInt32BE(at);
    const typeLength = bytes.readUInt8(at + 4);
    const dumpLength = bytes.readUInt32BE(at + 5);
    const expiry = bytes.readDoubleBE(at + 9);
    at += recordHead;
    const type = bytes.toString('utf8', at, at + typeLength);
    at += typeLength;
    const dump = dumpLength === noDump ? null : bytes.subarray(at, at + dumpLength);
    at += dump?.length ?? 0;
    records.push({ index, before: { type, dump, expiresAtMs: Number.isNaN(expiry) ? null : expiry } });
  }
  return records;
}

function damaged(): Failure {
  return new Failure('INTERNAL_ERROR', 'The undo file of this run is damaged.', {
    nextAction: 'What could be read was restored; look at the report for the rest.',
  });
}
