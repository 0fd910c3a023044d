// A bundle of a million events beside `zip` and `sha256sum` on the same bytes.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { PreviewProgress } from '../../src/domain/incidents/definition.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { incidentsRig } from '../support/incidentsRig.ts';
import { timed, type Report } from './report.ts';

export const name = 'incidents: a bundle of a million events';

const total = Number(process.env['CACHIFY_BENCH_EVENTS'] ?? 1_000_000);
const startMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const actions = ['keys.read', 'keys.write', 'keys.scan', 'keys.remove', 'keys.setTtl', 'keys.rename'];
const range = { from: new Date(startMs).toISOString(), to: new Date(startMs + dayMs).toISOString() };

function event(n: number): HistoryEvent {
  const failed = n % 100 === 0;
  return {
    id: randomUUID(),
    timestamp: new Date(startMs + Math.floor((n * dayMs) / total)).toISOString(),
    source: 'app',
    connectionId: `0123456789abcdef0123456789abcde${n % 5}`,
    environment: 'dev',
    action: actions[n % actions.length] ?? 'keys.read',
    keyOrPattern: `user:${(n * 7919) % 1_000_003}:profile`,
    durationMs: Math.round((0.2 + ((n * 7919) % 3000) / 1000) * 1000) / 1000,
    status: failed ? 'error' : 'success',
    ...(failed ? { errorCode: 'TIMEOUT' as const, retryable: true, attempt: 1 } : {}),
    correlationId: randomUUID(),
  };
}

function rss(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024;
}

/** Highest memory that all threads of the process hold while `work` runs, over what they held before, MB. */
async function peakOf<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly added: number }> {
  globalThis.gc?.();
  const before = rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, rss());
  }, 20);
  try {
    return { value: await work(), added: Math.max(0, peak - before) };
  } finally {
    clearInterval(timer);
  }
}

export async function run(report: Report): Promise<void> {
  const rig = await incidentsRig();
  const waiting: Promise<void>[] = [];
  for (let n = 0; n < total; n += 500) {
    waiting.push(rig.stores.history.append(Array.from({ length: 500 }, (_, i) => event(n + i))));
    if (waiting.length >= 24) await waiting.shift();
  }
  await Promise.all(waiting);
  await rig.stores.history.flush();
  // What was written shall be on disk and out of memory, as after a while of working.
  await rig.settle();

  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  let firstMs = 0;
  const told: PreviewProgress[] = [];
  const from = performance.now();
  const { cut, estimated } = await rig.stores.incidents.cut(range);
  firstMs = performance.now() - from;
  const { value: preview, added: previewAdded } = await peakOf(() =>
    rig.preview(range, { cut, estimated }, (progress) => told.push(progress)),
  );
  const previewMs = performance.now() - from;
  report.add({ name: 'preview: counts and size', median: firstMs, unit: 'ms', goal: '≤ 300 ms', met: firstMs <= 300 });
  report.add({ name: 'preview: hash', median: previewMs, unit: 'ms', goal: '≤ 5,000 ms', met: previewMs <= 5000 });
  report.add({
    name: 'preview: memory added',
    median: previewAdded,
    unit: 'MB',
    goal: '≤ 120 MB',
    met: previewAdded <= 120,
  });
  report.note(
    `${told.length} steps of progress, ${estimated.timeline} events estimated, ${preview.outcome.counts.timeline} counted`,
  );

  const target = join(rig.folder, 'bundle.zip');
  const work = rig.exportOf(preview, target);
  let exportMs = 0;
  const { added } = await peakOf(async () => {
    exportMs = await timed(() => rig.work.export(work, {}));
  });
  loop.disable();
  const p99 = loop.percentile(99) / 1e6;
  const bytes = preview.outcome.contentBytes;
  const unpacked = join(rig.folder, 'unpacked');
  execFileSync('unzip', ['-q', target, '-d', unpacked]);
  const zip = await timed(() =>
    Promise.resolve(execFileSync('zip', ['-q', '-r', join(rig.folder, 'reference.zip'), '.'], { cwd: unpacked })),
  );
  const sums = await timed(() => Promise.resolve(execFileSync('sh', ['-c', 'sha256sum *'], { cwd: unpacked })));
  const perSecond = (ms: number): number => bytes / 1e6 / (ms / 1000);
  report.note(
    `${(bytes / 1e6).toFixed(0)} MB of content, ${(statSync(target).size / 1e6).toFixed(0)} MB packed; zip ${zip.toFixed(0)} ms, sha256sum ${sums.toFixed(0)} ms, ours ${exportMs.toFixed(0)} ms`,
  );
  report.add({
    name: 'export, MB of content',
    median: perSecond(exportMs),
    unit: 'per second',
    reference: { name: 'zip + sha256sum', median: perSecond(zip + sums) },
    goal: '≥ 0.5 ×',
    met: perSecond(exportMs) >= 0.5 * perSecond(zip + sums),
  });
  report.add({ name: 'export: memory added', median: added, unit: 'MB', goal: '≤ 120 MB', met: added <= 120 });
  report.add({ name: 'host: event-loop delay, p99', median: p99, unit: 'ms', goal: '≤ 20 ms', met: p99 <= 20 });
  await rig.close();
  rmSync(unpacked, { recursive: true, force: true });
}
