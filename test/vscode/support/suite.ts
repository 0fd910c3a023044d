// Entry of the tests that run inside the extension host: VS Code calls `run()`, and ends when it settles.
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { reportEvents, type TestEvent } from '../../support/testResults.ts';
import { testEnvironment } from './environment.ts';

/** Mocha wants a reporter; ours listens to the runner itself. */
function silent(): void {}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => join(folder, name));
}

export async function run(): Promise<void> {
  const { reportFile, grep } = testEnvironment();
  const tell = (event: TestEvent): void => appendFileSync(reportFile, `${JSON.stringify(event)}\n`);
  try {
    const { default: Mocha } = await import('mocha');
    const mocha = new Mocha({
      timeout: 60_000,
      reporter: silent as unknown as Mocha.ReporterConstructor,
      forbidOnly: true,
      ...(grep ? { grep } : {}),
    });
    for (const file of testFiles(join(__dirname, '..'))) mocha.addFile(file);
    await mocha.loadFilesAsync();
    await new Promise<void>((resolve) =>
      reportEvents(
        mocha.run(() => resolve()),
        tell,
      ),
    );
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ kind: 'failed', title: 'the suite loads', path: 'the suite loads', depth: 0, stack });
    tell({ kind: 'end', passed: 0, failed: 1 });
    throw error;
  }
}
