// Purging the history at a million events, with samples among them, while others write.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStores } from '../../src/adapters/store/openStores.ts';
import type { PlanRequest } from '../../src/app/ports/retention.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import { ownFolder } from '../support/processes.ts';
import { planRequest } from '../support/retentionRig.ts';
import { storeBuild } from '../support/storeBuild.ts';
import { eventOf, sampleOf } from '../support/storeRows.ts';
import { systemClock } from '../support/systemClock.ts';
import { medianTime, timed, type Report } from './report.ts';

export const name = 'retention: purging a million events';

const total = Number(process.env['CACHIFY_BENCH_EVENTS'] ?? 1_000_000);
const batch = 500;
/** One event every second, as `eventOf` makes them; a sample every fifteen. */
const samplesPerBatch = Math.floor(batch / 15);

/** How long telemetry waits for company, see telemetryQueue.ts. */
const groupMs = 200;

const at = (n: number): string => eventOf(n).timestamp;

async function fill(stores: Stores): Promise<void> {
  const waiting: Promise<void>[] = [];
  for (let n = 0; n < total; n += batch) {
    waiting.push(stores.history.append(Array.from({ length: batch }, (_, i) => eventOf(n + i))));
    const first = (n / batch) * samplesPerBatch;
    const samples = Array.from({ length: samplesPerBatch }, (_, i) =>
      sampleOf(first + i, { timestamp: at(n + i * 15) }),
    );
    waiting.push(stores.history.appendSamples(samples));
    while (waiting.length > 24) await waiting.shift();
  }
  await Promise.all(waiting);
  await stores.history.flush();
}

function filesIn(directory: string): { readonly all: number; readonly parts: number; readonly main: number } {
  const files = readdirSync(join(directory, 'history')).map((file) => ({
    file,
    bytes: statSync(join(directory, 'history', file)).size,
  }));
  const sum = (pattern: RegExp): number =>
    files.filter(({ file }) => pattern.test(file)).reduce((total, { bytes }) => total + bytes, 0);
  const mains = files.filter(({ file }) => file.startsWith('main-')).sort((a, b) => (a.file < b.file ? 1 : -1));
  return { all: sum(/./), parts: sum(/^part-/), main: mains[0]?.bytes ?? 0 };
}

export async function run(report: Report): Promise<void> {
  const directory = ownFolder('cachify-bench-retention-');
  const built = await storeBuild();
  const stores = openStores({ directory, clock: systemClock, ...built });
  await fill(stores);
  await stores.retention.giveBack(false);
  const before = filesIn(directory);
  // In the middle of a part: rows of it are counted, not known.
  const cut = Math.floor(total * 0.8);
  const request = (n: number): PlanRequest => planRequest({ cutoff: at(n) });
  const dry = await medianTime(5, () => stores.retention.plan(request(cut - 777)));
  report.add({ name: 'dry run over 1 M rows', median: dry, unit: 'ms', goal: '≤ 300 ms', met: dry <= 300 });
  const bySize = await medianTime(3, () => stores.retention.plan(planRequest({ budgetBytes: 1 << 24, downTo: 0.8 })));
  report.add({ name: 'dry run by size', median: bySize, unit: 'ms', goal: '≤ 300 ms', met: bySize <= 300 });
  const { planId } = await stores.retention.plan(request(cut));
  await purgeBesideWrites(report, stores, planId);
  const undone = await timed(async () => {
    while (!(await stores.retention.undoStep(planId)).done);
  });
  report.note(`undone in ${undone.toFixed(0)} ms`);
  const again = await stores.retention.plan(request(cut));
  await stores.retention.begin({ planId: again.planId, byPerson: true, undoMs: 1, pins: [] });
  while (!(await stores.retention.step(again.planId)).done);
  await sleep(10);
  const sweeping = await timed(async () => {
    while (!(await stores.retention.sweepStep({ now: false })).done);
    await stores.retention.giveBack(false);
  });
  report.note(`let go of in ${sweeping.toFixed(0)} ms`);
  const after = filesIn(directory);
  const { datasets, rollupBytes } = await stores.retention.usage({ pins: [], files: [] });
  const rows = datasets.reduce((sum, one) => sum + one.bytes, 0);
  report.note(
    `files ${(before.all / 1e6).toFixed(1)} MB before, ${(after.all / 1e6).toFixed(1)} MB after; rows ${(rows / 1e6).toFixed(1)} MB, roll-ups ${(rollupBytes / 1e6).toFixed(1)} MB in memory`,
  );
  const live = after.parts + after.main;
  report.add({
    name: 'files once the time for undo is over',
    median: after.all / 1e6,
    unit: 'MB',
    reference: { name: 'live data', median: live / 1e6 },
    goal: '≤ 1.1 ×',
    met: after.all <= 1.1 * live,
  });
  await stores.close();
}

async function purgeBesideWrites(report: Report, stores: Stores, planId: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const writes: number[] = [];
  const stop = new AbortController();
  const writer = async (write: (n: number) => Promise<unknown>, ownMs: number): Promise<void> => {
    for (let n = 0; !stop.signal.aborted; n++) {
      writes.push(Math.max(0, (await timed(() => write(n))) - ownMs));
      await sleep(5);
    }
  };
  const writing = Promise.all([
    writer((n) => stores.retention.saveState('bench', { n }), 0),
    // Telemetry waits for company of its own accord.
    writer((n) => stores.history.append([eventOf(total + n)]), groupMs),
  ]);
  // The writes have their rhythm before the purge begins; those of before do not count.
  await sleep(1000);
  const calm = writes.splice(0);
  delay.enable();
  let slowest = 0;
  const took = await timed(async () => {
    await stores.retention.begin({ planId, byPerson: true, undoMs: 7_200_000, pins: [] });
    for (;;) {
      const from = performance.now();
      const { done } = await stores.retention.step(planId);
      slowest = Math.max(slowest, performance.now() - from);
      if (done) break;
    }
  });
  delay.disable();
  stop.abort();
  await writing;
  const p99Of = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
  report.note(`slowest slice ${slowest.toFixed(0)} ms, ${writes.length} writes beside it`);
  report.add({ name: 'purge of 800,000 rows', median: took, unit: 'ms', goal: '≤ 6,000 ms', met: took <= 6000 });
  const p99 = delay.percentile(99) / 1e6 - 1;
  report.add({
    name: 'event-loop delay of the host meanwhile, p99',
    median: p99,
    unit: 'ms',
    goal: '≤ 20 ms',
    met: p99 <= 20,
  });
  const slow = p99Of(writes);
  report.note(`writes before the purge, p99: ${p99Of(calm).toFixed(1)} ms`);
  report.add({
    name: 'acknowledged writes meanwhile, p99',
    median: slow,
    unit: 'ms',
    goal: '≤ 100 ms',
    met: slow <= 100,
  });
}
