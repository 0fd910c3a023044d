import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlDatabase } from './sql/driver.ts';

/** One step of the store's schema. Released steps never change. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

const fileName = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** Reads the numbered steps of a folder. @throws Error when a number is missing or stands twice */
export function readMigrations(folder: string): Migration[] {
  const found: Migration[] = [];
  for (const file of readdirSync(folder).sort()) {
    const match = fileName.exec(file);
    if (match === null) continue;
    const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
    const version = Number(match[1]);
    if (version !== found.length + 1) throw new Error(`Migration ${found.length + 1} is missing before ${file}`);
    found.push({ version, name: match[2] ?? '', sql, sha256: createHash('sha256').update(sql).digest('hex') });
  }
  return found;
}

/** What a migration's frame in the log holds: all that another window needs to take the same step. */
export interface MigrationStep extends Migration {
  readonly appliedAt: string;
}

/**
 * The schema's version. A file of the desktop program carries none: its level is told by its tables.
 *
 * @returns 0 for an empty database
 */
export function schemaVersion(database: SqlDatabase): number {
  const version = Number(database.rows('PRAGMA user_version')[0]?.[0] ?? 0);
  if (version > 0) return version;
  const tables = new Set(database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'").map((row) => row[0]));
  if (tables.has('alert_rules')) return 3;
  if (tables.has('history_events')) return 2;
  return tables.has('connection_profiles') ? 1 : 0;
}

/**
 * Takes one step in several databases at once, or in none.
 *
 * @param confirm asked when every statement has succeeded and nothing is final yet; false gives everything up
 * @throws the engine's error, or that of `confirm`, with nothing changed
 */
export function applyMigration(
  databases: readonly SqlDatabase[],
  step: MigrationStep,
  confirm: () => boolean = () => true,
): boolean {
  const begun: SqlDatabase[] = [];
  let confirmed = false;
  try {
    for (const database of databases) {
      database.run('BEGIN');
      begun.push(database);
      runStep(database, step);
    }
    confirmed = confirm();
  } finally {
    for (const database of begun) database.run(confirmed ? 'COMMIT' : 'ROLLBACK');
  }
  return confirmed;
}

function runStep(database: SqlDatabase, step: MigrationStep): void {
  database.script(step.sql);
  database.script(
    'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL)',
  );
  database.run('INSERT OR REPLACE INTO schema_migrations VALUES (?, ?, ?, ?)', [
    step.version,
    step.name,
    step.sha256,
    step.appliedAt,
  ]);
  database.script(`PRAGMA user_version = ${step.version}`);
}

/** Brings a database up to `version` without a log: for parts that were finished under an earlier schema. */
export function migrateTo(database: SqlDatabase, version: number, steps: readonly Migration[], at: string): void {
  for (let current = schemaVersion(database); current < version; current++) {
    const step = steps[current];
    if (step === undefined) throw new Error(`Migration ${current + 1} is unknown`);
    applyMigration([database], { ...step, appliedAt: at });
  }
}
