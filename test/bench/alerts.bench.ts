// 1,000 connections × 50 rules in one evaluation, a backtest of 30 days of minutes, and what evaluating costs while all is quiet.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { alertMetrics } from '../../src/domain/alerts/metrics/registry.ts';
import type { AlertRule } from '../../src/domain/alerts/rule.ts';
import { starterRules } from '../../src/domain/alerts/starters.ts';
import type { ObservabilitySnapshot } from '../../src/domain/observability/snapshot.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { eventOf, sampleOf } from '../support/storeRows.ts';
import { median, medianTime, type Report } from './report.ts';
import { storesIn } from '../support/storesIn.ts';

export const name = 'alerts';

const MINUTE = 60_000;
const SLOT = 30_000;
const start = Date.UTC(2026, 10, 22, 10, 0);
const iso = (ms: number): string => new Date(ms).toISOString();

/** Operations and one sample of each connection in each minute of a stretch, about a thousand minutes at a time. */
async function fill(
  stores: Stores,
  uids: readonly string[],
  fromMs: number,
  minutes: number,
  operations: number,
): Promise<void> {
  const atOnce = Math.max(1, Math.floor(1000 / uids.length));
  for (let first = 0; first < minutes; first += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, minutes - first) }, (_, offset) => first + offset);
    const events = some.flatMap((at) => uids.flatMap((uid, index) => operationsOf(uid, index, at, fromMs, operations)));
    const samples = some.flatMap((at) => uids.map((uid) => minuteSample(uid, fromMs + at * MINUTE)));
    await stores.history.append(events);
    await stores.history.appendSamples(samples);
    await stores.history.flush();
  }
}

function operationsOf(uid: string, index: number, at: number, fromMs: number, count: number): HistoryEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    ...eventOf(i),
    id: nodeDigest.uuid(),
    source: 'app' as const,
    connectionId: uid,
    environment: 'prod' as const,
    timestamp: iso(fromMs + at * MINUTE + 1000 + i * 1000),
    durationMs: 0.5 + ((at * 31 + index * 17 + i * 7) % 100) / 20 + (at % 1440 < 6 ? 40 : 0),
    status: (at + i) % 50 === 0 ? ('error' as const) : ('success' as const),
  }));
}

function minuteSample(uid: string, minuteMs: number): ObservabilitySnapshot {
  return sampleOf(1, {
    id: nodeDigest.uuid(),
    connectionId: uid,
    timestamp: iso(minuteMs + 50_000),
    periodSeconds: 60,
    engine: {
      gauges: {
        connectionDown: 0,
        clientsRatio: 0.2,
        maxMemoryUnset: 0,
        persistenceFailing: 0,
        mainThreadCpuRatio: 0.1,
      },
      counters: { rejectedConnections: 0, errorReplies: 1, commands: 1000 },
    },
  });
}

function rulesOf(count: number): AlertRule[] {
  const stamp = { origin: 'own', createdAt: iso(start), updatedAt: iso(start) } as const;
  return Array.from({ length: count }, (_, at): AlertRule => {
    const metric = alertMetrics[at % alertMetrics.length];
    if (metric === undefined) throw new Error('no metric');
    const { suggestion } = metric;
    return {
      ...suggestion,
      ...stamp,
      id: `rule-${at}`,
      name: `Rule ${at}`,
      metric: metric.id,
      aggregation: metric.aggregations[at % metric.aggregations.length] ?? metric.aggregations[0],
      lookbackMinutes: 5 + (at % 3) * 5,
      severity: 'warning',
      scope: { connections: '*', environments: '*' },
      enabled: true,
    };
  });
}

async function opened(directory: string): Promise<Stores> {
  return storesIn(directory);
}

async function record(stores: Stores, uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    await stores.connections.save({
      uid,
      id: uid,
      scope: 'user',
      name: uid,
      destination: 'localhost',
      environment: 'prod',
    });
  }
}

async function leaseOf(stores: Stores): Promise<number> {
  const nowMs = Date.now();
  const taken = await stores.leases.take({
    name: 'alerts',
    holder: 'bench',
    nowMs,
    untilMs: nowMs + 3600_000,
    gone: [],
  });
  if (!('fence' in taken)) throw new Error('the lease is taken');
  return taken.fence;
}

