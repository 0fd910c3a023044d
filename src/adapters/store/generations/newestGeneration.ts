import { inflateRawSync } from 'node:zlib';
import type { Clock } from '../../../app/ports/clock.ts';
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
 * The newest generation that proves itself; those that do not are set aside and reported.
 *
 * @returns undefined when there is none: the log then begins at the beginning
 * @throws NewerStore when a newer version wrote in a form that this one does not know
 */
export function newestGeneration(
  folder: StoreFolder,
  clock: Clock,
  damaged: (file: string) => void,
): ProvenGeneration | undefined {
  for (const name of folder.generations()) {
    try {
      const manifest = folder.manifest(name);
      if (manifest.format > manifestFormat) throw new NewerStore();
      const bytes = folder.readVerified(manifest.main);
      return { manifest, image: manifest.main.packed === true ? inflateRawSync(bytes) : bytes };
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      folder.quarantine(error.file, clock.wallMs());
      if (error.file !== name) folder.quarantine(name, clock.wallMs());
      damaged(error.file);
    }
  }
  return undefined;
}
