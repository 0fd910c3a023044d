// Against a naive filter, over random histories, pins and clocks: what a purge takes, and what it must never take.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { confirmClock, observeClock, type ClockGuard } from '../../../../src/domain/retention/clockGuard.ts';
import { pins, type Pin } from '../../../../src/domain/retention/pins.ts';
import { ageCutoff } from '../../../../src/domain/retention/policy.ts';
import { bytesOver, reachOf, sizeCut, takesTooMuch, type Stretch } from '../../../../src/domain/retention/purge.ts';

const runs = 10_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.UTC(2026, 0, 1);
const iso = (ms: number): string => new Date(ms).toISOString();

interface Row {
  readonly id: number;
  readonly timestamp: string;
  readonly connectionId: string;
  readonly runId?: string;
  readonly bytes: number;
}

const row = fc.record({
  hours: fc.integer({ min: 0, max: 90 * 24 }),
  connectionId: fc.constantFrom('a', 'b'),
  runId: fc.option(fc.constantFrom('run-1', 'run-2'), { nil: undefined }),
  bytes: fc.integer({ min: 1, max: 900 }),
});
const pin = fc.record({
  hours: fc.integer({ min: 0, max: 90 * 24 }),
  length: fc.integer({ min: 1, max: 200 }),
  connectionIds: fc.option(fc.constantFrom(['a'], ['b'], ['a', 'b']), { nil: undefined }),
  runIds: fc.constantFrom([], ['run-1'], ['run-1', 'run-2']),
});
/** A look at the clock: the machine's own hours go by, or somebody sets it. */
const look = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('passes' as const), hours: fc.integer({ min: 1, max: 48 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('jumps' as const),
      hours: fc.constantFrom(-72, -3, 400 * 24, 8 * 24, 24),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('confirmed' as const), hours: fc.constant(0) }) },
);

function rowsOf(
  found: readonly { hours: number; connectionId: string; runId?: string | undefined; bytes: number }[],
): Row[] {
  return found.map(({ hours, connectionId, runId, bytes }, id) => ({
    id,
    timestamp: iso(start + hours * hourMs),
    connectionId,
    bytes,
    ...(runId === undefined ? {} : { runId }),
  }));
}

function pinOf(one: {
  hours: number;
  length: number;
  connectionIds?: readonly string[] | undefined;
  runIds: readonly string[];
}): Pin {
  const from = start + one.hours * hourMs;
  const window = { from: iso(from), to: iso(from + one.length * hourMs) };
  return {
    reason: 'preview',
    label: 'A pin',
    windows: [one.connectionIds === undefined ? window : { ...window, connectionIds: one.connectionIds }],
    runIds: one.runIds,
  };
}

/** Parts as the history has them: rows in the order in which they came. */
function stretchesOf(
  rows: readonly Row[],
  perPart: number,
): { readonly stretch: Stretch<number>; readonly rows: Row[] }[] {
  const parts: { readonly stretch: Stretch<number>; readonly rows: Row[] }[] = [];
  for (let at = 0; at < rows.length; at += perPart) {
    const own = rows.slice(at, at + perPart);
    const times = own.map(({ timestamp }) => timestamp).sort();
    const bytes = own.reduce((sum, each) => sum + each.bytes, 0);
    const stretch = { id: at, rows: own.length, bytes, from: times[0] ?? '', to: times.at(-1) ?? '' };
    parts.push({ stretch, rows: own });
  }
  return parts;
}

/** As a purge does: parts that are wholly before the cutoff and hold nothing pinned go whole, of others the rows. */
function purged(parts: ReturnType<typeof stretchesOf>, cutoff: string, held: (row: Row) => boolean): Row[] {
  return parts.flatMap(({ stretch, rows }) => {
    const reach = reachOf(stretch, cutoff);
    if (reach === 'none') return [];
    if (reach === 'all' && !rows.some(held)) return rows;
    return rows.filter((each) => each.timestamp < cutoff && !held(each));
  });
}

