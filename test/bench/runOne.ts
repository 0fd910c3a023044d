// One bench in this process: `runOne.ts BENCH OUTPUT`. Rows go to OUTPUT, one JSON object per line.
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Bench } from './report.ts';

async function main(file: string, output: string): Promise<void> {
  const bench = (await import(pathToFileURL(file).href)) as Bench;
  console.log(`${bench.name}, on Node ${process.versions.node}`);
  await bench.run({
    add(row) {
      appendFileSync(output, `${JSON.stringify(row)}\n`);
    },
    note: (text) => console.log(`  ${text}`),
  });
}

const [file, output] = process.argv.slice(2);
if (file === undefined || output === undefined) throw new Error('Usage: runOne.ts BENCH OUTPUT');
main(file, output).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
