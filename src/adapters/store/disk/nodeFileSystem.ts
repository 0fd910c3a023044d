import * as fs from 'node:fs';
import { mappedBytes } from '../mappedBytes.ts';
import { codeOf, type FileSystem, type OpenFile } from './fileSystem.ts';

function openFile(path: string, flags: string): OpenFile {
  const fd = fs.openSync(path, flags, 0o600);
  return {
    write(bytes, position) {
      let done = 0;
      while (done < bytes.length) {
        const at = position === undefined ? null : position + done;
        done += fs.writeSync(fd, bytes, done, bytes.length - done, at);
      }
    },
    read(position, length) {
      const bytes = mappedBytes(length);
      let got = 0;
      while (got < length) {
        const more = fs.readSync(fd, bytes, got, length - got, position + got);
        if (more === 0) break;
        got += more;
      }
      return bytes.subarray(0, got);
    },
    size: () => fs.fstatSync(fd).size,
    isAt(path) {
      const there = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
      const here = fs.fstatSync(fd, { bigint: true });
      return there !== undefined && there.ino === here.ino && there.dev === here.dev;
    },
    sync: () => fs.fsyncSync(fd),
    syncLater: () =>
      new Promise((resolve, reject) => fs.fsync(fd, (error) => (error === null ? resolve() : reject(error)))),
    close: () => fs.closeSync(fd),
  };
}

function statOf(path: string): fs.Stats | undefined {
  return fs.statSync(path, { throwIfNoEntry: false });
}

/** Windows holds files that a virus scanner or indexer reads; the rename works a moment later. */
const heldCodes = new Set(['EPERM', 'EACCES', 'EBUSY']);
const renameTries = 60;

function renamePatiently(rename: () => void): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 1; ; attempt++) {
    try {
      rename();
      return;
    } catch (error) {
      if (!heldCodes.has(codeOf(error)) || attempt >= renameTries || process.platform !== 'win32') throw error;
      Atomics.wait(pause, 0, 0, Math.min(10 * attempt, 100));
    }
  }
}

/** The real disk. Files are readable by their owner only. */
export const nodeFileSystem: FileSystem = {
  list: (folder) => fs.readdirSync(folder),
  makeFolder: (folder) => void fs.mkdirSync(folder, { recursive: true, mode: 0o700 }),
  read(path) {
    const file = openFile(path, 'r');
    try {
      return file.read(0, file.size());
    } finally {
      file.close();
    }
  },
  size: (path) => statOf(path)?.size,
  modifiedMs: (path) => statOf(path)?.mtimeMs,
  create: (path, bytes) => fs.writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 }),
  openAppend: (path) => openFile(path, 'a+'),
  openRead: (path) => openFile(path, 'r'),
  openUpdate: (path) => openFile(path, 'r+'),
  rename: (from, to) => renamePatiently(() => fs.renameSync(from, to)),
  remove: (path) => fs.rmSync(path, { force: true }),
  syncFolder(folder) {
    if (process.platform === 'win32') return;
    const fd = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
};
