import { inflateRawSync } from 'node:zlib';
import { NewerStore } from '../diskFailures.ts';
import { DamagedFile } from '../log/logFile.ts';
import { manifestFormat, type Manifest } from './manifest.ts';
import type { StoreFolder } from './storeFolder.ts';

/** A generation whose manifest and main database are what was written. Its parts prove themselves when they are read. */
export interface ProvenGeneration {
  readonly manifest: Manifest;
  readonly image: Uint8Array;
}

/**
 * The newest generation that proves itself.
 *
 * @param damaged told of a file that does not, and of the manifest that names it, which may be the file itself
 * @returns undefined when there is none: the log then begins at the beginning
 * @throws NewerStore when a newer version wrote in a form that this one does not know
 */
export function newestGeneration(
  folder: StoreFolder,
  damaged: (file: string, generation: string) => void,
): ProvenGeneration | undefined {
  for (const name of folder.generations()) {
    try {
      const manifest = folder.manifest(name);
      if (manifest.format > manifestFormat) throw new NewerStore();
      const bytes = folder.readVerified(manifest.main);
      return { manifest, image: manifest.main.packed === true ? inflateRawSync(bytes) : bytes };
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      damaged(error.file, name);
    }
  }
  return undefined;
}
