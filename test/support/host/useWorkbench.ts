import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../root.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from './workbench.ts';

const OPEN_LIMIT_MS = 180_000;

/**
 * Opens one workbench for the tests of the enclosing `describe`, and closes it after them. When a test fails, a picture of the
 * window and the page's console are left in `out/pictures/`.
 *
 * @param prepare gives the options; it runs in the same hook, after the suite's earlier `before` hooks.
 * @returns a function that gives the workbench, for use inside tests.
 */
export function useWorkbench(
  prepare: () => WorkbenchOptions | Promise<WorkbenchOptions> = () => ({}),
): () => Workbench {
  let workbench: Workbench | undefined;
  before(async function open() {
    this.timeout(OPEN_LIMIT_MS);
    workbench = await openWorkbench(await prepare());
  });
  afterEach(async function picture() {
    if (this.currentTest?.state !== 'failed' || !workbench) return;
    const name = `failed-${this.currentTest
      .fullTitle()
      .replaceAll(/[^\w]+/g, '-')
      .slice(0, 100)}`;
    await workbench.screenshot(name).catch(() => undefined);
    const folder = join(projectRoot(), 'out/pictures');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${name}.log`), [...workbench.console, workbench.host.output()].join('\n'));
    console.log(`    what was on the screen: out/pictures/${name}.png`);
  });
  after(async function close() {
    this.timeout(60_000);
    await workbench?.close();
  });
  return () => {
    if (!workbench) throw new Error('The workbench is open inside tests only');
    return workbench;
  };
}
