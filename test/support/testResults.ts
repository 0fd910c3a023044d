// What a tier of tests reports, whichever process its mocha ran in: one JSON object per line, appended as it happens.

export type TestEvent =
  | { readonly kind: 'suite'; readonly title: string; readonly depth: number }
  | { readonly kind: 'passed'; readonly title: string; readonly depth: number; readonly ms: number }
  | { readonly kind: 'pending'; readonly title: string; readonly depth: number }
  | {
      readonly kind: 'failed';
      readonly title: string;
      readonly path: string;
      readonly depth: number;
      readonly stack: string;
    }
  | { readonly kind: 'end'; readonly passed: number; readonly failed: number };

interface RunnerLike {
  on(event: string, listener: (...args: never[]) => void): unknown;
}

function depthOf(suite: Mocha.Suite | undefined): number {
  return suite?.parent ? 1 + depthOf(suite.parent) : 0;
}

/** Turns mocha's events into ours. Failed hooks count as failures: what they guarded did not run. */
export function reportEvents(runner: RunnerLike, tell: (event: TestEvent) => void): void {
  let passed = 0;
  let failed = 0;
  runner.on('suite', (suite: Mocha.Suite) => {
    if (suite.title) tell({ kind: 'suite', title: suite.title, depth: depthOf(suite) - 1 });
  });
  runner.on('pass', (test: Mocha.Test) => {
    passed += 1;
    tell({ kind: 'passed', title: test.title, depth: depthOf(test.parent), ms: test.duration ?? 0 });
  });
  runner.on('pending', (test: Mocha.Test) => tell({ kind: 'pending', title: test.title, depth: depthOf(test.parent) }));
  runner.on(
    'fail',
    (test: Mocha.Runnable, error: Error & { readonly actual?: unknown; readonly expected?: unknown }) => {
      failed += 1;
      const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
      const stack = `${error.stack ?? String(error)}${cause}`;
      tell({ kind: 'failed', title: test.title, path: test.fullTitle(), depth: depthOf(test.parent), stack });
    },
  );
  runner.on('end', () => tell({ kind: 'end', passed, failed }));
}

/** How a person reads an event; undefined when it says nothing by itself. */
export function eventLine(event: TestEvent): string | undefined {
  if (event.kind === 'end') return undefined;
  const indent = '  '.repeat(event.depth + 1);
  if (event.kind === 'suite') return `${indent}${event.title}`;
  if (event.kind === 'passed') return `${indent}✔ ${event.title}${event.ms > 1000 ? ` (${event.ms} ms)` : ''}`;
  if (event.kind === 'pending') return `${indent}- ${event.title} (not run)`;
  const stack = event.stack.replaceAll('\n', `\n${indent}  `);
  return `${indent}✘ ${event.title}\n${indent}  ${stack}`;
}
