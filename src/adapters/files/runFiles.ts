import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cipher } from '../../app/ports/environment.ts';
import type { RunFiles } from '../../app/ports/workflows.ts';
import { FilePlanSpool } from './planSpool.ts';
import { FileUndoSpool } from './undoSpool.ts';

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
    usage: () => usedIn(directory),
  };
}

async function usedIn(directory: string): Promise<{ owner: string; bytes: number }[]> {
  const owners = await namesIn(directory);
  return Promise.all(
    owners.map(async (owner) => {
      const names = await namesIn(join(directory, owner));
      const sizes = await Promise.all(names.map((name) => sizeOf(join(directory, owner, name))));
      return { owner, bytes: sizes.reduce((sum, size) => sum + size, 0) };
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
