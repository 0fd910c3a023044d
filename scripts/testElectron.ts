// Runs the same suite as testVscode.ts in a desktop VS Code that is downloaded once: for machines with internet and a display.
import { runTests } from '@vscode/test-electron';
import { ownFolder } from '../test/support/processes.ts';
import { startRedis } from '../test/support/redisBox.ts';
import { projectRoot } from '../test/support/root.ts';
import { bundleSuite, followReport, type Outcome } from './vscodeSuite.ts';

async function runSuite(): Promise<Outcome> {
  const redis = await startRedis();
  const workspace = ownFolder('cachify-workspace-');
  const suite = await bundleSuite({ grep: undefined, redisUrl: redis.url, redisPort: redis.port, workspace });
  let gone = false;
  const electron = runTests({
    version: process.env.CACHIFY_VSCODE_VERSION ?? 'stable',
    extensionDevelopmentPath: projectRoot(),
    extensionTestsPath: suite.entry,
    launchArgs: [
      workspace,
      '--disable-extensions',
      '--disable-workspace-trust',
      '--skip-welcome',
      '--skip-release-notes',
    ],
  }).finally(() => (gone = true));
  const [outcome] = await Promise.all([followReport(suite.reportFile, () => gone), electron]);
  await redis.stop();
  return outcome;
}

runSuite()
  .then(({ passed, failed }) => {
    console.log(`\n  ✔ ${passed}  ✘ ${failed}\n`);
    process.exit(failed > 0 || passed === 0 ? 1 : 0);
  })
  .catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
