import { rmSync } from 'node:fs';

const LIMIT_MS = 10_000;
const PAUSE_MS = 50;

/**
 * Removes a folder with all that is in it, also while a process that is about to end still writes there: what it adds
 * after the folder was emptied is removed with the next try. Blocks, so that handlers of `exit` can use it.
 *
 * @throws Error when it cannot be removed within ten seconds.
 */
export function removeTree(folder: string): void {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (performance.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
