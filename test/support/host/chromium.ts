import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';
import programs from '../../../scripts/systemPrograms.json' with { type: 'json' };
import { ownFolder } from '../processes.ts';

const { names, fixed, variable } = programs.chromium;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Path of a Chromium: `CHROME_PATH`, the PATH, then the usual places.
 *
 * @throws Error that says how to get one.
 */
export function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name + suffix)));
  const found = [process.env[variable] ?? '', ...onPath, ...fixed].find((path) => path !== '' && isProgram(path));
  if (!found)
    throw new Error('No Chromium was found. Install the package "chromium", or set CHROME_PATH to its binary.');
  return found;
}

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--force-color-profile=srgb',
  '--font-render-hinting=none',
];

/** Starts a headless Chromium whose profile is in the run's own temporary folder. */
export async function launchChromium(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: findChromium(),
    args: isRoot ? ['--no-sandbox', ...QUIET] : QUIET,
    artifactsDir: ownFolder('cachify-chromium-'),
    timeout: 60_000,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
