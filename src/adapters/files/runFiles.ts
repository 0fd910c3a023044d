import { rm } from 'node:fs/promises';
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
  };
}
