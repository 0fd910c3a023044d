// What a window with a million events holds in memory, and what it gives back after a purge. In a process of its own: nothing
// else that a bench does is counted.
import { randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreWorker } from '../../src/adapters/store/storeWorker.ts';
import { ownFolder } from '../support/processes.ts';
import { storeBuild } from '../support/storeBuild.ts';
import { eventOf } from '../support/storeRows.ts';
import { systemClock } from '../support/systemClock.ts';
import { heldMemory } from './memory.ts';
import type { Report } from './report.ts';

export const name = 'store: memory';

const total = Number(process.env['CACHIFY_BENCH_EVENTS'] ?? 1_000_000);
const startMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
/** Memory is given back once a minute at most, when the store is quiet. */
const settleMs = 75_000;

function timeOf(n: number): string {
  return new Date(startMs + Math.floor((n * dayMs) / total)).toISOString();
}

export async function run(report: Report): Promise<void> {
  const directory = ownFolder('cachify-bench-memory-');
  const worker = new StoreWorker({ directory, clock: systemClock, onNotice: () => undefined, ...(await storeBuild()) });
  const held = (): number =>
    readdirSync(join(directory, 'history'))
      .filter((file) => /^(part|main|log)-/.test(file))
      .reduce((sum, file) => sum + statSync(join(directory, 'history', file)).size, 0);
  await worker.call('connections.list');
  const empty = heldMemory();
  const add = async (what: string): Promise<void> => {
    const live = held() / 1e6;
    const allowed = 1.6 * live + 80;
    const since = performance.now();
    while (heldMemory() - empty > allowed && performance.now() - since < settleMs) await sleep(1000);
    const above = heldMemory() - empty;
    report.add({
      name: `memory above an empty store, ${what}, ${Math.round((performance.now() - since) / 1000)} s later`,
      median: above,
      unit: 'MB',
      reference: { name: 'held', median: live },
      goal: '≤ 1.6 × + 80 MB',
      met: above <= allowed,
    });
  };
  const waiting: Promise<void>[] = [];
  for (let n = 0; n < total; n += 500) {
    const events = Array.from({ length: 500 }, (_, i) =>
      eventOf(n + i, { id: randomUUID(), timestamp: timeOf(n + i), correlationId: randomUUID() }),
    );
    waiting.push(worker.call('history.append', events));
    if (waiting.length >= 24) await waiting.shift();
  }
  await Promise.all(waiting);
  await add('a million events written');
  const window = { from: timeOf(0), to: timeOf(total) };
  await worker.call('history.timeline', { ...window, text: 'no such text', limit: 10 });
  await add('all of them looked at');
  const before = held();
  await worker.call('history.deleteEventsBefore', timeOf(total * 0.8));
  for (let i = 0; i < 2; i++) await worker.call('store.checkpoint');
  await add('four fifths deleted');
  report.add({
    name: 'files after four fifths were deleted',
    median: held() / 1e6,
    unit: 'MB',
    reference: { name: 'before', median: before / 1e6 },
    goal: '≤ 0.3 ×',
    met: held() <= 0.3 * before,
  });
  await worker.close();
}
