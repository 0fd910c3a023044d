import type { StoreFolder } from './generations/storeFolder.ts';
import { firstLogName } from './generations/storeFolder.ts';
import type { Manifest, StoredFile } from './generations/manifest.ts';
import { frameKind } from './log/frame.ts';
import { DamagedFile, LogFile } from './log/logFile.ts';
import type { Migration } from './migrations.ts';
import type { SqlDatabase } from './sql/driver.ts';

/** What on disk is not as it was written: generations, their files, and the log from the oldest of them on. */
export async function verifyFolder(folder: StoreFolder, giveWay: () => Promise<void>): Promise<string[]> {
  const problems: string[] = [];
  const checked = new Set<string>();
  const manifests: Manifest[] = [];
  for (const name of folder.generations().slice(0, 2)) {
    const manifest = noting(problems, () => folder.manifest(name));
    if (manifest === undefined) continue;
    manifests.push(manifest);
    const files: StoredFile[] = [manifest.main, ...manifest.parts];
    for (const stored of files) {
      if (checked.has(stored.file)) continue;
      checked.add(stored.file);
      noting(problems, () => folder.readVerified(stored));
      await giveWay();
    }
  }
  verifyLogs(folder, manifests.at(-1)?.log ?? firstLogName, problems);
  return problems;
}

function noting<T>(problems: string[], check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    problems.push(`${error.message}: ${error.file}.`);
    return undefined;
  }
}

/** Reads the chain of log files from `first` to the one that still grows. */
function verifyLogs(folder: StoreFolder, first: string, problems: string[]): void {
  for (let name: string | undefined = first; name !== undefined;) {
    const file: string = name;
    name = noting(problems, () => verifyLog(folder, file, problems));
  }
}

/** @returns the log file that goes on after this one */
function verifyLog(folder: StoreFolder, name: string, problems: string[]): string | undefined {
  const log = new LogFile(folder.fs, folder.at(name));
  try {
    const { frames, missing } = log.readNew();
    if (log.headerIsDamaged) problems.push(`The header of a log file is damaged: ${name}.`);
    for (const { seq } of missing) problems.push(`Transaction ${seq} is damaged: ${name}.`);
    const last = frames.at(-1);
    if (last?.kind !== frameKind.seal) {
      if (log.tornIsWhole) problems.push(`The last transaction is damaged: ${name}.`);
      return undefined;
    }
    return (JSON.parse(Buffer.from(last.payload).toString('utf8')) as { log: string }).log;
  } finally {
    log.close();
  }
}

/** What SQLite says of the database in memory, and whether its schema was made by the steps that the code knows. */
export function verifyContent(main: SqlDatabase, migrations: readonly Migration[]): string[] {
  const problems = main
    .rows('PRAGMA integrity_check(20)')
    .map((row) => String(row[0]))
    .filter((line) => line !== 'ok')
    .map((line) => `SQLite reports: ${line}.`);
  for (const [version, sha256] of main.rows('SELECT version, sha256 FROM schema_migrations')) {
    const known = migrations[Number(version) - 1];
    if (known !== undefined && known.sha256 !== sha256) {
      problems.push(`Schema step ${Number(version)} was made by other statements than this version has.`);
    }
  }
  return problems;
}
