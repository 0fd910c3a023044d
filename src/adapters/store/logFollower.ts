import { isoTime } from '../../app/ports/clock.ts';
import type { ProvenGeneration } from './generations/newestGeneration.ts';
import type { StoreFolder } from './generations/storeFolder.ts';
import type { GenerationContent } from './generations/writeGeneration.ts';
import { frameKind, type Frame } from './log/frame.ts';
import { LogFile, type DamagedFile } from './log/logFile.ts';
import { Parts, type Part } from './parts.ts';
import { nameOf, type StoreProblem } from './problems.ts';
import { compactImage } from './sql/driver.ts';
import type { StoreOptions } from './storeOptions.ts';
import { StoreState } from './storeState.ts';

/** Where a log was ended and the next one begins. */
export interface Sealed {
  readonly seq: number;
  readonly log: string;
}

/** The state in memory and the log on disk that it follows, across the log's files. Knows no lock: its callers hold it. */
export class LogFollower {
  readonly folder: StoreFolder;
  private readonly options: StoreOptions;
  private current: StoreState;
  private file: LogFile | undefined;
  private fileName = '';
  private lastFrameMs = 0;
  private lastSeq = 0;
  private epochNumber = 0;
  private foreignFrames = 0;
  /** Logs in which writes were missing: a new generation leaves them behind, and they are set aside. */
  private readonly damagedLogs = new Set<string>();
  private hasTornTail = false;
  /** The generation that was last looked at for parts. */
  private adopted: string | undefined;
  /** The store was written by a newer version: nothing is reported, nothing is changed. */
  isNewer = false;

  constructor(options: StoreOptions, folder: StoreFolder) {
    this.options = options;
    this.folder = folder;
    this.current = this.emptyState();
  }

  get state(): StoreState {
    return this.current;
  }

  get log(): LogFile | undefined {
    return this.file;
  }

  get logName(): string {
    return this.fileName;
  }

  /** Number of the last transaction that is in the state. */
  get seq(): number {
    return this.lastSeq;
  }

  /** How often the log was begun anew, after one that could not go on. */
  get epoch(): number {
    return this.epochNumber;
  }

  /** Grows whenever the state became another by what this window did not write itself. */
  get foreign(): number {
    return this.foreignFrames;
  }

  /** What was found at the start would be found again at the next: a new log leaves it behind. */
  get needsNewLog(): boolean {
    return this.damagedLogs.size > 0 || this.hasTornTail;
  }

  /** Starts over from a generation, or from nothing; `follow` then needs a log. */
  startFrom(chosen: ProvenGeneration | undefined): void {
    this.foreignFrames++;
    this.current.close();
    this.current = this.emptyState(chosen?.image);
    if (this.options.onlyParts === true) this.current.beAtSchema(chosen?.manifest.schema ?? 0);
    this.lastSeq = chosen?.manifest.seq ?? 0;
    this.epochNumber = chosen?.manifest.epoch ?? 0;
    for (const stored of chosen?.manifest.parts ?? []) {
      this.current.parts.add({ ...stored, hidden: stored.hidden ?? [], stored, database: undefined });
    }
    this.noteSchema();
  }

  /** Goes on in another file of the log. @throws DamagedFile when it is none */
  switchLog(name: string): void {
    this.lastFrameMs = this.lastWriteMs;
    this.file?.close();
    this.file = undefined;
    this.fileName = name;
    this.file = new LogFile(this.folder.fs, this.folder.at(name));
  }

  /** When the last frame was written, milliseconds since the epoch; 0 before the first. */
  get lastWriteMs(): number {
    return Math.max(this.lastFrameMs, this.file?.lastFrameMs ?? 0);
  }

  /** Applies the frames that are new in the log, across log files. */
  follow(): void {
    while (this.file !== undefined) {
      const { frames, missing } = this.file.readNew();
      for (const { afterMs, beforeMs } of missing) this.onMissing(afterMs, beforeMs);
      for (const frame of frames) this.apply(frame);
      if (frames.at(-1)?.kind !== frameKind.seal) return;
    }
  }

  private apply(frame: Frame): void {
    this.foreignFrames++;
    const applied = this.current.apply(frame);
    this.lastSeq = frame.seq;
    if (applied === 'nothing') this.onMissing(frame.atMs, frame.atMs);
    else if (applied !== 'rows') this.switchLog(applied.nextLog);
    this.noteSchema();
  }

  /**
   * Appends a frame; its effect is already in the state, or is the caller's to make.
   *
   * @returns false when another window's frame came first
   */
  append({ kind, payload }: Pick<Frame, 'kind' | 'payload'>): boolean {
    const log = this.writableLog();
    const seq = log.nextSeq;
    if (!log.append(kind, payload, this.options.clock.wallMs())) return false;
    this.lastSeq = seq;
    return true;
  }

