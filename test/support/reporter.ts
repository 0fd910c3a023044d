// The reporter of every mocha run in plain Node: prints as it goes, repeats the failures at the end, and appends events to the
// file named by CACHIFY_TEST_REPORT, from which `npm test` counts.
import { appendFileSync } from 'node:fs';
import { eventLine, reportEvents } from './testResults.ts';

function report(runner: Mocha.Runner): void {
  const file = process.env.CACHIFY_TEST_REPORT;
  const failures: string[] = [];
  reportEvents(runner, (event) => {
    const line = eventLine(event);
    if (line !== undefined) console.log(line);
    if (event.kind === 'failed') failures.push(`\nFAILED ${event.path}\n${event.stack}`);
    if (event.kind === 'end') console.log([...failures, `\n  ✔ ${event.passed}  ✘ ${event.failed}\n`].join('\n'));
    if (file) appendFileSync(file, `${JSON.stringify(event)}\n`);
  });
}

module.exports = report;
