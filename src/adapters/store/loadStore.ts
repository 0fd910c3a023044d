import { isoTime } from '../../app/ports/clock.ts';
import { firstLogName } from './generations/storeFolder.ts';
import { newestGeneration } from './generations/newestGeneration.ts';
import { writeGeneration } from './generations/writeGeneration.ts';
import { giveWayOn } from './giveWay.ts';
import { frameKind } from './log/frame.ts';
import { DamagedFile } from './log/logFile.ts';
import type { LogFollower } from './logFollower.ts';
import type { MigrationStep } from './migrations.ts';
import type { StoreOptions } from './storeOptions.ts';

/** Runs something while no other window appends. */
export type WithLock = <T>(run: () => T | Promise<T>) => Promise<T>;

/**
 * Loads the newest generation that proves itself and the log after it, and brings the schema up to date.
 *
 * @throws the system's error, DamagedFile, NewerStore, or Failure TIMEOUT of the lock; the state is then what could be read
 */
export async function loadStore(follower: LogFollower, options: StoreOptions, withLock: WithLock): Promise<void> {
  const { folder } = follower;
  folder.fs.makeFolder(folder.path);
  for (;;) {
    const seen = new Set(folder.generations());
    const found = await readStore(follower, options, withLock);
    if (found.whole) break;
    // A busy window writes generations and removes what two of them can do without, also while this one reads: what is
    // missing then is not damaged, and all of it is in a generation that was not there before.
    if (folder.generations().some((name) => !seen.has(name))) continue;
    for (const tell of found.damage) tell();
    if (options.passive === true) return;
    await beginAnew(follower, options, withLock);
    break;
  }
  if (!follower.isNewer && (follower.log?.tornBytes ?? 0) > 0) await withLock(() => follower.reportTornTail());
  await migrate(follower, options, withLock);
}

interface ReadStore {
  /** false = the log cannot go on. */
  readonly whole: boolean;
  /** Says what was damaged and sets it aside. */
  readonly damage: readonly (() => void)[];
}

async function readStore(follower: LogFollower, options: StoreOptions, withLock: WithLock): Promise<ReadStore> {
  const { folder } = follower;
  const damage: (() => void)[] = [];
  const generationLog = startFromNewest(follower, options, damage);
  if (generationLog === undefined && !folder.hasFirstLog()) await withLock(() => folder.makeFirstLog());
  const whole = followFrom(follower, generationLog ?? firstLogName, options, damage);
  if (whole) for (const tell of damage) tell();
  return { whole, damage };
}

/** @returns the log that goes on from the generation; undefined when there is none. Its image is garbage by then */
function startFromNewest(
  follower: LogFollower,
  { onlyParts = false }: StoreOptions,
  damage: (() => void)[],
): string | undefined {
  const chosen = newestGeneration(follower.folder, !onlyParts, (file, generation) =>
    damage.push(() => {
      follower.setAside(file);
      if (generation !== file) follower.setAside(generation);
      follower.report({ kind: 'damagedFile', file, missing: null });
    }),
  );
  follower.startFrom(chosen);
  return chosen?.manifest.log;
}

/** @returns false when the log cannot go on */
function followFrom(follower: LogFollower, log: string, { clock }: StoreOptions, damage: (() => void)[]): boolean {
  try {
    follower.switchLog(log);
    follower.follow();
    if (follower.log?.headerIsDamaged !== true) return true;
    const file = follower.logName;
    damage.push(() => follower.report({ kind: 'damagedFile', file, missing: null }));
  } catch (error) {
    if (!(error instanceof DamagedFile) || follower.isNewer) throw error;
    const from = follower.lastWriteMs > 0 ? new Date(follower.lastWriteMs).toISOString() : null;
    const { file } = error;
    damage.push(() => follower.report({ kind: 'damagedFile', file, missing: { from, to: isoTime(clock) } }));
  }
  return false;
}

/** After a log that cannot go on: writes all that could be read as the first generation of a new epoch. */
async function beginAnew(follower: LogFollower, options: StoreOptions, withLock: WithLock): Promise<void> {
  const broken = follower.logName;
  await withLock(async () => {
    const log = await writeEpoch(follower, options);
    follower.setAside(broken);
    follower.switchLog(log);
  });
}

/**
 * After the files of a store in use were taken away: writes down what memory holds, and reports the parts that only the files
 * held. Does nothing when there is a store in the folder. The store then has to be loaded again.
 *
 * @throws the system's error, or Failure TIMEOUT of the lock
 */
export async function putBack(follower: LogFollower, options: StoreOptions, withLock: WithLock): Promise<void> {
  const { folder } = follower;
  folder.fs.makeFolder(folder.path);
  await withLock(async () => {
    if (folder.generations().length > 0 || folder.hasFirstLog()) return;
    for (const { database, stored, from, to } of follower.state.parts.all()) {
      if (database !== undefined || stored === undefined) continue;
      follower.report({ kind: 'missingWrites', file: stored.file, missing: { from, to } });
    }
    await writeEpoch(follower, options);
  });
}

/** Call with the lock. @returns the log of the new epoch */
async function writeEpoch(follower: LogFollower, { clock }: StoreOptions): Promise<string> {
  const content = follower.beginEpoch();
  await writeGeneration(follower.folder, content, giveWayOn(clock), (run) => run());
  return content.log;
}

/** Takes the steps that the schema lacks, each as one frame: a window that dies in between leaves whole steps only. */
async function migrate(follower: LogFollower, options: StoreOptions, withLock: WithLock): Promise<void> {
  const { migrations, clock } = options;
  if (follower.state.schema >= migrations.length) return;
  if (follower.state.schema > 0) {
    await follower.folder.keepCopy(follower.state, follower.seq, giveWayOn(clock));
  }
  await withLock(() => {
    for (;;) {
      follower.follow();
      const step = migrations[follower.state.schema];
      if (step === undefined) return;
      const framed: MigrationStep = { ...step, appliedAt: isoTime(clock) };
      const payload = Buffer.from(JSON.stringify(framed));
      follower.state.migrate(framed, () => follower.append({ kind: frameKind.migration, payload }));
    }
  });
}
