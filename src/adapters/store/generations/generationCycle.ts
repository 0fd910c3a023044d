import type { JobQueue } from '../jobQueue.ts';
import type { WithLock } from '../loadStore.ts';
import type { LogFollower } from '../logFollower.ts';
import type { StoreOptions } from '../storeOptions.ts';
import { giveWayOn } from '../giveWay.ts';
import { writeGeneration, type GenerationContent } from './writeGeneration.ts';

/** After a generation that could not be written, the next try is so far away. */
const restMs = 10_000;
/** A log is long when it reaches this share of what the main database has over a size that is cheap to write. */
const logShare = 0.25;
const cheapBytes = 16 * (1 << 20);

export interface CycleParts {
  readonly options: StoreOptions;
  readonly follower: LogFollower;
  readonly queue: JobQueue;
  readonly withLock: WithLock;
  /** Whether generations may be written now. */
  readonly mayWrite: () => boolean;
  /** Told what kept a generation from being written, and undefined when one was. */
  readonly outcome: (error: unknown) => void;
}

/**
 * Writes generations in the background: when the log or the current part has grown to its limit, one after another. The
 * log holds everything, so a generation that cannot be written loses nothing; it is tried again, and said.
 */
export class GenerationCycle {
  private readonly parts: CycleParts;
  private running: Promise<void> | undefined;
  private againAtMs = 0;
  private sealing = false;
  /** The state at a seal that came while an earlier generation was being written. */
  private waiting: GenerationContent | undefined;

  constructor(parts: CycleParts) {
    this.parts = parts;
  }

  get isWriting(): boolean {
    return this.running !== undefined;
  }

  /** How often a generation that is being written wants to go on between two jobs. */
  get turns(): number {
    if (this.running === undefined) return 0;
    return 1 + 2 * this.parts.follower.state.parts.unwritten;
  }

  /** Resolves when no generation is being written; never rejects. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** Writes one now, whether it is due or not. @throws the system's error */
  async writeNow(): Promise<void> {
    await this.idle();
    const begun = this.write(true);
    this.track(begun);
    await begun;
  }

  /** Tries again one that could not be written, due or not. */
  retry(): void {
    if (this.running === undefined && this.parts.mayWrite()) this.track(this.write(true));
  }

  /** Call after anything that may have made one due. */
  maybeStart(): void {
    const { options, follower, mayWrite } = this.parts;
    if (!mayWrite() || !this.isDue()) return;
    if (this.running !== undefined) {
      // Parts must not grow while an earlier generation is still being written: the next one takes them along.
      if (this.isFull() && !this.sealing) this.sealSoon();
    } else if (options.clock.monoMs() >= this.againAtMs) {
      this.track(this.write(follower.needsNewLog));
    }
  }

  /** The larger the main database, the longer the log may grow: it is written whole with every generation. */
  private isLogLong(): boolean {
    const { follower, options } = this.parts;
    const bytes = follower.log?.bytes ?? 0;
    return bytes >= options.logBytes && bytes >= (follower.state.main.bytes() - cheapBytes) * logShare;
  }

  private isFull(): boolean {
    return this.parts.follower.state.partRows >= this.parts.options.partRows;
  }

  private isDue(): boolean {
    const { follower } = this.parts;
    return (
      this.isLogLong() ||
      this.isFull() ||
      follower.needsNewLog ||
      this.waiting !== undefined ||
      follower.state.parts.unwritten > 0
    );
  }

  private sealSoon(): void {
    const { queue, withLock, follower, outcome } = this.parts;
    this.sealing = true;
    void queue
      .run(() =>
        withLock(() => {
          const sealed = follower.sealLog(() => this.isFull());
          if (sealed !== undefined) this.waiting = follower.contentFor(sealed);
        }),
      )
      .catch(outcome)
      .finally(() => {
        this.sealing = false;
      });
  }

  private track(generation: Promise<void>): void {
    const { options, outcome } = this.parts;
    this.running = generation
      .then(
        () => outcome(undefined),
        (error: unknown) => {
          this.againAtMs = options.clock.monoMs() + restMs;
          outcome(error);
        },
      )
      .finally(() => {
        this.running = undefined;
        this.maybeStart();
      });
  }

  private async write(force: boolean): Promise<void> {
    const { options, follower, queue, withLock } = this.parts;
    const content = this.takeWaiting(force) ?? (await queue.run(() => withLock(() => this.seal(force))));
    if (content === undefined) return;
    if (!(await writeGeneration(follower.folder, content, giveWayOn(options.clock), (run) => withLock(run)))) return;
    follower.leaveDamageBehind();
    follower.folder.keepReserve();
  }

  /** A forced generation is to hold everything up to now. */
  private takeWaiting(force: boolean): GenerationContent | undefined {
    const { waiting } = this;
    this.waiting = undefined;
    return force ? undefined : waiting;
  }

  private seal(force: boolean): GenerationContent | undefined {
    const { follower } = this.parts;
    const sealed = follower.sealLog(() => force || this.isDue());
    return sealed && follower.contentFor(sealed);
  }
}
