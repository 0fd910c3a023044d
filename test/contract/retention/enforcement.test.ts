import assert from 'node:assert/strict';
import { nodeDigest } from '../../../src/adapters/node/digest.ts';
import { RaisedAlerts } from '../../../src/app/alerts/raisedAlerts.ts';
import { JobLeases } from '../../../src/app/leases/jobLeases.ts';
import type { RaisedAlert } from '../../../src/app/ports/alertEvents.ts';
import type { Clock } from '../../../src/app/ports/clock.ts';
import type { PinSource } from '../../../src/app/ports/pins.ts';
import type { FileUse } from '../../../src/app/ports/retention.ts';
import type { CallName } from '../../../src/adapters/store/messages.ts';
import type { LeaseStore } from '../../../src/app/ports/leases.ts';
import { Enforcement } from '../../../src/app/retention/enforcement.ts';
import { openAlerts } from '../../../src/app/retention/openAlerts.ts';
import { RetentionService } from '../../../src/app/retention/retentionService.ts';
import type { AlertEvent } from '../../../src/domain/alerts/event.ts';
import { Failure, isFailure } from '../../../src/domain/failure.ts';
import type { Dataset } from '../../../src/domain/retention/dataset.ts';
import type { Pin } from '../../../src/domain/retention/pins.ts';
import { MemoryDisk } from '../../support/memoryDisk.ts';
import { manualClock } from '../../support/manualClock.ts';
import { waitFor } from '../../support/waiting.ts';
import { openRig, type StoreRig } from '../../support/retentionRig.ts';
import { eventOf, idOf, sampleOf } from '../../support/storeRows.ts';

