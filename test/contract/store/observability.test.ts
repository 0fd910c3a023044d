// What the store answers for observability, against the same figures computed from a plain array.
import assert from 'node:assert/strict';
import type { HistoryStore, Stores } from '../../../src/app/ports/stores.ts';
import { eventPattern } from '../../../src/domain/observability/failures.ts';
import { latencySketchFrom } from '../../../src/domain/observability/latencySketch.ts';
import type { HistoryEvent } from '../../../src/domain/timeline/event.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { idOf, sampleOf } from '../../support/storeRows.ts';
import { storesIn } from '../../support/storesIn.ts';

const startMs = Date.UTC(2026, 0, 1, 10);
const iso = (ms: number): string => new Date(ms).toISOString();

/** Two hours of uneven traffic of two connections. */
function traffic(count: number): HistoryEvent[] {
  let state = 12345;
  const random = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  return Array.from({ length: count }, (_, i): HistoryEvent => {
    const roll = random();
    const status = roll < 0.05 ? 'error' : roll < 0.07 ? 'blocked' : 'success';
    const action = ['keys.read', 'keys.write', 'keys.scan', 'keys.command'][Math.floor(random() * 4)] ?? 'keys.read';
    return {
      id: idOf(i),
      timestamp: iso(startMs + Math.floor(random() * 7_200_000)),
      source: random() < 0.03 ? 'engine' : 'app',
      connectionId: random() < 0.7 ? 'one' : 'two',
      environment: random() < 0.5 ? 'dev' : 'prod',
      action,
      keyOrPattern:
        random() < 0.1 ? '' : `${['cart', 'user', 'product'][Math.floor(random() * 3)]}:${Math.floor(random() * 500)}`,
      durationMs: Math.exp(random() * 6),
      status,
      ...(status === 'error' ? { errorCode: random() < 0.5 ? ('TIMEOUT' as const) : ('UNAUTHORIZED' as const) } : {}),
      ...(action === 'keys.command' ? { details: { command: random() < 0.5 ? 'GET' : 'SET' } } : {}),
    };
  });
}

const exactP95 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? 0;

