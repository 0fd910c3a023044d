import { hostname } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../app/ports/clock.ts';
import { Failure } from '../../domain/failure.ts';
import { codeOf, type FileSystem } from './disk/fileSystem.ts';

/** A holder that shows the same mark for so long is dead or frozen: holding takes milliseconds. */
const staleAfterMs = 2000;
const giveUpAfterMs = 15_000;

interface Mark {
  readonly nonce: string;
  readonly pid: number;
  readonly host: string;
}

/**
 * A lock between the windows of one machine, held for milliseconds around an append. It only keeps writers from getting in
 * each other's way: what makes two writers safe is the log's own order (see `LogFile`), so taking the lock from a holder
 * that is merely frozen costs nothing but its retry.
 */
export class StoreLock {
  private readonly fs: FileSystem;
  private readonly path: string;
  private readonly clock: Clock;
  private held: string | undefined;

  constructor(fs: FileSystem, folder: string, clock: Clock) {
    this.fs = fs;
    this.path = join(folder, 'LOCK');
    this.clock = clock;
  }

  /** @throws Failure TIMEOUT after 15 s; the system's error when no file can be made */
  async acquire(): Promise<void> {
    const nonce = randomUUID();
    const start = this.clock.monoMs();
    let seen = '';
    let seenSince = start;
    for (let attempt = 0; ; attempt++) {
      if (this.tryCreate(nonce)) return;
      const now = this.clock.monoMs();
      const mark = this.readMark();
      // A holder that died between making the file and writing into it leaves no mark: that is a mark like any other.
      const shown = mark?.nonce ?? '';
      if (shown !== seen) {
        seen = shown;
        seenSince = now;
      }
      if (now - seenSince > staleAfterMs || (mark !== undefined && isDead(mark))) this.takeAway(nonce);
      else if (now - start > giveUpAfterMs) throw lockTimeout();
      else await this.pause(Math.min(1 + attempt, 10) * (0.5 + Math.random()));
    }
  }

  release(): void {
    const nonce = this.held;
    this.held = undefined;
    if (nonce === undefined) return;
    try {
      if (this.readMark()?.nonce === nonce) this.fs.remove(this.path);
    } catch (error) {
      // The lock file stays; others take it away when it is stale.
      if (codeOf(error) === '') throw error;
    }
  }

  private tryCreate(nonce: string): boolean {
    const mark: Mark = { nonce, pid: process.pid, host: hostname() };
    try {
      this.fs.create(this.path, Buffer.from(JSON.stringify(mark)));
    } catch (error) {
      const code = codeOf(error);
      // Windows answers EPERM while another process deletes the file.
      if (code === 'EEXIST' || (code === 'EPERM' && process.platform === 'win32')) return false;
      if (code === 'ENOSPC') this.fs.remove(this.path);
      throw error;
    }
    this.held = nonce;
    return true;
  }

  private readMark(): Mark | undefined {
    try {
      const mark: unknown = JSON.parse(Buffer.from(this.fs.read(this.path)).toString('utf8'));
      return isMark(mark) ? mark : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || codeOf(error) !== '') return undefined;
      throw error;
    }
  }

  private takeAway(nonce: string): void {
    const aside = `${this.path}.stale-${nonce}`;
    try {
      this.fs.rename(this.path, aside);
      this.fs.remove(aside);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }
}

function isMark(value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null) return false;
  const { nonce, pid, host } = value as Partial<Record<keyof Mark, unknown>>;
  return typeof nonce === 'string' && typeof pid === 'number' && typeof host === 'string';
}

function isDead({ pid, host }: Mark): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

function lockTimeout(): Failure {
  return new Failure('TIMEOUT', 'The store is busy: another window has held it for 15 seconds. Nothing was saved.', {
    retryable: true,
    nextAction: 'Try again. If it stays so, close other VS Code windows.',
  });
}
