import { join } from 'node:path';
import { build } from 'esbuild';
import { ownFolder } from './processes.ts';
import { projectRoot } from './root.ts';

export interface StoreBuild {
  readonly workerPath: string;
  readonly wasmPath: string;
  readonly migrationsDirectory: string;
}

let built: Promise<StoreBuild> | undefined;

/** The store's worker, bundled as it ships; built once per run. */
export function storeBuild(): Promise<StoreBuild> {
  built ??= bundle();
  return built;
}

async function bundle(): Promise<StoreBuild> {
  const root = projectRoot();
  const workerPath = join(ownFolder('cachify-store-build-'), 'storeWorker.js');
  await build({
    entryPoints: [join(root, 'src/adapters/store/worker/main.ts')],
    outfile: workerPath,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
  return {
    workerPath,
    wasmPath: join(root, 'node_modules/sql.js/dist/sql-wasm.wasm'),
    migrationsDirectory: join(root, 'migrations'),
  };
}
