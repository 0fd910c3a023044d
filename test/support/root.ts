import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder of this project, found upwards from a starting folder, so that it is also right for a bundled test in `out/`.
 *
 * @throws Error when no folder above holds the project's manifest.
 */
export function projectRoot(from: string = __dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "cachify-studio"')) return folder;
    if (dirname(folder) === folder) throw new Error(`No package.json of cachify-studio above ${from}`);
  }
}
