import { join } from 'node:path';
import type { Clock } from '../../../app/ports/clock.ts';
import type { StoreHealth } from '../../../app/ports/stores.ts';
import type { FileSystem } from '../disk/fileSystem.ts';
import type { CallName, Notice, StoreCalls } from '../messages.ts';
import type { Migration } from '../migrations.ts';
import type { StoreProblem } from '../problems.ts';
import type { SqlEngine } from '../sql/driver.ts';
import { StoreEngine } from '../storeEngine.ts';
import type { StoreOptions } from '../storeOptions.ts';
import { alertHandlers } from './handlers/alerts.ts';
import { connectionHandlers } from './handlers/connections.ts';
import { governanceHandlers } from './handlers/governance.ts';
import type { Handlers, StoreParts } from './handlers/handlers.ts';
import { historyHandlers } from './handlers/history.ts';
import { incidentHandlers } from './handlers/incidents.ts';
import { leaseHandlers } from './handlers/leases.ts';
import { maintenanceHandlers } from './handlers/maintenance.ts';
import { retentionHandlers } from './handlers/retention.ts';
import { snapshotHandlers } from './handlers/snapshots.ts';
import { workflowHandlers } from './handlers/workflows.ts';
import { rollUpFamilies } from './repositories/familyRollups.ts';
import { rollUpEngine } from './repositories/engineRollups.ts';
import { appendEvents } from './repositories/historyEvents.ts';
import { appendSamples } from './repositories/observabilitySamples.ts';
import { rollUpCoverage, rollUpEvents } from './repositories/operationRollups.ts';
import { sealedContent, sealedIds } from './repositories/sealedValues.ts';
import { rollUpPatterns } from './repositories/patternRollups.ts';
import { contentOf } from './partContent.ts';
import { kindsOf } from './partKinds.ts';
import { isWasteful } from './wastefulMemory.ts';
import { TelemetryQueue, type TelemetryGroup } from './telemetryQueue.ts';

export interface ServiceOptions {
  readonly directory: string;
  readonly fs: FileSystem;
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly migrations: readonly Migration[];
  readonly tell: (notice: Notice) => void;
  /** Memory that this thread holds outside of JavaScript objects, bytes. */
  readonly heldBytes: () => number;
  /** Tells when files of a folder change, if the system can; changes are looked for in any case. */
  readonly watch?: (folder: string, changed: () => void) => { dispose(): void };
}

const mega = 1 << 20;
/** How often the log is looked at for what other windows wrote. */
const followMs = 500;
/** How often a store that cannot write tries again. */
const recoverMs = 5000;
/** So many calls between two looks are heartbeats and samples, not somebody at work. */
const quietCalls = 10;

/** Calls after which other packs may hold on a connection: told as if another window had saved them. */
const savesPacks: ReadonlySet<CallName> = new Set([
  'governance.savePacks',
  'governance.removePack',
  'governance.assign',
  'store.importDesktop',
  'retention.reset',
]);

/** The two stores and everything that can be asked of them. Lives in the worker. */
export class StoreService {
  private readonly options: ServiceOptions;
  private readonly control: StoreEngine;
  private readonly history: StoreEngine;
  private readonly telemetry: TelemetryQueue;
  private readonly handlers: Handlers<StoreCalls>;
  /** As last told; a fresh worker tells it once, since the one before may have said otherwise. */
  private health: StoreHealth | undefined;
  private answering = 0;
  /** Calls that were answered, in all and when the memory was last looked at. */
  private answered = 0;
  private answeredBefore = 0;
  private readonly timers: { dispose(): void }[] = [];
  private readonly watches: { dispose(): void }[] = [];

  private constructor(options: ServiceOptions, control: StoreEngine, history: StoreEngine) {
    this.options = options;
    this.control = control;
    this.history = history;
    this.telemetry = new TelemetryQueue(options.clock, (group) => this.writeTelemetry(group));
    this.handlers = this.makeHandlers();
  }

  static async open(options: ServiceOptions): Promise<StoreService> {
    const control = await StoreEngine.open(controlOptions(options));
    const history = await StoreEngine.open(historyOptions(options));
    const service = new StoreService(options, control, history);
    service.tellHealth();
    service.repeat(followMs, () => service.follow());
    for (const name of ['control', 'history']) {
      const watched = options.watch?.(join(options.directory, name), () => service.followNow());
      if (watched !== undefined) service.watches.push(watched);
    }
    service.repeat(recoverMs, () => service.recover());
    return service;
  }

  /** Answers one call. Rejects with a Failure. */
  async answer(call: CallName, args: readonly unknown[]): Promise<unknown> {
    const handler = this.handlers[call] as (...values: readonly unknown[]) => unknown;
    this.answering++;
    try {
      return await handler(...args);
    } finally {
      this.answering--;
      this.answered++;
      if (savesPacks.has(call)) this.options.tell({ kind: 'changed', store: 'control' });
      this.tellHealth();
    }
  }

