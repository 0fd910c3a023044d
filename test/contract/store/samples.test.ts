// Samples that lie in finished parts of the history and in the one that grows, against a plain array.
import assert from 'node:assert/strict';
import type { Stores } from '../../../src/app/ports/stores.ts';
import { sampleSeries } from '../../../src/domain/observability/series.ts';
import type { ObservabilitySnapshot } from '../../../src/domain/observability/snapshot.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { eventOf, sampleOf } from '../../support/storeRows.ts';
import { storesIn } from '../../support/storesIn.ts';

const startMs = Date.UTC(2026, 0, 1);
const iso = (ms: number): string => new Date(ms).toISOString();

describe('samples over the parts of the history', function () {
  this.timeout(60_000);
  let directory: string;
  let stores: Stores;
  const all: ObservabilitySnapshot[] = [];

  before(async () => {
    directory = ownFolder('cachify-samples-');
    stores = await storesIn(directory);
    for (let batch = 0; batch < 30; batch++) {
      const samples = [0, 1, 2].map((n) =>
        sampleOf(batch * 3 + n, {
          connectionId: `connection-${n % 2}`,
          timestamp: iso(startMs + batch * 4_000_000 + n * 1000),
          commands: [{ command: 'get', calls: 10, usec: 20, rejected: 0, failed: 0 }],
        }),
      );
      all.push(...samples);
      await stores.history.appendSamples(samples);
      await stores.history.append(Array.from({ length: 4000 }, (_, n) => eventOf(batch * 4000 + n)));
    }
    await stores.history.flush();
  });
  after(async () => {
    await stores.close();
    removeFolder(directory);
  });

  const expected = (fromMs: number, toMs: number, connectionId?: string): string[] =>
    all
      .filter(({ timestamp }) => timestamp >= iso(fromMs) && timestamp < iso(toMs))
      .filter((sample) => connectionId === undefined || sample.connectionId === connectionId)
      .map(({ id }) => id);

  for (const [name, fromMs, toMs] of [
    ['the whole', startMs, startMs + 200_000_000],
    ['a stretch', startMs + 9_000_000, startMs + 50_000_000],
    ['one sample', startMs + 8_000_000, startMs + 8_000_001],
    ['nothing', startMs - 9_000_000, startMs],
  ] as const) {
    it(`gives ${name}, the first time and every time after`, async () => {
      for (let time = 0; time < 3; time++) {
        for (const connectionId of [undefined, 'connection-0', 'connection-1', 'connection-2']) {
          const scope = connectionId === undefined ? {} : { connectionIds: [connectionId] };
          const found = await stores.history.samples({ from: iso(fromMs), to: iso(toMs), ...scope });
          assert.deepEqual(
            found.map(({ id }) => id),
            expected(fromMs, toMs, connectionId),
          );
        }
      }
    });
  }

  it('adds up what the samples of one connection say, also of more than are given at a time', async () => {
    const atMs = startMs + 400_000_000;
    const many = Array.from({ length: 12_000 }, (_, n) =>
      sampleOf(1_000 + n, {
        connectionId: 'connection-9',
        timestamp: iso(atMs + (n + 1) * 15_000),
        opsPerSecond: n,
        keyspaceHits: n % 3 === 0 ? null : 3,
        keyspaceMisses: 1,
      }),
    );
    for (let at = 0; at < many.length; at += 2_000) await stores.history.appendSamples(many.slice(at, at + 2_000));
    const query = { connectionId: 'connection-9', stepMs: 3_600_000 };
    const toMs = atMs + 12_001 * 15_000;
    const course = await stores.history.sampleCourse({ ...query, from: iso(atMs), to: iso(toMs) });
    assert.equal(course.coverage, 12_000 / 12_001);
    assert.equal(course.latest?.opsPerSecond, 11_999);
    assert.deepEqual([course.hits, course.misses], [8_000 * 3, 8_000]);
    assert.deepEqual(course.series, sampleSeries(many, atMs, toMs, 3_600_000));
    const before = await stores.history.sampleCourse({ ...query, from: iso(atMs - 60_000), to: iso(atMs) });
    assert.deepEqual([before.coverage, before.latest, before.hits], [0, null, 0]);
  });

  it('adds up where the time of one connection’s server went, over all parts', async () => {
    const window = { from: iso(startMs), to: iso(startMs + 200_000_000) };
    const query = { ...window, connectionId: 'connection-1', stepMs: 3_600_000, most: 5, courses: 2 };
    const { commands, watchedSeconds } = await stores.history.commandTimes(query);
    const own = all.filter(({ connectionId }) => connectionId === 'connection-1').length;
    assert.deepEqual(commands, [{ command: 'get', calls: own * 10, usec: own * 20, rejected: 0, failed: 0 }]);
    assert.equal(watchedSeconds, own * 15);
  });
});
