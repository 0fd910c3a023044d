import { Worker, type ResourceLimits } from 'node:worker_threads';
import type { Clock } from '../../app/ports/clock.ts';
import { Failure, failureFrom } from '../../domain/failure.ts';
import type { CallName, FromWorker, Notice, Request, StoreCalls, WorkerJob, WorkerSettings } from './messages.ts';

/** A worker that says nothing for so long while a call waits is ended and replaced. */
const silenceMs = 60_000;
const restartsPerMinute = 5;
const renewalEveryMs = 60_000;
/** Rows pass through the worker by the hundred thousand, and die at once: more room for them is only held for nothing. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (failure: Failure) => void;
}

export interface StoreWorkerOptions extends WorkerSettings {
  readonly workerPath: string;
  readonly clock: Clock;
  readonly onNotice: (notice: Notice) => void;
}

/**
 * The host's end of the worker. It starts with the first call. When it dies, every waiting call rejects with a failure, and
 * the next call starts a new one, which loads what is on disk.
 */
export class StoreWorker {
  private readonly options: StoreWorkerOptions;
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;
  private watchdog: { dispose(): void } | undefined;
  private restarts: number[] = [];
  private closed = false;
  private hadWorker = false;
  private renewedAt: number | undefined;
  /** Workers that are finishing. */
  private readonly leaving: Promise<void>[] = [];

  constructor(options: StoreWorkerOptions) {
    this.options = options;
  }

  /** @throws Failure */
  call<K extends CallName>(name: K, ...args: Parameters<StoreCalls[K]>): Promise<ReturnType<StoreCalls[K]>> {
    return new Promise((resolve, reject) => {
      const worker = this.running();
      const id = ++this.lastId;
      this.pending.set(id, { resolve: (value) => resolve(value as ReturnType<StoreCalls[K]>), reject });
      const request: Request = { id, call: name, args };
      worker.postMessage(request);
      worker.ref();
      this.watch();
    });
  }

  /** Lets the worker finish what waits, then ends it. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.worker !== undefined) this.leaving.push(this.ended(this.worker));
    await Promise.all(this.leaving);
  }

  private async ended(worker: Worker): Promise<void> {
    const exit = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    worker.postMessage({ close: true });
    const timer = this.options.clock.after(5000, () => void worker.terminate());
    await exit;
    timer.dispose();
  }

  /**
   * Puts a fresh worker in the place of one that has nothing to do. Both may be at the store for a moment, as two windows
   * may; the memory of the old one goes back to the system.
   */
  private renew(): void {
    const { worker } = this;
    const now = this.options.clock.monoMs();
    const tooSoon = this.renewedAt !== undefined && now - this.renewedAt < renewalEveryMs;
    if (worker === undefined || this.closed || this.pending.size > 0 || tooSoon) return;
    this.renewedAt = now;
    this.worker = undefined;
    this.leaving.push(this.ended(worker));
    this.start();
    this.tellReplaced();
  }

  private running(): Worker {
    if (this.closed) throw closedFailure();
    if (this.worker !== undefined) return this.worker;
    const now = this.options.clock.monoMs();
    this.restarts = this.restarts.filter((at) => now - at < 60_000);
    if (this.restarts.length >= restartsPerMinute) throw restartFailure();
    this.restarts.push(now);
    const worker = this.start();
    if (this.hadWorker) this.tellReplaced();
    this.hadWorker = true;
    return worker;
  }

  /** What was written while one worker took another's place was told by neither. */
  private tellReplaced(): void {
    for (const store of ['control', 'history'] as const) this.options.onNotice({ kind: 'changed', store });
  }

  private start(): Worker {
    const { directory, wasmPath, migrationsDirectory } = this.options;
    const settings: WorkerSettings = { directory, wasmPath, migrationsDirectory };
    const worker = new Worker(this.options.workerPath, { workerData: settings, name: 'cachify-store', resourceLimits });
    this.worker = worker;
    worker.unref();
    worker.on('message', (message: FromWorker) => {
      if (this.worker === worker) this.receive(message);
    });
    worker.on('error', () => this.end(worker));
    worker.on('exit', () => this.end(worker));
    return worker;
  }

  private receive(message: FromWorker): void {
    if (message.kind === 'progress') return;
    if (message.kind === 'wantsRenewal') return this.renew();
    if (message.kind !== 'answer' && message.kind !== 'failure') return this.options.onNotice(message);
    const waiting = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(failureFrom(message.failure));
    this.watch();
    if (this.pending.size === 0) this.worker?.unref();
  }

  /** Ends a worker that stopped answering. Every answer starts the time anew. */
  private watch(): void {
    this.watchdog?.dispose();
    this.watchdog = undefined;
    if (this.pending.size === 0) return;
    this.watchdog = this.options.clock.after(silenceMs, () => void this.worker?.terminate());
  }

  private end(worker: Worker): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const waiting = [...this.pending.values()];
    this.pending.clear();
    this.watch();
    for (const { reject } of waiting) reject(lostFailure());
    if (!this.closed && waiting.length > 0) {
      this.options.onNotice({ kind: 'health', health: { kind: 'unavailable', reason: 'it is starting again' } });
    }
  }
}

export interface JobHooks {
  readonly onProgress?: (value: unknown) => void;
  /** Asks the job to stop; it ends with CANCELLED when it has cleaned up. */
  readonly signal?: AbortSignal;
}

/**
 * Runs one job in a worker of its own, which ends with it and gives its memory back. Resolves with what the job answers.
 *
 * @throws Failure of the job, or INTERNAL_ERROR when its worker died
 */
export function runStoreJob(
  settings: WorkerSettings & { readonly workerPath: string },
  job: WorkerJob,
  { onProgress, signal }: JobHooks = {},
  resourceLimits: ResourceLimits = {},
): Promise<unknown> {
  const { workerPath, directory, wasmPath, migrationsDirectory } = settings;
  const workerData: WorkerSettings = { directory, wasmPath, migrationsDirectory, job };
  const worker = new Worker(workerPath, { workerData, name: `cachify-store-${job.kind}`, resourceLimits });
  const stop = (): void => worker.postMessage({ cancel: true });
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return new Promise<unknown>((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'progress') onProgress?.(message.value);
      else if (message.kind === 'answer') resolve(message.value);
      else if (message.kind === 'failure') reject(failureFrom(message.failure));
    });
    worker.on('error', () => reject(jobFailure()));
    worker.on('exit', () => reject(jobFailure()));
  }).finally(() => signal?.removeEventListener('abort', stop));
}

function jobFailure(): Failure {
  return new Failure('INTERNAL_ERROR', 'The work stopped before it was done. Nothing was changed.', {
    retryable: true,
    nextAction: 'Try again with more free memory.',
  });
}

function lostFailure(): Failure {
  return new Failure(
    'OUTCOME_UNKNOWN',
    'The store stopped while this was under way. What it had confirmed is safe; this call may or may not be saved.',
    { retryable: true, nextAction: 'Try again: the store starts by itself.' },
  );
}

function restartFailure(): Failure {
  return new Failure('INTERNAL_ERROR', 'The store stopped several times within a minute and rests now.', {
    retryable: true,
    nextAction: 'Wait a minute. If it stays so, look at the Cachify Studio output channel.',
  });
}

function closedFailure(): Failure {
  return new Failure('CANCELLED', 'The store is closed: the window is going away.');
}