  async close(): Promise<void> {
    for (const one of [...this.timers.splice(0), ...this.watches.splice(0)]) one.dispose();
    await this.telemetry.settled();
    await this.control.close();
    await this.history.close();
  }

  private makeHandlers(): Handlers<StoreCalls> {
    const { control, history, telemetry, options } = this;
    const parts: StoreParts = {
      control,
      history,
      telemetry,
      clock: options.clock,
      writeTelemetry: (group) => this.writeTelemetry(group),
    };
    return {
      ...historyHandlers(parts),
      ...snapshotHandlers(parts),
      ...connectionHandlers(parts),
      ...leaseHandlers(parts),
      ...workflowHandlers(parts),
      ...governanceHandlers(parts),
      ...alertHandlers(parts),
      ...retentionHandlers(parts),
      ...incidentHandlers(parts),
      ...maintenanceHandlers(parts, options),
    };
  }

  private writeTelemetry({ events, samples }: TelemetryGroup): Promise<void> {
    return this.history.commit((tx) => {
      appendEvents(tx, events);
      appendSamples(tx, samples);
      rollUpEvents(tx, events);
      rollUpFamilies(tx, events);
      rollUpPatterns(tx, events);
      rollUpCoverage(tx, samples);
      rollUpEngine(tx, samples);
    });
  }

  /** A change on disk; what is wrong with it shows at the next regular look. */
  private followNow(): void {
    try {
      this.follow();
    } catch {
      this.tellHealth();
    }
  }

  private follow(): void {
    if (this.control.catchUp()) this.options.tell({ kind: 'changed', store: 'control' });
    if (this.history.catchUp()) this.options.tell({ kind: 'changed', store: 'history' });
  }

  private async recover(): Promise<void> {
    await this.control.tryToRecover();
    await this.history.tryToRecover();
    this.tellHealth();
    this.considerMemory();
  }

  /** After a purge, or much reading: closed databases leave memory behind that this thread does not give back. */
  private considerMemory(): void {
    const engines = [this.control, this.history];
    const isQuiet = this.answering === 0 && this.answered - this.answeredBefore <= quietCalls;
    this.answeredBefore = this.answered;
    // What could not be written is in this memory only, and a fresh thread would begin with what is on disk.
    if (!isQuiet || engines.some(({ isBusy, health }) => isBusy || health.kind !== 'ready')) return;
    const sum = (what: 'liveBytes' | 'passedBytes'): number => engines.reduce((all, one) => all + one[what], 0);
    if (isWasteful(this.options.heldBytes(), sum('liveBytes'), sum('passedBytes'))) {
      this.options.tell({ kind: 'wantsRenewal' });
    }
  }

  private tellHealth(): void {
    const states = [this.control.health, this.history.health];
    const worst =
      states.find((state) => state.kind === 'readOnly') ?? states.find((state) => state.kind === 'notCompacted');
    const health: StoreHealth = worst === undefined ? { kind: 'ready' } : { kind: worst.kind, reason: worst.reason };
    if (JSON.stringify(health) === JSON.stringify(this.health)) return;
    this.health = health;
    this.options.tell({ kind: 'health', health });
  }

  private repeat(ms: number, run: () => void | Promise<void>): void {
    const index = this.timers.length;
    const again = (): void => {
      this.timers[index] = this.options.clock.after(ms, () => {
        void Promise.resolve()
          .then(run)
          .catch(() => this.tellHealth())
          .finally(() => {
            if (this.timers.length > 0) again();
          });
      });
    };
    again();
  }
}

function shared({
  fs,
  sql,
  clock,
  migrations,
  tell,
}: ServiceOptions): Omit<StoreOptions, 'name' | 'path' | 'logBytes'> {
  return {
    fs,
    sql,
    clock,
    migrations,
    partRows: Number.MAX_SAFE_INTEGER,
    partMemoryBytes: 48 * mega,
    report: (problem: StoreProblem) => tell({ kind: 'problem', problem }),
  };
}

export function controlOptions(options: ServiceOptions): StoreOptions {
  return {
    ...shared(options),
    name: 'control',
    path: join(options.directory, 'control'),
    logBytes: 4 * mega,
    partMemoryBytes: 16 * mega,
    contentOf: sealedContent,
    kindsOf: sealedIds,
  };
}

export function historyOptions(options: ServiceOptions): StoreOptions {
  return {
    ...shared(options),
    name: 'history',
    path: join(options.directory, 'history'),
    logBytes: 16 * mega,
    partRows: 50_000,
    contentOf,
    kindsOf,
  };
}
