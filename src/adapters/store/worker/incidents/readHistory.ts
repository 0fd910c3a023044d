import { StoreEngine } from '../../storeEngine.ts';
import { historyOptions, type ServiceOptions } from '../storeService.ts';

/** Parts are read once, one after another: one at a time stays in memory. */
const partMemoryBytes = 1 << 20;

/** The event parts of the history as they are on disk now, to read only; a bundle takes nothing from its main database. */
export function openHistory(options: ServiceOptions): Promise<StoreEngine> {
  return StoreEngine.open({
    ...historyOptions({ ...options, tell: () => undefined }),
    partMemoryBytes,
    passive: true,
    onlyParts: true,
  });
}
