import type { Command, Target } from './log/commands.ts';
import { frameKind, type Frame } from './log/frame.ts';
import { unpackCommands } from './log/packing.ts';
import { applyMigration, migrateTo, schemaVersion, type Migration, type MigrationStep } from './migrations.ts';
import type { RowKind } from './generations/manifest.ts';
import type { Part, PartContent, Parts } from './parts.ts';
import type { SqlDatabase, SqlEngine } from './sql/driver.ts';
import { RunningTransaction } from './transaction.ts';

/**
 * Counts the rows of a part by kind, in slices. `isOpen` says, after each slice, whether the part is still there.
 *
 * @returns undefined when there are too many kinds, or the part went away
 */
export type CountKinds = (
  part: SqlDatabase,
  giveWay: () => Promise<void>,
  isOpen: () => boolean,
) => Promise<readonly RowKind[] | undefined>;

export interface StateOptions {
  readonly sql: SqlEngine;
  readonly migrations: readonly Migration[];
  /** true: the main database stays without rows, for who reads parts only; those are the same as anywhere. */
  readonly onlyParts?: boolean;
  /** Present when event rows are kept in parts: says what a part holds. */
  readonly contentOf?: (part: SqlDatabase) => PartContent;
  /** Counts the rows of a part by their kind, for its manifest. */
  readonly kindsOf?: CountKinds;
}

/** What one frame did besides changing rows. */
export type Applied = 'rows' | 'nothing' | { readonly nextLog: string };

/**
 * The state in memory that the frames of a log make, one after another: the main database, and the part that takes new
 * event rows. The same frames give the same state in every window.
 */
export class StoreState {
  readonly parts: Parts;
  private readonly options: StateOptions;
  private mainDatabase: SqlDatabase;
  private currentPart: SqlDatabase | undefined;
  private rowsInPart = 0;
  private emptyImage: { readonly schema: number; readonly image: Uint8Array } | undefined;

  constructor(options: StateOptions, parts: Parts, image?: Uint8Array) {
    this.options = options;
    this.parts = parts;
    this.mainDatabase = options.sql.open(image, mainRoomBytes + Math.ceil((image?.length ?? 0) / 4));
    if (options.contentOf !== undefined) this.currentPart = this.emptyPart();
  }

  get main(): SqlDatabase {
    return this.mainDatabase;
  }

  /** The part that takes new rows; undefined for a store without parts. */
  get part(): SqlDatabase | undefined {
    return this.currentPart;
  }

  /** Rows that the current part took, about. */
  get partRows(): number {
    return this.rowsInPart;
  }

  get schema(): number {
    return schemaVersion(this.mainDatabase);
  }

  begin(): RunningTransaction {
    return new RunningTransaction((target) => this.databaseOf(target));
  }

  /** @returns `nothing` when a statement failed: the frame then changed nothing */
  apply(frame: Frame): Applied {
    if (frame.kind === frameKind.commands || frame.kind === frameKind.packed) {
      return this.applyCommands(unpackCommands(frame)) ? 'rows' : 'nothing';
    }
    const content: unknown = JSON.parse(Buffer.from(frame.payload).toString('utf8'));
    if (frame.kind === frameKind.migration) {
      return this.applyStep(content as MigrationStep) ? 'rows' : 'nothing';
    }
    this.finishPart(frame.seq);
    return { nextLog: (content as { log: string }).log };
  }

  /**
   * Takes a step in every database that is in memory; parts on disk follow when they are read.
   *
   * @param confirm asked when every statement has succeeded; false, or an error, gives the step up
   */
  migrate(step: MigrationStep, confirm?: () => boolean): void {
    const databases = this.currentPart === undefined ? [this.mainDatabase] : [this.mainDatabase, this.currentPart];
    if (applyMigration(databases, step, confirm)) this.parts.upgradeOpen();
  }

  /** For a main database that is not read: takes on the schema of the one that stands for it, known here or newer. */
  beAtSchema(version: number): void {
    this.migrateFully(beginning, version);
    if (this.schema < version) this.mainDatabase.run(`PRAGMA user_version = ${version}`);
  }

  /** Takes the steps that are missing, in memory only, up to `version`: by default all that the code knows. */
  migrateFully(appliedAt: string, version = this.options.migrations.length): void {
    for (const step of this.options.migrations.slice(this.schema, version)) this.migrate({ ...step, appliedAt });
  }

