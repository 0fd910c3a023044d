import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { commandDeltas, commandStatsOf } from '../../../../src/domain/observability/commandStats.ts';

const stats = (rows: Record<string, string>) =>
  commandStatsOf(new Map(Object.entries(rows).map(([name, value]) => [`cmdstat_${name}`, value])));

describe('domain/observability/commandStats', () => {
  it('reads what INFO says, old forms included', () => {
    const read = commandStatsOf(
      new Map([
        ['cmdstat_get', 'calls=10,usec=50,usec_per_call=5.00,rejected_calls=1,failed_calls=2'],
        ['cmdstat_config|get', 'calls=1,usec=9,usec_per_call=9.00'],
        ['cmdstat_odd', 'nothing'],
        ['cmdstat_bad', 'calls=abc,usec=-5'],
        ['uptime_in_seconds', '5'],
      ]),
    );
    assert.deepEqual(
      [...read],
      [
        ['get', { calls: 10, usec: 50, rejected: 1, failed: 2 }],
        ['config|get', { calls: 1, usec: 9, rejected: 0, failed: 0 }],
        ['bad', { calls: 0, usec: 0, rejected: 0, failed: 0 }],
      ],
    );
  });

  it('gives the difference, the most time first', () => {
    const before = stats({ get: 'calls=10,usec=50', set: 'calls=5,usec=10' });
    const now = stats({
      get: 'calls=12,usec=60',
      set: 'calls=9,usec=200',
      del: 'calls=1,usec=3',
      ping: 'calls=0,usec=0',
    });
    assert.deepEqual(
      commandDeltas(before, now, true).map((row) => [row.command, row.calls, row.usec]),
      [
        ['set', 4, 190],
        ['get', 2, 10],
        ['del', 1, 3],
      ],
    );
  });

  it('takes a fallen counter for a reset, and a new process for a start at zero', () => {
    const before = stats({ get: 'calls=1000,usec=5000' });
    assert.equal(commandDeltas(before, stats({ get: 'calls=3,usec=9' }), true)[0]?.calls, 3);
    assert.equal(commandDeltas(before, stats({ get: 'calls=2000,usec=9000' }), false)[0]?.calls, 2000);
  });

  it('is never negative', () => {
    const counters = fc.record({ calls: fc.nat(1000), usec: fc.nat(9000), rejected: fc.nat(9), failed: fc.nat(9) });
    const maps = fc.dictionary(fc.constantFrom('get', 'set', 'del'), counters).map((o) => new Map(Object.entries(o)));
    fc.assert(
      fc.property(maps, maps, fc.boolean(), (before, now, sameRun) => {
        for (const row of commandDeltas(before, now, sameRun)) {
          assert.ok(row.calls >= 0 && row.usec >= 0 && row.rejected >= 0 && row.failed >= 0);
        }
      }),
    );
  });
});
