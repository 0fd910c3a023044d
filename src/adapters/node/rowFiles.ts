import { open, rename, rm } from 'node:fs/promises';
import type { RowFiles } from '../../app/ports/rowFiles.ts';

/** Files beside their final place until they are complete. */
export const nodeRowFiles: RowFiles = {
  async create(path) {
    const partial = `${path}.partial-${process.pid}`;
    const handle = await open(partial, 'wx', 0o600);
    return {
      async write(text) {
        await handle.write(text);
      },
      async finish() {
        await handle.sync();
        await handle.close();
        await rename(partial, path);
      },
      async discard() {
        // The file goes in any case.
        await handle.close().catch(() => undefined);
        await rm(partial, { force: true });
      },
    };
  },
};