const dayMs = 86_400_000;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('enforcing what is kept', () => {
  let rig: StoreRig;
  let pins: Pin[];
  let pinSources: PinSource[];
  let raised: RaisedAlert[];
  let files: FileUse[];
  let removed: string[];
  let service: RetentionService;
  let enforcement: Enforcement;

  beforeEach(async () => {
    rig = await openRig(new MemoryDisk().mount());
    pins = [];
    pinSources = [{ pins: () => Promise.resolve(pins) }];
    raised = [];
    files = [];
    removed = [];
    const clock = rig.clock;
    service = new RetentionService({
      store: rig.retention,
      pinSources,
      files: [
        {
          dataset: 'workflowHistory',
          list: () => Promise.resolve(files),
          remove: (owner) => Promise.resolve(void removed.push(owner)),
        },
      ],
      settings: { number: (name) => (name === 'keys.snapshotDays' ? 30 : 256) },
      health: () => ({ kind: 'ready' }),
      clock,
      log: quiet,
    });
    enforcement = enforcementOf('this');
  });
  afterEach(() => rig.service.close());

  function enforcementOf(name: string, clock: Clock = rig.clock): Enforcement {
    const leases = Object.fromEntries(
      (['take', 'renew', 'release', 'list'] as const).map((method) => [
        method,
        (...args: unknown[]) => rig.service.answer(`leases.${method}` as CallName, args),
      ]),
    ) as unknown as LeaseStore;
    const store = { raise: (event: AlertEvent, since: string) => rig.call('alerts.raise', event, since) };
    const alerts = new RaisedAlerts({ store, clock, digest: nodeDigest, log: quiet });
    return new Enforcement({
      service,
      store: rig.retention,
      alerts: {
        raise: (alert) => {
          raised.push(alert);
          return alerts.raise(alert);
        },
      },
      leases: new JobLeases({ leases, holder: { name, isGone: () => false }, clock, log: quiet }),
      health: () => ({ kind: 'ready' }),
      clock,
      log: quiet,
    });
  }

  /** One event every hour for so many days back from now. */
  async function eventsBack(days: number): Promise<void> {
    const all = Array.from({ length: days * 24 }, (_, n) =>
      eventOf(n, { timestamp: new Date(rig.clock.wall - (n + 1) * 3_600_000).toISOString() }),
    );
    for (let n = 0; n < all.length; n += 500) await rig.call('history.append', all.slice(n, n + 500));
    await rig.endPart();
  }

  async function limit(dataset: Dataset, more: { days?: number; mb?: number; auto?: boolean }): Promise<void> {
    const { days = 30, mb = 64, auto = true } = more;
    await service.savePolicy({ dataset, retentionDays: days, storageBudgetMb: mb, autoPurgeOldest: auto });
  }

  it('deletes what is older than its days, and nothing younger', async () => {
    await eventsBack(40);
    const status = await enforcement.enforce({ byAge: true });
    assert.equal((await rig.events()).length, 30 * 24);
    assert.deepEqual(status.held, []);
    assert.equal((await service.report()).undoable[0]?.byPerson, false);
  });

  it('asks before it takes more than half of a dataset, and deletes nothing until then', async () => {
    await eventsBack(80);
    const status = await enforcement.enforce({ byAge: true });
    assert.deepEqual(status.held, [{ dataset: 'timelineEvents', rows: 50 * 24, of: 80 * 24 }]);
    assert.equal((await rig.events()).length, 80 * 24);
    assert.deepEqual(
      raised.map(({ title }) => title),
      ['Timeline events: a purge waits for you'],
    );
    const plan = await service.planPurge({ dataset: 'timelineEvents' });
    assert.equal((await service.purge(plan.planId)).deletedRows, 50 * 24);
    assert.deepEqual((await enforcement.enforce({ byAge: false })).held, [], 'a person did it: nothing waits');
  });

  it('deletes nothing by age after +400 days or −3 days, until the clock is confirmed', async () => {
    for (const jump of [400 * dayMs, -3 * dayMs]) {
      await rig.retention.reset();
      await eventsBack(20);
      await enforcement.enforce({ byAge: true });
      const { wall } = rig.clock;
      rig.clock.wall = wall + jump;
      // Younger than its days by the true clock, older by the wrong one, and the other way round.
      for (let look = 0; look < 3; look++) {
        const { clock } = await enforcement.enforce({ byAge: true });
        assert.equal(clock?.direction, jump > 0 ? 'forward' : 'backward');
        rig.clock.wall += 3_600_000;
      }
      assert.equal((await rig.events()).length, 20 * 24);
      await assert.rejects(service.planPurge({ dataset: 'timelineEvents' }), (error) => isFailure(error, 'BLOCKED'));
      assert.equal(raised.filter(({ title }) => title.startsWith('The clock jumped')).length, 1, 'said once');
      raised.length = 0;
      await enforcement.confirmClock();
      const status = await enforcement.enforce({ byAge: false });
      assert.equal(status.clock, null);
      // All of it is too old now: that is more than half, so a person is asked all the same.
      assert.equal(status.held.length, jump > 0 ? 1 : 0);
      assert.equal((await rig.events()).length, 20 * 24);
    }
  });

  it('warns once at 90 %, and again only after it was calm', async () => {
    await limit('timelineEvents', { mb: 1, auto: false });
    await eventsBack(1);
    const used = async (): Promise<number> =>
      (await service.usage()).datasets.find(({ dataset }) => dataset === 'timelineEvents')?.bytes ?? 0;
    for (let n = 1000; (await used()) < 0.93 * (1 << 20); n += 100) {
      await rig.call(
        'history.append',
        Array.from({ length: 100 }, (_, i) =>
          eventOf(n + i, { timestamp: new Date(rig.clock.wall - 1000).toISOString() }),
        ),
      );
    }
    await enforcement.enforce({ byAge: false });
    await enforcement.enforce({ byAge: true });
    assert.equal(raised.length, 1);
    assert.match(raised[0]?.title ?? '', /^Timeline events: 9\d % of the budget$/);
    const history = await rig.call('alerts.events', { limit: 10 });
    assert.deepEqual(
      history.map(({ severity, source, title, read }) => ({ severity, source, title, read })),
      [{ severity: 'warning', source: 'storage', title: raised[0]?.title, read: false }],
    );
    await limit('timelineEvents', { mb: 64, auto: false });
    await enforcement.enforce({ byAge: false });
    await limit('timelineEvents', { mb: 1, auto: false });
    await enforcement.enforce({ byAge: false });
    assert.equal(raised.length, 2);
  });

  it('over the budget takes the oldest down to 80 %, under any clock; not when that is switched off', async () => {
    await limit('timelineEvents', { days: 3000, mb: 1, auto: false });
    const fill = Array.from({ length: 6000 }, (_, n) => eventOf(n, { keyOrPattern: `key:${'x'.repeat(200)}:${n}` }));
    for (let n = 0; n < fill.length; n += 500) {
      await rig.call('history.append', fill.slice(n, n + 500));
      if (n % 2000 === 1500) await rig.endPart();
    }
    await enforcement.enforce({ byAge: true });
    assert.equal((await rig.events()).length, 6000);
    rig.clock.wall += 400 * dayMs;
    await limit('timelineEvents', { days: 3000, mb: 1 });
    await enforcement.enforce({ byAge: true });
    const { datasets } = await service.usage();
    const bytes = datasets.find(({ dataset }) => dataset === 'timelineEvents')?.bytes ?? 0;
    assert.ok(bytes <= 0.82 * (1 << 20) && bytes > 0.6 * (1 << 20), `${bytes} bytes are left`);
    const left = await rig.events();
    assert.equal(left[0]?.id, idOf(5999), 'the newest stays');
    assert.ok((left.at(-1)?.id ?? '') > idOf(0), 'the oldest went');
  });

  it('says by how much pins hold a budget, and does not collect the least important dataset meanwhile', async () => {
    await limit('timelineEvents', { days: 3000, mb: 1 });
    const fill = Array.from({ length: 6000 }, (_, n) => eventOf(n, { keyOrPattern: `key:${'x'.repeat(200)}:${n}` }));
    for (let n = 0; n < fill.length; n += 500) await rig.call('history.append', fill.slice(n, n + 500));
    pins = [1, 2, 3].map((n) => ({
      reason: 'resumableRun',
      label: `Run ${n}`,
      windows: [{ from: '2000-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' }],
    }));
    const status = await enforcement.enforce({ byAge: true });
    assert.equal((await rig.events()).length, 6000);
    assert.deepEqual(
      status.unmet.map(({ dataset, pins: why }) => [dataset, why]),
      [['timelineEvents', [{ reason: 'resumableRun', count: 3 }]]],
    );
    assert.equal(status.paused, 'observabilitySnapshots');
    assert.ok(enforcement.isPaused('observabilitySnapshots'));
    assert.match(raised.find(({ title }) => title.includes('still over'))?.title ?? '', /MB: 3 resumable runs$/);
    pins = [];
    await enforcement.enforce({ byAge: false });
    assert.ok(!enforcement.isPaused('observabilitySnapshots'));
    assert.ok((await rig.events()).length < 6000);
  });

  it('rolls samples up before they go, and their p95 over whole hours stays within 1 %', async () => {
    const start = rig.clock.wall - 40 * dayMs;
    const latency = (n: number): number => 1 + ((n * 7919) % 5000) / 7;
    const samples = Array.from({ length: 1000 }, (_, n) =>
      sampleOf(n, { timestamp: new Date(start + (n + 1) * 15_000).toISOString(), latencyP95Ms: latency(n) }),
    );
    const fresh = Array.from({ length: 1200 }, (_, n) =>
      sampleOf(5000 + n, { timestamp: new Date(rig.clock.wall - n * 1000).toISOString() }),
    );
    await rig.call('history.appendSamples', samples);
    await rig.call('history.appendSamples', fresh);
    await enforcement.enforce({ byAge: true });
    const window = { from: new Date(start).toISOString(), to: new Date(start + dayMs).toISOString() };
    const hours = await rig.call('history.samples', window);
    assert.ok(hours.length > 0 && hours.every(({ id }) => id.startsWith('hour-')), 'only roll-ups are left');
    for (const hour of hours) {
      const n = Number(hour.id.split('-')[1]) * 1000;
      const own = samples
        .filter(({ timestamp }) => Date.parse(timestamp) > n && Date.parse(timestamp) <= n + 3_600_000)
        .map(({ latencyP95Ms }) => latencyP95Ms ?? 0)
        .toSorted((a, b) => a - b);
      const exact = own[Math.ceil(own.length * 0.95) - 1] ?? 0;
      assert.ok(Math.abs((hour.latencyP95Ms ?? 0) - exact) <= exact * 0.01, `${hour.latencyP95Ms} for ${exact}`);
    }
  });

  it('goes on with a purge that a crash interrupted, and lets go of what is past its undo', async () => {
    await eventsBack(20);
    const plan = await service.planPurge({
      dataset: 'timelineEvents',
      olderThan: new Date(rig.clock.wall - 10 * dayMs).toISOString(),
    });
    await rig.retention.begin({ planId: plan.planId, byPerson: true, undoMs: 7_200_000, pins: [] });
    await enforcement.enforce({ byAge: false });
    assert.equal((await rig.events()).length, 10 * 24);
    assert.equal((await service.report()).undoable.length, 1);
    rig.clock.wall += 2 * 3_600_000;
    await enforcement.enforce({ byAge: false });
    const report = await service.report();
    assert.deepEqual(report.undoable, []);
    assert.equal(report.asideBytes, 0);
    await assert.rejects(service.undoPurge(plan.planId), (error) => isFailure(error, 'CONFLICT'));
  });

  it('looks every minute, and takes what is too old when it starts and every hour', async () => {
    const timed = manualClock(rig.clock.wall);
    const looks: boolean[] = [];
    const job = enforcementOf('timed', {
      wallMs: () => timed.wallMs(),
      monoMs: () => timed.monoMs(),
      after: (ms, run) => timed.after(ms, run),
    });
    const enforce = job.enforce.bind(job);
    job.enforce = async (asked) => {
      const status = await enforce(asked);
      looks.push(asked.byAge);
      return status;
    };
    /** Until the next look has ended: whatever is due meanwhile (heartbeats of the lease) runs too. */
    const nextLook = async (ms: number): Promise<void> => {
      const before = looks.length;
      for (let passed = 0; passed < ms; passed += 1000) {
        timed.advance(1000);
        await rig.call('retention.policies');
      }
      await waitFor('the look', 20_000, () => looks.length > before, 1);
    };
    job.start(20_000);
    timed.advance(19_000);
    assert.deepEqual(looks, [], 'the window has its start for itself');
    await nextLook(1000);
    assert.deepEqual(looks, [true], 'at the start');
    await eventsBack(40);
    for (let minute = 1; minute < 60; minute++) {
      await nextLook(60_000);
      assert.deepEqual(looks.slice(1).filter(Boolean), [], `minute ${minute}: only budgets`);
    }
    assert.equal((await rig.events()).length, 40 * 24, 'nothing goes by age within the hour');
    await limit('timelineEvents', { mb: 64 });
    await nextLook(60_000);
    assert.equal(looks.at(-1), true, 'an hour after the start');
    assert.equal(looks.length, 61);
    // An hour and 20 seconds after the events were made: two of them have become too old meanwhile.
    assert.equal((await rig.events()).length, 30 * 24 - 2);
    await job.dispose();
    const after = looks.length;
    timed.advance(3_600_000);
    assert.equal(looks.length, after, 'and no more once the window closes');
  });

  it('keeps what belongs to an open alert until it is over', async () => {
    await eventsBack(40);
    const at = (back: number): string => new Date(rig.clock.wall - back * dayMs).toISOString();
    const alert = {
      id: idOf(1),
      ruleId: 'slow',
      connectionId: 'connection-1',
      severity: 'warning',
      title: 'Slow commands on Shop',
      message: 'Above 25 ms for 2 minutes.',
      source: 'rule',
      createdAt: at(35),
      read: false,
      episodeFrom: at(35),
    } as const;
    const alerts: AlertEvent[] = [alert, { ...alert, id: idOf(2), connectionId: 'connection-2', episodeTo: at(34) }];
    pinSources.push(openAlerts({ events: () => Promise.resolve(alerts) }));
    const [pin] = (await service.usage()).datasets.find(({ dataset }) => dataset === 'timelineEvents')?.pinned ?? [];
    assert.deepEqual([pin?.reason, pin?.label], ['openAlert', 'Alert: Slow commands on Shop']);
    await enforcement.enforce({ byAge: true });
    const old = (await rig.events()).filter(({ timestamp }) => timestamp < at(30));
    // A third of the events is that connection's, from a quarter of an hour before the alert on.
    assert.equal(old.length, 5 * 8);
    assert.ok(old.every(({ connectionId, timestamp }) => connectionId === 'connection-1' && timestamp >= at(35.02)));
    alerts[0] = { ...alert, episodeTo: at(1) };
    await enforcement.enforce({ byAge: true });
    assert.equal((await rig.events()).length, 30 * 24);
  });

  it('is done by one window of several', async () => {
    await eventsBack(40);
    const windows = ['one', 'two', 'three'].map((name) => enforcementOf(name));
    for (const each of windows) each.start(1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const each of windows) await each.dispose();
    const purges = await rig.retention.purges();
    assert.equal(purges.filter(({ dataset }) => dataset === 'timelineEvents').length, 1);
    assert.equal((await rig.events()).length, 30 * 24);
  });

  it('says what was done when something stops a purge, and goes on when it is asked again', async () => {
    await eventsBack(20);
    let steps = 0;
    const stopping = new RetentionService({
      store: {
        ...rig.retention,
        step(purgeId) {
          steps++;
          if (steps === 2) throw new Failure('INTERNAL_ERROR', 'The disk is full.');
          return rig.retention.step(purgeId);
        },
      },
      pinSources: [],
      files: [],
      settings: { number: () => 256 },
      health: () => ({ kind: 'ready' }),
      clock: rig.clock,
      log: quiet,
    });
    const olderThan = new Date(rig.clock.wall - 2 * dayMs).toISOString();
    const plan = await stopping.planPurge({ dataset: 'timelineEvents', olderThan });
    const told: number[] = [];
    const first = await stopping.purge(plan.planId, { onProgress: (rows) => told.push(rows) });
    assert.deepEqual(first.failed, [{ message: 'The disk is full.' }]);
    assert.equal(first.deletedRows, told.at(-1));
    assert.ok(first.deletedRows <= plan.rows && told.length > 0);
    const second = await stopping.purge(plan.planId);
    assert.deepEqual(second.failed, []);
    assert.equal(second.deletedRows, plan.rows);
    assert.equal((await rig.events()).length, 2 * 24);
  });

  it('keeps roll-ups for 400 days, whatever happens to rows', async () => {
    await eventsBack(3);
    const window = { from: '2020-01-01T00:00:00.000Z', to: '2030-01-01T00:00:00.000Z', bucketSeconds: 3600 };
    const operations = async (): Promise<number> => (await rig.call('history.operations', window)).length;
    const before = await operations();
    assert.ok(before >= 3 * 24);
    rig.clock.wall += 399 * dayMs;
    await enforcement.enforce({ byAge: true });
    await enforcement.confirmClock();
    await enforcement.enforce({ byAge: false });
    assert.equal(await operations(), before - 2 * 24, 'those of 401 and 402 days ago are gone');
  });

  it('refuses a plan for the future, and names the field', async () => {
    const olderThan = new Date(rig.clock.wall + 1000).toISOString();
    await assert.rejects(service.planPurge({ dataset: 'timelineEvents', olderThan }), (error) =>
      isFailure(error, 'VALIDATION_ERROR'),
    );
    await assert.rejects(
      service.savePolicy({ dataset: 'timelineEvents', retentionDays: 0, storageBudgetMb: 1, autoPurgeOldest: true }),
      (error) => isFailure(error, 'VALIDATION_ERROR'),
    );
  });
});
