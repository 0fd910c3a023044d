import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cipher } from '../../app/ports/environment.ts';
import type { RunFiles, RunFileUse } from '../../app/ports/workflows.ts';
import { FilePlanSpool } from './planSpool.ts';
import { FileUndoSpool, undoFileName } from './undoSpool.ts';

/** The folder of a run's plan and undo files: `<directory>/<spoolId>/`. Ids are UUIDs that this product made. */
export function openRunFiles(directory: string, cipher: Cipher): RunFiles {
  const undo = new FileUndoSpool(directory, cipher);
  return {
    plans: new FilePlanSpool((spoolId) => join(directory, spoolId, 'plan.bin'), cipher),
    undo,
    async remove(spoolId) {
      await undo.close(spoolId);
      await rm(join(directory, spoolId), { recursive: true, force: true });
    },
    async removeUndo(spoolId) {
      await undo.close(spoolId);
      await rm(join(directory, spoolId, undoFileName), { force: true });
    },
    usage: () => usedIn(directory),
  };
}

async function usedIn(directory: string): Promise<RunFileUse[]> {
  const spools = await namesIn(directory);
  return Promise.all(
    spools.map(async (spoolId) => {
      const names = await namesIn(join(directory, spoolId));
      const sizes = await Promise.all(names.map((name) => sizeOf(join(directory, spoolId, name))));
      const undoBytes = sizes[names.indexOf(undoFileName)] ?? 0;
      return { spoolId, planBytes: sizes.reduce((sum, size) => sum + size, 0) - undoBytes, undoBytes };
    }),
  );
}

/** None when there is no such folder: a run may end and be removed while others are counted. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
