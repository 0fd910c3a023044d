/** A growing buffer to write numbers, texts and blobs into, one after another. */
export class ByteWriter {
  private buffer: Buffer;
  private at = 0;

  constructor(capacity = 4096) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  byte(value: number): void {
    if (this.at >= this.buffer.length) this.grow(1);
    this.buffer[this.at++] = value;
  }

  /** A whole number from 0 to 2^53 in seven-bit groups, smallest first. */
  count(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  double(value: number): void {
    this.grow(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** Six bytes: a whole number below 2^48. */
  six(value: number): void {
    this.grow(6);
    this.at = this.buffer.writeUIntLE(value, this.at, 6);
  }

  /** Length in bytes, then UTF-8. */
  text(value: string): void {
    if (value.length < 64 && this.shortAscii(value)) return;
    const length = Buffer.byteLength(value);
    this.count(length);
    this.grow(length);
    this.at += this.buffer.write(value, this.at);
  }

  blob(value: Uint8Array): void {
    this.count(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.grow(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  /** Most texts are short and ASCII: a loop is faster than crossing into native code. */
  private shortAscii(value: string): boolean {
    this.grow(65);
    const start = this.at;
    this.buffer[this.at++] = value.length;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.at = start;
        return false;
      }
      this.buffer[this.at++] = code;
    }
    return true;
  }

  private grow(more: number): void {
    if (this.at + more <= this.buffer.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + more));
    bigger.set(this.buffer.subarray(0, this.at));
    this.buffer = bigger;
  }
}

/** Reads what `ByteWriter` wrote. Every method throws a RangeError at the end of the bytes. */
export class ByteReader {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at >= this.buffer.length;
  }

  byte(): number {
    const value = this.buffer[this.at];
    if (value === undefined) throw new RangeError('The bytes end too early');
    this.at++;
    return value;
  }

  count(): number {
    let value = 0;
    let unit = 1;
    for (let groups = 0; groups < 8; groups++) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
    throw new RangeError('A number is too long');
  }

  double(): number {
    return this.take(8).readDoubleLE();
  }

  six(): number {
    return this.take(6).readUIntLE(0, 6);
  }

  text(): string {
    return this.take(this.count()).toString('utf8');
  }

  blob(): Uint8Array {
    return new Uint8Array(this.take(this.count()));
  }

  raw(length: number): Buffer {
    return this.take(length);
  }

  private take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.buffer.length) throw new RangeError('The bytes end too early');
    const part = this.buffer.subarray(this.at, end);
    this.at = end;
    return part;
  }
}
