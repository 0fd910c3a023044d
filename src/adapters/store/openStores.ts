import type { AlertStore } from '../../app/ports/alerts.ts';
import type { Clock } from '../../app/ports/clock.ts';
import type { GovernanceStore } from '../../app/ports/governance.ts';
import type { IncidentStore } from '../../app/ports/incidents.ts';
import type { LeaseStore } from '../../app/ports/leases.ts';
import type {
  ConnectionRecordStore,
  HistoryStore,
  SearchPage,
  SnapshotStore,
  StoreHealth,
  Stores,
  TimelineQuery,
} from '../../app/ports/stores.ts';
import type { RetentionStore } from '../../app/ports/retention.ts';
import type { WorkflowStore } from '../../app/ports/workflows.ts';
import { Failure } from '../../domain/failure.ts';
import type { CallName, StoreCalls } from './messages.ts';
import { nameOf, type StoreProblem } from './problems.ts';
import { runStoreJob, StoreWorker } from './storeWorker.ts';

export interface OpenStoresOptions {
  /** Folder of the stores, made when missing. */
  readonly directory: string;
  /** Built files: the worker's bundle, sql.js's WebAssembly, the migrations. */
  readonly workerPath: string;
  readonly wasmPath: string;
  readonly migrationsDirectory: string;
  readonly clock: Clock;
  /** Told once per damage found. */
  readonly onProblem?: (problem: StoreProblem) => void;
}

/** The stores in a worker thread of their own. Nothing is loaded or read before the first call. */
export function openStores(options: OpenStoresOptions): Stores {
  const { onProblem, ...settings } = options;
  const listeners = new Set<(health: StoreHealth) => void>();
  const changeListeners = new Set<(store: 'control' | 'history') => void>();
  let health: StoreHealth = { kind: 'ready' };
  const told = new Set<string>();
  /** A worker that takes another's place finds the same damage again. */
  const tellOnce = (problem: StoreProblem): void => {
    const name = `${problem.store} ${nameOf(problem)}`;
    if (told.has(name)) return;
    told.add(name);
    onProblem?.(problem);
  };
  const worker = new StoreWorker({
    ...settings,
    onNotice(notice) {
      if (notice.kind === 'problem') tellOnce(notice.problem);
      if (notice.kind === 'changed') for (const listener of changeListeners) listener(notice.store);
      if (notice.kind !== 'health' || JSON.stringify(notice.health) === JSON.stringify(health)) return;
      health = notice.health;
      for (const listener of listeners) listener(health);
    },
  });
  return {
    history: {
      ...forwarded<Omit<HistoryStore, 'search'>>(worker, 'history', {
        append: true,
        appendSamples: true,
        timeline: true,
        samples: true,
        sampleCourse: true,
        operations: true,
        commandTimes: true,
        sampleAt: true,
        families: true,
        activity: true,
        appendActivity: true,
        flush: true,
      }),
      search: (query, signal) => searched(worker, query, signal),
    },
    snapshots: forwarded<SnapshotStore>(worker, 'snapshots', {
      add: true,
      list: true,
      get: true,
      usedBytes: true,
      remove: true,
    }),
    connections: forwarded<ConnectionRecordStore>(worker, 'connections', { save: true, list: true }),
    leases: forwarded<LeaseStore>(worker, 'leases', { take: true, renew: true, release: true, list: true }),
    workflows: forwarded<WorkflowStore>(worker, 'workflows', {
      templates: true,
      saveTemplate: true,
      removeTemplate: true,
      run: true,
      runs: true,
      spoolsWithUndo: true,
      events: true,
      create: true,
      append: true,
      resume: true,
      removeRun: true,
    }),
    governance: forwarded<GovernanceStore>(worker, 'governance', {
      packs: true,
      savePacks: true,
      versions: true,
      removePack: true,
      assignments: true,
      assign: true,
      holding: true,
      record: true,
      decisions: true,
    }),
    alerts: forwarded<AlertStore>(worker, 'alerts', {
      raise: true,
      events: true,
      unread: true,
      markRead: true,
      rules: true,
      saveRules: true,
      removeRule: true,
      installStarters: true,
      publishRules: true,
      evaluate: true,
      backtest: true,
      snooze: true,
      snoozes: true,
      claimToasts: true,
      toastHolders: true,
      toastsShown: true,
      postponeToasts: true,
      markDown: true,
    }),
    retention: forwarded<RetentionStore>(worker, 'retention', {
      policies: true,
      savePolicy: true,
      usage: true,
      noteDay: true,
      plan: true,
      begin: true,
      step: true,
      undoStep: true,
      sweepStep: true,
      purges: true,
      giveBack: true,
      trimRollups: true,
      reset: true,
      state: true,
      saveState: true,
    }),
    incidents: forwarded<IncidentStore>(worker, 'incidents', {
      cut: true,
      savePreview: true,
      preview: true,
      previews: true,
      removePreview: true,
      saveExport: true,
      export: true,
      exports: true,
      removeExport: true,
      finish: true,
      bundles: true,
      bundle: true,
      removeBundle: true,
    }),
    maintenance: {
      async exportDatabase(target) {
        await worker.call('history.flush');
        await runStoreJob(settings, { kind: 'export', target });
      },
      verify: () => worker.call('store.verify'),
      readDesktop: (path) => worker.call('store.readDesktop', path),
      importDesktop: (request) => worker.call('store.importDesktop', request),
    },
    onDidChange(listener) {
      changeListeners.add(listener);
      return { dispose: () => changeListeners.delete(listener) };
    },
    health: () => health,
    onDidChangeHealth(listener) {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    close: () => worker.close(),
  };
}

/** A port whose methods are calls of the worker; naming each is what the compiler checks. */
function forwarded<Port extends object>(
  worker: StoreWorker,
  name: string,
  methods: { readonly [Method in keyof Port]: true },
): Port {
  const calls = Object.keys(methods).map((method) => [
    method,
    (...args: unknown[]) => worker.call(`${name}.${method}` as CallName, ...(args as Parameters<StoreCalls[CallName]>)),
  ]);
  return Object.fromEntries(calls) as Port;
}

/** At most `limit` events in all. */
async function* searched(
  worker: StoreWorker,
  query: Omit<TimelineQuery, 'cursor'>,
  signal: AbortSignal | undefined,
): AsyncIterable<SearchPage> {
  let left = query.limit;
  let after: number | undefined;
  do {
    if (signal?.aborted === true) throw new Failure('CANCELLED', 'The search was cancelled.');
    const { next, ...page } = await worker.call('history.searchStep', { ...query, limit: left }, after);
    left -= page.events.length;
    after = next;
    yield page;
  } while (after !== undefined && left > 0);
}
