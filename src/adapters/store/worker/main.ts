// The worker thread of the store: all SQL and all files of the store are touched here and nowhere else.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import initSqlJs from 'sql.js';
import type { Clock } from '../../../app/ports/clock.ts';
import { asFailure } from '../../../domain/failure.ts';
import { watchFolder } from '../disk/watchFolder.ts';
import { nodeFileSystem } from '../disk/nodeFileSystem.ts';
import type { FromWorker, Request, WorkerJob, WorkerSettings } from '../messages.ts';
import { readMigrations } from '../migrations.ts';
import { sqlJsEngine } from '../sql/driver.ts';
import { jobControl } from './incidents/jobControl.ts';
import { answerJob } from './jobs.ts';
import { StoreService, type ServiceOptions } from './storeService.ts';

const clock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

const port = parentPort;
const settings = workerData as WorkerSettings;

function post(message: FromWorker): void {
  port?.postMessage(message);
}

const options = initSqlJs({ wasmBinary: readFileSync(settings.wasmPath).buffer }).then((module): ServiceOptions => ({
  directory: settings.directory,
  fs: nodeFileSystem,
  sql: sqlJsEngine(module),
  clock,
  migrations: readMigrations(settings.migrationsDirectory),
  tell: post,
  watch: watchFolder,
  heldBytes: () => process.memoryUsage().external,
}));

async function settle(id: number, work: () => Promise<unknown>): Promise<void> {
  try {
    post({ kind: 'answer', id, value: await work() });
  } catch (error) {
    post({ kind: 'failure', id, failure: asFailure(error).toJSON() });
  }
}

function answerCalls(): void {
  const service = options.then((ready) => StoreService.open(ready));
  const close = async (): Promise<void> => {
    await (await service).close();
    port?.close();
  };
  port?.on('message', (message: Request | { readonly close: true }) => {
    if ('close' in message) void close();
    else void settle(message.id, async () => (await service).answer(message.call, message.args));
  });
}

function runJob(job: WorkerJob): void {
  let cancelled = false;
  port?.on('message', () => {
    cancelled = true;
  });
  const control = jobControl(
    (value) => post({ kind: 'progress', value }),
    () => cancelled,
  );
  void settle(0, async () => answerJob(await options, job, control)).finally(() => port?.close());
}

if (settings.job === undefined) answerCalls();
else runJob(settings.job);
