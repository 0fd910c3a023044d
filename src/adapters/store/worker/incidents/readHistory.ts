import { StoreEngine } from '../../storeEngine.ts';
import { readingInPlace } from '../../disk/nodeFileSystem.ts';
import { historyOptions, type ServiceOptions } from '../storeService.ts';

/** Parts are read once, one after another: one at a time stays in memory. */
const partMemoryBytes = 1 << 20;

/** The history as it is on disk now, to read only. */
export function openHistory(options: ServiceOptions): Promise<StoreEngine> {
  return StoreEngine.open({
    ...historyOptions({ ...options, fs: readingInPlace(), tell: () => undefined }),
    partMemoryBytes,
    passive: true,
  });
}
