import type { Command, Target } from './log/commands.ts';
import type { SqlDatabase, SqlRow, SqlValue } from './sql/driver.ts';

/** A transaction that is being written. What runs here runs in every window, in this order. */
export interface Transaction {
  run(sql: string, params?: readonly SqlValue[], target?: Target): void;
  runMany(sql: string, rows: readonly (readonly SqlValue[])[], target?: Target): void;
  /** Reads the state as this transaction has changed it so far. */
  all(sql: string, params?: readonly SqlValue[], target?: Target): SqlRow[];
  /** Takes a finished part away with all its rows, of whatever table, without reading it. */
  dropPart(part: number): void;
  /**
   * Lets the rows of some tables of a finished part stay without being seen, so that deleting them can be undone. The last
   * word counts: an empty list shows everything again.
   */
  hideRows(part: number, tables: readonly string[]): void;
}

/** Statements that run now in memory and are recorded for the log. */
export class RunningTransaction implements Transaction {
  readonly commands: Command[] = [];
  private readonly open = new Set<SqlDatabase>();
  private readonly databaseOf: (target: Target) => SqlDatabase;

  constructor(databaseOf: (target: Target) => SqlDatabase) {
    this.databaseOf = databaseOf;
  }

  run(sql: string, params: readonly SqlValue[] = [], target: Target = 'main'): void {
    this.runMany(sql, [params], target);
  }

  runMany(sql: string, rows: readonly (readonly SqlValue[])[], target: Target = 'main'): void {
    if (rows.length === 0) return;
    const database = this.databaseOf(target);
    if (!this.open.has(database)) {
      database.run('BEGIN');
      this.open.add(database);
    }
    database.runMany(sql, rows);
    this.commands.push({ target, sql, rows });
  }

  all(sql: string, params: readonly SqlValue[] = [], target: Target = 'main'): SqlRow[] {
    return this.databaseOf(target).all(sql, params);
  }

  dropPart(part: number): void {
    this.commands.push({ part, dropped: true });
  }

  hideRows(part: number, tables: readonly string[]): void {
    this.commands.push({ part, hidden: tables });
  }

  end(commit: boolean): void {
    for (const database of this.open) database.run(commit ? 'COMMIT' : 'ROLLBACK');
    this.open.clear();
  }
}
