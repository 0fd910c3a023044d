import { openStores } from '../../src/adapters/store/openStores.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import { storeBuild } from './storeBuild.ts';
import { systemClock } from './systemClock.ts';

/** Opens the stores of a folder as the product does, in a worker of their own. Whoever opens them closes them. */
export async function storesIn(directory: string): Promise<Stores> {
  return openStores({ directory, clock: systemClock, ...(await storeBuild()) });
}
