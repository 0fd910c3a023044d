import { DamagedFile } from './log/logFile.ts';
import type { StoreFolder } from './generations/storeFolder.ts';
import type { StoredPart, TableContent } from './generations/manifest.ts';
import type { SqlDatabase, SqlEngine } from './sql/driver.ts';

/** What a part holds, as its own rows say. */
export interface PartContent {
  readonly rows: number;
  readonly from: string | null;
  readonly to: string | null;
  /** By table; absent in what an earlier version wrote. */
  readonly tables?: Readonly<Record<string, TableContent>>;
}

/** A finished stretch of event rows. Its file is read when its rows are first asked for. */
export interface Part extends PartContent {
  /** Number of the transaction that finished it. */
  readonly id: number;
  /** Tables whose rows in it are not seen. */
  hidden: readonly string[];
  /** The file as some generation names it; absent until one does, or after its rows changed. */
  stored: StoredPart | undefined;
  database: SqlDatabase | undefined;
  /** Rows were deleted since it was finished: a file that another window wrote may still have them. */
  readonly changed?: true;
}

export interface PartsOptions {
  readonly folder: StoreFolder;
  readonly engine: SqlEngine;
  /** Parts held in memory besides those that no file holds yet, bytes. */
  readonly memoryBytes: number;
  /** Brings a part that was finished under an earlier schema up to the present one. */
  readonly upgrade: (database: SqlDatabase) => void;
  readonly damaged: (part: Part, error: DamagedFile) => void;
}

/** The finished parts of a store, oldest first, with the most recently used ones in memory. */
export class Parts {
  private readonly options: PartsOptions;
  private readonly list: Part[] = [];
  /** Ids in the order of their last use. */
  private readonly used = new Set<number>();
  /** Ids whose rows a transaction is changing: they stay in memory until it is over. */
  private readonly pinned = new Set<number>();

  /** Bytes of parts that were opened or filled here so far: what passed through memory. */
  passedBytes = 0;

  constructor(options: PartsOptions) {
    this.options = options;
  }

  all(): readonly Part[] {
    return this.list;
  }

  /** How many parts are in memory and in the log only. */
  get unwritten(): number {
    return this.list.filter(({ stored }) => stored === undefined).length;
  }

  find(id: number): Part | undefined {
    return this.list.find((part) => part.id === id);
  }

  add(part: Part): void {
    this.list.push(part);
    if (part.database !== undefined) {
      this.used.add(part.id);
      this.passedBytes += part.database.bytes();
    }
    this.forgetOldest();
  }

  replace(id: number, content: PartContent): void {
    const index = this.list.findIndex((part) => part.id === id);
    const part = this.list[index];
    if (part !== undefined) this.list[index] = { ...part, ...content, stored: undefined, changed: true };
  }

  hide(id: number, tables: readonly string[]): void {
    const part = this.find(id);
    if (part !== undefined) part.hidden = tables;
  }

  remove(id: number): void {
    const index = this.list.findIndex((part) => part.id === id);
    const [part] = index < 0 ? [] : this.list.splice(index, 1);
    part?.database?.close();
    // A generation that is being written may still hold the part: it then leaves it out.
    if (part !== undefined) part.database = undefined;
    this.used.delete(id);
  }

  /** Takes over the files that another window wrote of parts that are only in memory here. */
  adopt(written: readonly StoredPart[]): void {
    for (const part of this.list) {
      if (part.stored !== undefined || part.changed === true) continue;
      part.stored = written.find(({ id }) => id === part.id);
    }
    this.forgetOldest();
  }

  /** The rows of a part; undefined when its file is damaged (it is then no part any more, and was reported). */
  open(part: Part): SqlDatabase | undefined {
    this.used.delete(part.id);
    this.used.add(part.id);
    if (part.database !== undefined) return part.database;
    if (part.stored === undefined) return undefined;
    this.forgetOldest(part.stored.bytes);
    const image = this.readImage(part, part.stored);
    if (image === undefined) return undefined;
    this.passedBytes += image.length;
    const database = this.options.engine.openIn(image);
    this.options.upgrade(database);
    part.database = database;
    this.forgetOldest();
    return database;
  }

  /** Another window may have written the part anew and removed the file that is known here. */
  private readImage(part: Part, stored: StoredPart): Uint8Array<ArrayBuffer> | undefined {
    const { folder, damaged } = this.options;
    try {
      return folder.readVerified(stored);
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      const other = folder.partInNewest(part.id);
      if (other !== undefined && other.file !== stored.file) {
        part.stored = other;
        return this.readImage(part, other);
      }
      this.remove(part.id);
      damaged(part, error);
      return undefined;
    }
  }

  /** After the schema grew: what is in memory follows at once, what is on disk when it is read. */
  upgradeOpen(): void {
    for (const part of this.list) if (part.database !== undefined) this.options.upgrade(part.database);
  }

  pin(id: number): void {
    this.pinned.add(id);
  }

  unpinAll(): void {
    this.pinned.clear();
  }

  close(): void {
    for (const part of this.list) part.database?.close();
    this.list.length = 0;
    this.used.clear();
  }

  /** Lets go of the parts used longest ago, also to make room for `coming` bytes; they are read again when needed. */
  private forgetOldest(coming = 0): void {
    const open = [...this.used]
      .map((id) => this.find(id))
      .filter((part) => part?.database !== undefined && part.stored !== undefined && !this.pinned.has(part.id));
    let bytes = open.reduce((sum, part) => sum + (part?.stored?.bytes ?? 0), coming);
    for (const part of coming > 0 ? open : open.slice(0, -1)) {
      if (bytes <= this.options.memoryBytes) return;
      bytes -= part?.stored?.bytes ?? 0;
      part?.database?.close();
      if (part !== undefined) part.database = undefined;
    }
  }
}