  private writableLog(): LogFile {
    if (this.file === undefined) throw Object.assign(new Error('The store is not on disk'), { code: 'ENOENT' });
    return this.file;
  }

  /**
   * Ends the current log file and the current part, and goes on in new ones.
   *
   * @param wanted asked again whenever another window was faster; false gives it up
   */
  sealLog(wanted: () => boolean): Sealed | undefined {
    for (;;) {
      this.follow();
      if (this.isNewer || !wanted()) return undefined;
      const seq = this.writableLog().nextSeq;
      const log = this.folder.createLogAfter(seq);
      if (!this.append({ kind: frameKind.seal, payload: Buffer.from(JSON.stringify({ log })) })) {
        this.folder.fs.remove(this.folder.at(log));
        continue;
      }
      this.current.finishPart(seq);
      this.switchLog(log);
      return { seq, log };
    }
  }

  /** The state as it is now, to be written down as the generation before `sealed.log`. */
  contentFor({ seq, log }: Sealed): GenerationContent {
    const { main, parts, schema } = this.current;
    const { epoch } = this;
    const writtenAt = isoTime(this.options.clock);
    const { kindsOf } = this.options;
    return { epoch, seq, schema, log, image: compactImage(main), parts: [...parts.all()], writtenAt, kindsOf };
  }

  /** After a log that cannot go on: what could be read, as the first generation of a new epoch. */
  beginEpoch(): GenerationContent {
    const log = this.folder.createLogAfter(this.lastSeq);
    this.epochNumber++;
    this.current.finishPart(this.lastSeq);
    return this.contentFor({ seq: this.lastSeq, log });
  }

  /**
   * Looks whether another window has written the parts that are only in memory here: a window that only follows would
   * otherwise keep all of them.
   */
  adoptWritten(): void {
    const { parts } = this.current;
    if (parts.unwritten === 0) return;
    const [newest] = this.folder.generations();
    if (newest === undefined || newest === this.adopted) return;
    this.adopted = newest;
    parts.adopt(this.folder.presentParts(newest));
  }

  /** A generation was written and the log begins after it: what was damaged before is set aside. */
  leaveDamageBehind(): void {
    for (const name of this.damagedLogs) this.setAside(name);
    this.damagedLogs.clear();
    this.hasTornTail = false;
  }

  /** Bytes at the end that are no frame, found while no writer is at work. They stay behind in the old log. */
  reportTornTail(): void {
    this.follow();
    const { file } = this;
    if (file === undefined || file.tornBytes === 0) return;
    this.hasTornTail = true;
    if (file.tornIsWhole) this.onMissing(this.lastWriteMs, this.options.clock.wallMs());
    else this.report({ kind: 'tornTail', file: this.fileName, missing: null, count: file.tornBytes });
  }

  /** Sets a damaged file aside. A job leaves that to the windows, which tell a person of it. */
  setAside(file: string): void {
    if (this.options.passive !== true) this.folder.quarantine(file, this.options.clock.wallMs());
  }

  report(problem: Omit<StoreProblem, 'store'>): void {
    // A torn tail costs nothing, and is left behind with its log. A job has nobody to tell.
    const isNoted = problem.kind !== 'tornTail' && this.options.passive !== true;
    const isFirst = !isNoted || this.folder.noteTold(nameOf(problem));
    this.options.report({ store: this.options.name, ...problem, ...(isFirst ? {} : { toldBefore: true }) });
  }

  close(): void {
    this.file?.close();
    this.file = undefined;
    this.current.close();
  }

  private noteSchema(): void {
    if (this.current.schema > this.options.migrations.length) this.isNewer = true;
  }

  private emptyState(image?: Uint8Array): StoreState {
    const parts = new Parts({
      folder: this.folder,
      engine: this.options.sql,
      memoryBytes: this.options.partMemoryBytes,
      upgrade: (database) => this.current.upgrade(database),
      damaged: (part, error) => this.onDamagedPart(part, error),
    });
    return new StoreState(this.options, parts, image);
  }

  private onDamagedPart(part: Part, error: DamagedFile): void {
    this.setAside(error.file);
    const missing = { from: part.from, to: part.to };
    this.report({ kind: 'damagedFile', file: error.file, missing, count: part.rows });
  }

  private onMissing(afterMs: number, beforeMs: number): void {
    if (this.isNewer) return;
    this.damagedLogs.add(this.fileName);
    const from = afterMs > 0 ? new Date(afterMs).toISOString() : null;
    const missing = { from, to: new Date(beforeMs).toISOString() };
    this.report({ kind: 'missingWrites', file: this.fileName, missing });
  }
}
