import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SecretReader } from '../../app/ports/environment.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';

const MAX_FILE_BYTES = 1024 * 1024;
const COMMAND_MS = 10_000;

/** Reads PEM files, environment variables and the output of secret commands where the extension runs. */
export const nodeSecretReader: SecretReader = {
  async file(path, scopeRoot) {
    const absolute = absolutePath(path, scopeRoot);
    try {
      // Not blocking: a named pipe in a hostile repository must not hang us.
      const file = await open(absolute, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      try {
        const { size } = await file.stat().then((found) => (found.isFile() ? found : { size: Infinity }));
        if (size > MAX_FILE_BYTES)
          throw new Failure('VALIDATION_ERROR', `${display(path)} is not a PEM file of at most 1 MiB.`);
        return new Uint8Array(await file.readFile());
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof Failure) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      throw new Failure('VALIDATION_ERROR', `The file ${display(path)} cannot be read (${display(code)}).`, {
        details: { path: 'tls' },
        nextAction: 'Check the paths in the connection; they are read where the extension runs.',
      });
    }
  },

  environment: (name) => process.env[name],

  command(argv) {
    const [program = '', ...args] = argv;
    return new Promise((resolve, reject) => {
      execFile(program, args, { timeout: COMMAND_MS, maxBuffer: 64 * 1024, windowsHide: true }, (error, stdout) => {
        const line = stdout.split(/\r?\n/, 1)[0] ?? '';
        if (!error && line !== '') resolve(line);
        else reject(commandFailure(program, error));
      });
    });
  },
};

/** Neither arguments nor output of the command are told: both may hold the secret. */
function commandFailure(program: string, error: (Error & { code?: unknown; killed?: boolean }) | null): Failure {
  const why =
    error === null
      ? 'printed nothing'
      : error.killed === true
        ? 'took longer than 10 s'
        : typeof error.code === 'number'
          ? `ended with code ${error.code}`
          : 'could not be started';
  return new Failure('UNAUTHORIZED', `The secret command ${display(program)} ${why}.`, {
    nextAction: 'Run it in a terminal where VS Code runs, then connect again.',
  });
}

function absolutePath(path: string, scopeRoot: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  if (isAbsolute(path)) return path;
  if (!scopeRoot.startsWith('file:')) {
    throw new Failure('VALIDATION_ERROR', `The path ${display(path)} must be absolute or start with ~/ here.`, {
      details: { path: 'tls' },
    });
  }
  const root = fileURLToPath(scopeRoot);
  return join(root.endsWith('.code-workspace') ? dirname(root) : root, path);
}
