import type { Database as SqlJsDatabase, SqlJsStatic, Statement } from 'sql.js';
import { giveBack, mappedBytes } from '../mappedBytes.ts';
import { mergeSketches, ofPattern } from './functions.ts';

export type SqlValue = null | number | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * One SQLite database in memory. All of the store's SQL goes through this seam, so that another engine can take the place
 * of sql.js. Statements are compiled once and kept.
 */
export interface SqlDatabase {
  /** Runs one statement for its effect. */
  run(sql: string, params?: readonly SqlValue[]): void;
  /** Runs one statement once per row of parameters. */
  runMany(sql: string, rows: readonly (readonly SqlValue[])[]): void;
  /** Runs a script of several statements without parameters. */
  script(sql: string): void;
  all(sql: string, params?: readonly SqlValue[]): SqlRow[];
  /** Rows as arrays in the order of the columns: cheaper for many rows. */
  rows(sql: string, params?: readonly SqlValue[]): SqlValue[][];
  /** Rows one by one; end the loop early to stop the query. */
  each(sql: string, params?: readonly SqlValue[]): Iterable<SqlValue[]>;
  /** How many rows the last statement inserted, changed or deleted. */
  changes(): number;
  /** Size of the database, bytes. */
  bytes(): number;
  /** The database as a file image. Not inside a transaction. */
  image(): Uint8Array;
  close(): void;
}

export interface SqlEngine {
  /**
   * A new empty database, or one from a copy of a file image.
   *
   * @param roomBytes how much it is about to grow: so far, it grows in place
   * @throws Error when the image is no database
   */
  open(image?: Uint8Array, roomBytes?: number): SqlDatabase;
  /**
   * A database in a file image itself: whoever gives the bytes does not use them again.
   *
   * @throws Error when the image is no database
   */
  openIn(image: Uint8Array<ArrayBuffer>): SqlDatabase;
}

const keptStatements = 200;

class SqlJs implements SqlDatabase {
  private readonly statements = new Map<string, Statement>();
  private readonly database: SqlJsDatabase;
  /** What it was opened in; a database that has outgrown it is elsewhere. */
  private readonly memory: WeakRef<Uint8Array<ArrayBuffer>>;

  /** @param imageBytes how much of `memory` is the file; the rest is room */
  constructor(module: SqlJsStatic, memory: Uint8Array<ArrayBuffer>, imageBytes: number) {
    const database = new module.Database(new InPlace(memory, imageBytes));
    this.database = database;
    this.memory = new WeakRef(memory);
    // The file is memory: a rollback journal and locks on it would only cost time.
    database.run('PRAGMA journal_mode=MEMORY');
    database.run('PRAGMA locking_mode=EXCLUSIVE');
    database.run('PRAGMA synchronous=OFF');
    database.run('PRAGMA temp_store=MEMORY');
    database.run('PRAGMA foreign_keys=OFF');
    database.run('PRAGMA trusted_schema=OFF');
    database.create_function('of_pattern', ofPattern);
    database.create_function('merge_sketches', mergeSketches);
  }

  run(sql: string, params: readonly SqlValue[] = []): void {
    this.statement(sql).run(params as SqlValue[]);
  }

  runMany(sql: string, rows: readonly (readonly SqlValue[])[]): void {
    const statement = this.statement(sql);
    for (const row of rows) statement.run(row as SqlValue[]);
  }

  script(sql: string): void {
    this.database.exec(sql);
  }

  all(sql: string, params: readonly SqlValue[] = []): SqlRow[] {
    const statement = this.statement(sql);
    const found: SqlRow[] = [];
    try {
      statement.bind(params as SqlValue[]);
      while (statement.step()) found.push(statement.getAsObject());
    } finally {
      statement.reset();
    }
    return found;
  }

  rows(sql: string, params: readonly SqlValue[] = []): SqlValue[][] {
    return [...this.each(sql, params)];
  }

  *each(sql: string, params: readonly SqlValue[] = []): Iterable<SqlValue[]> {
    const statement = this.database.prepare(sql, params as SqlValue[]);
    try {
      while (statement.step()) yield statement.get();
    } finally {
      statement.free();
    }
  }

  changes(): number {
    return this.database.getRowsModified();
  }

  bytes(): number {
    return this.pragma('page_count') * this.pragma('page_size');
  }

  private pragma(name: string): number {
    return Number(this.rows(`PRAGMA ${name}`)[0]?.[0] ?? 0);
  }

  image(): Uint8Array {
    return this.database.export();
  }

  close(): void {
    this.statements.clear();
    this.database.close();
    const memory = this.memory.deref();
    if (memory !== undefined) giveBack(memory);
  }

  private statement(sql: string): Statement {
    const kept = this.statements.get(sql);
    if (kept !== undefined) {
      this.statements.delete(sql);
      this.statements.set(sql, kept);
      return kept;
    }
    const statement = this.database.prepare(sql);
    this.statements.set(sql, statement);
    for (const [oldest, unused] of this.statements) {
      if (this.statements.size <= keptStatements) break;
      unused.free();
      this.statements.delete(oldest);
    }
    return statement;
  }
}

export function sqlJsEngine(module: SqlJsStatic): SqlEngine {
  const empty = emptyImage(module);
  return {
    open(image = empty, roomBytes = 0) {
      const memory = mappedBytes(image.length + roomBytes);
      memory.set(image);
      return new SqlJs(module, memory, image.length);
    },
    openIn: (image) => new SqlJs(module, image, image.length),
  };
}

/** A file of one page, without tables. */
function emptyImage(module: SqlJsStatic): Uint8Array {
  const database = new module.Database();
  database.run('PRAGMA user_version = 0');
  const image = database.export();
  database.close();
  return image;
}

/**
 * An image that is its own copy. sql.js makes one with `slice` and keeps the database in it; it moves to a larger one only
 * when the database has filled it.
 */
class InPlace extends Uint8Array<ArrayBuffer> {
  private readonly memory: Uint8Array<ArrayBuffer>;

  constructor(memory: Uint8Array<ArrayBuffer>, imageBytes: number) {
    super(memory.buffer, memory.byteOffset, imageBytes);
    this.memory = memory;
  }

  override slice(): Uint8Array<ArrayBuffer> {
    return this.memory;
  }
}

/** Pages that hold nothing are left out of an image when they are more than this share of it. */
const emptyShare = 0.2;

/** The image of a database, without the room of deleted rows. */
export function compactImage(database: SqlDatabase): Uint8Array {
  const pragma = (name: string): number => Number(database.rows(`PRAGMA ${name}`)[0]?.[0] ?? 0);
  if (pragma('freelist_count') > pragma('page_count') * emptyShare) database.run('VACUUM');
  return database.image();
}