describe('domain/retention/purge', () => {
  it('by age deletes what a naive filter would and nothing else, whatever the clock does', () => {
    const wrong = { outsideThePlan: 0, pinned: 0, inWindow: 0 };
    let deletedInAll = 0;
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 40 }),
        fc.array(pin, { maxLength: 3 }),
        fc.array(look, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (found, foundPins, looks, retentionDays, perPart) => {
          let rows = rowsOf(found);
          const held = (each: Row): boolean => foundPins.map(pinOf).some((one) => pins(one, each));
          // What the time really is, and what the machine says.
          let trueMs = start + 60 * dayMs;
          let offMs = 0;
          let guard: ClockGuard = observeClock(null, trueMs);
          for (const { kind, hours } of looks) {
            if (kind === 'passes') trueMs += hours * hourMs;
            if (kind === 'jumps') offMs += hours * hourMs;
            if (kind === 'confirmed') {
              // A person looks at the clock: a wrong one is set right before it is confirmed.
              offMs = 0;
              guard = confirmClock(trueMs);
            }
            guard = observeClock(guard, trueMs + offMs);
            if (guard.suspended !== null) continue;
            // Jumps of less than a week are not told from a holiday: the machine's word counts then.
            const nowMs = trueMs + offMs;
            const cutoff = ageCutoff({ retentionDays }, nowMs);
            const gone = new Set(purged(stretchesOf(rows, perPart), cutoff, held));
            const naive = new Set(rows.filter((each) => each.timestamp < cutoff && !held(each)));
            wrong.outsideThePlan += [...gone].filter((each) => !naive.has(each)).length;
            wrong.outsideThePlan += [...naive].filter((each) => !gone.has(each)).length;
            wrong.pinned += [...gone].filter(held).length;
            const slackMs = Math.max(0, offMs);
            wrong.inWindow += [...gone].filter(
              ({ timestamp }) => Date.parse(timestamp) >= trueMs + slackMs - retentionDays * dayMs,
            ).length;
            deletedInAll += gone.size;
            rows = rows.filter((each) => !gone.has(each));
          }
        },
      ),
      { numRuns: runs },
    );
    assert.deepEqual(wrong, { outsideThePlan: 0, pinned: 0, inWindow: 0 });
    // About one a run; far fewer would mean that nothing was tried.
    assert.ok(deletedInAll > runs / 2, `only ${deletedInAll} rows were deleted`);
  });

  it('by size takes the oldest until enough is free, never what is pinned, and no more than it must', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.array(pin, { maxLength: 2 }),
        fc.integer({ min: 0, max: 30_000 }),
        (found, foundPins, bytes) => {
          const rows = rowsOf(found);
          const pinned = (each: Row): boolean => foundPins.map(pinOf).some((one) => pins(one, each));
          // One row per stretch, as runs and key snapshots are kept.
          const parts = stretchesOf(rows, 1);
          const heldIds = new Set(rows.filter(pinned).map(({ id }) => id));
          const cut = sizeCut(
            parts.map(({ stretch }) => stretch),
            bytes,
            ({ id }) => (heldIds.has(id) ? 1 : 0),
          );
          const taken = [...cut.whole, ...(cut.partial === null ? [] : [cut.partial.stretch])];
          const free = taken.filter(({ id }) => !heldIds.has(id));
          const freed = free.reduce((sum, each) => sum + each.bytes, 0);
          const possible = rows.filter((each) => !heldIds.has(each.id)).reduce((sum, each) => sum + each.bytes, 0);
          assert.ok(freed >= Math.min(bytes, possible), 'enough is free, or all that can be');
          const last = free.at(-1)?.bytes ?? 0;
          assert.ok(freed - last < bytes || freed === 0, 'without the last one it would not be enough');
          const youngest = taken.at(-1)?.to ?? '';
          assert.ok(
            parts.every(({ stretch }) => taken.includes(stretch) || stretch.to >= youngest),
            'the oldest first',
          );
        },
      ),
      { numRuns: runs },
    );
  });

  it('goes down to the share of the budget only when it is over', () => {
    assert.equal(bytesOver(100, 100, 0.8), 0);
    assert.equal(bytesOver(130, 100, 0.8), 50);
    assert.ok(takesTooMuch(51, 100));
    assert.ok(!takesTooMuch(50, 100));
  });
});

describe('domain/retention/clockGuard', () => {
  it('suspends ages after +400 days and after −3 days, until the clock is confirmed or right again', () => {
    const now = start;
    for (const jump of [400 * dayMs, -3 * dayMs]) {
      const before = observeClock(null, now);
      let guard = observeClock(before, now + jump);
      assert.equal(guard.suspended?.direction, jump > 0 ? 'forward' : 'backward');
      guard = observeClock(guard, now + jump + hourMs);
      assert.notEqual(guard.suspended, null, 'time that passes does not make it right');
      assert.equal(observeClock(guard, now + hourMs).suspended, null, 'set right');
      assert.equal(observeClock(confirmClock(now + jump), now + jump + hourMs).suspended, null, 'confirmed');
    }
  });

  it('takes a week away from the machine, and small corrections, for what they are', () => {
    const guard = observeClock(null, start);
    assert.equal(observeClock(guard, start + 7 * dayMs).suspended, null);
    assert.equal(observeClock(guard, start - 60_000).suspended, null);
    assert.equal(observeClock(guard, start - 60_000).seenMs, start);
  });
});
