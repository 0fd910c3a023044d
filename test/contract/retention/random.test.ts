// The same SQL that purges, against a naive filter over what the store holds.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { pins, type Pin } from '../../../src/domain/retention/pins.ts';
import { MemoryDisk } from '../../support/memoryDisk.ts';
import { openRig, planRequest } from '../../support/retentionRig.ts';
import { eventOf } from '../../support/storeRows.ts';

const runs = Number(process.env['CACHIFY_PROPERTY_RUNS'] ?? 12);
const spanSeconds = 400;
const at = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();

const row = fc.record({
  second: fc.integer({ min: 0, max: spanSeconds }),
  connectionId: fc.constantFrom('a', 'b'),
  runId: fc.option(fc.constantFrom('run-1', 'run-2'), { nil: undefined }),
});
const pin = fc.record({
  from: fc.integer({ min: 0, max: spanSeconds }),
  length: fc.integer({ min: 1, max: 60 }),
  connectionIds: fc.option(fc.constantFrom(['a'], ['b']), { nil: undefined }),
  runIds: fc.constantFrom([], ['run-1']),
});

describe('purging random histories', function () {
  this.timeout(300_000);

  it('deletes exactly what a naive filter would, leaves what came later, and brings all of it back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { maxLength: 25 }), { minLength: 1, maxLength: 4 }),
        fc.array(pin, { maxLength: 3 }),
        fc.array(row, { maxLength: 6 }),
        fc.array(fc.integer({ min: 0, max: spanSeconds + 1 }), { minLength: 1, maxLength: 3 }),
        async (parts, foundPins, late, cutoffs) => {
          const rig = await openRig(new MemoryDisk().mount());
          let id = 0;
          const eventsOf = (rows: typeof late) =>
            rows.map(({ second, connectionId, runId }) =>
              eventOf(id++, { timestamp: at(second), connectionId, ...(runId === undefined ? {} : { runId }) }),
            );
          for (const rows of parts) {
            await rig.call('history.append', eventsOf(rows));
            if (rows.length % 2 === 0) await rig.endPart();
          }
          const held: Pin[] = foundPins.map(({ from, length, connectionIds, runIds }) => ({
            reason: 'preview',
            label: 'A pin',
            windows: [
              { from: at(from), to: at(from + length), ...(connectionIds === undefined ? {} : { connectionIds }) },
            ],
            runIds,
          }));
          for (const [n, second] of cutoffs.entries()) {
            const before = await rig.events();
            const cutoff = at(second);
            const plan = await rig.retention.plan(planRequest({ cutoff, pins: held }));
            if (n === 0) await rig.call('history.append', eventsOf(late));
            const all = await rig.events();
            const naive = new Set(
              before
                .filter((each) => each.timestamp < cutoff && !held.some((one) => pins(one, each)))
                .map((each) => each.id),
            );
            assert.equal(plan.rows, naive.size);
            assert.equal(await rig.purge(plan.planId), naive.size);
            assert.deepEqual(
              (await rig.events()).map((each) => each.id),
              all.filter((each) => !naive.has(each.id)).map((each) => each.id),
            );
            if (n % 2 === 0) {
              await rig.undo(plan.planId);
              assert.deepEqual(await rig.events(), all);
            } else await rig.sweep(true);
          }
          assert.deepEqual(rig.problems, []);
          await rig.service.close();
        },
      ),
      { numRuns: runs },
    );
  });
});
