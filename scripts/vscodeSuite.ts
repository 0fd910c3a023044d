// The tests that run inside the extension host: bundled for each run, started by a VS Code, read back from a file.
import { build } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownFolder } from '../test/support/processes.ts';
import { projectRoot } from '../test/support/root.ts';
import { eventLine, type TestEvent } from '../test/support/testResults.ts';
import { ENVIRONMENT_FILE, type TestEnvironment } from '../test/vscode/support/environment.ts';

export interface Suite {
  /** Module that VS Code loads as `extensionTestsPath`. */
  readonly entry: string;
  readonly reportFile: string;
}

/** A test may be silent for this long before the run counts as hung. */
const SILENCE_LIMIT_MS = 180_000;

/** Bundles `test/vscode/**` into a folder of its own below `out/test`, with the environment that the tests read. */
export async function bundleSuite(environment: Omit<TestEnvironment, 'reportFile'>): Promise<Suite> {
  const root = projectRoot();
  const source = join(root, 'test/vscode');
  const names = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.test.ts'));
  await mkdir(join(root, 'out/test'), { recursive: true });
  const folder = ownFolder('run-', join(root, 'out/test'));
  await build({
    entryPoints: [join(source, 'support/suite.ts'), ...names.map((name) => join(source, name))],
    outbase: source,
    outdir: folder,
    entryNames: '[dir]/[name]',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha', 'esbuild', 'playwright-core'],
    logLevel: 'warning',
  });
  const reportFile = join(folder, 'report.jsonl');
  const complete: TestEnvironment = { ...environment, reportFile };
  await writeFile(join(folder, ENVIRONMENT_FILE), JSON.stringify(complete));
  return { entry: join(folder, 'support/suite.js'), reportFile };
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** Prints one event and hands it on to the tier's own report, if `npm test` asked for one. */
function show(event: TestEvent): void {
  const line = eventLine(event);
  if (line !== undefined) console.log(line);
}

/**
 * Prints results as they come and resolves with the last of them.
 *
 * @param hasEnded tells that VS Code is gone, so that nothing will come any more.
 * @throws Error when the suite hangs or VS Code ends before it.
 */
export async function followReport(reportFile: string, hasEnded: () => boolean): Promise<Outcome> {
  let read = 0;
  let quietSince = performance.now();
  for (;;) {
    const gone = hasEnded();
    const text = existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : '';
    const lines = text.slice(read, text.lastIndexOf('\n') + 1);
    for (const line of lines.split('\n').filter(Boolean)) {
      const event = JSON.parse(line) as TestEvent;
      show(event);
      if (event.kind === 'end') return { passed: event.passed, failed: event.failed };
    }
    if (lines !== '') quietSince = performance.now();
    read += lines.length;
    if (gone) throw new Error('VS Code ended before the suite did');
    if (performance.now() - quietSince > SILENCE_LIMIT_MS)
      throw new Error(`The suite said nothing for ${SILENCE_LIMIT_MS} ms`);
    await sleep(100);
  }
}
