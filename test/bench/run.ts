// `npm run bench`: every bench in a process of its own, on the Node that VS Code has, and a table at the end.
// `npm run bench -- scan` runs those whose file name contains `scan`.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureHost } from '../support/host/ensureHost.ts';
import { endWithNpm, ownFolder, spawnOwned } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';
import type { Row } from './report.ts';

const LIMIT_MS = 15 * 60_000;
const folder = join(projectRoot(), 'test/bench');

/** Memory that a bench itself takes must not be counted: V8 keeps the pages of its own heap that once was large. */
const flags: Readonly<Record<string, readonly string[]>> = { 'storeMemory.bench.ts': ['--max-semi-space-size=1'] };

interface Result {
  readonly file: string;
  readonly rows: readonly Row[];
  readonly broken: boolean;
}

async function runBench(node: string, file: string, output: string): Promise<Result> {
  console.log(`\n── ${file}`);
  const own = flags[file] ?? [];
  const args = [...own, '--expose-gc', '--import', 'tsx', join(folder, 'runOne.ts'), join(folder, file), output];
  const running = await spawnOwned(node, args, { cwd: projectRoot(), stdio: ['ignore', 'inherit', 'inherit'] });
  const timer = setTimeout(() => void running.stop(0), LIMIT_MS);
  const { code } = await running.exited;
  clearTimeout(timer);
  const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
  const rows = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
  return { file, rows, broken: code !== 0 || rows.length === 0 };
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function cells(row: Row): string[] {
  const { reference } = row;
  return [
    row.name,
    `${figure(row.median)} ${row.unit}`,
    reference ? `${figure(reference.median)} ${row.unit} (${reference.name})` : '',
    reference ? `${(row.median / reference.median).toFixed(2)} ×` : '',
    row.goal,
    row.met ? 'met' : 'MISSED',
  ];
}

function table(rows: readonly Row[]): string {
  const all = [['what', 'median', 'reference', 'ratio', 'goal', ''], ...rows.map(cells)];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

async function main(): Promise<number> {
  const filters = process.argv.slice(2);
  const files = readdirSync(folder).filter(
    (name) => name.endsWith('.bench.ts') && (filters.length === 0 || filters.some((part) => name.includes(part))),
  );
  const { node } = await ensureHost();
  const outputs = ownFolder('cachify-bench-');
  const results: Result[] = [];
  for (const file of files.sort()) results.push(await runBench(node, file, join(outputs, `${file}.jsonl`)));
  const rows = results.flatMap((result) => result.rows);
  console.log(`\n${table(rows)}\n`);
  for (const { file } of results.filter((result) => result.broken)) console.log(`${file} did not finish`);
  if (results.length === 0) console.log('No bench ran');
  return results.length > 0 && results.every((result) => !result.broken) && rows.every((row) => row.met) ? 0 : 1;
}

endWithNpm();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
