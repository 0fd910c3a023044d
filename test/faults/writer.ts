// A process that writes to the stores until it is killed: four kinds of writes, each told before it is tried and after it
// is acknowledged. Lines on standard output: `t <kind> <n>` and `a <kind> <n>`.
import { writeSync } from 'node:fs';
import { openStores } from '../../src/adapters/store/openStores.ts';
import { eventOf, idOf, sampleOf, snapshotOf } from '../support/storeRows.ts';
import { systemClock } from '../support/systemClock.ts';

const [directory, workerPath, wasmPath, migrationsDirectory, first, count] = process.argv.slice(2);
const start = Number(first);
const end = start + Number(count);

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

async function main(): Promise<void> {
  if (!directory || !workerPath || !wasmPath || !migrationsDirectory) throw new Error('arguments are missing');
  const stores = openStores({ directory, workerPath, wasmPath, migrationsDirectory, clock: systemClock });
  await stores.connections.list();
  say('ready');
  const kinds: Record<string, (n: number) => Promise<void>> = {
    event: (n) => stores.history.append([eventOf(n)]),
    sample: (n) => stores.history.appendSamples([sampleOf(n)]),
    snapshot: (n) => stores.snapshots.add([snapshotOf(n)]),
    connection: (n) =>
      stores.connections.save({
        uid: idOf(n),
        id: `c${n}`,
        scope: 'user',
        name: `C ${n}`,
        destination: 'localhost:6379/0',
        environment: 'dev',
      }),
  };
  const loops = Object.entries(kinds).map(async ([kind, write]) => {
    for (let n = start; n < end; n++) {
      say(`t ${kind} ${n}`);
      await write(n);
      say(`a ${kind} ${n}`);
    }
  });
  await Promise.all(loops);
  await stores.close();
  say('done');
}

main().catch((error: unknown) => {
  say(`error ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
