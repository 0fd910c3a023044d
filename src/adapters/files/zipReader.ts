import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw, crc32 } from 'node:zlib';
import { readExactly } from './durable.ts';
import { centralDirectory, isPlainDeflate, localHeader, packedAt, readDirectory, type ZipMember } from './zipFormat.ts';

const tailBytes = 1 << 20;
const readBytes = 1 << 18;
/** Of pieces as small as this the memory is given back with the next few, not with the next hundred. */
const unpackedBytes = 1 << 16;
/** A member that unpacks to more than its header says is cut off here: no file can fill the memory or the time. */
const slack = 1;

export interface ReadMember {
  readonly path: string;
  /** Of what was unpacked. */
  readonly sha256: string;
  readonly bytes: number;
  /** It could not be unpacked as it was packed, or its check does not fit. */
  readonly damaged: boolean;
}

/** A zip file, read from its end. Nothing is unpacked to a disk, and no name of a member is used as a path. */
export class ZipReader {
  readonly #file: FileHandle;
  readonly #directoryAt: number;
  readonly size: number;
  readonly members: readonly ZipMember[];

  private constructor(file: FileHandle, size: number, members: readonly ZipMember[], directoryAt: number) {
    this.#file = file;
    this.size = size;
    this.members = members;
    this.#directoryAt = directoryAt;
  }

  /** undefined when the file is no zip. Rejects with the system's error. */
  static async open(path: string): Promise<ZipReader | undefined> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const tailAt = Math.max(0, size - tailBytes);
      const directory = readDirectory(await readExactly(file, tailAt, size - tailAt), tailAt);
      if (directory !== undefined) return new ZipReader(file, size, directory.members, directory.at);
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
    return undefined;
  }

  /**
   * Unpacks a member, piece by piece.
   *
   * @param onPiece told each piece
   */
  async read(member: ZipMember, onPiece: (piece: Buffer) => unknown = () => undefined): Promise<ReadMember> {
    const hash = createHash('sha256');
    let bytes = 0;
    let check = 0;
    let whole = true;
    try {
      for await (const piece of this.#unpacked(member)) {
        bytes += piece.length;
        if (bytes > member.bytes + slack) throw new RangeError('longer than its header says');
        check = crc32(piece, check);
        hash.update(piece);
        onPiece(piece);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      whole = false;
    }
    const damaged = !whole || bytes !== member.bytes || check !== member.crc;
    return { path: member.path, sha256: hash.digest('hex'), bytes, damaged };
  }

  /** Whether headers and directory are, byte by byte, what our writer writes for these members. */
  async isAsWritten(): Promise<boolean> {
    let at = 0;
    for (const member of this.members) {
      const header = localHeader(member);
      if (member.at !== at) return false;
      if (!(await this.#bytes(at, header.length)).equals(header)) return false;
      at += header.length + member.packedBytes;
    }
    const directory = centralDirectory(this.members, at);
    if (this.#directoryAt !== at || this.size !== at + directory.length) return false;
    return (await this.#bytes(at, directory.length)).equals(directory);
  }

  /** SHA-256 of the whole file. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for (let at = 0; at < this.size; at += readBytes) hash.update(await this.#bytes(at, readBytes));
    return hash.digest('hex');
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async *#unpacked(member: ZipMember): AsyncGenerator<Buffer> {
    const head = await this.#bytes(member.at, 30);
    const from = packedAt(head, member);
    if (from === undefined || !isPlainDeflate(head)) throw new RangeError('not packed as bundles are');
    const inflate = createInflateRaw({ chunkSize: unpackedBytes });
    const fed = pipeline(this.#packed(from, member.packedBytes), inflate);
    // It is awaited once all is read; until then the loop below is told of what goes wrong.
    fed.catch(() => undefined);
    yield* inflate as AsyncIterable<Buffer>;
    await fed;
  }

  async *#packed(from: number, length: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < length; at += readBytes) {
      yield await this.#bytes(from + at, Math.min(readBytes, length - at));
    }
  }

  /** Fewer at the end of the file. */
  async #bytes(at: number, length: number): Promise<Buffer> {
    return readExactly(this.#file, at, Math.max(0, Math.min(length, this.size - at)));
  }
}

/** zlib's own errors and ours about the form; anything else is the disk's. */
function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return error instanceof RangeError || (typeof code === 'string' && /^(?:Z_|ERR_STREAM)/.test(code));
}
