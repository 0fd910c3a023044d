import * as fs from 'node:fs';
import type { DesktopContent, DesktopKeySnapshot, DesktopProfile } from '../../../../app/ports/maintenance.ts';
import { Failure, validationFailure } from '../../../../domain/failure.ts';
import { codeOf } from '../../disk/fileSystem.ts';
import { migrateTo, schemaVersion, type Migration } from '../../migrations.ts';
import type { SqlDatabase, SqlEngine } from '../../sql/driver.ts';
import { number, numberOrNull, text, textOrNull } from '../repositories/rows.ts';

/** The last schema of the desktop program. */
const desktopLevel = 3;
const largest = 1 << 30;

export interface DesktopFile {
  readonly level: number;
  /** A copy in memory, brought to level 3. */
  readonly database: SqlDatabase;
}

/**
 * Opens a store of the desktop program, of any level, as a copy in memory: the file is only read.
 *
 * @throws Failure VALIDATION_ERROR naming `path` when it is no such store, is damaged, or is being written
 */
export function openDesktopFile(sql: SqlEngine, path: string, migrations: readonly Migration[]): DesktopFile {
  const bytes = readFile(path);
  let database: SqlDatabase | undefined;
  try {
    database = sql.open(bytes);
    const level = levelOf(database);
    migrateTo(database, desktopLevel, migrations, new Date(0).toISOString());
    return { level, database };
  } catch (error) {
    database?.close();
    if (error instanceof Failure) throw error;
    throw validationFailure('path', 'The file is not a readable Cachify Studio store.');
  }
}

function readFile(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    if (fs.statSync(path).size > largest) throw validationFailure('path', 'The file is larger than 1 GiB.');
    bytes = fs.readFileSync(path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw validationFailure('path', `The file cannot be read (${codeOf(error) || 'unknown'}).`);
  }
  if (Buffer.from(bytes.subarray(0, 16)).toString('latin1') !== 'SQLite format 3\0') {
    throw validationFailure('path', 'The file is not an SQLite database.');
  }
  if ((fs.statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw validationFailure(
      'path',
      'The desktop program still holds the file: quit it first, so that nothing is missed.',
    );
  }
  return bytes;
}

function levelOf(database: SqlDatabase): number {
  const [check] = database.rows('PRAGMA integrity_check(1)');
  if (check?.[0] !== 'ok') throw validationFailure('path', 'The file is damaged.');
  const level = schemaVersion(database);
  if (level < 1 || level > desktopLevel) {
    throw validationFailure('path', 'The file is not a store of the Cachify Studio desktop program.');
  }
  return level;
}

function parsed(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

export function desktopContent({ level, database }: DesktopFile): DesktopContent {
  const count = (table: string): number => Number(database.rows(`SELECT count(*) FROM ${table}`)[0]?.[0] ?? 0);
  return {
    level,
    profiles: database
      .all("SELECT * FROM connection_profiles WHERE engine = 'redis' ORDER BY created_at, id")
      .map(profileOf),
    keySnapshots: database.all('SELECT * FROM key_snapshots ORDER BY captured_at, id').map(keySnapshotOf),
    memcached: {
      profiles: Number(database.rows("SELECT count(*) FROM connection_profiles WHERE engine <> 'redis'")[0]?.[0] ?? 0),
      keys: count('memcached_key_index'),
    },
  };
}

function profileOf(row: Parameters<typeof text>[0]): DesktopProfile {
  const tags = parsed(text(row, 'tags_json'));
  const strategy = text(row, 'retry_backoff_strategy');
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    host: text(row, 'host'),
    port: number(row, 'port'),
    db: numberOrNull(row, 'db_index'),
    tls: number(row, 'tls_enabled') !== 0,
    environment: text(row, 'environment'),
    tags: Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [],
    readOnly: number(row, 'read_only') !== 0 || number(row, 'force_read_only') !== 0,
    timeoutMs: number(row, 'timeout_ms'),
    retry: {
      maxAttempts: number(row, 'retry_max_attempts'),
      backoffMs: number(row, 'retry_backoff_ms'),
      strategy: strategy === 'exponential' ? 'exponential' : 'fixed',
      abortOnErrorRate: number(row, 'retry_abort_on_error_rate'),
    },
  };
}

function keySnapshotOf(row: Parameters<typeof text>[0]): DesktopKeySnapshot {
  return {
    id: text(row, 'id'),
    connectionId: text(row, 'connection_id'),
    key: text(row, 'cache_key'),
    capturedAt: text(row, 'captured_at'),
    value: textOrNull(row, 'value_text'),
    ttlSeconds: numberOrNull(row, 'ttl_seconds'),
    reason: text(row, 'reason'),
  };
}
