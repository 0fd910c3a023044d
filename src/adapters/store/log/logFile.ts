import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { codeOf, type FileSystem, type OpenFile } from '../disk/fileSystem.ts';
import {
  encodeFrame,
  isWholeButInvalid,
  saltOfFirstFrame,
  scanFrames,
  type Frame,
  type FrameKind,
  type Scan,
} from './frame.ts';

// A log file: 32 bytes of header, then frames.
//   0  magic 8 "CACHLOG1"   8  salt 8   16  first seq 6   22  zero 6   28  crc32 4
export const logHeaderBytes = 32;
const magic = Buffer.from('CACHLOG1', 'latin1');

/** A file of the store is not what was written, or not there. */
export class DamagedFile extends Error {
  readonly file: string;

  constructor(file: string, what: string) {
    super(what);
    this.name = 'DamagedFile';
    this.file = file;
  }
}

/** The bytes were handed to the system, and the system did not say that they are on disk. */
export class NotSynced extends Error {
  constructor(cause: unknown) {
    super('The disk did not confirm a write', { cause });
    this.name = 'NotSynced';
  }
}

export interface LogHeader {
  readonly salt: Uint8Array;
  readonly firstSeq: number;
}

function encodeHeader({ salt, firstSeq }: LogHeader): Buffer {
  const bytes = Buffer.alloc(logHeaderBytes);
  bytes.set(magic, 0);
  bytes.set(salt, 8);
  bytes.writeUIntLE(firstSeq, 16, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** @returns undefined when these are not the first bytes of a log file */
export function decodeHeader(bytes: Uint8Array): LogHeader | undefined {
  const header = Buffer.from(bytes.subarray(0, logHeaderBytes));
  if (header.length < logHeaderBytes || header.compare(magic, 0, 8, 0, 8) !== 0) return undefined;
  if (crc32(header.subarray(0, 28)) !== header.readUInt32LE(28)) return undefined;
  return { salt: header.subarray(8, 16), firstSeq: header.readUIntLE(16, 6) };
}

/** Makes a new log file, durable before this returns (the name too). @throws EEXIST */
export function createLog(fs: FileSystem, folder: string, path: string, firstSeq: number): void {
  fs.create(path, encodeHeader({ salt: randomBytes(8), firstSeq }));
  const file = fs.openUpdate(path);
  try {
    file.sync();
  } finally {
    file.close();
  }
  fs.syncFolder(folder);
}

/**
 * One file of the command log, open for reading what any process appends and for appending to it. Appending is decided by
 * the order of bytes in the file: of two frames with one number the first counts, so a writer that slept through the loss
 * of its lock finds that it was overtaken, and nothing of another's is ever overwritten.
 */
export class LogFile {
  readonly path: string;
  private readonly fs: FileSystem;
  private file: OpenFile;
  private writable: boolean;
  private readonly salt: Uint8Array;
  private next: number;
  private lastMs = 0;
  /** End of the last counted frame. */
  private offset = logHeaderBytes;
  /** Length of the file when it was last scanned. */
  private scanned = logHeaderBytes;
  /** Everything before was confirmed by a sync of this process, or was read at opening. */
  private synced = logHeaderBytes;
  private unsynced = false;
  private damaged = false;

  /** @throws DamagedFile when the header is not valid */
  constructor(fs: FileSystem, path: string) {
    this.fs = fs;
    this.path = path;
    [this.file, this.writable] = open(fs, path);
    const header = decodeHeader(this.file.read(0, logHeaderBytes)) ?? this.salvageHeader();
    this.salt = header.salt;
    this.next = header.firstSeq;
  }

  /** The header as the first frame tells it: everything can be read, but nothing may be appended any more. */
  private salvageHeader(): LogHeader {
    const body = asBuffer(this.file.read(logHeaderBytes, Math.max(0, this.file.size() - logHeaderBytes)));
    const first = saltOfFirstFrame(body);
    if (first === undefined) {
      this.file.close();
      throw new DamagedFile(basename(this.path), 'The header of a log file is damaged');
    }
    this.damaged = true;
    return { salt: first.salt, firstSeq: first.seq };
  }

  /** Whether the header is damaged: the log can be read, and must be replaced before anything is appended. */
  get headerIsDamaged(): boolean {
    return this.damaged;
  }

  /** The number that the next frame will have. */
  get nextSeq(): number {
    return this.next;
  }

  get bytes(): number {
    return this.scanned;
  }

  /** Bytes at the end that belong to no valid frame. */
  get tornBytes(): number {
    return this.scanned - this.offset;
  }

  /** Whether the torn bytes are as long as the frame that they began as: then it was whole once, and is damaged. */
  get tornIsWhole(): boolean {
    return isWholeButInvalid(asBuffer(this.file.read(this.offset, this.tornBytes)), this.salt);
  }

  /** When the last counted frame was written, milliseconds since the epoch; 0 before the first. */
  get lastFrameMs(): number {
    return this.lastMs;
  }

  /** Frames that were appended since the last call, by whatever process. */
  readNew(): Pick<Scan, 'frames' | 'missing'> {
    const size = this.file.size();
    if (size <= this.scanned) return { frames: [], missing: [] };
    const bytes = asBuffer(this.file.read(this.offset, size - this.offset));
    const scan = scanFrames(bytes, this.salt, this.next, this.lastMs);
    this.scanned = this.offset + bytes.length;
    const last = scan.frames.at(-1);
    if (last !== undefined) {
      this.offset += last.endsAt;
      this.next = last.seq + 1;
      this.lastMs = last.atMs;
    }
    return scan;
  }

  /**
   * Appends one frame and syncs it. Call after `readNew` found nothing.
   *
   * @returns false when another process's frame took the number: read on and try again
   * @throws the system's error when nothing counts as written; `NotSynced` when it may or may not last; `DamagedFile`
   * when the file was replaced: the store must be loaded again
   */
  append(kind: FrameKind, payload: Uint8Array, atMs: number): boolean {
    this.makeWritable();
    this.repair();
    const frame: Frame = { seq: this.next, kind, nonce: randomBytes(4).readUInt32LE(), atMs, payload };
    const bytes = encodeFrame(frame, this.salt);
    const end = this.file.size();
    this.file.write(bytes);
    this.unsynced = true;
    try {
      this.repair();
    } catch (error) {
      throw new NotSynced(error);
    }
    if (end === this.scanned && this.file.size() === end + bytes.length) {
      this.offset = end + bytes.length;
      this.scanned = this.offset;
      this.next = frame.seq + 1;
      this.lastMs = atMs;
      return true;
    }
    return this.isFirst(frame);
  }

  /** Syncs what an earlier failed sync left in doubt. @throws the system's error */
  makeDurable(): void {
    this.makeWritable();
    this.repair();
  }

  close(): void {
    this.file.close();
  }

  /** @throws the system's error when the file may not be written, or is no longer where it was */
  private makeWritable(): void {
    if (this.damaged || !this.file.isAt(this.path))
      throw new DamagedFile(basename(this.path), 'A log file was replaced');
    if (this.writable) return;
    const file = this.fs.openAppend(this.path);
    this.file.close();
    this.file = file;
    this.writable = true;
  }

  /** Whether `frame` is the one that counts for its number; what comes after it is left to `readNew`. */
  private isFirst(frame: Frame): boolean {
    const bytes = asBuffer(this.file.read(this.offset, this.file.size() - this.offset));
    const scan = scanFrames(bytes, this.salt, this.next, this.lastMs);
    const first = scan.frames[0];
    if (first === undefined || first.seq !== frame.seq || first.nonce !== frame.nonce) return false;
    this.offset += first.endsAt;
    this.scanned = this.offset;
    this.next = frame.seq + 1;
    this.lastMs = frame.atMs;
    return true;
  }

  /**
   * Syncs what was written. After a failed sync the system may have dropped its copy while calling it clean: so the bytes
   * are written again in place before the next try, and nothing counts until a sync succeeded.
   */
  private repair(): void {
    if (!this.unsynced) return;
    const size = this.file.size();
    try {
      this.file.sync();
    } catch {
      const update = this.fs.openUpdate(this.path);
      try {
        update.write(this.file.read(this.synced, size - this.synced), this.synced);
        update.sync();
      } finally {
        update.close();
      }
    }
    this.unsynced = false;
    this.synced = size;
  }
}

/** On a read-only disk the store can still be read. */
function open(fs: FileSystem, path: string): [OpenFile, boolean] {
  try {
    if (fs.size(path) === undefined) throw new DamagedFile(basename(path), 'A log file is missing');
    return [fs.openAppend(path), true];
  } catch (error) {
    if (!readOnlyCodes.has(codeOf(error))) throw error;
    return [fs.openRead(path), false];
  }
}

const readOnlyCodes = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The same memory, with the methods that read numbers. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
