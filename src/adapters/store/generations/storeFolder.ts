import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { codeOf, type FileSystem } from '../disk/fileSystem.ts';
import { createLog, DamagedFile, logHeaderBytes } from '../log/logFile.ts';
import type { SqlDatabase } from '../sql/driver.ts';
import { decodeManifest, encodeManifest, type Manifest, type StoredFile, type StoredPart } from './manifest.ts';

const sliceBytes = 1 << 22;
const manifestName = /^generation-\d{4}-\d{12}-[0-9a-f]{8}\.json$/;
const ownName = /^(?:generation-\d{4}|main|part|log)-(\d{12})-[0-9a-f]{8}\.(?:json|db|bin)(?:\.tmp)?$/;
const copyName = /^before-migration-\d{4}-\d{12}\.db$/;
const reserveName = 'reserve';
const reserveBytes = 1 << 18;
const keptGenerations = 2;

export const firstLogName = 'log-first.bin';

export function nonce(): string {
  return randomBytes(4).toString('hex');
}

export function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The files of one store in its folder. Nothing is ever overwritten: every file has a name of its own, is complete and
 * synced before anything refers to it, and is removed only when two newer generations can do without it.
 */
export class StoreFolder {
  readonly path: string;
  readonly fs: FileSystem;

  constructor(fs: FileSystem, path: string) {
    this.fs = fs;
    this.path = path;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** Names of generations, newest first. */
  generations(): string[] {
    return this.fs
      .list(this.path)
      .filter((name) => manifestName.test(name))
      .sort()
      .reverse();
  }

  /** @throws DamagedFile when the manifest is not what was written */
  manifest(name: string): Manifest {
    const manifest = decodeManifest(this.fs.read(this.at(name)));
    if (manifest === undefined) throw new DamagedFile(name, 'A manifest is damaged');
    return manifest;
  }

  /** The file that the newest generations name for a part, when it is there. */
  partInNewest(id: number): StoredPart | undefined {
    for (const name of this.generations().slice(0, keptGenerations)) {
      const part = this.presentParts(name).find((one) => one.id === id);
      if (part !== undefined) return part;
    }
    return undefined;
  }

  /** The parts that a generation names and whose files are there; none when its manifest is damaged. */
  presentParts(generation: string): StoredPart[] {
    const manifest = decodeManifest(this.fs.read(this.at(generation)));
    return manifest?.parts.filter(({ file, bytes }) => this.fs.size(this.at(file)) === bytes) ?? [];
  }

  /** The bytes of a stored file, proven by its hash; they belong to the caller. @throws DamagedFile when they are missing or changed */
  readVerified(stored: StoredFile): Uint8Array<ArrayBuffer> {
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = this.fs.read(this.at(stored.file));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new DamagedFile(stored.file, 'A file is missing');
      throw error;
    }
    if (bytes.length !== stored.bytes || sha256(bytes) !== stored.sha256) {
      throw new DamagedFile(stored.file, 'A file was changed after it was written');
    }
    return bytes;
  }

  /** Writes a file in slices, giving way to other work between them; durable except for its name. */
  async write(name: string, bytes: Uint8Array, giveWay: () => Promise<void>): Promise<StoredFile> {
    const path = this.at(name);
    const temporary = `${path}.tmp`;
    const hash = createHash('sha256');
    this.fs.remove(temporary);
    this.fs.create(temporary, new Uint8Array());
    try {
      const file = this.fs.openUpdate(temporary);
      try {
        for (let at = 0; at < bytes.length; at += sliceBytes) {
          const slice = bytes.subarray(at, at + sliceBytes);
          hash.update(slice);
          file.write(slice, at);
          await giveWay();
        }
        await file.syncLater();
      } finally {
        file.close();
      }
      this.fs.rename(temporary, path);
    } catch (error) {
      this.fs.remove(temporary);
      throw error;
    }
    return { file: name, bytes: bytes.length, sha256: hash.digest('hex') };
  }

  /**
   * Makes a generation the newest one. Every file that it names must have been written before.
   *
   * @returns false when another window published a newer one meanwhile: nothing was done
   */
  async publish(manifest: Manifest, giveWay: () => Promise<void>): Promise<boolean> {
    this.fs.syncFolder(this.path);
    const name = `generation-${padded(manifest.epoch, 4)}-${padded(manifest.seq, 12)}-${nonce()}.json`;
    const [newest] = this.generations();
    if (newest !== undefined && newest > name) return false;
    await this.write(name, encodeManifest(manifest), giveWay);
    this.fs.syncFolder(this.path);
    return true;
  }

  /** Keeps the main database as it is before a migration. Parts stay as they are on disk, whatever the schema. */
  async keepCopy(
    state: { readonly schema: number; readonly main: SqlDatabase },
    seq: number,
    giveWay: () => Promise<void>,
  ): Promise<void> {
    const name = `before-migration-${padded(state.schema, 4)}-${padded(seq, 12)}.db`;
    if (this.fs.size(this.at(name)) !== undefined) return;
    await this.write(name, state.main.image(), giveWay);
    this.fs.syncFolder(this.path);
    const copies = this.fs.list(this.path).filter((file) => copyName.test(file));
    for (const old of copies.sort().slice(0, -2)) this.fs.remove(this.at(old));
  }

