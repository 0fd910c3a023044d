/** Room beyond a full chunk for the line that fills it. */
const slackBytes = 1 << 16;

/** The lines of one chunk as UTF-8. Made once and filled again and again: a chunk is no garbage. */
export class ChunkBuffer {
  #bytes: Buffer;
  #length = 0;

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes + slackBytes);
  }

  /** What was added since `clear`; it is overwritten after the next one. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  add(line: string): void {
    // No character takes more than three bytes per unit of UTF-16.
    if (this.#bytes.length - this.#length < 3 * line.length) this.#makeRoom(Buffer.byteLength(line));
    this.#length += this.#bytes.write(line, this.#length);
  }

  #makeRoom(more: number): void {
    if (this.#bytes.length - this.#length >= more) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Buffers that go round between whoever fills them and whoever writes them. */
export class ChunkBuffers {
  readonly #bytes: number;
  readonly #free: ChunkBuffer[] = [];

  /** @param bytes that a chunk usually takes */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** An empty one. */
  take(): ChunkBuffer {
    const buffer = this.#free.pop() ?? new ChunkBuffer(this.#bytes);
    buffer.clear();
    return buffer;
  }

  /** Takes back one whose bytes nobody needs any more. */
  give(buffer: ChunkBuffer): void {
    this.#free.push(buffer);
  }
}
