// Runs `test/vscode/**` inside the extension host of the VS Code server: `npm run test:vscode -- --grep 'some title'`.
import { appendFileSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { launchChromium } from '../test/support/host/chromium.ts';
import { startVscodeHost } from '../test/support/host/vscodeHost.ts';
import { ownFolder } from '../test/support/processes.ts';
import { startRedis } from '../test/support/redisBox.ts';
import { bundleSuite, followReport, type Outcome } from './vscodeSuite.ts';

const OPEN_LIMIT_MS = 60_000;

async function runSuite(grep: string | undefined): Promise<Outcome> {
  const redis = await startRedis();
  const workspace = ownFolder('cachify-workspace-');
  const suite = await bundleSuite({ grep, redisUrl: redis.url, redisPort: redis.port, workspace });
  const host = await startVscodeHost({ folder: workspace });
  const browser = await launchChromium();
  let gone = false;
  browser.on('disconnected', () => (gone = true));
  const page = await browser.newPage();
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text().slice(0, 400)));
  try {
    await page.goto(host.url(suite.entry), { waitUntil: 'domcontentloaded', timeout: OPEN_LIMIT_MS });
    return await followReport(suite.reportFile, () => gone);
  } catch (error) {
    console.error([...messages.slice(-30), host.output().slice(-4000)].join('\n'));
    throw error;
  } finally {
    if (process.env.CACHIFY_TEST_REPORT) appendFileSync(process.env.CACHIFY_TEST_REPORT, readIfThere(suite.reportFile));
    await browser.close();
    await host.stop();
    await redis.stop();
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { grep: { type: 'string', short: 'g' } } });
  const { passed, failed } = await runSuite(values.grep);
  console.log(`\n  ✔ ${passed}  ✘ ${failed}\n`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
