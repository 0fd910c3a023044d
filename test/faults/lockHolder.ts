// A process that freezes itself at the moment it has the lock of a store: `lockHolder <folder> <number>`. It says `locked`,
// stops, and when it is woken commits the number after all. Lines on standard output: `locked`, then `done` or `error …`.
import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { nodeFileSystem } from '../../src/adapters/store/disk/nodeFileSystem.ts';
import type { FileSystem } from '../../src/adapters/store/disk/fileSystem.ts';
import { systemClock } from '../support/systemClock.ts';
import { commitNumber, openSmall } from './workload.ts';

const [folder = '', number = ''] = process.argv.slice(2);

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

async function main(): Promise<void> {
  let armed = false;
  const fs: FileSystem = {
    ...nodeFileSystem,
    create(path, bytes) {
      nodeFileSystem.create(path, bytes);
      if (!armed || basename(path) !== 'LOCK') return;
      armed = false;
      say('locked');
      process.kill(process.pid, 'SIGSTOP');
    },
  };
  const { engine } = await openSmall(fs, { path: folder, clock: systemClock });
  armed = true;
  await commitNumber(engine, Number(number));
  await engine.close();
  say('done');
}

main().catch((error: unknown) => {
  say(`error ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
