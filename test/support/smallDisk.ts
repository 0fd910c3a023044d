// A real disk of a few megabytes, for tests that fill one or find it read-only. It is mounted where only its keeper sees it:
// that takes no rights of root where people may have namespaces of their own, and leaves no mount behind when a run dies.
import { execFileSync } from 'node:child_process';
import { ownFolder, removeFolder, spawnOwned, type Owned } from './processes.ts';
import { waitFor } from './waiting.ts';

const LIMIT_MS = 20_000;

/** How a namespace is made and entered: by anybody where people may have their own, else by root alone. */
const ways = [
  { unshare: ['--user', '--map-root-user', '--mount'], nsenter: ['--user', '--preserve-credentials', '--mount'] },
  { unshare: ['--mount'], nsenter: ['--mount'] },
] as const;

type Way = (typeof ways)[number];

export class SmallDisk {
  /** Its root, as every process of the same user reaches it. */
  readonly folder: string;
  readonly #place: string;
  readonly #keeper: Owned;
  readonly #way: Way;

  private constructor(place: string, keeper: Owned, way: Way) {
    this.#place = place;
    this.#keeper = keeper;
    this.#way = way;
    this.folder = `/proc/${keeper.pid}/root${place}`;
  }

  /** @throws Error saying why there is none here */
  static async mount(megabytes: number): Promise<SmallDisk> {
    const place = ownFolder('cachify-disk-');
    const said: string[] = [];
    for (const way of ways) {
      const script = `mount -t tmpfs -o size=${megabytes}m tmpfs '${place}' && echo mounted && exec sleep infinity`;
      const keeper = await spawnOwned('unshare', [...way.unshare, 'sh', '-c', script]);
      let ended = false;
      void keeper.exited.then(() => (ended = true));
      const isMounted = (): boolean => keeper.output().startsWith('mounted');
      await waitFor('a disk to be mounted', LIMIT_MS, () => isMounted() || ended);
      if (isMounted()) return new SmallDisk(place, keeper, way);
      said.push(keeper.output().trim().split('\n')[0] ?? '');
    }
    removeFolder(place);
    throw new Error(`no disk may be mounted here (${[...new Set(said)].join('; ')})`);
  }

  /** @throws Error while something that is to become read-only is open for writing */
  remount(how: 'ro' | 'rw'): void {
    const inside = ['--target', String(this.#keeper.pid), ...this.#way.nsenter];
    // Of this mount alone: a namespace that is not root's may not change the file system itself.
    const remount = ['mount', '-o', `remount,bind,${how}`, this.#place];
    execFileSync('nsenter', [...inside, ...remount], { stdio: 'pipe' });
  }

  /** The disk is gone with all that is on it. */
  async remove(): Promise<void> {
    await this.#keeper.stop();
    removeFolder(this.#place);
  }
}
