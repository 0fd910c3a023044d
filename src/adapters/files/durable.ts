import { open, type FileHandle } from 'node:fs/promises';

/** Exactly `length` bytes from `at`. Throws RangeError when the file ends before. */
export async function readExactly(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done);
    if (bytesRead === 0) throw new RangeError(`the file ends at ${at + done}, before ${at + length}`);
    done += bytesRead;
  }
  return buffer;
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
