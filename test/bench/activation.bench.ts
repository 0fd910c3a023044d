// How long activation takes in a real extension host: `activate()` itself, on a copy that notes its time, and what VS Code
// shows, which is the loading of the code and `activate()` together.
import { appendFile, cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownFolder } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';
import { openWorkbench, type Workbench } from '../support/host/workbench.ts';
import { median, type Report } from './report.ts';

const LIMIT_MS = 50;
const TIMES = 5;

export const name = 'activation';

async function activationTime(workbench: Workbench): Promise<number> {
  // The list is not drawn again when an extension becomes active after it was opened.
  await workbench.openContainer('Cachify');
  await workbench.statusItem('Activating Extensions').waitFor({ state: 'hidden' });
  await workbench.run('Developer: Show Running Extensions');
  const row = workbench.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: /cachify.studio/i });
  await row.locator('.activation-time', { hasText: 'ms' }).waitFor();
  const text = await row.locator('.activation-time').innerText();
  const milliseconds = Number(/(\d+)\s*ms/.exec(text)?.[1]);
  if (Number.isNaN(milliseconds)) throw new Error(`No time in "${text}"`);
  return milliseconds;
}

/** The built extension with a last line that times its `activate` into a file. */
async function timedCopy(times: string): Promise<string> {
  const copy = ownFolder('cachify-timed-');
  for (const part of ['dist', 'media', 'languages', 'package.json']) {
    await cp(join(projectRoot(), part), join(copy, part), { recursive: true });
  }
  const timed = `;{ const shipped = module.exports; module.exports = { ...shipped, activate(context) {
    const from = performance.now(); const api = shipped.activate(context);
    require('node:fs').appendFileSync(${JSON.stringify(times)}, (performance.now() - from) + '\\n'); return api; } }; }`;
  await appendFile(join(copy, 'dist/extension.js'), timed);
  return copy;
}

export async function run(report: Report): Promise<void> {
  const notes = ownFolder('cachify-times-');
  await mkdir(notes, { recursive: true });
  const times = join(notes, 'activate.txt');
  const extension = await timedCopy(times);
  const workbench = await openWorkbench({ extension, size: { width: 1280, height: 2000 } });
  const taken: number[] = [];
  await activationTime(workbench); // the first start also fills VS Code's own caches
  for (let i = 0; i < TIMES; i += 1) {
    await workbench.reload();
    taken.push(await activationTime(workbench));
  }
  await workbench.close();
  report.note(`code loading and activate(), as VS Code shows it: ${median(taken)} ms (each: ${taken.join(', ')})`);
  const calls = (await readFile(times, 'utf8')).trim().split('\n').map(Number).slice(-TIMES);
  const call = median(calls);
  report.add({ name: 'activate()', median: call, unit: 'ms', goal: `≤ ${LIMIT_MS} ms`, met: call <= LIMIT_MS });
}
