import { inflateRawSync } from 'node:zlib';
import { NewerStore } from '../diskFailures.ts';
import { DamagedFile } from '../log/logFile.ts';
import { manifestFormat, type Manifest } from './manifest.ts';
import type { StoreFolder } from './storeFolder.ts';

/** A generation whose manifest and main database are what was written. Its parts prove themselves when they are read. */
export interface ProvenGeneration {
  readonly manifest: Manifest;
  /** The main database; undefined when it was not asked for. */
  readonly image: Uint8Array | undefined;
}

/**
 * The newest generation that proves itself.
 *
 * @param withMain whether the main database is to be unpacked
 * @param damaged told of a file that does not, and of the manifest that names it, which may be the file itself
 * @returns undefined when there is none: the log then begins at the beginning
 * @throws NewerStore when a newer version wrote in a form that this one does not know
 */
export function newestGeneration(
  folder: StoreFolder,
  withMain: boolean,
  damaged: (file: string, generation: string) => void,
): ProvenGeneration | undefined {
  for (const name of folder.generations()) {
    try {
      const manifest = folder.manifest(name);
      if (manifest.format > manifestFormat) throw new NewerStore();
      const bytes = folder.readVerified(manifest.main);
      if (!withMain) return { manifest, image: undefined };
      return { manifest, image: manifest.main.packed === true ? inflateRawSync(bytes) : bytes };
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      damaged(error.file, name);
    }
  }
  return undefined;
}
