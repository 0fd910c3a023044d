import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { ChunkBuffer } from './chunkBuffer.ts';

const writtenAtOnce = 1 << 18;

/**
 * Writes a file that only its owner can read, over what was there, without ever holding all of it.
 *
 * @returns SHA-256 (lower-case hex) and size of what was written
 */
export function writePieces(
  path: string,
  pieces: Iterable<string>,
): { readonly sha256: string; readonly bytes: number } {
  const hash = createHash('sha256');
  const buffer = new ChunkBuffer(writtenAtOnce);
  const file = openSync(path, 'w', 0o600);
  let bytes = 0;
  const write = (): void => {
    const waiting = buffer.bytes;
    hash.update(waiting);
    for (let at = 0; at < waiting.length;) at += writeSync(file, waiting, at);
    bytes += waiting.length;
    buffer.clear();
  };
  try {
    for (const piece of pieces) {
      buffer.add(piece);
      if (buffer.bytes.length >= writtenAtOnce) write();
    }
    write();
  } finally {
    closeSync(file);
  }
  return { sha256: hash.digest('hex'), bytes };
}
