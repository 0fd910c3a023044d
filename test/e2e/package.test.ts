import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { ownFolder, spawnOwned } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';
import { zipNames } from '../support/zipNames.ts';

/** All that may ship. A new kind of file is a decision: name it here and in .vscodeignore. */
const SHIPPED = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|readme\.md|changelog\.md|LICENSE\.txt)$/,
  /^extension\/dist\/(extension|storeWorker)\.js$/,
  /^extension\/dist\/packages\/\w+\.js$/,
  /^extension\/dist\/sql-wasm\.wasm$/,
  /^extension\/dist\/migrations\/\d{4}_\w+\.sql$/,
  /^extension\/dist\/webviews\/[\w-]+\.(js|css|ttf)$/,
  /^extension\/languages\/[\w.-]+\.json$/,
  /^extension\/media\/[\w-]+\.(svg|png)$/,
];

async function packVsix(file: string): Promise<void> {
  const args = ['--import', 'tsx', 'scripts/package.ts', '--out', file];
  const packing = await spawnOwned(process.execPath, args, { cwd: projectRoot() });
  const { code } = await packing.exited;
  assert.equal(code, 0, packing.output());
}

describe('the .vsix that people install', () => {
  const file = join(ownFolder('cachify-vsix-'), 'cachify-studio.vsix');

  before(async function pack() {
    this.timeout(300_000); // the first run installs the packing tool
    await packVsix(file);
  });

  const workbench = useWorkbench(() => ({ vsix: file }));

  it('holds what is meant to ship, and nothing else', () => {
    const strangers = zipNames(readFileSync(file)).filter((name) => !SHIPPED.some((known) => known.test(name)));
    assert.deepEqual(strangers, []);
  });

  it('holds every file that the manifest names', () => {
    const names = new Set(zipNames(readFileSync(file)));
    const manifest = readFileSync(join(projectRoot(), 'package.json'), 'utf8');
    const named = [...manifest.matchAll(/": "(?:\.\/)?((?:dist|media|languages)\/[\w./-]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    assert.ok(named.length > 4, `only ${named.length} files were found`);
    assert.deepEqual(
      named.filter((name) => !names.has(`extension/${name}`)),
      [],
    );
  });

  it('has pages that carry what they use, and not the whole of the toolkit', () => {
    const folder = join(projectRoot(), 'dist/webviews');
    const sizes = readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => [name, statSync(join(folder, name)).size] as const);
    assert.ok(sizes.length >= 7, `only ${sizes.length} pages were found`);
    assert.deepEqual(
      sizes.filter(([, size]) => size > 300 * 1024),
      [],
    );
  });

  it('is at most 2 MiB', () => {
    assert.ok(statSync(file).size <= 2 * 1024 * 1024);
  });

  it('loads in a VS Code where it was installed', async () => {
    await workbench().openContainer('Cachify');
    await workbench().view('Connections').waitFor();
    await workbench().run('Developer: Show Running Extensions');
    const row = workbench().page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: /cachify.studio/i });
    await row.waitFor();
    assert.match(await row.innerText(), /Activation: \d+\s*ms|Startup Activation: \d+\s*ms/);
  });
});
