// `npm test`: every tier, one after the other, none skipped. `npm test -- unit contract` runs only those.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureHost } from '../test/support/host/ensureHost.ts';
import { endWithNpm, ownFolder, spawnOwned } from '../test/support/processes.ts';
import { projectRoot } from '../test/support/root.ts';
import type { TestEvent } from '../test/support/testResults.ts';

interface Tier {
  readonly name: string;
  /** Commands of the tier. Those of mocha count by what they report, any other counts as one test. */
  readonly steps: readonly Step[];
}

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly minutes: number;
  readonly reports: boolean;
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const root = projectRoot();
const reports = ownFolder('cachify-reports-');

function tool(name: string, minutes: number, ...args: string[]): Step {
  const command = join(root, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name);
  return { name: [name, ...args].join(' '), command: [command, ...args], minutes, reports: false };
}

function npmRun(script: string, minutes: number, reportsTests: boolean): Step {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return { name: `npm run ${script}`, command: [npm, 'run', '--silent', script], minutes, reports: reportsTests };
}

const tiers: readonly Tier[] = [
  {
    name: 'check',
    steps: [tool('oxfmt', 5, '--check'), npmRun('lint', 10, false), npmRun('typecheck', 10, false), tool('knip', 5)],
  },
  { name: 'unit', steps: [npmRun('test:unit', 15, true)] },
  { name: 'contract', steps: [npmRun('test:contract', 25, true)] },
  { name: 'faults', steps: [npmRun('test:faults', 15, true)] },
  { name: 'vscode', steps: [npmRun('test:vscode', 20, true)] },
  { name: 'e2e', steps: [npmRun('test:e2e', 40, true)] },
];

function countReport(file: string): Count | undefined {
  if (!existsSync(file)) return undefined;
  const events = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TestEvent);
  if (!events.some((event) => event.kind === 'end')) return undefined;
  const of = (kind: TestEvent['kind']): number => events.filter((event) => event.kind === kind).length;
  return { passed: of('passed'), failed: of('failed') };
}

/** Runs a command with its output shown; gives its exit code, or a sentence when it took too long or died. */
async function runCommand(step: Step, report: string): Promise<number | string> {
  const [command, ...args] = step.command;
  const running = await spawnOwned(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, CACHIFY_TEST_REPORT: report },
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void running.stop();
  }, step.minutes * 60_000);
  const { code, signal } = await running.exited;
  clearTimeout(timer);
  if (late) return `took longer than ${step.minutes} minutes`;
  return code ?? `ended by ${signal}`;
}

async function runStep(step: Step): Promise<Count> {
  console.log(`\n── ${step.name}`);
  const report = join(reports, `${step.name.replaceAll(/\W+/g, '-')}.jsonl`);
  const end = await runCommand(step, report);
  if (!step.reports) {
    if (end !== 0) console.log(`✘ ${step.name}: ${typeof end === 'number' ? `exit code ${end}` : end}`);
    return end === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  }
  const count = countReport(report);
  if (!count) {
    console.log(`✘ ${step.name} ended without a result (${end})`);
    return { passed: 0, failed: 1 };
  }
  if (count.failed === 0 && (end !== 0 || count.passed === 0)) {
    console.log(`✘ ${step.name}: ${count.passed === 0 ? 'no test ran' : `exit code ${end} although no test failed`}`);
    return { passed: count.passed, failed: 1 };
  }
  return count;
}

function sum(counts: readonly Count[]): Count {
  return {
    passed: counts.reduce((total, count) => total + count.passed, 0),
    failed: counts.reduce((total, count) => total + count.failed, 0),
  };
}

async function runTier(tier: Tier): Promise<Count> {
  const counts: Count[] = [];
  for (const step of tier.steps) counts.push(await runStep(step));
  return sum(counts);
}

function choose(names: readonly string[]): readonly Tier[] {
  const unknown = names.filter((name) => !tiers.some((tier) => tier.name === name));
  if (unknown.length > 0)
    throw new Error(`No tier ${unknown.join(', ')}; there are ${tiers.map((tier) => tier.name).join(', ')}`);
  return names.length === 0 ? tiers : tiers.filter((tier) => names.includes(tier.name));
}

/** The VS Code server and the built extension, before any tier: a failure here is one failed test. */
async function prepare(): Promise<Count> {
  const built = await runStep({
    name: 'build',
    command: [process.execPath, 'esbuild.mjs'],
    minutes: 5,
    reports: false,
  });
  try {
    await ensureHost();
    return built;
  } catch (error) {
    console.error(error);
    return { passed: built.passed, failed: built.failed + 1 };
  }
}

async function main(): Promise<Count> {
  const chosen = choose(process.argv.slice(2));
  const started = performance.now();
  const prepared = await prepare();
  const rows: string[] = [];
  const counts = [prepared];
  for (const tier of prepared.failed === 0 ? chosen : []) {
    const from = performance.now();
    const count = await runTier(tier);
    counts.push(count);
    const seconds = Math.round((performance.now() - from) / 1000);
    rows.push(
      `  ${tier.name.padEnd(10)} ✔ ${String(count.passed).padStart(5)}   ✘ ${String(count.failed).padStart(3)}   ${seconds} s`,
    );
  }
  console.log(`\n${rows.join('\n')}\n  in ${Math.round((performance.now() - started) / 1000)} s\n`);
  return sum(counts);
}

endWithNpm();
main().then(
  ({ passed, failed }) => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
    setTimeout(() => process.exit(), 1000).unref();
  },
  (error: unknown) => {
    console.error(error);
    console.log('0 passed, 1 failed');
    process.exit(1);
  },
);
