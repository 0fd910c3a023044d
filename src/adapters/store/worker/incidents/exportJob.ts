import { existsSync } from 'node:fs';
import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExportOutcome, ExportProgress, ExportWork } from '../../../../app/ports/incidents.ts';
import { Failure, isFailure, validationFailure } from '../../../../domain/failure.ts';
import { contentText, manifestPath, sumsPath } from '../../../../domain/incidents/manifest.ts';
import { LeakGate } from '../../../../domain/incidents/leakGate.ts';
import { checkBundleTarget, partialPath } from '../../../files/bundleTarget.ts';
import { syncFolder } from '../../../files/durable.ts';
import { ZipReader } from '../../../files/zipReader.ts';
import { pack, ZipWriter } from '../../../files/zipWriter.ts';
import { codeOf } from '../../disk/fileSystem.ts';
import type { IncidentPlaces } from '../../messages.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import { bundleLines, bundleRedactor } from './bundleRedactor.ts';
import { exportBeginning, ExportState, type ExportPoint } from './exportState.ts';
import type { JobControl } from './jobControl.ts';
import { isStored } from './previewJob.ts';
import { storedChunks, type Position } from './storedChunks.ts';

/** Chunks that are packed side by side: zlib works in threads of its own. */
const packedAtOnce = 3;
/** Content per second of the checking pass beside that of the writing pass, about: for the share of the progress. */
const checkingShare = 0.15;

/**
 * Writes a bundle beside its target, reads it back from disk as whoever gets it will, and only then gives it its name.
 * Going on after a crash, whatever process it was, gives the same bytes.
 *
 * @throws Failure as `IncidentWork.export` says
 */
export async function exportBundle(
  history: StoreEngine,
  work: ExportWork,
  places: IncidentPlaces,
  control: JobControl,
): Promise<ExportOutcome> {
  const folder = join(places.folder, work.previewId);
  const partial = partialPath(work.target, work.jobId);
  const state = new ExportState(folder, work.jobId);
  const job = { history, work, control, folder, partial, state };
  try {
    const finished = await alreadyFinished(job);
    if (finished !== undefined) return finished;
    await checkBundleTarget(work.target);
    const went = state.read().filesDone > 0 || state.read().contentDone > 0;
    let outcome = await attempt(job);
    // What an earlier process left may have been damaged since (a power cut): once more, from the beginning.
    if (outcome === undefined && went) {
      await rm(partial, { force: true });
      state.remove();
      outcome = await attempt(job);
    }
    if (outcome === undefined) throw changed();
    state.close();
    return outcome;
  } catch (error) {
    state.close();
    if (isDiskTrouble(error)) throw diskTrouble(error);
    await rm(partial, { force: true });
    state.remove();
    throw error;
  }
}

interface Job {
  readonly history: StoreEngine;
  readonly work: ExportWork;
  readonly control: JobControl;
  readonly folder: string;
  readonly partial: string;
  readonly state: ExportState;
}

/** undefined when the finished file is not what was previewed. */
async function attempt(job: Job): Promise<ExportOutcome | undefined> {
  const { work, partial } = job;
  await write(job);
  const checked = await check(job, partial);
  if (checked === undefined) return undefined;
  job.control.progress(progressOf(job, 'finishing', contentBytes(work), checked.bytes));
  await checkBundleTarget(work.target);
  await rename(partial, work.target);
  await syncFolder(dirname(work.target));
  return checked;
}

/** A crash may come between the new name and the row that says so: the file is then there already. */
async function alreadyFinished(job: Job): Promise<ExportOutcome | undefined> {
  const { work, partial, state } = job;
  const isWhole = state.read().filesDone === filesOf(work).length;
  if (!isWhole || existsSync(partial) || !existsSync(work.target)) return undefined;
  return check(job, work.target);
}

function contentBytes({ entries }: ExportWork): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function progressOf(
  { work }: Job,
  stage: ExportProgress['stage'],
  contentDone: number,
  bytesWritten: number,
): ExportProgress {
  return { stage, contentDone, contentBytes: contentBytes(work), bytesWritten };
}

/** Files in the order of the zip: by name. */
function filesOf({ entries }: ExportWork): string[] {
  return [...entries.map(({ path }) => path), manifestPath, sumsPath].sort();
}

