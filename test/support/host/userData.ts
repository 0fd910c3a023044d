// What lies in the data folder of a VS Code, for suites that put something there before it starts or look at it afterwards.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of the extension's own files, which all workspaces share. */
export function globalStorageOf(dataFolder: string): string {
  return join(dataFolder, 'user/User/globalStorage/cachify.cachify-studio');
}

export function storeFolderOf(dataFolder: string): string {
  return join(globalStorageOf(dataFolder), 'store');
}

interface KeyBinding {
  /** As in `keybindings.json`, for example `ctrl+alt+f9`. */
  readonly key: string;
  readonly command: string;
  readonly args?: unknown;
}

/** Lets keys call commands with plain arguments, as other extensions and the product's own surfaces call them. */
export async function bindKeys(dataFolder: string, bindings: readonly KeyBinding[]): Promise<void> {
  const folder = join(dataFolder, 'user/User');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'keybindings.json'), JSON.stringify(bindings));
}
