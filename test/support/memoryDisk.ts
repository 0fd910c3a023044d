import { posix } from 'node:path';
import type { FileSystem, OpenFile } from '../../src/adapters/store/disk/fileSystem.ts';

/** The process of the test "died" at this point: nothing that it does afterwards reaches the disk. */
export class Killed extends Error {
  constructor() {
    super('killed');
    this.name = 'Killed';
  }
}

interface Inode {
  readonly number: number;
  data: Buffer;
}

/** A change that no sync has confirmed. */
type Pending =
  | { readonly kind: 'write'; readonly inode: Inode; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'name'; readonly path: string; readonly inode: Inode | undefined };

export type Step =
  | 'create'
  | 'write'
  | 'sync'
  | 'rename'
  | 'remove'
  | 'syncFolder'
  | 'makeFolder'
  | 'openAppend'
  | 'openUpdate';

export interface Fault {
  /** Which changing step fails, from 1. */
  readonly at: number;
  /** `kill`: the process ends before the step; `killAfter`: right after it; else the code of the system's error. */
  readonly how: 'kill' | 'killAfter' | 'ENOSPC' | 'EIO' | 'EROFS' | 'EACCES' | 'EBUSY';
  /** Every later step fails too. */
  readonly lasting?: boolean;
  /** A failing or killed write leaves this share of its bytes. */
  readonly partial?: number;
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code} by the test`), { code });
}

/**
 * A disk in memory that knows which changes were synced. It can fail at any step, and gives every state in which a power
 * cut could leave it: all that was synced, and any combination of what was not.
 */
export class MemoryDisk {
  private names = new Map<string, Inode>();
  private durableNames = new Map<string, Inode>();
  private durableData = new Map<number, Buffer>();
  private pending: Pending[] = [];
  private nextInode = 1;
  private clockMs = 1;
  /** Bytes that fit. */
  capacity = Infinity;

  /** A process's view of this disk, which can fail. */
  mount(fault?: Fault): MountedDisk {
    return new MountedDisk(this, fault);
  }

  get pendingCount(): number {
    return this.pending.length;
  }

  paths(): string[] {
    return [...this.names.keys()];
  }

  has(path: string): boolean {
    return this.names.has(path);
  }

  bytes(path: string): Buffer {
    const inode = this.names.get(path);
    if (inode === undefined) throw failure('ENOENT');
    return inode.data;
  }

  bytesUsed(): number {
    return [...this.names.values()].reduce((sum, { data }) => sum + data.length, 0);
  }

  /** Replaces a file's bytes behind the store's back, durable. */
  damage(path: string, bytes: Buffer): void {
    const inode: Inode = { number: this.nextInode++, data: bytes };
    this.names.set(path, inode);
    this.durableNames.set(path, inode);
    this.durableData.set(inode.number, bytes);
  }

  /** What is on the disk after the machine lost its power; `keeps` says which unsynced changes made it. */
  afterPowerLoss(keeps: (index: number) => boolean | number): MemoryDisk {
    const after = new MemoryDisk();
    after.nextInode = this.nextInode;
    const copies = new Map<number, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const known = copies.get(inode.number);
      if (known !== undefined) return known;
      const copy: Inode = { number: inode.number, data: Buffer.from(this.durableData.get(inode.number) ?? []) };
      copies.set(inode.number, copy);
      return copy;
    };
    for (const [path, inode] of this.durableNames) after.names.set(path, copyOf(inode));
    this.pending.forEach((change, index) => {
      const kept = keeps(index);
      if (kept === false || kept === 0) return;
      if (change.kind === 'name') {
        if (change.inode === undefined) after.names.delete(change.path);
        else after.names.set(change.path, copyOf(change.inode));
        return;
      }
      const copy = copyOf(change.inode);
      const bytes = kept === true ? change.bytes : change.bytes.subarray(0, Math.floor(change.bytes.length * kept));
      copy.data = overlaid(copy.data, change.at, bytes);
    });
    for (const [path, inode] of after.names) {
      after.durableNames.set(path, inode);
      after.durableData.set(inode.number, Buffer.from(inode.data));
    }
    return after;
  }

  copy(): MemoryDisk {
    const all = this.afterPowerLoss(() => true);
    return all;
  }

  // --- what mounts do

  list(folder: string): string[] {
    return this.paths()
      .filter((path) => posix.dirname(path) === folder)
      .map((path) => posix.basename(path));
  }

  inode(path: string): Inode | undefined {
    return this.names.get(path);
  }

  create(path: string): Inode {
    const inode: Inode = { number: this.nextInode++, data: Buffer.alloc(0) };
    this.setName(path, inode);
    return inode;
  }

  setName(path: string, inode: Inode | undefined): void {
    if (inode === undefined) this.names.delete(path);
    else this.names.set(path, inode);
    this.pending.push({ kind: 'name', path, inode });
  }

  write(inode: Inode, at: number, bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    if (this.bytesUsed() + Math.max(0, at + copy.length - inode.data.length) > this.capacity) throw failure('ENOSPC');
    inode.data = overlaid(inode.data, at, copy);
    this.pending.push({ kind: 'write', inode, at, bytes: copy });
    this.clockMs++;
  }

  sync(inode: Inode): void {
    let durable = this.durableData.get(inode.number) ?? Buffer.alloc(0);
    for (const change of this.pending) {
      if (change.kind === 'write' && change.inode === inode) durable = overlaid(durable, change.at, change.bytes);
    }
    this.durableData.set(inode.number, durable);
    this.forget(inode);
  }

  /**
   * A sync that failed: as on Linux, what was waiting is dropped and called clean. It stays readable until the power goes,
   * and a later sync does not bring it to the disk.
   */
  failSync(inode: Inode): void {
    this.forget(inode);
  }

  private forget(inode: Inode): void {
    this.pending = this.pending.filter((change) => change.kind === 'name' || change.inode !== inode);
  }

  syncNames(): void {
    this.durableNames = new Map(this.names);
    this.pending = this.pending.filter((change) => change.kind !== 'name');
  }

  modifiedMs(): number {
    return this.clockMs;
  }
}

function overlaid(data: Buffer, at: number, bytes: Buffer): Buffer {
  const result = Buffer.alloc(Math.max(data.length, at + bytes.length));
  result.set(data, 0);
  result.set(bytes, at);
  return result;
}

/** One process's access to a `MemoryDisk`. */
export class MountedDisk implements FileSystem {
  private readonly disk: MemoryDisk;
  private fault: Fault | undefined;
  private dead = false;
  /** Changing steps so far. */
  steps = 0;
  readonly trace: Step[] = [];

  constructor(disk: MemoryDisk, fault?: Fault) {
    this.disk = disk;
    this.fault = fault;
  }

  /** From now on nothing fails. */
  heal(): void {
    this.fault = undefined;
  }

  get isDead(): boolean {
    return this.dead;
  }

  /** What a fault may prevent: `run` gets the share of a write that still reaches the disk. */
  private step(name: Step, run: (share: number) => void, failed: () => void = () => undefined): void {
    if (this.dead) throw new Killed();
    this.steps++;
    this.trace.push(name);
    const { fault } = this;
    const hit = fault !== undefined && (this.steps === fault.at || (fault.lasting === true && this.steps > fault.at));
    if (!hit) {
      run(1);
      return;
    }
    if (fault.how === 'kill' || fault.how === 'killAfter') {
      this.dead = true;
      if (fault.how === 'killAfter') run(1);
      else if (name === 'write' && fault.partial !== undefined) run(fault.partial);
      throw new Killed();
    }
    if (name === 'write' && fault.partial !== undefined) run(fault.partial);
    failed();
    throw failure(fault.how);
  }

  private alive(): void {
    if (this.dead) throw new Killed();
  }

  list(folder: string): string[] {
    this.alive();
    return this.disk.list(folder);
  }

  makeFolder(): void {
    this.step('makeFolder', () => undefined);
  }

  read(path: string): Uint8Array<ArrayBuffer> {
    this.alive();
    return Buffer.from(this.disk.bytes(path));
  }

  size(path: string): number | undefined {
    this.alive();
    return this.disk.inode(path)?.data.length;
  }

  modifiedMs(path: string): number | undefined {
    return this.disk.inode(path) === undefined ? undefined : this.disk.modifiedMs();
  }

  create(path: string, bytes: Uint8Array): void {
    this.step('create', () => {
      if (this.disk.inode(path) !== undefined) throw failure('EEXIST');
      this.disk.create(path);
    });
    if (bytes.length > 0) this.write(path, bytes);
  }

  private write(path: string, bytes: Uint8Array): void {
    const inode = this.disk.inode(path);
    if (inode !== undefined) this.step('write', (share) => this.disk.write(inode, 0, partOf(bytes, share)));
  }

  openAppend(path: string): OpenFile {
    this.step('openAppend', () => undefined);
    return this.open(this.disk.inode(path) ?? this.disk.create(path));
  }

  openRead(path: string): OpenFile {
    this.alive();
    return this.openUpdateUnchecked(path);
  }

  openUpdate(path: string): OpenFile {
    this.step('openUpdate', () => undefined);
    return this.openUpdateUnchecked(path);
  }

  private openUpdateUnchecked(path: string): OpenFile {
    const inode = this.disk.inode(path);
    if (inode === undefined) throw failure('ENOENT');
    return this.open(inode);
  }

  private open(inode: Inode): OpenFile {
    const sync = (): void =>
      this.step(
        'sync',
        () => this.disk.sync(inode),
        () => this.disk.failSync(inode),
      );
    return {
      write: (bytes, position) =>
        this.step('write', (share) => this.disk.write(inode, position ?? inode.data.length, partOf(bytes, share))),
      read: (position, length) => {
        this.alive();
        return Buffer.from(inode.data.subarray(position, position + length));
      },
      size: () => {
        this.alive();
        return inode.data.length;
      },
      isAt: (path) => {
        this.alive();
        return this.disk.inode(path) === inode;
      },
      sync,
      syncLater: async () => sync(),
      close: () => undefined,
    };
  }

  rename(from: string, to: string): void {
    this.step('rename', () => {
      const inode = this.disk.inode(from);
      if (inode === undefined) throw failure('ENOENT');
      this.disk.setName(to, inode);
      this.disk.setName(from, undefined);
    });
  }

  remove(path: string): void {
    this.step('remove', () => {
      if (this.disk.inode(path) !== undefined) this.disk.setName(path, undefined);
    });
  }

  syncFolder(): void {
    this.step('syncFolder', () => this.disk.syncNames());
  }
}

function partOf(bytes: Uint8Array, share: number): Uint8Array {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}