async function many(report: Report): Promise<void> {
  const directory = ownFolder('cachify-alerts-bench-');
  const stores = await opened(directory);
  const uids = Array.from({ length: 1000 }, (_, at) => `connection-${at}`);
  await record(stores, uids);
  await fill(stores, uids, start - 15 * MINUTE, 15, 3);
  await stores.alerts.saveRules(rulesOf(50));
  const fence = await leaseOf(stores);
  const works: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let states = 0;
  for (let slot = 0; slot < 8; slot++) {
    if (slot === 1) delay.enable();
    const request = { nowMs: start + slot * SLOT - MINUTE, fence, goneAfterMs: 180_000, all: false };
    const evaluation = await stores.alerts.evaluate(request);
    states = evaluation.states.length;
    if (slot > 0) works.push(evaluation.workMs);
  }
  delay.disable();
  const p99 = Math.max(0, delay.percentile(99) / 1e6 - 5);
  const work = median(works);
  report.note(
    `${states} states that are not plainly normal; each evaluation: ${works.map((ms) => ms.toFixed(0)).join(', ')} ms`,
  );
  report.add({
    name: 'one evaluation of 1,000 connections × 50 rules, in the worker',
    median: work,
    unit: 'ms',
    goal: '≤ 250 ms',
    met: work <= 250,
  });
  report.add({
    name: 'its event-loop delay in the host, p99',
    median: p99,
    unit: 'ms',
    goal: '≤ 20 ms',
    met: p99 <= 20,
  });
  await stores.close();
  removeFolder(directory);
}

async function past(report: Report): Promise<void> {
  const directory = ownFolder('cachify-alerts-bench-');
  const stores = await opened(directory);
  const minutes = 30 * 24 * 60;
  const fromMs = start - minutes * MINUTE;
  await fill(stores, ['connection-0'], fromMs, minutes, 4);
  const request = { connectionIds: ['connection-0'], from: iso(fromMs), to: iso(start), mostPoints: 720 };
  for (const [metric, lookbackMinutes] of [
    ['latencyP95Ms', 5],
    ['errorRate', 60],
    ['clientsRatio', 15],
  ] as const) {
    const rule = rulesOf(alertMetrics.length).find((each) => each.metric === metric);
    if (rule === undefined) throw new Error('no rule');
    const tested = { ...rule, lookbackMinutes, minSamples: 20 };
    const ms = await medianTime(5, () => stores.alerts.backtest({ ...request, rule: tested }));
    const { episodes, coverage } = await stores.alerts.backtest({ ...request, rule: tested });
    report.note(`${metric}: ${episodes.length} episodes, coverage ${coverage.toFixed(2)}`);
    report.add({
      name: `backtest of 30 days of minutes: ${metric}`,
      median: ms,
      unit: 'ms',
      goal: '≤ 200 ms',
      met: ms <= 200,
    });
  }
  await stores.close();
  removeFolder(directory);
}

async function idle(report: Report): Promise<void> {
  const directory = ownFolder('cachify-alerts-bench-');
  const stores = await opened(directory);
  const uids = ['a', 'b', 'c'];
  await record(stores, uids);
  await fill(stores, uids, start - 15 * MINUTE, 60, 3);
  const stamp = { origin: 'starter', createdAt: iso(start), updatedAt: iso(start) } as const;
  await stores.alerts.saveRules(
    starterRules.slice(0, 10).map(({ id, rule }) => ({ ...rule, id, enabled: true, ...stamp })),
  );
  const fence = await leaseOf(stores);
  const evaluate = (slot: number) =>
    stores.alerts.evaluate({ nowMs: start + slot * SLOT, fence, goneAfterMs: 180_000, all: false });
  for (let slot = 0; slot < 10; slot++) await evaluate(slot);
  const slots = 60;
  const before = process.cpuUsage();
  for (let slot = 10; slot < 10 + slots; slot++) {
    await evaluate(slot);
    // The heartbeats of the lease in half a minute.
    for (let beat = 0; beat < 8; beat++) await stores.leases.renew('alerts', fence, Date.now() + 15_000);
  }
  const { user, system } = process.cpuUsage(before);
  const perSlotMs = (user + system) / 1000 / slots;
  report.note(`share of a core with 10 rules on 3 connections: ${((perSlotMs / SLOT) * 100).toFixed(3)} %`);
  const limit = SLOT * 0.002;
  report.add({
    name: 'processor time of half a minute with 10 rules, all quiet',
    median: perSlotMs,
    unit: 'ms',
    goal: `≤ ${limit} ms (0.2 % of a core)`,
    met: perSlotMs <= limit,
  });
  await stores.close();
  removeFolder(directory);
}

export async function run(report: Report): Promise<void> {
  await idle(report);
  await many(report);
  await past(report);
}
