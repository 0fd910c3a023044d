import assert from 'node:assert/strict';
import { flapQuietMs, longAbsenceMs, step } from '../../../../src/domain/alerts/state.ts';
import { Bench, hour, minute, ruleOf, verdictFor } from './support.ts';

const bad = 0.9;
const good = 0.1;

describe('state of an alert', () => {
  describe('the table', () => {
    it('normal, bad, no `for`: fires at once', () => {
      const bench = new Bench(ruleOf()).see(bad);
      assert.equal(bench.state, 'firing');
      assert.equal(bench.count('fired'), 1);
    });

    it('normal, bad: pending; not bad any more: normal again, in silence', () => {
      const bench = new Bench(ruleOf({ forSeconds: 300 }));
      assert.deepEqual(bench.run([bad, bad, good]), ['pending', 'pending', 'normal']);
      assert.deepEqual(bench.happenings, []);
    });

    it('pending without data: the clock stands', () => {
      const bench = new Bench(ruleOf({ forSeconds: 60 }));
      bench.run([bad, bad, 'noData', 'noData', bad]);
      assert.equal(bench.state, 'pending');
      assert.equal(bench.instance?.elapsedMs, 30_000);
      assert.equal(bench.run([bad])[0], 'firing');
    });

    it('firing, good: resolved and told; normal after 15 minutes', () => {
      const bench = new Bench(ruleOf());
      assert.deepEqual(bench.run([bad, good]), ['firing', 'resolved']);
      assert.equal(bench.count('resolved'), 1);
      bench.run(Array.from({ length: 29 }, () => good));
      assert.equal(bench.state, 'resolved');
      bench.run([good]);
      assert.equal(bench.state, 'normal');
    });

    it('firing, good, held: recovering; bad again: firing without a new message; long enough good: resolved', () => {
      const bench = new Bench(ruleOf({ keepFiringSeconds: 60 }));
      assert.deepEqual(bench.run([bad, good, bad, good, good, good]), [
        'firing',
        'recovering',
        'firing',
        'recovering',
        'recovering',
        'resolved',
      ]);
      assert.equal(bench.count('fired'), 1);
      assert.equal(bench.count('resolved'), 1);
    });

    it('no data or an error: shown over the state, which stays', () => {
      const bench = new Bench(ruleOf()).see(bad).after(30_000).see('noData');
      assert.equal(bench.state, 'firing');
      assert.equal(bench.instance?.overlay?.kind, 'noData');
      bench.after(30_000).see('error');
      assert.deepEqual([bench.state, bench.instance?.overlay?.kind], ['firing', 'error']);
      bench.after(30_000).see(bad);
      assert.equal(bench.instance?.overlay, null);
      assert.equal(bench.count('fired'), 1);
    });

    it('no data that counts as bad or as good honours `for` like a value', () => {
      const alerting = new Bench(ruleOf({ onNoData: 'alert', forSeconds: 60 }));
      assert.deepEqual(alerting.run(['noData', 'noData', 'noData']), ['pending', 'pending', 'firing']);
      const fine = new Bench(ruleOf({ onNoData: 'ok' }));
      assert.deepEqual(fine.run([bad, 'noData']), ['firing', 'resolved']);
      const failing = new Bench(ruleOf({ onError: 'alert' }));
      assert.deepEqual(failing.run(['error']), ['firing']);
    });

    it('`for` made longer: the time is kept, and what fires may be pending again without a second message', () => {
      const bench = new Bench(ruleOf({ forSeconds: 60 }));
      assert.deepEqual(bench.run([bad, bad, bad]), ['pending', 'pending', 'firing']);
      bench.rule = ruleOf({ forSeconds: 150 });
      assert.deepEqual(bench.run([bad, bad, bad]), ['pending', 'pending', 'firing']);
      assert.equal(bench.count('fired'), 1);
    });

    it('the connection gone for two evaluations: normal, in silence', () => {
      const bench = new Bench(ruleOf());
      assert.deepEqual(bench.run([bad, 'gone', 'gone']), ['firing', 'firing', 'normal']);
      assert.equal(bench.count('resolved'), 0);
      assert.deepEqual(
        bench.happenings.map((happening) => happening.kind),
        ['fired', 'ended'],
      );
    });

    it('what a server lacks is said, and judges nothing', () => {
      const bench = new Bench(ruleOf({ onNoData: 'alert' }));
      assert.deepEqual(bench.run(['notAvailable', 'notAvailable']), ['normal', 'normal']);
      assert.equal(bench.instance?.overlay?.kind, 'notAvailable');
    });
  });

  describe('the sixteen cases', () => {
    it('1. for 90 s, every 30 s, bad from 01:00: pending 01:00, 01:30, 02:00, firing 02:30', () => {
      const bench = new Bench(ruleOf({ forSeconds: 90 }));
      assert.deepEqual(bench.run([bad, bad, bad, bad]), ['pending', 'pending', 'pending', 'firing']);
    });

    it('2. bad, good, bad within `for`: never fires', () => {
      const bench = new Bench(ruleOf({ forSeconds: 90 }));
      bench.run([bad, bad, good, bad, bad, good, bad, bad, bad]);
      assert.equal(bench.count('fired'), 0);
    });

    it('3. threshold 80, recovery 70, values 81, 75, 81, 69: fires once, is resolved once', () => {
      const rule = ruleOf({ metric: 'latencyP95Ms', threshold: 80, recoveryThreshold: 70 });
      const bench = new Bench(rule);
      assert.deepEqual(bench.run([81, 75, 81, 69]), ['firing', 'recovering', 'firing', 'resolved']);
      assert.deepEqual([bench.count('fired'), bench.count('resolved')], [1, 1]);
    });

    it('4. closed for 20 minutes with 4 of 10 minutes pending: 6 minutes are still to go', () => {
      const bench = new Bench(ruleOf({ forSeconds: 600 }));
      bench.run(Array.from({ length: 9 }, () => bad));
      assert.equal(bench.instance?.elapsedMs, 4 * minute);
      bench.after(20 * minute - 30_000).see(bad);
      assert.deepEqual([bench.state, bench.instance?.elapsedMs], ['pending', 4 * minute]);
      bench.after(30_000);
      const states = bench.run(Array.from({ length: 12 }, () => bad));
      assert.equal(states.filter((state) => state === 'pending').length, 11);
      assert.equal(states.at(-1), 'firing');
    });

    it('5. closed for 3 hours while firing: still bad is no second message; good is one, with the time it may have ended', () => {
      const still = new Bench(ruleOf())
        .see(bad)
        .after(3 * hour)
        .see('noData');
      assert.equal(still.state, 'firing');
      assert.ok(still.instance?.unverifiedSinceMs);
      still.after(30_000).see(bad);
      assert.deepEqual([still.state, still.instance?.unverifiedSinceMs], ['firing', null]);
      assert.equal(still.count('fired'), 1);

      const over = new Bench(ruleOf()).see(bad);
      const lastSeen = over.nowMs;
      over.after(3 * hour).see(good);
      const [, resolved] = over.happenings;
      assert.ok(resolved?.kind === 'resolved' && resolved.whileAway);
      assert.deepEqual([resolved.fromMs, resolved.toMs], [lastSeen, lastSeen + 3 * hour]);
    });

    it('5b. closed for 20 minutes while firing: the same', () => {
      const bench = new Bench(ruleOf())
        .see(bad)
        .after(20 * minute)
        .see(bad);
      assert.equal(bench.count('fired'), 1);
      bench.after(20 * minute).see(good);
      assert.ok(bench.happenings.some((happening) => happening.kind === 'resolved' && happening.whileAway));
    });

    it('5c. a firing alert whose connection is not open after a restart stays, unverified, for an hour', () => {
      const bench = new Bench(ruleOf()).see(bad).after(3 * hour);
      bench.run(Array.from({ length: 20 }, () => 'gone'));
      assert.equal(bench.state, 'firing');
      bench.see(bad);
      assert.equal(bench.count('fired'), 1);
      bench.after(3 * hour);
      bench.run(Array.from({ length: longAbsenceMs / 30_000 + 1 }, () => 'gone'));
      assert.equal(bench.state, 'normal');
    });

    it('6. the clock goes back 10 minutes while pending: the time never shrinks, no slot is judged twice', () => {
      const bench = new Bench(ruleOf({ forSeconds: 600 }));
      bench.run([bad, bad, bad]);
      const before = bench.instance;
      bench.after(-10 * minute);
      for (let slot = 0; slot < 19; slot++) {
        bench.see(slot % 2 === 0 ? good : bad);
        assert.equal(bench.instance, before);
        bench.after(30_000);
      }
      bench.after(30_000).see(bad);
      assert.equal(bench.instance?.elapsedMs, 90_000);
    });

    it('6b. a clock that was a day ahead does not stop all judging for a day', () => {
      const bench = new Bench(ruleOf())
        .see(bad)
        .after(-24 * hour)
        .see(good);
      assert.equal(bench.state, 'resolved');
    });

    it('7. the clock goes forward 2 hours: nothing fires from that', () => {
      const bench = new Bench(ruleOf({ forSeconds: 600 }));
      bench.run([bad, bad]);
      bench.after(2 * hour).see(bad);
      assert.deepEqual([bench.state, bench.instance?.elapsedMs], ['pending', 0]);
      assert.equal(bench.count('fired'), 0);
    });

    it('13. six edges in 20 minutes: flapping is told once; quiet again after an hour', () => {
      const bench = new Bench(ruleOf());
      for (let edge = 0; edge < 6; edge++) bench.see(edge % 2 === 0 ? bad : good).after(3 * minute);
      assert.equal(bench.count('flapping'), 1);
      assert.ok(bench.instance?.flappingSinceMs);
      bench.run(Array.from({ length: flapQuietMs / 30_000 + 1 }, () => good));
      assert.equal(bench.instance, null);
    });

    it('14. the threshold changed while firing: normal, and nothing is told to be resolved', () => {
      const bench = new Bench(ruleOf()).see(bad).after(30_000);
      bench.rule = ruleOf({ threshold: 0.95 });
      bench.see(bad);
      assert.equal(bench.state, 'normal');
      assert.equal(bench.count('resolved'), 0);
      assert.ok(bench.happenings.some((happening) => happening.kind === 'ended' && happening.reason === 'updated'));
    });

    it('16. silence is passed over for 15 minutes, and then shown', () => {
      const bench = new Bench(ruleOf({ onNoData: { keepLastMinutes: 15 } })).see(bad).after(30_000);
      bench.run(Array.from({ length: 30 }, () => 'noData'));
      assert.deepEqual([bench.state, bench.instance?.overlay], ['firing', null]);
      bench.see('noData');
      assert.deepEqual([bench.state, bench.instance?.overlay?.kind], ['firing', 'noData']);
    });
  });

  it('counts an evaluation that comes late by a slot or two, and not one after an absence', () => {
    const late = new Bench(ruleOf({ forSeconds: 120 }));
    assert.deepEqual(late.run([bad, bad], 2 * minute), ['pending', 'firing']);
    const away = new Bench(ruleOf({ forSeconds: 120 }));
    assert.deepEqual(away.run([bad, bad], 3 * minute), ['pending', 'pending']);
    assert.equal(away.instance?.missed, 5);
  });

  it('remembers the worst value of an episode', () => {
    const bench = new Bench(ruleOf());
    bench.run([0.85, 0.99, 0.9, good]);
    const resolved = bench.happenings.at(-1);
    assert.ok(resolved?.kind === 'resolved');
    assert.equal(resolved.episode.worst, 0.99);
  });

  it('leaves what it was given as it was', () => {
    const rule = ruleOf({ forSeconds: 60 });
    const { after } = step(rule, null, 0, verdictFor(rule, bad));
    const kept = JSON.stringify(after);
    step(rule, after, 30_000, verdictFor(rule, good));
    assert.equal(JSON.stringify(after), kept);
  });
});
