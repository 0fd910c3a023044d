import { isoTime } from '../../app/ports/clock.ts';
import { describe, diskFailure, isExpected, newerFailure, NewerStore, type EngineHealth } from './diskFailures.ts';
import { codeOf } from './disk/fileSystem.ts';
import { GenerationCycle } from './generations/generationCycle.ts';
import { StoreFolder } from './generations/storeFolder.ts';
import { giveWayOn } from './giveWay.ts';
import { JobQueue } from './jobQueue.ts';
import { loadStore, putBack } from './loadStore.ts';
import { StoreLock } from './lock.ts';
import { DamagedFile } from './log/logFile.ts';
import { packCommands } from './log/packing.ts';
import { LogFollower } from './logFollower.ts';
import type { SqlDatabase } from './sql/driver.ts';
import type { EventPart, StoreOptions } from './storeOptions.ts';
import type { Transaction } from './transaction.ts';
import { verifyContent, verifyFolder } from './verifyStore.ts';

/**
 * One store: a database in memory that follows a log on disk which every window appends to.
 *
 * A commit takes the lock, applies what others appended, runs its statements, appends them as one frame, syncs, and only
 * then is acknowledged. In the background the state is written as a generation, from which the next start goes on.
 * The protocol and its reasons: docs/decisions/storage-protocol.md.
 */
export class StoreEngine {
  private readonly options: StoreOptions;
  private readonly lock: StoreLock;
  private readonly follower: LogFollower;
  private readonly generations: GenerationCycle;
  private readonly queue: JobQueue;
  private standing: Exclude<EngineHealth, { readonly kind: 'notCompacted' }> = { kind: 'ready' };
  /** Why the last generation could not be written; undefined when it was. */
  private generationError: unknown;
  private closed = false;
  /** `follower.foreign` when it was last asked whether others wrote. */
  private heardOf = 0;

  private constructor(options: StoreOptions) {
    this.options = options;
    this.lock = new StoreLock(options.fs, options.path, options.clock);
    this.follower = new LogFollower(options, new StoreFolder(options.fs, options.path));
    // A queue that never runs dry would keep a generation from being written: it gets turns between two jobs, the more
    // the further it has fallen behind.
    this.queue = new JobQueue(async () => {
      for (let turns = this.generations.turns; turns > 0; turns--) await giveWayOn(options.clock)();
    });
    this.generations = new GenerationCycle({
      options,
      follower: this.follower,
      queue: this.queue,
      withLock: (run) => this.withLock(run),
      mayWrite: () => !this.closed && this.isReady && options.passive !== true,
      outcome: (error) => {
        this.generationError = error;
      },
    });
  }

