// A process that exports a bundle and can be killed at any moment: `incidentChild.ts FOLDER TARGET`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportWork } from '../../src/app/ports/incidents.ts';
import { incidentWork } from '../../src/adapters/store/incidentWork.ts';
import type { StoreBuild } from './storeBuild.ts';

async function main([folder = '']: readonly string[]): Promise<void> {
  const given = JSON.parse(readFileSync(join(folder, 'work.json'), 'utf8')) as {
    readonly work: ExportWork;
    readonly built: StoreBuild;
  };
  const { work, built } = given;
  const places = {
    folder: join(folder, 'incidents'),
    pageScript: join(folder, 'page.js'),
    pageStyle: join(folder, 'page.css'),
  };
  const incidents = incidentWork({ ...built, directory: join(folder, 'store') }, places);
  process.send?.('begun');
  const outcome = await incidents.export(work, { onProgress: (progress) => process.send?.(progress) });
  if (!existsSync(work.target)) throw new Error('no file');
  process.send?.({ outcome });
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
