/** Pieces from this size on are worth a mapping of their own. */
const largeBytes = 1 << 18;

/**
 * Zeroed bytes that go back to the system as soon as nothing refers to them; of a large piece, only what was written takes
 * memory.
 *
 * What `new Uint8Array(length)` and `Buffer.alloc(length)` take comes from the C library, which keeps freed pieces of up to
 * 32 MB for later: after a purge, glibc held more than the store. A buffer that could be resized is mapped by itself.
 */
export function mappedBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length < largeBytes) return new Uint8Array(length);
  return new Uint8Array(new ArrayBuffer(length, { maxByteLength: length }), 0, length);
}

/** Gives the memory of mapped bytes back at once, instead of when they are collected; nobody may use them any more. */
export function giveBack(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.buffer.resizable) bytes.buffer.resize(0);
}