  /**
   * Loads the newest generation that proves itself and the log after it, and brings the schema up to date. What is wrong
   * with the disk or the files is no error here: the health says it, and reading gives what there is.
   */
  static async open(options: StoreOptions): Promise<StoreEngine> {
    const engine = new StoreEngine(options);
    try {
      await engine.load();
      engine.heardOf = engine.follower.foreign;
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  get health(): EngineHealth {
    if (this.follower.isNewer) return { kind: 'readOnly', reason: describe(new NewerStore()), newer: true };
    if (this.standing.kind === 'ready' && this.generationError !== undefined) {
      return { kind: 'notCompacted', reason: describe(this.generationError) };
    }
    return this.standing;
  }

  /** Size of the databases in memory, bytes. */
  get liveBytes(): number {
    const { main, part, parts } = this.follower.state;
    const open = [main, part, ...parts.all().map(({ database }) => database)];
    return open.reduce((sum, database) => sum + (database?.bytes() ?? 0), 0);
  }

  /** Bytes of event rows that passed through memory so far. */
  get passedBytes(): number {
    return this.follower.state.parts.passedBytes;
  }

  /** Whether a generation is being written. */
  get isBusy(): boolean {
    return this.generations.isWriting;
  }

  /** The database to read from, with everything that any window has committed. */
  read(): SqlDatabase {
    this.follower.follow();
    return this.follower.state.main;
  }

  /** The parts that hold event rows, newest first; with a table, those in which its rows are to be seen. */
  eventParts(table?: string): EventPart[] {
    this.follower.follow();
    const { part, parts } = this.follower.state;
    const finished: EventPart[] = parts
      .all()
      .filter(({ hidden }) => table === undefined || !hidden.includes(table))
      .map((one) => ({
        id: one.id,
        content: one,
        fileBytes: one.stored?.bytes,
        hidden: one.hidden,
        kinds: one.stored?.kinds,
        open: () => parts.open(one),
      }))
      .reverse();
    if (part === undefined) return finished;
    const growing: EventPart = {
      id: 'part',
      content: undefined,
      fileBytes: undefined,
      hidden: [],
      kinds: undefined,
      open: () => part,
    };
    return [growing, ...finished];
  }

  /**
   * Runs `write` as one transaction, durable when this resolves. `write` may run again when another window came first, so
   * it must have no other effect. Transactions of this window run one after another.
   *
   * @param mayUseReserve for what frees space: on a full disk the reserve is given up for it
   * @throws Failure when nothing was saved, `OUTCOME_UNKNOWN` when the disk did not say; what `write` throws, unchanged
   */
  commit<T>(write: (transaction: Transaction) => T, mayUseReserve = false): Promise<T> {
    return this.queue.run(async () => {
      try {
        const result = await this.commitOrReload(write, mayUseReserve);
        this.standing = { kind: 'ready' };
        return result;
      } catch (error) {
        this.noteDiskError(error);
        throw diskFailure(error);
      } finally {
        this.generations.maybeStart();
      }
    });
  }

  /** Applies what other windows committed; whether there was anything since the last call, also if a read met it first. */
  catchUp(): boolean {
    this.follower.follow();
    if (!this.generations.isWriting) this.follower.adoptWritten();
    const { foreign } = this.follower;
    const isNews = foreign !== this.heardOf;
    this.heardOf = foreign;
    return isNews;
  }

  /** Number of the last transaction that is in the state. */
  position(): number {
    this.follower.follow();
    return this.follower.seq;
  }

  /**
   * Ends the part that grows: every row that was acknowledged before stands in a finished part with this number or a lower
   * one, and no later row does.
   *
   * @throws Failure as `commit`
   */
  seal(): Promise<number> {
    return this.queue.run(async () => {
      const { follower } = this;
      try {
        follower.follow();
        if (follower.isNewer) throw newerFailure();
        if (follower.state.partRows === 0) return follower.seq;
        const sealed = await this.withLock(() => follower.sealLog(() => true));
        return sealed?.seq ?? follower.seq;
      } catch (error) {
        this.noteDiskError(error);
        throw diskFailure(error);
      } finally {
        this.generations.maybeStart();
      }
    });
  }

  /** What all files of this store take on disk, bytes. */
  fileBytes(): number {
    return this.follower.folder.usedBytes();
  }

  /**
   * Removes files of parts that were dropped, although generations still name them: where the disk is full, there is no room
   * to write generations that do not. @throws the system's error
   */
  removeDroppedFiles(): Promise<void> {
    return this.queue.run(() =>
      this.withLock(() => {
        const { follower } = this;
        follower.follow();
        follower.folder.removePartsBut(new Set(follower.state.parts.all().map(({ id }) => id)));
      }),
    );
  }

  /** Lets go of the generation before the newest and of the reserve. @throws the system's error */
  private makeRoom(): Promise<void> {
    return this.queue.run(() =>
      this.withLock(() => {
        const { folder } = this.follower;
        folder.keepOnlyNewest();
        folder.giveUpReserve();
      }),
    );
  }

  /** Gives the space of rows that are gone back to the disk. @throws the system's error */
  async giveBack(diskIsFull: boolean): Promise<void> {
    if (diskIsFull) {
      await this.removeDroppedFiles();
      await this.makeRoom();
    }
    // What the generation before the newest needs stays until a second one follows it.
    await this.checkpoint();
    await this.checkpoint();
  }

  /** Writes a generation now and waits for it. @throws the system's error */
  async checkpoint(): Promise<void> {
    if (!this.follower.isNewer) await this.generations.writeNow();
  }

  /**
   * Reads every file that the two newest generations and the log after them need, and says what is not as it was written.
   * Changes nothing.
   *
   * @returns sentences, none when all is well
   */
  async verify(): Promise<string[]> {
    const { follower, options } = this;
    follower.follow();
    const problems = await verifyFolder(follower.folder, giveWayOn(options.clock));
    return [...problems, ...verifyContent(follower.state.main, options.migrations)].map(
      (problem) => `${options.name}: ${problem}`,
    );
  }

  /** Tries whether a store that could not write can write again. */
  tryToRecover(): Promise<void> {
    return this.queue.run(async () => {
      if (this.closed || this.follower.isNewer) return;
      if (this.isReady) return this.retryGeneration();
      const { log, folder } = this.follower;
      if (log === undefined) {
        this.standing = { kind: 'ready' };
        return this.load();
      }
      try {
        await this.withLock(() => {
          folder.proveSpace();
          folder.keepReserve();
          log.makeDurable();
        });
        this.standing = { kind: 'ready' };
      } catch (error) {
        await this.recoverFrom(error);
      }
    });
  }

  /** A folder that is gone is made again: what is in memory is all that is left of it. */
  private async recoverFrom(error: unknown): Promise<void> {
    if (!(error instanceof DamagedFile) && codeOf(error) !== 'ENOENT') return this.noteDiskError(error);
    this.standing = { kind: 'ready' };
    try {
      await this.reload();
    } catch (failed) {
      this.noteDiskError(failed);
    }
  }

  /** A generation that could not be written is tried again as soon as there is room for it. */
  private async retryGeneration(): Promise<void> {
    if (this.generationError === undefined || this.generations.isWriting) return;
    try {
      await this.withLock(() => this.follower.folder.proveSpace());
    } catch (error) {
      if (!isExpected(error)) throw error;
      return;
    }
    this.generations.retry();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.queue.idle();
    await this.generations.idle();
    this.follower.close();
  }

  private get isReady(): boolean {
    return this.standing.kind === 'ready' && !this.follower.isNewer;
  }

  private async load(): Promise<void> {
    const { follower, options } = this;
    try {
      await loadStore(follower, options, (run) => this.withLock(run));
      this.generations.maybeStart();
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.noteDiskError(error);
      if (follower.state.schema === 0) follower.state.migrateFully(isoTime(options.clock));
    }
  }

  /**
   * The log is no longer where it was: another window replaced it after damage, or the folder was emptied, or exchanged for an
   * older one. @throws the system's error
   */
  private async reload(): Promise<void> {
    const { follower, options } = this;
    await putBack(follower, options, (run) => this.withLock(run));
    const { seq, epoch, lastWriteMs } = follower;
    await this.load();
    if (follower.seq >= seq || follower.epoch > epoch) return;
    const from = follower.lastWriteMs > 0 ? new Date(follower.lastWriteMs).toISOString() : null;
    const missing = { from, to: new Date(lastWriteMs).toISOString() };
    follower.report({ kind: 'missingWrites', file: follower.logName, missing });
  }

  private async withLock<T>(run: () => T | Promise<T>): Promise<T> {
    await this.lock.acquire();
    try {
      return await run();
    } finally {
      this.lock.release();
    }
  }

  /** A log that is no longer where it was is given up for what is on disk now. */
  private async commitOrReload<T>(write: (transaction: Transaction) => T, mayUseReserve: boolean): Promise<T> {
    const { follower } = this;
    if (follower.isNewer) throw newerFailure();
    try {
      return await this.withLock(() => this.commitLocked(write));
    } catch (error) {
      if (error instanceof DamagedFile) await this.reload();
      else if (!mayUseReserve || codeOf(error) !== 'ENOSPC' || !follower.folder.giveUpReserve()) throw error;
      return await this.withLock(() => this.commitLocked(write));
    }
  }

  private commitLocked<T>(write: (transaction: Transaction) => T): T {
    const { follower } = this;
    for (;;) {
      follower.follow();
      if (follower.isNewer) throw newerFailure();
      const { state } = follower;
      const running = state.begin();
      let committed = false;
      try {
        const result = write(running);
        const { commands } = running;
        if (commands.length > 0 && !follower.append(packCommands(commands))) continue;
        committed = true;
        return result;
      } finally {
        running.end(committed);
        if (committed) state.noteChanges(running.commands);
        else state.parts.unpinAll();
      }
    }
  }

  private noteDiskError(error: unknown): void {
    if (error instanceof NewerStore) this.follower.isNewer = true;
    else if (isExpected(error)) this.standing = { kind: 'readOnly', reason: describe(error), newer: false };
  }
}