async function write(job: Job): Promise<void> {
  const { work, partial, state } = job;
  const { file, point } = await resumed(partial, state);
  try {
    const writer = new ZipWriter(file, point.zip);
    const files = filesOf(work);
    let contentDone = point.contentDone;
    let position = point.position;
    for (const [index, path] of files.entries()) {
      if (index < point.filesDone) continue;
      const going = writer.state.open !== undefined;
      if (!going) writer.begin(path);
      for await (const chunk of packed(chunksOf(job, path, going ? position : undefined))) {
        await writer.append(chunk.plain, chunk.packed);
        if (path !== manifestPath && path !== sumsPath) contentDone += chunk.plain.length;
        chunk.release?.();
        if (chunk.next !== undefined) {
          position = chunk.next;
          await file.datasync();
          state.add({ zip: writer.state, filesDone: index, position, contentDone });
        }
        job.control.progress(progressOf(job, 'collecting', contentDone * (1 - checkingShare), writer.state.end));
        await job.control.checkpoint();
      }
      await writer.finishMember();
      position = undefined;
      await file.datasync();
      state.add({ zip: writer.state, filesDone: index + 1, contentDone });
    }
    await file.truncate(await writer.finish());
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The partial file at the last point that is whole on disk. */
async function resumed(partial: string, state: ExportState): Promise<{ file: FileHandle; point: ExportPoint }> {
  const kept = state.read();
  const size = await stat(partial).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
  const point = size >= kept.zip.end && kept.zip.end > 0 ? kept : exportBeginning;
  if (point === exportBeginning) {
    await rm(partial, { force: true });
    state.remove();
    return { file: await created(partial), point };
  }
  const file = await open(partial, 'r+');
  await file.truncate(point.zip.end);
  return { file, point };
}

async function created(partial: string): Promise<FileHandle> {
  try {
    return await open(partial, 'wx+', 0o600);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EINVAL'].includes(codeOf(error)))
      throw error;
    throw validationFailure('target', `No file can be made in the folder of the target (${codeOf(error)}).`);
  }
}

interface PlainChunk {
  readonly plain: Buffer;
  /** undefined in small files, which are begun again. */
  readonly next: Position | undefined;
  readonly release?: () => void;
}

async function* chunksOf(job: Job, path: string, from: Position | undefined): AsyncGenerator<PlainChunk> {
  const { work, history, folder } = job;
  if (!isStored(path)) {
    yield { plain: await readFile(join(folder, path)), next: undefined };
    return;
  }
  const { cut, query, names, request } = work;
  const lines = bundleLines(bundleRedactor(request, work), names);
  const betweenParts = (): Promise<void> => job.control.checkpoint();
  const chunks = storedChunks(path, { history, cut, query, lines, betweenParts }, from);
  for await (const { bytes, next, release } of chunks) yield { plain: bytes, next, release };
}

/** The chunks in their order, packed some at a time. */
async function* packed(chunks: AsyncGenerator<PlainChunk>): AsyncGenerator<PlainChunk & { readonly packed: Buffer }> {
  const waiting: { chunk: PlainChunk; packing: Promise<Buffer> }[] = [];
  for await (const chunk of chunks) {
    const packing = pack(chunk.plain);
    packing.catch(() => undefined); // it is awaited below, in order
    waiting.push({ chunk, packing });
    const first = waiting.length >= packedAtOnce ? waiting.shift() : undefined;
    if (first !== undefined) yield { ...first.chunk, packed: await first.packing };
  }
  for (const { chunk, packing } of waiting) yield { ...chunk, packed: await packing };
}

/** Reads the finished file back: every file of it is what was previewed, and no secret stands in any. */
async function check(job: Job, path: string): Promise<ExportOutcome | undefined> {
  const { work, control } = job;
  const zip = await ZipReader.open(path);
  if (zip === undefined) return undefined;
  try {
    const gate = new LeakGate(work.secrets, await excusedText(job));
    const expected = new Map(work.entries.map((entry) => [entry.path, entry.sha256]));
    const found = new Map<string, string>();
    const all = contentBytes(work);
    let done = 0;
    for (const member of zip.members) {
      gate.begin();
      let leaked = false;
      const read = await zip.read(member, (piece) => {
        leaked ||= gate.leaks(piece.toString('latin1'));
        done += piece.length;
        const share = 1 - checkingShare + checkingShare * Math.min(1, done / Math.max(1, all));
        control.progress(progressOf(job, 'checking', all * share, zip.size));
      });
      await control.checkpoint();
      if (leaked) throw leak(member.path);
      if (read.damaged) return undefined;
      found.set(read.path, read.sha256);
    }
    for (const [path, sha256] of expected) if (found.get(path) !== sha256) return undefined;
    if (found.size !== expected.size + 2) return undefined;
    return { bytes: zip.size, archiveSha256: await zip.sha256() };
  } finally {
    await zip.close();
  }
}

/** What every bundle holds whatever it is about: the page's own script and style, and the names of fields and files. */
async function excusedText({ work, folder }: Job): Promise<string> {
  // Without a page there is nothing to excuse, which only makes the gate stricter.
  const page = await readFile(join(folder, 'index.html'), 'latin1').catch(() => '');
  const data = page.indexOf('<script type="application/json"');
  const code = page.indexOf('</script>', data);
  return data < 0 ? contentText(work.entries) : page.slice(0, data) + page.slice(code);
}

function isDiskTrouble(error: unknown): boolean {
  return (
    !isFailure(error) &&
    ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE'].includes(codeOf(error))
  );
}

function diskTrouble(error: unknown): Failure {
  const full = ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
  return new Failure(
    'INTERNAL_ERROR',
    full
      ? 'The disk is full: the bundle is not finished. What is written so far stays.'
      : `The bundle could not be written (${codeOf(error)}). What is written so far stays.`,
    {
      retryable: true,
      details: { reason: codeOf(error), resumable: true },
      nextAction: full ? 'Free some space, then resume the export.' : 'Look at the folder, then resume the export.',
    },
  );
}

function changed(): Failure {
  return new Failure('CONFLICT', 'What was previewed has changed since, for example by a purge. No file was written.', {
    nextAction: 'Make a new preview: it shows what is there now.',
  });
}

function leak(path: string): Failure {
  return new Failure(
    'BLOCKED',
    `A secret that is kept on this machine stands in ${path}. The bundle was deleted before it got its name.`,
    { details: { rule: 'leak', file: path }, nextAction: 'Export with the profile “strict”, and report this.' },
  );
}