  hasFirstLog(): boolean {
    return (this.fs.size(this.at(firstLogName)) ?? 0) >= logHeaderBytes;
  }

  /** Call with the lock. A file that is too short to be a log is what a process left that died while making it. */
  makeFirstLog(): void {
    if (this.hasFirstLog()) return;
    const path = this.at(firstLogName);
    if (this.fs.size(path) !== undefined) this.fs.rename(path, `${path}.torn-${nonce()}`);
    createLog(this.fs, this.path, path, 1);
  }

  /** Makes the log file that begins after transaction `seq`. @returns its name */
  createLogAfter(seq: number): string {
    const log = `log-${padded(seq + 1, 12)}-${nonce()}.bin`;
    createLog(this.fs, this.path, this.at(log), seq + 1);
    return log;
  }

  /** Keeps some room that is given up when the disk is full and rows are to be deleted. @throws the system's error */
  keepReserve(): void {
    const path = this.at(reserveName);
    if (this.fs.size(path) === undefined) this.fs.create(path, new Uint8Array(reserveBytes));
  }

  /** @returns false when there is none */
  giveUpReserve(): boolean {
    const path = this.at(reserveName);
    if (this.fs.size(path) === undefined) return false;
    this.fs.remove(path);
    return true;
  }

  /** Writes and removes a small file. @throws the system's error when there is no space, or the folder is read-only */
  proveSpace(): void {
    const path = this.at(`probe-${nonce()}`);
    try {
      this.fs.create(path, new Uint8Array(64 * 1024));
      const file = this.fs.openUpdate(path);
      try {
        file.sync();
      } finally {
        file.close();
      }
    } finally {
      this.fs.remove(path);
    }
  }

  /** Sets a damaged file aside under a name that says so; it is never deleted by the store. */
  quarantine(name: string, atMs: number): void {
    const stamp = new Date(atMs).toISOString().replaceAll(':', '-');
    try {
      this.fs.rename(this.at(name), this.at(`${name}.corrupt-${stamp}-${nonce()}`));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  /**
   * Remembers that a person is told of a damage, for the other windows and later ones. Where it cannot be remembered, it is
   * rather told again.
   *
   * @returns false when it was told before
   */
  noteTold(damage: string): boolean {
    try {
      this.fs.create(this.at(`told-${sha256(Buffer.from(damage)).slice(0, 16)}`), new Uint8Array());
      return true;
    } catch (error) {
      return codeOf(error) !== 'EEXIST';
    }
  }

  usedBytes(): number {
    return this.fs.list(this.path).reduce((sum, name) => sum + (this.fs.size(this.at(name)) ?? 0), 0);
  }

  /**
   * Removes files of parts that generations name but the log has dropped since. Call with the lock, after following the log:
   * whoever reads those generations reads the log after them too, and drops the parts without reading them.
   */
  removePartsBut(kept: ReadonlySet<number>): void {
    for (const name of this.generations()) {
      for (const { id, file } of this.manifest(name).parts) if (!kept.has(id)) this.fs.remove(this.at(file));
    }
  }

  /**
   * Lets go of the generations before the newest, once that one is proven: what they alone need is room for the next one on
   * a disk that is full. Call with the lock. @throws DamagedFile when the newest cannot be proven: nothing is removed
   */
  keepOnlyNewest(): void {
    const [newest, ...older] = this.generations();
    if (newest === undefined || older.length === 0) return;
    const { seq, log, main, parts } = this.manifest(newest);
    const present = parts.filter(({ file }) => this.fs.size(this.at(file)) !== undefined);
    for (const file of [main, ...present]) this.readVerified(file);
    for (const name of older) this.fs.remove(this.at(name));
    // Before a file is gone, no generation may name it, also after a power loss.
    this.fs.syncFolder(this.path);
    const needed = new Set([newest, log, main.file, ...present.map(({ file }) => file)]);
    for (const name of this.fs.list(this.path)) {
      if (!needed.has(name) && (seqOf(name) ?? Number.MAX_SAFE_INTEGER) <= seq) this.fs.remove(this.at(name));
    }
  }

  /** Removes what the two newest generations, and the log from the older of them on, do not need. */
  removeUnneeded(): void {
    const kept = this.generations().slice(0, keptGenerations);
    const manifests = kept.map((name) => this.manifest(name));
    const oldest = manifests.at(-1);
    if (oldest === undefined || kept.length < keptGenerations) return;
    const needed = new Set<string>(kept);
    for (const { log, main, parts } of manifests) {
      needed.add(log).add(main.file);
      for (const part of parts) needed.add(part.file);
    }
    for (const name of this.fs.list(this.path)) {
      // What is younger than the older generation may be another window's work in progress.
      if (!needed.has(name) && (seqOf(name) ?? Number.MAX_SAFE_INTEGER) <= oldest.seq) this.fs.remove(this.at(name));
    }
  }
}

/** The number of the transaction in a name that the store gives its files; undefined for what is not its own. */
function seqOf(name: string): number | undefined {
  if (name === firstLogName) return 1;
  const match = ownName.exec(name);
  return match === null ? undefined : Number(match[1]);
}
