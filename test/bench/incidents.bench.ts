// A bundle of a million events beside `zip` and `sha256sum` on the same bytes.
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { PreviewProgress } from '../../src/domain/incidents/definition.ts';
import { incidentsRig, type IncidentsRig } from '../support/incidentsRig.ts';
import { spawnOwned } from '../support/processes.ts';
import { projectRoot } from '../support/root.ts';
import { addDay, dayOf } from './dayEvents.ts';
import { timed, type Report } from './report.ts';

export const name = 'incidents: a bundle of a million events';

const total = Number(process.env['CACHIFY_BENCH_EVENTS'] ?? 1_000_000);
const mostMegabytes = 120;

export async function run(report: Report): Promise<void> {
  const rig = await incidentsRig();
  await addDay(rig.stores.history, total);
  // What was written shall be on disk and out of memory, as after a while of working.
  await rig.settle();
  await speed(report, rig);
  const one = await memory(report, rig, `${total} events`, 'cold');
  await memory(report, rig, `${total} events, the store's parts in memory`, 'warm');
  await addDay(rig.stores.history, 2 * total);
  await rig.settle();
  const three = await memory(report, rig, `${3 * total} events`, 'cold');
  for (const [what, few, many] of [
    ['preview', one.preview, three.preview],
    ['export', one.export, three.export],
  ] as const) {
    report.add({
      name: `${what}: memory added by three times as many events`,
      median: many,
      unit: 'MB',
      reference: { name: 'by one time', median: few },
      goal: '≤ 10 MB more',
      met: many <= few + 10,
    });
  }
  await rig.close();
}

async function speed(report: Report, rig: IncidentsRig): Promise<void> {
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const told: PreviewProgress[] = [];
  const from = performance.now();
  const { cut, estimated } = await rig.stores.incidents.cut(dayOf);
  const firstMs = performance.now() - from;
  const preview = await rig.preview(dayOf, { cut, estimated }, (progress) => told.push(progress));
  const previewMs = performance.now() - from;
  report.add({ name: 'preview: counts and size', median: firstMs, unit: 'ms', goal: '≤ 300 ms', met: firstMs <= 300 });
  report.add({ name: 'preview: hash', median: previewMs, unit: 'ms', goal: '≤ 5,000 ms', met: previewMs <= 5000 });
  report.note(
    `${told.length} steps of progress, ${estimated.timeline} events estimated, ${preview.outcome.counts.timeline} counted`,
  );
  const target = join(rig.folder, 'bundle.zip');
  const exportMs = await timed(() => rig.work.export(rig.exportOf(preview, target), {}));
  loop.disable();
  const p99 = loop.percentile(99) / 1e6;
  const unpacked = join(rig.folder, 'unpacked');
  execFileSync('unzip', ['-q', target, '-d', unpacked]);
  const zip = await timed(() =>
    Promise.resolve(execFileSync('zip', ['-q', '-r', join(rig.folder, 'reference.zip'), '.'], { cwd: unpacked })),
  );
  const sums = await timed(() => Promise.resolve(execFileSync('sh', ['-c', 'sha256sum *'], { cwd: unpacked })));
  rmSync(unpacked, { recursive: true, force: true });
  const bytes = preview.outcome.contentBytes;
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
  report.add({ name: 'host: event-loop delay, p99', median: p99, unit: 'ms', goal: '≤ 20 ms', met: p99 <= 20 });
}

/**
 * In fresh processes: one that wrote a million events before holds so much that the allocator hands out again that hardly
 * anything would seem to be added.
 */
async function memory(
  report: Report,
  rig: IncidentsRig,
  what: string,
  how: 'cold' | 'warm',
): Promise<{ readonly preview: number; readonly export: number }> {
  const work = join(rig.root, `work-${what.length}-${how}.json`);
  const measured = { preview: await added(rig, work, how), export: await added(rig, work, how) };
  for (const [step, megabytes] of Object.entries(measured)) {
    report.add({
      name: `${step}: memory added, ${what}`,
      median: megabytes,
      unit: 'MB',
      goal: `≤ ${mostMegabytes} MB`,
      met: megabytes <= mostMegabytes,
    });
  }
  return measured;
}

async function added(rig: IncidentsRig, work: string, how: string): Promise<number> {
  const script = join(projectRoot(), 'test/bench/incidentMemory.ts');
  const args = ['--expose-gc', '--import', 'tsx', script, rig.root, work, how];
  const child = await spawnOwned(process.execPath, args, { cwd: projectRoot() });
  const { code } = await child.exited;
  const megabytes = Number(child.output().trim().split('\n').at(-1));
  if (code !== 0 || !Number.isFinite(megabytes)) throw new Error(`The memory was not measured: ${child.output()}`);
  return megabytes;
}
