import { constants } from 'node:fs';
import { access, lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, normalize } from 'node:path';
import { validationFailure } from '../../domain/failure.ts';

/**
 * Whether a bundle may be written there: an absolute path at which nothing is, in a folder that exists, can be written and
 * is reached without a link.
 *
 * @throws Failure VALIDATION_ERROR with `details.path` = `target`
 */
export async function checkBundleTarget(target: string): Promise<void> {
  if (!isAbsolute(target)) throw refused('The target is not an absolute path.');
  if (target.includes('\0') || normalize(target) !== target) {
    throw refused('The target is not a plain path: it holds `..`, `.` or doubled separators.');
  }
  const there = await lstat(target).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw refused('The target cannot be looked at: its folder does not exist or is not open to you.');
  });
  if (there?.isDirectory() === true) throw refused('The target is a folder: add a file name.');
  if (there?.isSymbolicLink() === true) throw refused('The target is a link. Bundles are written to plain files only.');
  if (there !== undefined) throw refused('The target exists. Nothing is overwritten: choose another name.');
  const folder = dirname(target);
  const real = await realpath(folder).catch(() => {
    throw refused('The folder of the target does not exist.');
  });
  if (real !== folder) throw refused('The path of the target passes through a link.');
  await access(folder, constants.W_OK | constants.X_OK).catch(() => {
    throw refused('The folder of the target cannot be written to.');
  });
}

/** Where the bytes are until they are whole. */
export function partialPath(target: string, jobId: string): string {
  return `${target}.partial-${jobId.slice(0, 8)}`;
}

function refused(message: string): Error {
  return validationFailure('target', message);
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
