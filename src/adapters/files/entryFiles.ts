import { readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EntryFiles } from '../../app/ports/workflows.ts';
import { display } from '../../domain/display.ts';
import { validationFailure } from '../../domain/failure.ts';

const largestBytes = 64 << 20;

/** Warm-up files on the disk of the machine that the extension runs on. */
export const entryFiles: EntryFiles = {
  async read(uri) {
    const path = uri.startsWith('file:') ? fileURLToPath(uri) : uri;
    if (!isAbsolute(path))
      throw validationFailure('parameters.file', 'A warm-up file is named by an absolute path or a file: URI.');
    try {
      const { size } = await stat(path);
      if (size > largestBytes) throw validationFailure('parameters.file', 'A warm-up file has at most 64 MiB.');
      return { name: basename(path), bytes: new Uint8Array(await readFile(path)) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const why =
        code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code})`;
      throw validationFailure('parameters.file', `The warm-up file ${display(path)} ${why}.`);
    }
  },
};
