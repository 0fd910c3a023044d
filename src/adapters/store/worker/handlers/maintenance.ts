import type { StoreOwnCalls } from '../../messages.ts';
import type { Migration } from '../../migrations.ts';
import type { SqlEngine } from '../../sql/driver.ts';
import { desktopContent, openDesktopFile, type DesktopFile } from '../maintenance/desktopFile.ts';
import { importDesktopTables } from '../maintenance/importDesktop.ts';
import type { Handlers, StoreParts } from './handlers.ts';

type MaintenanceCalls = Omit<StoreOwnCalls, 'history.searchStep' | 'history.deleteEventsBefore'>;

export interface DesktopReading {
  readonly sql: SqlEngine;
  readonly migrations: readonly Migration[];
}

export function maintenanceHandlers(parts: StoreParts, desktop: DesktopReading): Handlers<MaintenanceCalls> {
  const { control, history, telemetry } = parts;
  return {
    'store.verify': async () => {
      await telemetry.flush();
      const problems = [...(await control.verify()), ...(await history.verify())];
      return { ok: problems.length === 0, problems };
    },
    'store.readDesktop': (path) => withDesktop(desktop, path, (file) => desktopContent(file)),
    'store.importDesktop': ({ path, ...request }) =>
      withDesktop(desktop, path, async ({ database }) => {
        await telemetry.flush();
        return importDesktopTables(database, parts, request);
      }),
    'store.checkpoint': async () => {
      await control.checkpoint();
      await history.checkpoint();
    },
  };
}

async function withDesktop<T>(
  { sql, migrations }: DesktopReading,
  path: string,
  run: (file: DesktopFile) => T | Promise<T>,
): Promise<T> {
  const file = openDesktopFile(sql, path, migrations);
  try {
    return await run(file);
  } finally {
    file.database.close();
  }
}
