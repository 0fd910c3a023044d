import { join } from 'node:path';
import { nodeFileSystem } from '../../src/adapters/store/disk/nodeFileSystem.ts';
import type { FileSystem } from '../../src/adapters/store/disk/fileSystem.ts';
import type { CallName, StoreCalls } from '../../src/adapters/store/messages.ts';
import { readMigrations } from '../../src/adapters/store/migrations.ts';
import type { StoreProblem } from '../../src/adapters/store/problems.ts';
import { StoreService } from '../../src/adapters/store/worker/storeService.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import type { PlanRequest, RetentionStore } from '../../src/app/ports/retention.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { sqlEngine } from '../faults/workload.ts';
import { projectRoot } from './root.ts';

/** A wall clock that is set, over timers that run. */
export interface SetClock extends Clock {
  wall: number;
}

export function setClock(wall = Date.UTC(2026, 5, 1)): SetClock {
  const started = performance.now();
  return {
    wall,
    wallMs() {
      return this.wall;
    },
    monoMs: () => performance.now() - started,
    after(ms, run) {
      if (ms === 0) {
        const handle = setImmediate(run);
        return { dispose: () => clearImmediate(handle) };
      }
      const timer = setTimeout(run, ms);
      timer.unref();
      return { dispose: () => clearTimeout(timer) };
    },
  };
}

export interface StoreRig {
  readonly service: StoreService;
  readonly clock: SetClock;
  readonly problems: StoreProblem[];
  readonly retention: RetentionStore;
  call<K extends CallName>(name: K, ...args: Parameters<StoreCalls[K]>): Promise<ReturnType<StoreCalls[K]>>;
  /** Ends the part that grows. */
  endPart(): Promise<void>;
  events(): Promise<readonly HistoryEvent[]>;
  /** Runs a plan's purge to its end. */
  purge(planId: string, undoMs?: number): Promise<number>;
  undo(purgeId: string): Promise<void>;
  sweep(now?: boolean): Promise<string[]>;
}

/** The store's worker without the thread: the same service, on any file system, with a clock that is set. */
export async function openRig(
  fs: FileSystem = nodeFileSystem,
  directory = '/store',
  clock = setClock(),
): Promise<StoreRig> {
  const problems: StoreProblem[] = [];
  const service = await StoreService.open({
    directory,
    fs,
    sql: await sqlEngine(),
    clock,
    migrations: readMigrations(join(projectRoot(), 'migrations')),
    heldBytes: () => 0,
    tell: (notice) => {
      if (notice.kind === 'problem') problems.push(notice.problem);
    },
  });
  const call: StoreRig['call'] = async (name, ...args) =>
    (await service.answer(name, args)) as ReturnType<StoreCalls[typeof name]>;
  const methods = [
    'policies',
    'savePolicy',
    'usage',
    'noteDay',
    'plan',
    'begin',
    'step',
    'undoStep',
    'sweepStep',
  ] as const;
  const more = ['purges', 'giveBack', 'trimRollups', 'reset', 'state', 'saveState'] as const;
  const retention = Object.fromEntries(
    [...methods, ...more].map((method) => [
      method,
      (...args: unknown[]) => service.answer(`retention.${method}` as CallName, args),
    ]),
  ) as unknown as RetentionStore;
  return {
    service,
    clock,
    problems,
    retention,
    call,
    endPart: () => call('store.checkpoint'),
    async events() {
      const window = { from: '2000-01-01T00:00:00.000Z', to: '2200-01-01T00:00:00.000Z' };
      return (await call('history.timeline', { ...window, limit: 10_000 })).events;
    },
    async purge(planId, undoMs = 7_200_000) {
      const { purgeId } = await retention.begin({ planId, byPerson: true, undoMs, pins: [] });
      for (;;) {
        const { done, rows } = await retention.step(purgeId);
        if (done) return rows;
      }
    },
    async undo(purgeId) {
      while (!(await retention.undoStep(purgeId)).done);
    },
    async sweep(now = false) {
      const all: string[] = [];
      for (;;) {
        const { done, files } = await retention.sweepStep({ now });
        if (done) return all;
        all.push(...files.map(({ owner }) => owner));
      }
    },
  };
}

export function planRequest(more: Partial<PlanRequest> = {}): PlanRequest {
  return {
    dataset: 'timelineEvents',
    cutoff: null,
    budgetBytes: 1 << 30,
    downTo: null,
    pins: [],
    files: [],
    ...more,
  };
}
