// `npm run package`: builds and packs the .vsix that people install. `-- --out PATH` names the file.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../test/support/root.ts';
import { ensureTool } from '../test/support/toolCache.ts';

const root = projectRoot();
const LIMIT_BYTES = 2 * 1024 * 1024;

function run(args: readonly string[]): void {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) throw new Error(`node ${args.join(' ')} failed`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const out = resolve(values.out ?? join(root, `${name}-${version}.vsix`));
  const tools = await ensureTool('packaging', join(root, 'scripts/packaging'));
  run(['esbuild.mjs']);
  const vsce = join(tools, 'node_modules/@vscode/vsce/vsce');
  run([
    vsce,
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    out,
  ]);
  const { size } = await stat(out);
  if (size > LIMIT_BYTES) throw new Error(`${out} has ${size} bytes; more than ${LIMIT_BYTES} is not to ship`);
  console.log(`${out}: ${(size / 1024).toFixed(0)} KiB`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
