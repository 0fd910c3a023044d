import { join } from 'node:path';
import type { Clock } from '../../../app/ports/clock.ts';
import type { StoreHealth } from '../../../app/ports/stores.ts';
import type { FileSystem } from '../disk/fileSystem.ts';
import type { CallName, Notice, StoreCalls } from '../messages.ts';
import type { Migration } from '../migrations.ts';
import type { PartContent } from '../parts.ts';
import type { StoreProblem } from '../problems.ts';
import type { SqlDatabase, SqlEngine } from '../sql/driver.ts';
import { StoreEngine } from '../storeEngine.ts';
import type { StoreOptions } from '../storeOptions.ts';
import { connectionRecords, saveConnectionRecord } from './repositories/connectionRecords.ts';
import { appendEvents, deleteEventsBefore } from './repositories/historyEvents.ts';
import {
  addKeySnapshots,
  keySnapshot,
  keySnapshotBytes,
  listKeySnapshots,
  removeKeySnapshots,
} from './repositories/keySnapshots.ts';
import { leasesWith, releaseLease, renewLease, takeLease } from './repositories/leases.ts';
import { appendSamples, samplesOfPart } from './repositories/observabilitySamples.ts';
import { operationBuckets, rollUpCoverage, rollUpEvents } from './repositories/operationRollups.ts';
import { rollUpFamilies } from './repositories/familyRollups.ts';
import { addActivity, rollUpPatterns } from './repositories/patternRollups.ts';
import { storedActivity } from './storedActivity.ts';
import { periodOperations } from './periodOperations.ts';
import { sampleAt } from './sampleAt.ts';
import {
  appendToRun,
  createRun,
  listRuns,
  removeRun,
  resumeRun,
  runById,
  runEvents,
} from './repositories/workflowRuns.ts';
import { removeTemplate, saveTemplate, workflowTemplates } from './repositories/workflowTemplates.ts';
import { desktopContent, openDesktopFile, type DesktopFile } from './maintenance/desktopFile.ts';
import { importDesktopTables } from './maintenance/importDesktop.ts';
import { TelemetryQueue, type TelemetryGroup } from './telemetryQueue.ts';
import { searchStep, timelinePage } from './timelinePages.ts';
import { isoMs } from './windows.ts';

export interface ServiceOptions {
  readonly directory: string;
  readonly fs: FileSystem;
  readonly sql: SqlEngine;
  readonly clock: Clock;
  readonly migrations: readonly Migration[];
  readonly tell: (notice: Notice) => void;
}

const mega = 1 << 20;
/** How often the log is looked at for what other windows wrote. */
const followMs = 500;
/** How often a store that cannot write tries again. */
const recoverMs = 5000;
const mostSamples = 10_000;

type Handlers = { readonly [K in CallName]: (...args: Parameters<StoreCalls[K]>) => unknown };

