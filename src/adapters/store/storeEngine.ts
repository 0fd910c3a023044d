import { isoTime } from '../../app/ports/clock.ts';
import { describe, diskFailure, isExpected, newerFailure, NewerStore, type EngineHealth } from './diskFailures.ts';
import { codeOf } from './disk/fileSystem.ts';
import { firstLogName, StoreFolder } from './generations/storeFolder.ts';
import { newestGeneration, type ProvenGeneration } from './generations/newestGeneration.ts';
import { writeGeneration, type GenerationContent } from './generations/writeGeneration.ts';
import { encodeCommands } from './log/commands.ts';
import { frameKind, type Frame } from './log/frame.ts';
import { DamagedFile, LogFile } from './log/logFile.ts';
import { JobQueue } from './jobQueue.ts';
import { StoreLock } from './lock.ts';
import type { MigrationStep } from './migrations.ts';
import { Parts, type Part } from './parts.ts';
import type { StoreProblem } from './problems.ts';
import { giveWayOn } from './giveWay.ts';
import { compactImage, type SqlDatabase } from './sql/driver.ts';
import { verifyContent, verifyFolder } from './verifyStore.ts';
import type { EventPart, StoreOptions } from './storeOptions.ts';
import { StoreState } from './storeState.ts';
import type { Transaction } from './transaction.ts';

/**
 * One store: a database in memory that follows a log on disk which every window appends to.
 *
 * A commit takes the lock, applies what others appended, runs its statements, appends them as one frame, syncs, and only
 * then is acknowledged. In the background the state is written as a generation, from which the next start goes on.
 * The protocol and its reasons: docs/decisions/storage-protocol.md.
 */
export class StoreEngine {
  private readonly options: StoreOptions;
  private readonly folder: StoreFolder;
  private readonly lock: StoreLock;
  private state: StoreState;
  private log: LogFile | undefined;
  private logName = '';
  private lastFrameMs = 0;
  private seq = 0;
  private epoch = 0;
  /** A queue that never runs dry would keep a generation from being written: it gets a turn between two jobs. */
  private readonly queue = new JobQueue(async () => {
    if (this.generation !== undefined) await giveWayOn(this.options.clock)();
  });
  private standing: EngineHealth = { kind: 'ready' };
  private generation: Promise<void> | undefined;
  private generationAgainAtMs = 0;
  private readonly damagedLogs = new Set<string>();
  private hasTornTail = false;
  private sealing = false;
  private closed = false;

  private constructor(options: StoreOptions) {
    this.options = options;
    this.folder = new StoreFolder(options.fs, options.path);
    this.lock = new StoreLock(options.fs, options.path, options.clock);
    this.state = this.emptyState();
  }

  /**
   * Loads the newest generation that proves itself and the log after it, and brings the schema up to date. What is wrong
   * with the disk or the files is no error here: the health says it, and reading gives what there is.
   */
  static async open(options: StoreOptions): Promise<StoreEngine> {
    const engine = new StoreEngine(options);
    await engine.load();
    return engine;
  }

  get health(): EngineHealth {
    return this.standing;
  }

  /** The database to read from, with everything that any window has committed. */
  read(): SqlDatabase {
    this.follow();
    return this.state.main;
  }

