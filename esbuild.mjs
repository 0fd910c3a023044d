// Builds everything that ships: the extension, the store's worker, one bundle per page, and the files they load at run time.
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, context } from 'esbuild';

const watch = process.argv.includes('--watch');
const development = watch || process.argv.includes('--development');

const common = {
  bundle: true,
  minify: !development,
  sourcemap: development ? 'linked' : false,
  logLevel: 'warning',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': JSON.stringify(development ? 'development' : 'production') },
};

const host = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  alias: {
    // Its main entry is UMD, whose requires no bundler can see.
    'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
    debug: './scripts/silentDebug.cjs',
  },
};

/**
 * Packages that are used after start-up only, each in a file of its own: what activation reads is our code and nothing
 * else, since the engine compiles a file whole before it runs the first line.
 */
const loadedLater = { ioredis: 'ioredis', 'jsonc-parser': 'jsoncParser' };

const loadLater = {
  name: 'load-later',
  setup({ onResolve }) {
    onResolve({ filter: /^(ioredis|jsonc-parser)$/ }, ({ path }) => ({
      path: `./packages/${loadedLater[path]}.js`,
      external: true,
    }));
  },
};

/**
 * Marks a page's entry, which exports nothing, as the module it is. The package says `commonjs`: without an export of its own
 * esbuild takes the entry for CommonJS, wraps all that it imports and leaves nothing out, which made every page
 * that uses the toolkit half as large again.
 */
const entriesAreModules = {
  name: 'entries-are-modules',
  setup({ onLoad }) {
    onLoad({ filter: /webviews[\\/]\w+[\\/]main\.tsx$/ }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}\nexport {};\n`,
      loader: 'tsx',
    }));
  },
};

/** One bundle per folder of `webviews/` that has a `main.tsx`. */
async function pages() {
  const folders = await readdir('webviews', { withFileTypes: true });
  return folders
    .filter((folder) => folder.isDirectory() && existsSync(join('webviews', folder.name, 'main.tsx')))
    .map((folder) => ({ in: join('webviews', folder.name, 'main.tsx'), out: folder.name }));
}

async function builds() {
  const packages = Object.entries(loadedLater).map(([name, file]) => ({ in: name, out: file }));
  const all = [
    { ...host, entryPoints: { extension: 'src/extension.ts' }, outdir: 'dist', plugins: [loadLater] },
    { ...host, entryPoints: packages, outdir: 'dist/packages' },
  ];
  if (existsSync('src/adapters/store/worker/main.ts')) {
    all.push({ ...host, entryPoints: { storeWorker: 'src/adapters/store/worker/main.ts' }, outdir: 'dist' });
  }
  const entryPoints = await pages();
  if (entryPoints.length > 0) {
    all.push({
      ...common,
      platform: 'browser',
      target: 'es2022',
      format: 'iife',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      entryPoints,
      outdir: 'dist/webviews',
      loader: { '.ttf': 'file' },
      assetNames: '[name]',
      plugins: [entriesAreModules],
    });
  }
  return all;
}

async function copyAssets() {
  await mkdir('dist', { recursive: true });
  await cp('node_modules/sql.js/dist/sql-wasm.wasm', 'dist/sql-wasm.wasm');
  await cp('migrations', 'dist/migrations', { recursive: true });
}

await rm('dist', { recursive: true, force: true });
await copyAssets();
for (const options of await builds()) {
  if (watch) await (await context(options)).watch();
  else await build(options);
}