/** The two stores and everything that can be asked of them. Lives in the worker. */
export class StoreService {
  private readonly options: ServiceOptions;
  private readonly control: StoreEngine;
  private readonly history: StoreEngine;
  private readonly telemetry: TelemetryQueue;
  private readonly handlers: Handlers;
  private health: StoreHealth = { kind: 'ready' };
  private readonly timers: { dispose(): void }[] = [];

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
    service.repeat(recoverMs, () => service.recover());
    return service;
  }

  /** Answers one call. Rejects with a Failure. */
  async answer(call: CallName, args: readonly unknown[]): Promise<unknown> {
    const handler = this.handlers[call] as (...values: readonly unknown[]) => unknown;
    try {
      return await handler(...args);
    } finally {
      this.tellHealth();
    }
  }

  async close(): Promise<void> {
    for (const timer of this.timers.splice(0)) timer.dispose();
    await this.telemetry.flush().catch(() => undefined);
    await this.control.close();
    await this.history.close();
  }

  private makeHandlers(): Handlers {
    const { control, history, telemetry } = this;
    return {
      'history.append': (events) => telemetry.add(events, []),
      'history.appendSamples': (samples) => telemetry.add([], samples),
      'history.timeline': (query) => this.reading(() => timelinePage(history, query)),
      'history.searchStep': (query, after) => this.reading(() => searchStep(history, query, after)),
      'history.samples': (query) => this.reading(() => this.samples(query)),
      'history.operations': (query) => this.reading(() => operationBuckets(history.read(), query)),
      'history.sampleAt': (query) => this.reading(() => sampleAt(history, query)),
      'history.families': (query) => this.reading(() => periodOperations(history, query)),
      'history.activity': (query) => this.reading(() => storedActivity(history, query)),
      'history.appendActivity': (record) => history.commit((tx) => addActivity(tx, record)),
      'history.deleteEventsBefore': async (before) => {
        await telemetry.flush();
        await history.commit((tx) => deleteEventsBefore(tx, history.eventParts(), isoMs(before)), true);
      },
      'history.flush': () => telemetry.flush(),
      'snapshots.add': (snapshots) => control.commit((tx) => addKeySnapshots(tx, snapshots)),
      'snapshots.list': (query) => listKeySnapshots(control.read(), query),
      'snapshots.get': (id) => keySnapshot(control.read(), id),
      'snapshots.usedBytes': (connectionId) => keySnapshotBytes(control.read(), connectionId),
      'snapshots.remove': (ids) => control.commit((tx) => removeKeySnapshots(tx, ids), true),
      'connections.save': (record) => {
        const now = new Date(this.options.clock.wallMs()).toISOString();
        return control.commit((tx) => saveConnectionRecord(tx, record, now));
      },
      'connections.list': () => connectionRecords(control.read()),
      'workflows.templates': () => workflowTemplates(control.read()),
      'workflows.saveTemplate': (template) => control.commit((tx) => saveTemplate(tx, template)),
      'workflows.removeTemplate': (id) => control.commit((tx) => removeTemplate(tx, id)),
      'workflows.run': (id) => runById(control.read(), id),
      'workflows.runs': (query) => listRuns(control.read(), query),
      'workflows.events': (runId) => runEvents(control.read(), runId),
      'workflows.create': (row, events) => control.commit((tx) => createRun(tx, row, events)),
      'workflows.append': (row, events, fence) => control.commit((tx) => appendToRun(tx, row, events, fence)),
      'workflows.resume': (old, row, events) => control.commit((tx) => resumeRun(tx, old, row, events)),
      'workflows.removeRun': (id) => control.commit((tx) => removeRun(tx, id)),
      'workflows.takeLease': (request) => control.commit((tx) => takeLease(tx, request)),
      'workflows.renewLease': (name, fence, until) => control.commit((tx) => renewLease(tx, name, fence, until)),
      'workflows.releaseLease': (name, fence) => control.commit((tx) => releaseLease(tx, name, fence)),
      'workflows.leases': (prefix) => leasesWith(control.read(), prefix),
      'store.verify': async () => {
        await telemetry.flush();
        const problems = [...(await control.verify()), ...(await history.verify())];
        return { ok: problems.length === 0, problems };
      },
      'store.readDesktop': (path) => this.withDesktop(path, (file) => desktopContent(file)),
      'store.importDesktop': ({ path, ...request }) =>
        this.withDesktop(path, async ({ database }) => {
          await telemetry.flush();
          const writeTelemetry = (group: TelemetryGroup): Promise<void> => this.writeTelemetry(group);
          return importDesktopTables(database, { control, history, writeTelemetry }, request);
        }),
      'store.checkpoint': async () => {
        await control.checkpoint();
        await history.checkpoint();
      },
    };
  }

  private async withDesktop<T>(path: string, run: (file: DesktopFile) => T | Promise<T>): Promise<T> {
    const file = openDesktopFile(this.options.sql, path, this.options.migrations);
    try {
      return await run(file);
    } finally {
      file.database.close();
    }
  }

  /** Reads see what was written before them, also what still waits for its group. */
  private async reading<T>(read: () => T): Promise<T> {
    await this.telemetry.flush().catch(() => undefined);
    return read();
  }

  private writeTelemetry({ events, samples }: TelemetryGroup): Promise<void> {
    return this.history.commit((tx) => {
      appendEvents(tx, events);
      appendSamples(tx, samples);
      rollUpEvents(tx, events);
      rollUpFamilies(tx, events);
      rollUpPatterns(tx, events);
      rollUpCoverage(tx, samples);
    });
  }

  private samples(given: Parameters<StoreCalls['history.samples']>[0]): ReturnType<StoreCalls['history.samples']> {
    const { environments, connectionIds } = given;
    const ofEnvironment =
      environments === undefined
        ? undefined
        : new Set(
            connectionRecords(this.control.read())
              .filter((r) => environments.includes(r.environment))
              .map((r) => r.uid),
          );
    const query = { ...given, from: isoMs(given.from), to: isoMs(given.to) };
    const ids =
      ofEnvironment === undefined
        ? connectionIds
        : (connectionIds ?? [...ofEnvironment]).filter((id) => ofEnvironment.has(id));
    const scoped = { from: query.from, to: query.to, ...(ids === undefined ? {} : { connectionIds: ids }) };
    return this.history
      .eventParts()
      .flatMap(({ open }) => {
        const part = open();
        return part === undefined ? [] : samplesOfPart(part, scoped, mostSamples);
      })
      .sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
      .slice(0, mostSamples);
  }

  private follow(): void {
    if (this.control.catchUp()) this.options.tell({ kind: 'changed', store: 'control' });
    if (this.history.catchUp()) this.options.tell({ kind: 'changed', store: 'history' });
  }

  private async recover(): Promise<void> {
    await this.control.tryToRecover();
    await this.history.tryToRecover();
    this.tellHealth();
  }

  private tellHealth(): void {
    const state = [this.control.health, this.history.health].find(({ kind }) => kind === 'readOnly');
    const health: StoreHealth =
      state?.kind === 'readOnly' ? { kind: 'readOnly', reason: state.reason } : { kind: 'ready' };
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
    partMemoryBytes: 256 * mega,
    report: (problem: StoreProblem) => tell({ kind: 'problem', problem }),
  };
}

export function controlOptions(options: ServiceOptions): StoreOptions {
  return { ...shared(options), name: 'control', path: join(options.directory, 'control'), logBytes: 4 * mega };
}

export function historyOptions(options: ServiceOptions): StoreOptions {
  return {
    ...shared(options),
    name: 'history',
    path: join(options.directory, 'history'),
    logBytes: 16 * mega,
    partRows: 50_000,
    contentOf,
  };
}

/** What a part holds: events and samples alike. */
function contentOf(part: SqlDatabase): PartContent {
  const [row] = part.rows(`SELECT sum(n), min(first), max(last) FROM (
    SELECT count(*) AS n, min(timestamp) AS first, max(timestamp) AS last FROM history_events
    UNION ALL SELECT count(*), min(timestamp), max(timestamp) FROM observability_snapshots)`);
  const [rows, from, to] = row ?? [];
  return {
    rows: Number(rows ?? 0),
    from: typeof from === 'string' ? from : null,
    to: typeof to === 'string' ? to : null,
  };
}
