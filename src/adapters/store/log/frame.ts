import { crc32 } from 'node:zlib';

// A frame of the log: 37 bytes of header, then the payload.
//
//   0  magic     4   "CSF1"
//   4  salt      8   of this log file: bytes inside a payload can never pass for a frame
//  12  length    4   of the payload
//  16  seq       6   number of the transaction, without gaps
//  22  kind      1
//  23  nonce     4   of the writer's attempt: two equal transactions are two frames
//  27  at        6   wall clock of the writer, milliseconds since the epoch
//  33  crc32     4   of everything before and the payload
export const frameHeaderBytes = 37;
const magic = 0x31465343;

/** `packed`: commands, deflated. */
export const frameKind = { commands: 1, seal: 2, migration: 3, packed: 4 } as const;
export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

export interface Frame {
  readonly seq: number;
  readonly kind: FrameKind;
  readonly nonce: number;
  /** Wall clock of the writer, milliseconds since the epoch. */
  readonly atMs: number;
  readonly payload: Uint8Array;
}

export function encodeFrame(frame: Frame, salt: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + frame.payload.length);
  bytes.writeUInt32LE(magic, 0);
  bytes.set(salt, 4);
  bytes.writeUInt32LE(frame.payload.length, 12);
  bytes.writeUIntLE(frame.seq, 16, 6);
  bytes.writeUInt8(frame.kind, 22);
  bytes.writeUInt32LE(frame.nonce, 23);
  bytes.writeUIntLE(Math.max(0, Math.floor(frame.atMs)), 27, 6);
  bytes.set(frame.payload, frameHeaderBytes);
  bytes.writeUInt32LE(checksum(bytes), 33);
  return bytes;
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(frameHeaderBytes), crc32(frame.subarray(0, 33)));
}

const kinds: ReadonlySet<number> = new Set(Object.values(frameKind));

function isKind(kind: number): kind is FrameKind {
  return kinds.has(kind);
}

/** The frame that starts at `at`, or undefined when no whole and valid one does. */
function frameAt(bytes: Buffer, at: number, salt: Uint8Array): Frame | undefined {
  if (bytes.length - at < frameHeaderBytes || bytes.readUInt32LE(at) !== magic) return undefined;
  if (bytes.compare(salt, 0, salt.length, at + 4, at + 12) !== 0) return undefined;
  const end = at + frameHeaderBytes + bytes.readUInt32LE(at + 12);
  if (end > bytes.length) return undefined;
  const frame = bytes.subarray(at, end);
  if (checksum(frame) !== frame.readUInt32LE(33)) return undefined;
  const kind = frame.readUInt8(22);
  if (!isKind(kind)) return undefined;
  return {
    seq: frame.readUIntLE(16, 6),
    kind,
    nonce: frame.readUInt32LE(23),
    atMs: frame.readUIntLE(27, 6),
    payload: frame.subarray(frameHeaderBytes),
  };
}

/** The salt of a log whose header is damaged, as its first frame carries it; undefined when that is not valid either. */
export function saltOfFirstFrame(bytes: Buffer): { salt: Uint8Array; seq: number } | undefined {
  const salt = Buffer.from(bytes.subarray(4, 12));
  const frame = frameAt(bytes, 0, salt);
  return frame === undefined ? undefined : { salt, seq: frame.seq };
}

/** Whether these bytes begin as a frame of this log and are as long as it says: damage, rather than a write that was cut. */
export function isWholeButInvalid(bytes: Buffer, salt: Uint8Array): boolean {
  if (bytes.length < frameHeaderBytes || bytes.readUInt32LE(0) !== magic) return false;
  if (bytes.compare(salt, 0, salt.length, 4, 12) !== 0) return false;
  return bytes.length >= frameHeaderBytes + bytes.readUInt32LE(12);
}

export interface ScannedFrame extends Frame {
  /** Where it ends, from the start of the scanned bytes. */
  readonly endsAt: number;
}

export interface Scan {
  /** Frames in file order; those whose number was used before are void and left out. */
  readonly frames: readonly ScannedFrame[];
  /** Numbers that no valid frame carries although later ones exist: their bytes were changed after they were written. */
  readonly missing: readonly { readonly seq: number; readonly afterMs: number; readonly beforeMs: number }[];
}

/**
 * Finds the valid frames in a stretch of a log. What is not part of a valid frame is skipped: the torn write of a process
 * that died, or damage. Only the first frame of a number counts; a later one with the same number comes from a writer that
 * was overtaken. Nothing counts after a seal.
 */
export function scanFrames(bytes: Buffer, salt: Uint8Array, nextSeq: number, lastMs: number): Scan {
  const frames: ScannedFrame[] = [];
  const missing: Scan['missing'][number][] = [];
  let expected = nextSeq;
  let beforeMs = lastMs;
  for (let at = 0; at + frameHeaderBytes <= bytes.length;) {
    const frame = frameAt(bytes, at, salt);
    if (frame === undefined) {
      const next = bytes.indexOf(magicBytes, at + 1);
      if (next < 0) break;
      at = next;
      continue;
    }
    at += frameHeaderBytes + frame.payload.length;
    if (frame.seq < expected) continue;
    for (; expected < frame.seq; expected++) missing.push({ seq: expected, afterMs: beforeMs, beforeMs: frame.atMs });
    frames.push({ ...frame, endsAt: at });
    expected = frame.seq + 1;
    beforeMs = frame.atMs;
    if (frame.kind === frameKind.seal) break;
  }
  return { frames, missing };
}

const magicBytes = Buffer.from('CSF1', 'latin1');
