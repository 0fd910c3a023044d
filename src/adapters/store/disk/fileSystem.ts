/**
 * What the store needs of a file system, as small synchronous steps: each call is one point at which a process can die or a
 * disk can fail, so that tests can stop the store at the n-th of them. Errors carry Node's `code` (`ENOSPC`, `EROFS`, …).
 */
export interface FileSystem {
  /** Names in a folder, in no particular order. */
  list(folder: string): string[];
  makeFolder(folder: string): void;
  /** The bytes belong to the caller. @throws ENOENT */
  read(path: string): Uint8Array<ArrayBuffer>;
  /** Length in bytes, undefined when there is no such file. */
  size(path: string): number | undefined;
  /** Last modification, milliseconds since the epoch; undefined when there is no such file. */
  modifiedMs(path: string): number | undefined;
  /** Makes a file that must not exist, with these bytes; not synced. @throws EEXIST */
  create(path: string, bytes: Uint8Array): void;
  /** Opens for appending and reading; the file is made when missing. */
  openAppend(path: string): OpenFile;
  openRead(path: string): OpenFile;
  /** Opens an existing file for writing at positions. */
  openUpdate(path: string): OpenFile;
  rename(from: string, to: string): void;
  /** Removes a file; a missing one is no error. */
  remove(path: string): void;
  /** Makes the names in a folder durable; does nothing where folders cannot be synced (Windows). */
  syncFolder(folder: string): void;
}

export interface OpenFile {
  /** Appends (or writes at `position`) all bytes. */
  write(bytes: Uint8Array, position?: number): void;
  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  read(position: number, length: number): Uint8Array<ArrayBuffer>;
  size(): number;
  /** Whether `path` still names this file. */
  isAt(path: string): boolean;
  sync(): void;
  /** As `sync`, off the calling thread. */
  syncLater(): Promise<void>;
  close(): void;
}

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
