// A process that exports a bundle and kills itself at its n-th step on the disk: `incidentChild.ts FOLDER STEP`. A step is one
// write, sync, cut, rename or removal; a write at which it dies is half done. STEP 0 = never. Tells how many steps it made.
import * as fs from 'node:fs';
import * as files from 'node:fs/promises';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import type { ExportWork } from '../../src/app/ports/incidents.ts';
import { nodeFileSystem } from '../../src/adapters/store/disk/nodeFileSystem.ts';
import { readMigrations } from '../../src/adapters/store/migrations.ts';
import { sqlJsEngine } from '../../src/adapters/store/sql/driver.ts';
import { exportBundle } from '../../src/adapters/store/worker/incidents/exportJob.ts';
import { openHistory } from '../../src/adapters/store/worker/incidents/readHistory.ts';
import type { StoreBuild } from './storeBuild.ts';
import { systemClock } from './systemClock.ts';

type Call = (...args: unknown[]) => unknown;

/** Counts the calls of a method; at the last one allowed, `half` is done and the process dies. */
function counted(
  target: object,
  name: string,
  step: () => boolean,
  half?: (call: Call, args: unknown[]) => unknown,
): void {
  const before = Reflect.get(target, name) as Call;
  Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
    if (!step()) return Reflect.apply(before, this, args);
    const call: Call = (...given) => Reflect.apply(before, this, given);
    const die = (): void => void process.kill(process.pid, 'SIGKILL');
    const done = half?.(call, args);
    if (done instanceof Promise) return done.then(die).then(() => new Promise(() => undefined));
    die();
    return undefined;
  });
}

async function main([folder = '', last = '0']: readonly string[]): Promise<void> {
  const given = JSON.parse(fs.readFileSync(join(folder, 'work.json'), 'utf8')) as {
    readonly work: ExportWork;
    readonly built: StoreBuild;
  };
  const module = await initSqlJs({ wasmBinary: new Uint8Array(fs.readFileSync(given.built.wasmPath)).buffer });
  const history = await openHistory({
    directory: join(folder, 'store'),
    fs: nodeFileSystem,
    sql: sqlJsEngine(module),
    clock: systemClock,
    migrations: readMigrations(given.built.migrationsDirectory),
    heldBytes: () => 0,
    tell: () => undefined,
  });
  let steps = 0;
  const step = (): boolean => {
    steps += 1;
    return steps === Number(last);
  };
  const handle = await files.open(join(folder, 'work.json'), 'r');
  const prototype: object = Object.getPrototypeOf(handle) as object;
  await handle.close();
  counted(prototype, 'write', step, (call, [bytes, from, length, at]) =>
    call(bytes, from, Math.ceil(Number(length) / 2), at),
  );
  for (const name of ['datasync', 'sync', 'truncate']) counted(prototype, name, step);
  const promises = fs.promises;
  for (const name of ['rename', 'rm']) counted(promises, name, step);
  counted(fs, 'writeSync', step, (call, [fd, bytes]) => call(fd, (bytes as Buffer).subarray(0, 40)));
  counted(fs, 'fdatasyncSync', step);
  const places = { folder: join(folder, 'incidents'), pageScript: '', pageStyle: '' };
  const control = {
    progress: () => undefined,
    checkpoint: () => new Promise<void>((resolve) => void setImmediate(resolve)),
  };
  await exportBundle(history, given.work, places, control);
  process.send?.({ steps });
}

main(process.argv.slice(2)).then(
  () => process.disconnect?.(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
