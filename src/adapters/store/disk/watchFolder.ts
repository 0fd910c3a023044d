import { watch } from 'node:fs';

/**
 * Tells when something in a folder changes, soon and at most every `quietMs`. Where the system has no more watches, or the
 * folder is not there, nothing is told: callers look by themselves from time to time.
 */
export function watchFolder(folder: string, changed: () => void, quietMs = 20): { dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      changed();
    }, quietMs);
  };
  try {
    const watcher = watch(folder, { persistent: false }, soon);
    // The folder went away, or is on a disk that cannot be watched.
    watcher.on('error', () => watcher.close());
    return {
      dispose() {
        clearTimeout(timer);
        watcher.close();
      },
    };
  } catch {
    // A folder that cannot be watched is still looked at regularly.
    return { dispose: () => undefined };
  }
}
