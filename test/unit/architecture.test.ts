// The direction of imports, checked on resolved paths: docs/architecture.md draws it, the linter says the same while typing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const root = resolve(__dirname, '../..');

interface Room {
  /** Rooms of this project that it may import besides itself. */
  readonly rooms: readonly string[];
  /** Packages that it may import; `*` means any. */
  readonly packages: readonly string[];
}

const HOST = ['vscode'];
const rooms: Record<string, Room> = {
  'src/domain': { rooms: [], packages: [] },
  'src/app': { rooms: ['src/domain'], packages: [] },
  'src/adapters': { rooms: ['src/app', 'src/domain'], packages: ['*'] },
  'src/protocol': { rooms: ['src/domain'], packages: ['zod', 'zod/mini'] },
  'src/ui': { rooms: ['src/app', 'src/protocol', 'src/domain', 'src/api.ts'], packages: [...HOST] },
  webviews: {
    rooms: ['src/protocol', 'src/domain'],
    packages: [
      'preact',
      'preact/hooks',
      'preact/jsx-runtime',
      '@preact/signals',
      'uplot',
      '@vscode/webview-ui-toolkit',
      'zod/mini',
      '@vscode/codicons',
    ],
  },
  'src/compose.ts': { rooms: ['src'], packages: [...HOST, 'node:'] },
  'src/composeGovernance.ts': { rooms: ['src/app'], packages: [...HOST] },
  'src/composeIncidents.ts': { rooms: ['src/app', 'src/adapters'], packages: [...HOST] },
  'src/composeUi.ts': { rooms: ['src'], packages: [...HOST] },
  'src/extension.ts': { rooms: ['src'], packages: [...HOST] },
  'src/publicApi.ts': { rooms: ['src/api.ts', 'src/app', 'src/domain'], packages: [] },
  'src/checkedApi.ts': { rooms: ['src/api.ts', 'src/domain', 'src/protocol'], packages: [] },
  'src/api.ts': { rooms: ['src/domain', 'src/app'], packages: [] },
};

/** Packages that one folder alone may import, so that each can be replaced in one place. */
const onlyIn: Record<string, string> = {
  '@vscode/webview-ui-toolkit': 'webviews/ui',
  uplot: 'webviews/charts',
  ioredis: 'src/adapters/redis',
  'sql.js': 'src/adapters/store',
};

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name) && !name.endsWith('.d.ts')) yield path;
  }
}

function roomOf(path: string): string | undefined {
  const local = relative(root, path).split(sep).join('/');
  return Object.keys(rooms)
    .filter((room) => local === room || local.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[^.\w])import\s*\(?\s*['"]([^'"]+)['"]|(?:^|[^.\w])require\(\s*['"]([^'"]+)['"]/gm;

function importsOf(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

function resolveLocal(from: string, specifier: string): string {
  const base = resolve(dirname(from), specifier);
  const found = [base, `${base}.ts`, `${base}.tsx`].find((path) => existsSync(path) && statSync(path).isFile());
  assert.ok(found, `${relative(root, from)} imports ${specifier}, which does not exist`);
  return found;
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

describe('architecture', () => {
  const files = [...sources(join(root, 'src')), ...sources(join(root, 'webviews'))];

  it('walks the source', () => {
    assert.ok(files.length > 0, `only ${files.length} files were found`);
  });

  it('puts every file in a room', () => {
    for (const file of files) assert.ok(roomOf(file), `${relative(root, file)} stands in no room`);
  });

  it('imports in one direction', () => {
    const wrong: string[] = [];
    for (const file of files) {
      const room = roomOf(file);
      if (room === undefined) continue;
      const law = rooms[room];
      if (law === undefined) continue;
      for (const specifier of importsOf(file)) {
        const where = `${relative(root, file)} -> ${specifier}`;
        if (specifier.startsWith('.')) {
          const target = resolveLocal(file, specifier);
          if (target.endsWith('.css')) continue;
          const targetRoom = roomOf(target);
          if (targetRoom === room) continue;
          const local = relative(root, target).split(sep).join('/');
          if (!law.rooms.some((allowed) => local === allowed || local.startsWith(`${allowed}/`))) wrong.push(where);
          continue;
        }
        const allowed = law.packages.some(
          (name) =>
            name === '*' ||
            name === specifier ||
            name === packageName(specifier) ||
            (name === 'node:' && specifier.startsWith('node:')),
        );
        if (!allowed) wrong.push(where);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('reads the clock in adapters only, and in pages by the host’s clock', () => {
    const readsClock = /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/;
    const readers = files
      .filter((file) => readsClock.test(readFileSync(file, 'utf8')))
      .map((file) => relative(root, file).split(sep).join('/'))
      .filter((path) => !path.startsWith('src/adapters/'));
    assert.deepEqual(readers, ['webviews/ui/hostClock.ts']);
  });

  it('keeps replaceable packages in one folder each', () => {
    const wrong: string[] = [];
    for (const file of files) {
      const local = relative(root, file).split(sep).join('/');
      for (const specifier of importsOf(file)) {
        const home = onlyIn[packageName(specifier)];
        if (home !== undefined && !local.startsWith(`${home}/`)) wrong.push(`${local} -> ${specifier}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});
