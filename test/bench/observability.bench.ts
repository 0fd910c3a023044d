// A day of 1,000,000 events: what the panel asks for; what a sample costs the server; whether MONITOR is kept up with.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { compare } from '../../src/app/observability/compare.ts';
import { failureGroups } from '../../src/app/observability/failures.ts';
import { keyspaceActivity } from '../../src/app/observability/keyspaceActivity.ts';
import { allConnections, connectionCharts } from '../../src/app/observability/overview.ts';
import { timeline } from '../../src/app/observability/timeline.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { observabilityRig, type ObservabilityRig } from '../support/observabilityRig.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { idOf, sampleOf } from '../support/storeRows.ts';
import { firstPaint } from './overviewPage.ts';
import { median, medianTime, timed, type Report } from './report.ts';

const EVENTS = 1_000_000;
const HOURS = 24;
const TIMES = 5;
const settings = { number: () => 15 };

export const name = 'observability';

async function fill(rig: ObservabilityRig, fromMs: number): Promise<void> {
  const step = (HOURS * 3_600_000) / EVENTS;
  const actions = ['keys.read', 'keys.read', 'keys.read', 'keys.write', 'keys.scan', 'keys.setTtl', 'keys.remove'];
  const kinds = ['cart', 'user', 'product', 'session', 'queue', 'report'];
  for (let at = 0; at < EVENTS; at += 4_000) {
    const batch = Array.from({ length: 4_000 }, (_, offset): HistoryEvent => {
      const i = at + offset;
      const failed = i % 97 === 0;
      return {
        id: idOf(i),
        timestamp: new Date(fromMs + i * step).toISOString(),
        source: 'app',
        connectionId: 'uid-test',
        environment: 'dev',
        action: actions[i % 7] ?? 'keys.read',
        keyOrPattern: `${kinds[i % 6]}:${i % 5_003}`,
        durationMs: 0.5 + ((i * 7919) % 1000) / 100 + (i % 2503 === 0 ? 150 : 0),
        status: failed ? 'error' : 'success',
        ...(failed ? { errorCode: 'TIMEOUT' as const, retryable: true } : {}),
      };
    });
    await rig.history.append(batch);
  }
  const samples = HOURS * 240;
  for (let at = 0; at < samples; at += 2_000) {
    const count = Math.min(2_000, samples - at);
    await rig.history.appendSamples(
      Array.from({ length: count }, (_, offset) =>
        sampleOf(EVENTS + at + offset, {
          connectionId: 'uid-test',
          timestamp: new Date(fromMs + (at + offset + 1) * 15_000).toISOString(),
        }),
      ),
    );
  }
}

async function panel(report: Report, rig: ObservabilityRig, fromMs: number): Promise<void> {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const toMs = fromMs + HOURS * 3_600_000;
  const day = { from: iso(fromMs), to: iso(toMs) };
  const parts = { ...rig, settings };
  const worked = async (what: string, work: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    const ms = await medianTime(TIMES, work);
    const { user, system } = process.cpuUsage(before);
    report.note(`${what}: ${((user + system) / 1000 / (TIMES + 1)).toFixed(0)} ms of processor time per run`);
    return ms;
  };
  const add = (what: string, ms: number, limit: number): void =>
    report.add({
      name: `${what}, ${EVENTS.toLocaleString('en-US')} events`,
      median: ms,
      unit: 'ms',
      goal: `≤ ${limit} ms`,
      met: ms <= limit,
    });
  add(
    'charts of the Overview',
    await worked('charts', () => connectionCharts(parts, { ...day, connectionId: 'test' })),
    300,
  );
  add('Overview in Chromium, from the start of its page to its first figures', await firstPaint(rig, day, TIMES), 300);
  add('health, trend and heatmap of all', await worked('all', () => allConnections(parts, day)), 300);
  add('keyspace activity', await worked('keyspace', () => keyspaceActivity(parts, day)), 300);
  add('failures by kind', await worked('failures', () => failureGroups(parts, day)), 1_000);
  add('slow operations, first page', await worked('slow', () => timeline(parts, { ...day, slow: true })), 300);
  add('timeline, first page', await worked('timeline', () => timeline(parts, day)), 300);
  const firsts: number[] = [];
  const alls: number[] = [];
  const middle = fromMs + (HOURS / 2) * 3_600_000;
  for (let i = 0; i <= TIMES; i++) {
    const start = performance.now();
    let first: number | undefined;
    const periods = { baseline: { from: day.from, to: iso(middle) }, compare: { from: iso(middle), to: day.to } };
    for await (const update of compare(parts, periods)) {
      if (update.metrics.length > 0) first ??= performance.now() - start;
    }
    if (i === 0) continue;
    firsts.push(first ?? Number.POSITIVE_INFINITY);
    alls.push(performance.now() - start);
  }
  add('compare two halves: first metric', median(firsts), 100);
  add('compare two halves: all metrics', median(alls), 1_000);
}

