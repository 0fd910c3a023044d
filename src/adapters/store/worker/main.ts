// The worker thread of the store: all SQL and all files of the store are touched here and nowhere else.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import initSqlJs from 'sql.js';
import type { Clock } from '../../../app/ports/clock.ts';
import { asFailure } from '../../../domain/failure.ts';
import { nodeFileSystem } from '../disk/nodeFileSystem.ts';
import type { FromWorker, Request, WorkerSettings } from '../messages.ts';
import { readMigrations } from '../migrations.ts';
import { sqlJsEngine } from '../sql/driver.ts';
import { StoreService } from './storeService.ts';

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

const service = initSqlJs({ wasmBinary: readFileSync(settings.wasmPath).buffer }).then((module) =>
  StoreService.open({
    directory: settings.directory,
    fs: nodeFileSystem,
    sql: sqlJsEngine(module),
    clock,
    migrations: readMigrations(settings.migrationsDirectory),
    tell: post,
  }),
);

async function answer({ id, call, args }: Request): Promise<void> {
  try {
    post({ kind: 'answer', id, value: await (await service).answer(call, args) });
  } catch (error) {
    post({ kind: 'failure', id, failure: asFailure(error).toJSON() });
  }
}

async function close(): Promise<void> {
  await (await service).close();
  port?.close();
}

port?.on('message', (message: Request | { readonly close: true }) => {
  void ('close' in message ? close() : answer(message));
});
