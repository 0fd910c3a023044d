import { StoreEngine } from '../../storeEngine.ts';
import { controlOptions, historyOptions, type ServiceOptions } from '../storeService.ts';
import { combinedDatabase, writeNewFile } from './exportDatabase.ts';

/** Parts are read once, one after another: few need to stay. */
const partMemoryBytes = 1 << 20;

/** Writes both stores, as they are on disk now, into one new SQLite file. Changes nothing of the stores. */
export async function exportStores(options: ServiceOptions, target: string): Promise<void> {
  const quiet: ServiceOptions = { ...options, tell: () => undefined };
  const control = await StoreEngine.open({ ...controlOptions(quiet), passive: true });
  try {
    const history = await StoreEngine.open({ ...historyOptions(quiet), partMemoryBytes, passive: true });
    try {
      const combined = combinedDatabase(options.sql, control, history);
      writeNewFile(target, combined.image());
      combined.close();
    } finally {
      await history.close();
    }
  } finally {
    await control.close();
  }
}
