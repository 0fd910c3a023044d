import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the runner gives to the suite inside the extension host. */
export interface TestEnvironment {
  /** Where results go, one JSON object per line. */
  readonly reportFile: string;
  /** Only tests whose full title matches. */
  readonly grep: string | undefined;
  /** An empty redis-server without password; it belongs to the suite alone. */
  readonly redisUrl: string;
  readonly redisPort: number;
  /** The folder that is open. */
  readonly workspace: string;
}

/** The file stands next to the bundled tests, which are written anew for each run. */
export const ENVIRONMENT_FILE = 'environment.json';

export function testEnvironment(): TestEnvironment {
  return JSON.parse(readFileSync(join(suiteFolder(__dirname), ENVIRONMENT_FILE), 'utf8')) as TestEnvironment;
}

/** Bundled tests stand in `out/test/run-…/` and below. */
function suiteFolder(folder: string): string {
  const match = /^(.*[/\\]out[/\\]test[/\\]run-[^/\\]+)/.exec(folder);
  if (!match?.[1]) throw new Error(`${folder} is not below out/test: run these tests by npm run test:vscode`);
  return match[1];
}