describe('store, for observability', function () {
  this.timeout(20_000);
  let directory: string;
  let stores: Stores;
  let history: HistoryStore;
  const events = traffic(20_000);

  before(async () => {
    directory = ownFolder('cachify-observability-');
    stores = await storesIn(directory);
    ({ history } = stores);
    for (let at = 0; at < events.length; at += 1500) await history.append(events.slice(at, at + 1500));
  });
  after(async () => {
    await stores.close();
    removeFolder(directory);
  });

  for (const [name, fromMs, toMs] of [
    ['whole minutes', startMs, startMs + 7_200_000],
    ['ends within minutes', startMs + 61_234, startMs + 5_432_109],
    ['less than a minute', startMs + 70_500, startMs + 95_250],
    ['two cut minutes only', startMs + 110_000, startMs + 130_000],
  ] as const) {
    it(`sums command families exactly, percentiles to 1 %: ${name}`, async () => {
      const scope = { connectionIds: ['one'], environments: ['prod' as const] };
      const period = await history.families({ from: iso(fromMs), to: iso(toMs), ...scope, sketches: true });
      const inside = events.filter(
        (event) =>
          event.source === 'app' &&
          event.connectionId === 'one' &&
          event.environment === 'prod' &&
          event.status !== 'blocked' &&
          event.timestamp >= iso(fromMs) &&
          event.timestamp < iso(toMs),
      );
      assert.ok(inside.length > 0);
      const families = new Map<string, HistoryEvent[]>();
      for (const event of inside) {
        const family =
          event.action === 'keys.command' ? `keys.command ${String(event.details?.['command'])}` : event.action;
        families.set(family, [...(families.get(family) ?? []), event]);
      }
      assert.deepEqual(period.families.map(({ family }) => family).sort(), [...families.keys()].sort());
      for (const facts of period.families) {
        const own = families.get(facts.family) ?? [];
        assert.equal(facts.operations, own.length);
        assert.equal(facts.errors, own.filter((event) => event.status === 'error').length);
        assert.equal(facts.timeouts, own.filter((event) => event.errorCode === 'TIMEOUT').length);
        assert.equal(facts.slow, own.filter((event) => event.durationMs >= 100).length);
        const latencies = own.filter((event) => event.status === 'success').map((event) => event.durationMs);
        const p95 = latencySketchFrom(facts.sketch)?.quantile(0.95);
        if (latencies.length === 0) assert.equal(p95, null);
        else assert.ok(Math.abs((p95 ?? 0) / exactP95(latencies) - 1) <= 0.01);
        facts.operationsPerMinute.forEach((count, at) => {
          const minute = iso((period.minutes[at] ?? 0) * 1000);
          assert.equal(count, own.filter((event) => event.timestamp.slice(0, 16) === minute.slice(0, 16)).length);
        });
      }
    });
  }

  for (const [name, fromMs, toMs, count] of [
    ['whole minutes', startMs, startMs + 7_200_000, 24],
    ['edges within minutes', startMs + 61_234, startMs + 5_432_109, 37],
    ['buckets of a second', startMs + 600_500, startMs + 660_500, 60],
    ['one bucket', startMs, startMs + 1_234_567, 1],
  ] as const) {
    it(`counts touched patterns and their times exactly: ${name}`, async () => {
      const query = { from: iso(fromMs), to: iso(toMs), connectionIds: ['one', 'two'] };
      const activity = await history.activity({ ...query, source: 'client', buckets: count, limit: 2 });
      const inside = events.filter(
        (event) =>
          event.source === 'app' &&
          event.status !== 'blocked' &&
          event.keyOrPattern !== '' &&
          event.timestamp >= query.from &&
          event.timestamp < query.to,
      );
      assert.equal(activity.touches, inside.length);
      const truth = new Map<string, { touches: number; errors: number; lastTouchedMs: number }>();
      const buckets = Array.from({ length: count }, () => ({ touches: 0, errors: 0 }));
      for (const event of inside) {
        const pattern = eventPattern(event);
        const ms = Date.parse(event.timestamp);
        const error = event.status === 'error' ? 1 : 0;
        const row = truth.get(pattern) ?? { touches: 0, errors: 0, lastTouchedMs: 0 };
        truth.set(pattern, {
          touches: row.touches + 1,
          errors: row.errors + error,
          lastTouchedMs: Math.max(row.lastTouchedMs, ms),
        });
        const bucket = buckets[Math.floor(((ms - fromMs) / (toMs - fromMs)) * count)];
        assert.ok(bucket !== undefined);
        bucket.touches += 1;
        bucket.errors += error;
      }
      const ranked = [...truth]
        .map(([pattern, row]) => ({ pattern, ...row }))
        .sort((a, b) => b.touches - a.touches || (a.pattern < b.pattern ? -1 : 1));
      assert.deepEqual(activity.patterns, ranked.slice(0, 2));
      assert.equal(activity.nextTouches, ranked[2]?.touches ?? 0);
      assert.deepEqual(
        activity.buckets.map(({ touches, errors }) => ({ touches, errors })),
        buckets,
      );
    });
  }

  it('keeps what a watch saw apart from our own operations', async () => {
    const day = Date.UTC(2026, 0, 2);
    const row = { minuteMs: day + 60_000, pattern: 'cart:*', touches: 900, errors: 0, lastMs: day + 90_000.75 };
    const record = { source: 'monitor' as const, connectionId: 'one', environment: 'dev' as const };
    await history.appendActivity({ ...record, rows: [row] });
    await history.appendActivity({ ...record, rows: [{ ...row, touches: 100, lastMs: day + 70_000 }] });
    const query = { from: iso(day), to: iso(day + 180_000), buckets: 3, limit: 10 };
    const seen = await history.activity({ ...query, source: 'monitor' });
    assert.deepEqual(seen.patterns, [{ pattern: 'cart:*', touches: 1000, errors: 0, lastTouchedMs: day + 90_000 }]);
    assert.deepEqual(
      seen.buckets.map(({ touches, coverage }) => [touches, coverage]),
      [
        [0, 0],
        [1000, 1],
        [0, 0],
      ],
    );
    assert.equal((await history.activity({ ...query, source: 'client' })).touches, 0);
    assert.equal((await history.activity({ ...query, source: 'notifications' })).touches, 0);
  });

  it('knows the minutes that were watched without an operation', async () => {
    const day = Date.UTC(2026, 0, 3);
    const at = (seconds: number): string => iso(day + seconds * 1000);
    await history.appendSamples([
      sampleOf(900_001, { connectionId: 'one', timestamp: at(60), periodSeconds: 60 }),
      sampleOf(900_002, { connectionId: 'one', timestamp: at(180), periodSeconds: 30 }),
    ]);
    const period = await history.families({ from: at(0), to: at(240), connectionIds: ['one'], sketches: false });
    assert.deepEqual(period.minutes, [day / 1000, day / 1000 + 120]);
    assert.equal(period.watchedSeconds, 90);
    assert.equal(period.coverage, 90 / 240);
    assert.deepEqual(period.families, []);
  });

  it('finds the newest sample at or before a moment, never one after it', async () => {
    const day = Date.UTC(2026, 0, 4);
    const samples = [0, 15, 30].map((s, i) =>
      sampleOf(910_000 + i, { connectionId: 'three', timestamp: iso(day + s * 1000) }),
    );
    await history.appendSamples(samples);
    const at = (ms: number) => history.sampleAt({ connectionId: 'three', at: iso(day + ms) });
    assert.deepEqual(await at(15_000), samples[1]);
    assert.deepEqual(await at(29_999), samples[1]);
    assert.deepEqual(await at(9_999_999), samples[2]);
    assert.equal(await at(-1), null);
    assert.equal(await history.sampleAt({ connectionId: 'four', at: iso(day) }), null);
  });

  it('filters the timeline by source and by slowness', async () => {
    const window = { from: iso(startMs), to: iso(startMs + 7_200_000), limit: 10 };
    const total = async (more: object): Promise<number> => (await history.timeline({ ...window, ...more })).total;
    assert.equal(await total({ source: 'engine' }), events.filter((event) => event.source === 'engine').length);
    assert.equal(await total({ slow: true }), events.filter((event) => event.durationMs >= 100).length);
  });
});
