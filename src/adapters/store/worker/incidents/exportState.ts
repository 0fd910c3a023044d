import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { emptyZip, type ZipState } from '../../../files/zipWriter.ts';
import type { Position } from './storedChunks.ts';

/** What is on disk of a bundle: the zip up to there, and what comes next. */
export interface ExportPoint {
  readonly zip: ZipState;
  /** Files that are whole. */
  readonly filesDone: number;
  /** In the file that is being written: where to go on; undefined at its beginning. */
  readonly position?: Position;
  readonly contentDone: number;
}

export const exportBeginning: ExportPoint = { zip: emptyZip, filesDone: 0, contentDone: 0 };

/** The points of an export, one line each: the last whole line counts. A line is written after the bytes that it speaks of are on disk. */
export class ExportState {
  readonly #path: string;
  #fd: number | undefined;

  constructor(folder: string, jobId: string) {
    this.#path = join(folder, `${jobId}.state`);
  }

  read(): ExportPoint {
    if (!existsSync(this.#path)) return exportBeginning;
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    for (const line of lines.reverse()) {
      const point = parsed(line);
      if (point !== undefined) return point;
    }
    return exportBeginning;
  }

  add(point: ExportPoint): void {
    this.#fd ??= openSync(this.#path, 'a', 0o600);
    // A torn line before this one must not swallow it.
    const line = Buffer.from(`\n${JSON.stringify(point)}\n`);
    for (let at = 0; at < line.length;) at += writeSync(this.#fd, line, at);
    fdatasyncSync(this.#fd);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }
}

function parsed(line: string): ExportPoint | undefined {
  if (line === '') return undefined;
  try {
    const point = JSON.parse(line) as Partial<ExportPoint>;
    return point.zip === undefined || point.filesDone === undefined || point.contentDone === undefined
      ? undefined
      : { ...point, zip: point.zip, filesDone: point.filesDone, contentDone: point.contentDone };
  } catch {
    return undefined; // torn by a crash: the line before it counts
  }
}
