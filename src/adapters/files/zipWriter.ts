import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, type ZlibOptions } from 'node:zlib';
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../domain/failure.ts';
import { centralDirectory, localHeader, localHeaderBytes, mostZipBytes, type ZipMember } from './zipFormat.ts';

const deflate = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw);

/** Each piece ends at a byte and remembers nothing: pieces can be packed side by side, and a later process can go on. */
const piece: ZlibOptions = { level: 6, finishFlush: constants.Z_FULL_FLUSH };
/** An empty last block. */
const endOfData = Buffer.from([0x03, 0x00]);

/** Where a zip stands between two pieces: enough to go on in another process. */
export interface ZipState {
  readonly members: readonly ZipMember[];
  /** The member that is being written; undefined between two. */
  readonly open: ZipMember | undefined;
  /** Bytes of the file that are whole. */
  readonly end: number;
}

export const emptyZip: ZipState = { members: [], open: undefined, end: 0 };

/** Packs one piece of a member; may run beside others. */
export function pack(bytes: Buffer): Promise<Buffer> {
  return deflate(bytes, piece);
}

/**
 * Writes a zip piece by piece into a file. The same pieces give the same bytes, however often the writing stopped in
 * between and went on from `state`.
 */
export class ZipWriter {
  readonly #file: FileHandle;
  #members: ZipMember[];
  #open: ZipMember | undefined;
  #end: number;

  constructor(file: FileHandle, state: ZipState) {
    this.#file = file;
    this.#members = [...state.members];
    this.#open = state.open;
    this.#end = state.end;
  }

  get state(): ZipState {
    return { members: this.#members, open: this.#open, end: this.#end };
  }

  begin(path: string): void {
    this.#open = { path, crc: 0, packedBytes: 0, bytes: 0, at: this.#end };
    this.#end += localHeaderBytes(path);
  }

  /** Appends a piece of the open member that `pack` packed. */
  async append(plain: Buffer, packed: Buffer): Promise<void> {
    const open = this.#member();
    await this.#write(packed, this.#end);
    this.#end += packed.length;
    this.#open = {
      ...open,
      crc: crc32(plain, open.crc),
      packedBytes: open.packedBytes + packed.length,
      bytes: open.bytes + plain.length,
    };
  }

  /** Ends the open member: now its sizes are known, and its header is written. */
  async finishMember(): Promise<void> {
    const open = this.#member();
    await this.#write(endOfData, this.#end);
    const member = { ...open, packedBytes: open.packedBytes + endOfData.length };
    await this.#write(localHeader(member), member.at);
    this.#end += endOfData.length;
    this.#members.push(member);
    this.#open = undefined;
  }

  /** @returns the size of the finished file */
  async finish(): Promise<number> {
    const directory = centralDirectory(this.#members, this.#end);
    await this.#write(directory, this.#end);
    return this.#end + directory.length;
  }

  #member(): ZipMember {
    if (this.#open === undefined) throw new TypeError('no member is open');
    return this.#open;
  }

  async #write(bytes: Buffer, at: number): Promise<void> {
    if (at + bytes.length > mostZipBytes) throw tooLarge();
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
    }
  }
}

function tooLarge(): Failure {
  return new Failure('VALIDATION_ERROR', 'The bundle would be larger than 4 GB, which no zip tool is sure to open.', {
    details: { path: 'from' },
    nextAction: 'Choose a shorter range, or fewer connections.',
  });
}
