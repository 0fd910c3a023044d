import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { KeptFiles } from '../../app/ports/retention.ts';

/** Pages of bundles that were unpacked for a browser, one folder per bundle: they go with the bundle's record. */
export function viewerFiles(folder: string): KeptFiles {
  return {
    dataset: 'incidentArtifacts',
    async list() {
      // No folder yet: nothing was unpacked.
      const owners = await readdir(folder).catch(() => []);
      return Promise.all(
        owners.map(async (owner) => ({
          owner,
          bytes: await stat(join(folder, owner, 'index.html')).then(
            ({ size }) => size,
            () => 0,
          ),
        })),
      );
    },
    remove: (owner) => rm(join(folder, basename(owner)), { recursive: true, force: true }),
  };
}
