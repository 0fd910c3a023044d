import assert from 'node:assert/strict';
import type { Stores } from '../../../src/app/ports/stores.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { eventOf, idOf, sampleOf, snapshotOf } from '../../support/storeRows.ts';
import { storesIn } from '../../support/storesIn.ts';

const always = { from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' };

describe('stores on disk', () => {
  let directory: string;
  let open: Stores[];

  async function stores(): Promise<Stores> {
    const opened = await storesIn(directory);
    open.push(opened);
    return opened;
  }

  beforeEach(() => {
    directory = ownFolder('cachify-stores-');
    open = [];
  });
  afterEach(async () => {
    for (const one of open) await one.close();
    removeFolder(directory);
  });

  it('gives back events exactly as they were, newest first, in pages', async () => {
    const { history } = await stores();
    const events = Array.from({ length: 25 }, (_, number) => eventOf(number));
    const rich = eventOf(25, {
      redactedDiff: 'string 3 B → 5 B',
      details: { removed: 2, __proto__: 1 },
      runId: 'r',
      correlationId: 'c',
    });
    await history.append([...events, rich]);
    const first = await history.timeline({ ...always, limit: 10 });
    assert.equal(first.total, 26);
    assert.deepEqual(first.events[0], rich);
    assert.deepEqual(first.events.slice(1), events.slice(16).reverse());
    const second = await history.timeline({ ...always, limit: 10, cursor: first.cursor ?? '' });
    const third = await history.timeline({ ...always, limit: 10, cursor: second.cursor ?? '' });
    assert.equal(third.cursor, undefined);
    assert.deepEqual([...second.events, ...third.events], events.slice(0, 16).reverse());
  });

  it('filters by connection, action, status, text and a half-open window', async () => {
    const { history } = await stores();
    await history.append(Array.from({ length: 60 }, (_, number) => eventOf(number)));
    const count = async (query: object): Promise<number> =>
      (await history.timeline({ ...always, limit: 100, ...query })).total;
    assert.equal(await count({ connectionIds: ['connection-1'] }), 20);
    assert.equal(await count({ statuses: ['error'] }), 6);
    assert.equal(await count({ actions: ['keys.read', 'keys.scan'] }), 30);
    assert.equal(await count({ text: 'USER:5' }), 11);
    assert.equal(await count({ text: 'time' }), 6);
    assert.equal(await count({ text: '%' }), 0);
    const ofRun = { runId: '7d1f-run', correlationId: 'c0ffee' };
    await history.append([eventOf(60, ofRun), eventOf(61, { runId: '7d1f-run' })]);
    assert.equal(await count({ text: '7d1f-run' }), 2);
    assert.equal(await count({ text: 'C0FFEE' }), 1);
    assert.equal(await count({ runId: '7d1f-run' }), 2);
    assert.equal(await count({ environments: ['prod'] }), 0);
    assert.equal(await count({ from: eventOf(10).timestamp, to: eventOf(20).timestamp }), 10);
  });

  it('streams what a search finds, and stops when told', async () => {
    const { history } = await stores();
    await history.append(Array.from({ length: 60 }, (_, number) => eventOf(number)));
    const found: string[] = [];
    for await (const page of history.search({ ...always, text: 'user:5', limit: 100 })) {
      found.push(...page.events.map(({ keyOrPattern }) => keyOrPattern));
      assert.ok(page.searched > 0 && page.searched <= 1);
    }
    assert.equal(found.length, 11);
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(
      async () => {
        for await (const page of history.search({ ...always, limit: 1 }, stop.signal))
          assert.fail(String(page.searched));
      },
      (error) => isFailure(error, 'CANCELLED'),
    );
  });

  it('refuses a cursor that no page gave', async () => {
    const { history } = await stores();
    await assert.rejects(history.timeline({ ...always, limit: 1, cursor: 'x' }), (error) =>
      isFailure(error, 'VALIDATION_ERROR'),
    );
  });

  it('keeps samples and answers operations with percentiles and coverage', async () => {
    const { history } = await stores();
    const samples = Array.from({ length: 8 }, (_, number) => sampleOf(number + 1));
    await history.appendSamples(samples);
    await history.append(Array.from({ length: 120 }, (_, number) => eventOf(number, { connectionId: 'connection-0' })));
    assert.deepEqual(await history.samples(always), samples);
    const buckets = await history.operations({ ...always, bucketSeconds: 60 });
    assert.deepEqual(
      buckets.map(({ from, success, error, coverage }) => ({ from, success, error, coverage })),
      [
        { from: '2026-01-01T00:00:00.000Z', success: 54, error: 6, coverage: 1 },
        { from: '2026-01-01T00:01:00.000Z', success: 54, error: 6, coverage: 1 },
      ],
    );
    const durations = Array.from({ length: 60 }, (_, n) => n)
      .filter((n) => n % 10 !== 9)
      .map((n) => 1 + n / 10);
    const p95 = durations[Math.ceil(0.95 * durations.length) - 1] ?? 0;
    assert.ok(Math.abs((buckets[0]?.p95Ms ?? 0) - p95) <= p95 * 0.01, `${buckets[0]?.p95Ms} is not ${p95}`);
  });

  it('keeps snapshots and connection records over a restart', async () => {
    const first = await stores();
    await first.snapshots.add([snapshotOf(1), snapshotOf(2, { runId: 'run', expiresAt: '2026-02-01T00:00:00.000Z' })]);
    const record = {
      uid: 'u',
      id: 'i',
      scope: 'user',
      name: 'Local',
      destination: 'localhost:6379/0',
      environment: 'dev',
    } as const;
    await first.connections.save(record);
    await first.connections.save({ ...record, name: 'Renamed' });
    await first.history.append([eventOf(1)]);
    await first.close();
    const second = await stores();
    assert.deepEqual(
      await second.snapshots.get(idOf(2)),
      snapshotOf(2, { runId: 'run', expiresAt: '2026-02-01T00:00:00.000Z' }),
    );
    assert.equal(await second.snapshots.usedBytes(), 8);
    assert.equal(
      (await second.snapshots.list({ connectionId: 'connection-0', key: snapshotOf(1).key, limit: 5 })).length,
      1,
    );
    await second.snapshots.remove([idOf(1), idOf(2)]);
    assert.equal(await second.snapshots.usedBytes('connection-0'), 0);
    assert.deepEqual(await second.connections.list(), [{ ...record, name: 'Renamed' }]);
    assert.equal((await second.history.timeline({ ...always, limit: 5 })).total, 1);
  });

  it('shows one window what another has written', async () => {
    const [first, second] = [await stores(), await stores()];
    await Promise.all([
      first.history.append([eventOf(1)]),
      second.history.append([eventOf(2)]),
      first.snapshots.add([snapshotOf(1)]),
      second.snapshots.add([snapshotOf(2)]),
    ]);
    assert.equal((await first.history.timeline({ ...always, limit: 5 })).total, 2);
    assert.equal((await second.history.timeline({ ...always, limit: 5 })).total, 2);
    assert.equal(await second.snapshots.usedBytes(), 8);
  });
});