/** Microseconds that the server spent on the commands of samples, by its own counters. */
async function serverMicros(box: RedisBox): Promise<number> {
  const stats = await box.cli('INFO', 'commandstats');
  return [...stats.matchAll(/cmdstat_(?:info|slowlog\|get|slowlog\|len|latency\|latest):calls=\d+,usec=(\d+)/g)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
}

async function samples(report: Report, rig: ObservabilityRig, box: RedisBox): Promise<void> {
  const count = 40;
  await rig.sampler.sampleNow('test');
  const before = await serverMicros(box);
  for (let i = 0; i < count; i++) await rig.sampler.sampleNow('test');
  const perSample = ((await serverMicros(box)) - before) / count / 1000;
  report.add({ name: 'server time of a sample', median: perSample, unit: 'ms', goal: '≤ 3 ms', met: perSample <= 3 });
}

function load(box: RedisBox, requests: number): Promise<void> {
  const args = [
    '-p',
    String(box.port),
    '-n',
    String(requests),
    '-P',
    '16',
    '-c',
    '20',
    '-t',
    'set',
    '-r',
    '100000',
    '-q',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('redis-benchmark', args, { stdio: 'ignore' });
    child
      .once('error', reject)
      .once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`redis-benchmark ${code}`))));
  });
}

async function monitor(report: Report, rig: ObservabilityRig, box: RedisBox): Promise<void> {
  const requests = 400_000;
  const stop = new AbortController();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const watching = rig.watcher.watch({ connectionId: 'test', source: 'monitor', seconds: 300, signal: stop.signal });
  await new Promise((resolve) => setTimeout(resolve, 500));
  delay.enable();
  const ms = await timed(() => load(box, requests));
  delay.disable();
  stop.abort();
  const { watch } = await watching;
  assert.ok(watch !== undefined && watch.seen === watch.stored + watch.dropped);
  const perSecond = (requests / ms) * 1000;
  report.note(
    `MONITOR: seen ${watch.seen}, stored ${watch.stored}, dropped ${watch.dropped}; host event-loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  );
  report.add({
    name: 'MONITOR watched, every line accounted for',
    median: perSecond,
    unit: 'per second',
    goal: '≥ 50,000 per second, or the dropped counted',
    met: watch.seen >= requests,
  });
  const p99 = delay.percentile(99) / 1e6;
  report.add({ name: 'event-loop delay p99 under MONITOR', median: p99, unit: 'ms', goal: '≤ 50 ms', met: p99 <= 50 });
}

export async function run(report: Report): Promise<void> {
  const box = await startRedis();
  const rig = await observabilityRig({ port: box.port });
  const fromMs = Math.floor((Date.now() - HOURS * 3_600_000) / 60_000) * 60_000 - 60_000;
  try {
    await samples(report, rig, box);
    await monitor(report, rig, box);
    report.note(`filling took ${((await timed(() => fill(rig, fromMs))) / 1000).toFixed(0)} s`);
    await panel(report, rig, fromMs);
  } finally {
    await rig.close();
    await box.stop();
  }
}
