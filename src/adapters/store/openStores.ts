import type { Clock } from '../../app/ports/clock.ts';
import type { SearchPage, StoreHealth, Stores, TimelineQuery } from '../../app/ports/stores.ts';
import { Failure } from '../../domain/failure.ts';
import type { StoreProblem } from './problems.ts';
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
  const worker = new StoreWorker({
    ...settings,
    onNotice(notice) {
      if (notice.kind === 'problem') onProblem?.(notice.problem);
      if (notice.kind === 'changed') for (const listener of changeListeners) listener(notice.store);
      if (notice.kind !== 'health') return;
      health = notice.health;
      for (const listener of listeners) listener(health);
    },
  });
  return {
    history: {
      append: (events) => worker.call('history.append', events),
      appendSamples: (samples) => worker.call('history.appendSamples', samples),
      timeline: (query) => worker.call('history.timeline', query),
      search: (query, signal) => searched(worker, query, signal),
      samples: (query) => worker.call('history.samples', query),
      operations: (query) => worker.call('history.operations', query),
      sampleAt: (query) => worker.call('history.sampleAt', query),
      families: (query) => worker.call('history.families', query),
      activity: (query) => worker.call('history.activity', query),
      appendActivity: (record) => worker.call('history.appendActivity', record),
      flush: () => worker.call('history.flush'),
    },
    snapshots: {
      add: (snapshots) => worker.call('snapshots.add', snapshots),
      list: (query) => worker.call('snapshots.list', query),
      get: (id) => worker.call('snapshots.get', id),
      usedBytes: (connectionId) => worker.call('snapshots.usedBytes', connectionId),
      remove: (ids) => worker.call('snapshots.remove', ids),
    },
    connections: {
      save: (record) => worker.call('connections.save', record),
      list: () => worker.call('connections.list'),
    },
    workflows: {
      templates: () => worker.call('workflows.templates'),
      saveTemplate: (template) => worker.call('workflows.saveTemplate', template),
      removeTemplate: (id) => worker.call('workflows.removeTemplate', id),
      run: (id) => worker.call('workflows.run', id),
      runs: (query) => worker.call('workflows.runs', query),
      events: (runId) => worker.call('workflows.events', runId),
      create: (row, events) => worker.call('workflows.create', row, events),
      append: (row, events, fence) => worker.call('workflows.append', row, events, fence),
      resume: (old, row, events) => worker.call('workflows.resume', old, row, events),
      removeRun: (id) => worker.call('workflows.removeRun', id),
      takeLease: (request) => worker.call('workflows.takeLease', request),
      renewLease: (name, fence, untilMs) => worker.call('workflows.renewLease', name, fence, untilMs),
      releaseLease: (name, fence) => worker.call('workflows.releaseLease', name, fence),
      leases: (prefix) => worker.call('workflows.leases', prefix),
    },
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