  /** The parts that hold event rows, newest first; with a table, those in which its rows are to be seen. */
  eventParts(table?: string): EventPart[] {
    this.follow();
    const { part, parts } = this.state;
    const finished: EventPart[] = parts
      .all()
      .filter(({ hidden }) => table === undefined || !hidden.includes(table))
      .map((one) => ({ id: one.id, content: one, hidden: one.hidden, open: () => parts.open(one) }))
      .reverse();
    if (part === undefined) return finished;
    return [{ id: 'part', content: undefined, hidden: [], open: () => part }, ...finished];
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
        if (this.isNewer) throw newerFailure();
        const result = await this.commitOrReload(write, mayUseReserve);
        this.standing = { kind: 'ready' };
        return result;
      } catch (error) {
        this.noteDiskError(error);
        throw diskFailure(error);
      } finally {
        this.maybeStartGeneration();
      }
    });
  }

  /** Applies what other windows committed; whether there was anything. */
  catchUp(): boolean {
    const before = this.seq;
    this.follow();
    return this.seq !== before;
  }

  /** Writes a generation now and waits for it. @throws the system's error */
  async checkpoint(): Promise<void> {
    if (this.isNewer) return;
    while (this.generation !== undefined) await this.generation;
    const begun = this.startGeneration(true);
    this.track(begun);
    await begun;
  }

  /**
   * Reads every file that the two newest generations and the log after them need, and says what is not as it was written.
   * Changes nothing.
   *
   * @returns sentences, none when all is well
   */
  async verify(): Promise<string[]> {
    this.follow();
    const problems = await verifyFolder(this.folder, giveWayOn(this.options.clock));
    return [...problems, ...verifyContent(this.state.main, this.options.migrations)].map(
      (problem) => `${this.options.name}: ${problem}`,
    );
  }

  /** Tries whether a store that could not write can write again. */
  tryToRecover(): Promise<void> {
    return this.queue.run(async () => {
      if (this.closed || this.standing.kind === 'ready' || this.standing.newer) return;
      const { log } = this;
      if (log === undefined) {
        this.standing = { kind: 'ready' };
        return this.load();
      }
      try {
        await this.withLock(() => {
          this.folder.proveSpace();
          this.folder.keepReserve();
          log.makeDurable();
        });
        this.standing = { kind: 'ready' };
      } catch (error) {
        this.noteDiskError(error);
      }
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.queue.idle();
    await this.generation;
    this.log?.close();
    this.log = undefined;
    this.state.close();
  }

  private async withLock<T>(run: () => T | Promise<T>): Promise<T> {
    await this.lock.acquire();
    try {
      return await run();
    } finally {
      this.lock.release();
    }
  }

  /** A log that was replaced by another window, after damage, is given up for what is on disk now. */
  private async commitOrReload<T>(write: (transaction: Transaction) => T, mayUseReserve: boolean): Promise<T> {
    try {
      return await this.withLock(() => this.commitLocked(write));
    } catch (error) {
      if (error instanceof DamagedFile) await this.load();
      else if (!mayUseReserve || codeOf(error) !== 'ENOSPC' || !this.folder.giveUpReserve()) throw error;
      return await this.withLock(() => this.commitLocked(write));
    }
  }

  private commitLocked<T>(write: (transaction: Transaction) => T): T {
    for (;;) {
      this.follow();
      if (this.isNewer) throw newerFailure();
      const running = this.state.begin();
      let committed = false;
      try {
        const result = write(running);
        const { commands } = running;
        if (commands.length > 0 && !this.append(frameKind.commands, encodeCommands(commands))) continue;
        committed = true;
        return result;
      } finally {
        running.end(committed);
        if (committed) this.state.noteChanges(running.commands);
        else this.state.parts.unpinAll();
      }
    }
  }

  /** @returns false when another window's frame came first */
  private append(kind: Frame['kind'], payload: Uint8Array): boolean {
    const log = this.writableLog();
    const seq = log.nextSeq;
    if (!log.append(kind, payload, this.options.clock.wallMs())) return false;
    this.seq = seq;
    return true;
  }

  private writableLog(): LogFile {
    if (this.log === undefined) throw Object.assign(new Error('The store is not on disk'), { code: 'ENOENT' });
    return this.log;
  }

  /** Applies the frames that are new in the log, across log files. */
  private follow(): void {
    while (this.log !== undefined) {
      const { frames, missing } = this.log.readNew();
      for (const { afterMs, beforeMs } of missing) this.onMissing(afterMs, beforeMs);
      for (const frame of frames) this.apply(frame);
      if (frames.at(-1)?.kind !== frameKind.seal) return;
    }
  }

  private apply(frame: Frame): void {
    const applied = this.state.apply(frame);
    this.seq = frame.seq;
    if (applied === 'nothing') this.onMissing(frame.atMs, frame.atMs);
    else if (applied !== 'rows') this.switchLog(applied.nextLog);
    if (this.state.schema > this.options.migrations.length) this.becomeNewer();
  }

  private switchLog(name: string): void {
    this.lastFrameMs = Math.max(this.lastFrameMs, this.log?.lastFrameMs ?? 0);
    this.log?.close();
    this.log = undefined;
    this.logName = name;
    this.log = new LogFile(this.folder.fs, this.folder.at(name));
  }

  // --- loading

  private async load(): Promise<void> {
    try {
      this.folder.fs.makeFolder(this.folder.path);
      const chosen = newestGeneration(this.folder, this.options.clock, (file) =>
        this.problem({ kind: 'damagedFile', file, missing: null }),
      );
      if (chosen === undefined && !this.folder.hasFirstLog()) await this.withLock(() => this.folder.makeFirstLog());
      this.startFrom(chosen);
      await this.followFromDisk(chosen?.manifest.log ?? firstLogName);
      await this.reportTornTail();
      await this.migrate();
      this.maybeStartGeneration();
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.noteDiskError(error);
      if (this.state.schema === 0) this.state.migrateFully(isoTime(this.options.clock));
    }
  }

  private async followFromDisk(log: string): Promise<void> {
    try {
      this.switchLog(log);
      this.follow();
      if (this.log?.headerIsDamaged !== true) return;
      this.problem({ kind: 'damagedFile', file: this.logName, missing: null });
    } catch (error) {
      if (!(error instanceof DamagedFile) || this.isNewer) throw error;
      const from = this.lastFrameMs > 0 ? new Date(this.lastFrameMs).toISOString() : null;
      this.problem({ kind: 'damagedFile', file: error.file, missing: { from, to: isoTime(this.options.clock) } });
    }
    await this.beginAnew();
  }

  /** After a log that cannot go on: writes all that could be read as the first generation of a new epoch. */
  private async beginAnew(): Promise<void> {
    const broken = this.logName;
    await this.lock.acquire();
    try {
      const log = this.folder.createLogAfter(this.seq);
      this.epoch++;
      this.state.finishPart(this.seq);
      const content = this.contentFor(this.seq, log);
      await writeGeneration(this.folder, content, giveWayOn(this.options.clock), (run) => run());
      this.folder.quarantine(broken, this.options.clock.wallMs());
      this.switchLog(log);
    } finally {
      this.lock.release();
    }
  }

  private startFrom(chosen: ProvenGeneration | undefined): void {
    this.state.close();
    this.state = this.emptyState(chosen?.image);
    this.seq = chosen?.manifest.seq ?? 0;
    this.epoch = chosen?.manifest.epoch ?? 0;
    for (const stored of chosen?.manifest.parts ?? []) {
      this.state.parts.add({ ...stored, hidden: stored.hidden ?? [], stored, database: undefined });
    }
    if (this.state.schema > this.options.migrations.length) this.becomeNewer();
  }

  private emptyState(image?: Uint8Array): StoreState {
    const parts = new Parts({
      folder: this.folder,
      engine: this.options.sql,
      memoryBytes: this.options.partMemoryBytes,
      upgrade: (database) => this.state.upgrade(database),
      damaged: (part, error) => this.onDamagedPart(part, error),
    });
    return new StoreState(this.options, parts, image);
  }

  /** Bytes at the end that are no frame: no writer is at work while the lock is held. They stay behind in the old log. */
  private async reportTornTail(): Promise<void> {
    if (this.isNewer || (this.log?.tornBytes ?? 0) === 0) return;
    await this.withLock(() => {
      this.follow();
      const { log } = this;
      if (log === undefined || log.tornBytes === 0) return;
      this.hasTornTail = true;
      if (log.tornIsWhole) this.onMissing(log.lastFrameMs || this.lastFrameMs, this.options.clock.wallMs());
      else this.problem({ kind: 'tornTail', file: this.logName, missing: null, count: log.tornBytes });
    });
  }

  /** Takes the steps that the schema lacks, each as one frame: a window that dies in between leaves whole steps only. */
  private async migrate(): Promise<void> {
    const { migrations } = this.options;
    if (this.state.schema >= migrations.length) return;
    if (this.state.schema > 0) await this.folder.keepCopy(this.state, this.seq, giveWayOn(this.options.clock));
    await this.withLock(() => {
      for (;;) {
        this.follow();
        const step = migrations[this.state.schema];
        if (step === undefined) return;
        const framed: MigrationStep = { ...step, appliedAt: isoTime(this.options.clock) };
        const payload = Buffer.from(JSON.stringify(framed));
        this.state.migrate(framed, () => this.append(frameKind.migration, payload));
      }
    });
  }

  private get isNewer(): boolean {
    return this.standing.kind === 'readOnly' && this.standing.newer;
  }

  private becomeNewer(): void {
    this.standing = { kind: 'readOnly', reason: describe(new NewerStore()), newer: true };
  }

  private noteDiskError(error: unknown): void {
    if (error instanceof NewerStore) this.becomeNewer();
    else if (isExpected(error)) {
      this.standing = { kind: 'readOnly', reason: describe(error), newer: false };
    }
  }

  // --- generations

  private maybeStartGeneration(): void {
    if (this.closed || this.standing.kind !== 'ready' || !this.isDue()) return;
    if (this.generation !== undefined) {
      // Parts must not grow while an earlier generation is still being written: the next one takes them along.
      if (this.state.partRows >= this.options.partRows && !this.sealing) this.sealSoon();
    } else if (this.options.clock.monoMs() >= this.generationAgainAtMs) {
      this.track(this.startGeneration(this.needsNewLog));
    }
  }

  private sealSoon(): void {
    this.sealing = true;
    void this.queue
      .run(() => this.withLock(() => this.sealLog(false)))
      .catch((error: unknown) => this.noteDiskError(error))
      .finally(() => {
        this.sealing = false;
      });
  }

  private isDue(): boolean {
    const { logBytes, partRows } = this.options;
    return (
      (this.log?.bytes ?? 0) >= logBytes ||
      this.state.partRows >= partRows ||
      this.needsNewLog ||
      this.state.parts.hasUnwritten
    );
  }

  /** What was found at the start would be found again at the next: a new log leaves it behind. */
  private get needsNewLog(): boolean {
    return this.damagedLogs.size > 0 || this.hasTornTail;
  }

  private track(generation: Promise<void>): void {
    this.generation = generation
      .catch(() => {
        // The log holds everything: nothing is lost by a generation that could not be written. Later again.
        this.generationAgainAtMs = this.options.clock.monoMs() + 10_000;
      })
      .finally(() => {
        this.generation = undefined;
        this.maybeStartGeneration();
      });
  }

  private async startGeneration(force: boolean): Promise<void> {
    const content = await this.queue.run(() =>
      this.withLock(() => {
        const sealed = this.sealLog(force);
        return sealed && this.contentFor(sealed.seq, sealed.log);
      }),
    );
    if (content === undefined) return;
    const exclusively = <T>(run: () => Promise<T>): Promise<T> => this.withLock(run);
    if (!(await writeGeneration(this.folder, content, giveWayOn(this.options.clock), exclusively))) return;
    for (const name of this.damagedLogs) this.folder.quarantine(name, this.options.clock.wallMs());
    this.damagedLogs.clear();
    this.hasTornTail = false;
    this.folder.keepReserve();
  }

  /** Ends the current log file and the current part, and goes on in new ones. */
  private sealLog(force: boolean): { readonly seq: number; readonly log: string } | undefined {
    for (;;) {
      this.follow();
      if (this.isNewer || (!force && !this.isDue())) return undefined;
      const seq = this.writableLog().nextSeq;
      const log = this.folder.createLogAfter(seq);
      if (!this.append(frameKind.seal, Buffer.from(JSON.stringify({ log })))) {
        this.folder.fs.remove(this.folder.at(log));
        continue;
      }
      this.state.finishPart(seq);
      this.switchLog(log);
      return { seq, log };
    }
  }

  private contentFor(seq: number, log: string): GenerationContent {
    const { main, parts, schema } = this.state;
    const { epoch } = this;
    return {
      epoch,
      seq,
      schema,
      log,
      image: compactImage(main),
      parts: [...parts.all()],
      writtenAt: isoTime(this.options.clock),
    };
  }

  // --- damage

  private onDamagedPart(part: Part, error: DamagedFile): void {
    this.folder.quarantine(error.file, this.options.clock.wallMs());
    const missing = { from: part.from, to: part.to };
    this.problem({ kind: 'damagedFile', file: error.file, missing, count: part.rows });
  }

  private onMissing(afterMs: number, beforeMs: number): void {
    if (this.isNewer) return;
    this.damagedLogs.add(this.logName);
    const from = afterMs > 0 ? new Date(afterMs).toISOString() : null;
    this.problem({
      kind: 'missingWrites',
      file: this.logName,
      missing: { from, to: new Date(beforeMs).toISOString() },
    });
  }

  private problem(problem: Omit<StoreProblem, 'store'>): void {
    this.options.report({ store: this.options.name, ...problem });
  }
}
