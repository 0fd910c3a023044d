// A process that does a job which one window does for all: `jobHolder <folder> <worker> <wasm> <migrations>`. Lines on
// standard output: `begin <fence>` and `end`.
import { writeSync } from 'node:fs';
import { processHolder } from '../../src/adapters/node/holder.ts';
import { openStores } from '../../src/adapters/store/openStores.ts';
import { JobLeases } from '../../src/app/leases/jobLeases.ts';
import { SoleJob } from '../../src/app/leases/soleJob.ts';
import { systemClock } from '../support/systemClock.ts';
import { fastClock } from './fastClock.ts';

const [directory = '', workerPath = '', wasmPath = '', migrationsDirectory = ''] = process.argv.slice(2);

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const stores = openStores({ directory, workerPath, wasmPath, migrationsDirectory, clock: systemClock });
const leases = new JobLeases({ leases: stores.leases, holder: processHolder(), clock: fastClock, log });
const job = new SoleJob({ clock: fastClock, log }, leases, {
  name: 'alerts',
  begin: (fence) => say(`begin ${fence}`),
  end: () => say('end'),
});
void job.start();
