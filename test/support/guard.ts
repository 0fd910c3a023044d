// A process that outlives its starter by a moment: when the pipe from the starter closes, for whatever reason (SIGKILL
// included), it ends every process and removes every folder that the starter still owned.
import { createInterface } from 'node:readline';
import { birthmark, isAlive, signalFamily } from './processTree.ts';
import { removeTree } from './removeTree.ts';

const owned = new Map<number, string>();
const folders = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

function obey(line: string): void {
  const value = line.slice(2);
  if (line.startsWith('+ ')) owned.set(Number(value), birthmark(Number(value)));
  if (line.startsWith('- ')) owned.delete(Number(value));
  if (line.startsWith('d ')) folders.add(value);
  if (line.startsWith('x ')) folders.delete(value);
}

function cleanUp(): void {
  for (const [pid, mark] of owned) if (isAlive(pid) && birthmark(pid) === mark) signalFamily(pid, 'SIGKILL');
  for (const folder of folders) removeTree(folder);
}

createInterface({ input: process.stdin }).on('line', obey).on('close', cleanUp);
