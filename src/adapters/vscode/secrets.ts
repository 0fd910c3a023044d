import type { SecretStorage } from 'vscode';
import type { Secrets } from '../../app/ports/environment.ts';
import { Failure } from '../../domain/failure.ts';

/** VS Code's SecretStorage; its own errors are not told on, they may come from a keyring with details. */
export function vscodeSecrets(storage: SecretStorage): Secrets {
  return {
    get: (name) => told(storage.get(name)),
    set: (name, value) => told(storage.store(name, value)),
    delete: (name) => told(storage.delete(name)),
  };
}

async function told<T>(work: Thenable<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const kind = error instanceof Error ? error.name : typeof error;
    throw new Failure('NOT_SUPPORTED', 'The secret storage of VS Code is not available on this machine.', {
      details: { kind },
      nextAction:
        'Unlock or set up the keyring, or set "secret" of the connection to "ask" or an environment variable.',
    });
  }
}