  /** After a transaction: what it did to the parts. A finished part whose rows changed is written anew, an empty one goes. */
  noteChanges(commands: readonly Command[]): void {
    const touched = new Set<number>();
    for (const command of commands) {
      if ('hidden' in command) this.parts.hide(command.part, command.hidden);
      else if ('dropped' in command) this.parts.remove(command.part);
      else if (command.target === 'part') this.rowsInPart += command.rows.length;
      else if (typeof command.target === 'number') touched.add(command.target);
    }
    for (const id of touched) {
      const part = this.parts.find(id);
      const database = part === undefined ? undefined : this.parts.open(part);
      if (database === undefined || this.options.contentOf === undefined) continue;
      const content = this.options.contentOf(database);
      if (content.rows === 0) this.parts.remove(id);
      else this.parts.replace(id, content);
    }
    this.parts.unpinAll();
  }

  /** Ends the current part, if it holds anything, and begins a new one. */
  finishPart(id: number): void {
    const database = this.currentPart;
    if (database === undefined || this.options.contentOf === undefined) return;
    const content = this.options.contentOf(database);
    if (content.rows === 0) return;
    this.parts.add({ ...content, id, hidden: [], stored: undefined, database } satisfies Part);
    this.currentPart = this.emptyPart();
  }

  /** Brings a part that was finished under an earlier schema up to the present one. */
  upgrade(database: SqlDatabase): void {
    migrateTo(database, Math.min(this.schema, this.options.migrations.length), this.options.migrations, beginning);
  }

  close(): void {
    this.currentPart?.close();
    this.parts.close();
    this.mainDatabase.close();
  }

  /** A step follows the one before it, also where that one's frame was lost: the code knows what it was. */
  private applyStep(step: MigrationStep): boolean {
    this.migrateFully(step.appliedAt, step.version - 1);
    if (this.schema === step.version - 1) this.migrate(step);
    return this.schema >= step.version;
  }

  private applyCommands(commands: readonly Command[]): boolean {
    if (this.tryCommands(commands)) return true;
    if (this.schema >= this.options.migrations.length) return false;
    // The step that made their tables may be in a frame that was lost.
    this.migrateFully(beginning);
    return this.tryCommands(commands);
  }

  private tryCommands(commands: readonly Command[]): boolean {
    const running = this.begin();
    let whole = false;
    try {
      for (const command of commands) {
        if (!('sql' in command)) continue;
        const { sql, rows, target } = command;
        if (target === 'main' && this.options.onlyParts === true) continue;
        // A part that turned out damaged here is gone: there is nothing left to delete in it.
        if (typeof target !== 'number' || this.isReadable(target)) running.runMany(sql, rows, target);
      }
      whole = true;
    } catch {
      // Only after an earlier frame was lost can a statement fail that succeeded once; the caller reports it.
      whole = false;
    } finally {
      running.end(whole);
    }
    if (whole) this.noteChanges(commands);
    else this.parts.unpinAll();
    return whole;
  }

  private isReadable(id: number): boolean {
    const part = this.parts.find(id);
    return part !== undefined && this.parts.open(part) !== undefined;
  }

  private databaseOf(target: Target): SqlDatabase {
    if (target === 'main') return this.mainDatabase;
    if (typeof target === 'number') {
      this.parts.pin(target);
      const part = this.parts.find(target);
      const database = part === undefined ? undefined : this.parts.open(part);
      if (database === undefined) throw new Error(`There is no part ${target}`);
      return database;
    }
    if (this.currentPart === undefined) throw new Error('This store keeps no event rows');
    return this.currentPart;
  }

  private emptyPart(): SqlDatabase {
    this.rowsInPart = 0;
    const { schema } = this;
    if (this.emptyImage?.schema === schema) return this.options.sql.open(this.emptyImage.image, partRoomBytes);
    const database = this.options.sql.open();
    this.upgrade(database);
    this.emptyImage = { schema, image: database.image() };
    return database;
  }
}

/** A full part of events is somewhat smaller; a larger one moves to other memory while it grows. */
const partRoomBytes = 16 * (1 << 20);
const mainRoomBytes = 8 * (1 << 20);

/** Parts made anew in several windows must be equal: their schema carries no time of making. */
const beginning = new Date(0).toISOString();
