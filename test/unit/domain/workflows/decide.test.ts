// The engine's decisions, played against a model: whatever dies and however the server answers, each item is settled once.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canResume, decide, type Circumstances } from '../../../../src/domain/workflows/decide.ts';
import type { PlanSummary } from '../../../../src/domain/workflows/definition.ts';
import type { RunEvent, StoredRunEvent } from '../../../../src/domain/workflows/events.ts';
import { firstOf, indicesOf, sizeOf, subtract, union } from '../../../../src/domain/workflows/ranges.ts';
import { apply, carry, fold, type RunProgress } from '../../../../src/domain/workflows/state.ts';

const server = {
  runId: 'a',
  replicationId: null,
  previousReplicationId: null,
  role: null,
  db: 0,
  user: 'u',
  destination: 'd',
};
const retry = { maxAttempts: 2, backoffMs: 0, strategy: 'fixed', abortOnErrorRate: 1 } as const;
const at = '2026-11-22T00:00:00.000Z';

function planOf(count: number): PlanSummary {
  const lists = { byType: [], typesExact: true, typed: count, byFolder: [], folderOthers: 0, leftOut: [], sample: [] };
  const facts = {
    plannedAtMs: 0,
    truncatedByPolicy: 0,
    hash: 'h',
    estimatedMs: 0,
    plannedInMs: 0,
    snapshotBytes: null,
  };
  return { kind: 'deleteByPattern', parameters: {}, count, server, ...lists, ...facts };
}

const calm: Circumstances = {
  nowMs: Number.MAX_SAFE_INTEGER,
  requested: null,
  permission: { allowed: true, maxItems: null },
  largestBatch: 2000,
  repeatable: true,
};

/** A run's history, as a store would keep it. */
class History {
  events: StoredRunEvent[] = [];
  run: RunProgress;

  constructor(first: RunEvent) {
    this.events.push({ sequence: 0, event: first });
    const run = fold(this.events);
    assert.ok(run);
    this.run = run;
    this.add({ at, kind: 'started', retry, undo: 'off', server });
  }

  add(event: RunEvent): void {
    const sequence = this.events.length;
    this.events.push({ sequence, event });
    this.run = apply(this.run, event, sequence);
    // What is kept must be enough: folding it gives the very state.
    assert.deepEqual(fold(this.events), this.run);
  }
}

type Fate =
  | 'partLeft'
  | 'partDoubted'
  | 'settle'
  | 'crashBefore'
  | 'crashAfter'
  | 'doubt'
  | 'refuse'
  | 'changed'
  | 'failSome';
const fate = fc.constantFrom<Fate>(
  'settle',
  'settle',
  'settle',
  'crashBefore',
  'crashAfter',
  'doubt',
  'refuse',
  'changed',
  'failSome',
  'partLeft',
  'partDoubted',
);

describe('decisions of a run', () => {
  it('settle every item once, whatever happens in between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), fc.array(fate, { maxLength: 40 }), (count, plannedFates) => {
        // A copy: what fast-check made must stay as it is, or it cannot say what failed.
        const fates = [...plannedFates];
        // Applied, but the engine never learned of it; a later try of the same item may come out otherwise.
        const unanswered = new Set<number>();
        const applied = Array.from({ length: count }, () => 0);
        let history = new History({ at, kind: 'planned', plan: planOf(count) });
        let resumes = 0;
        for (let step = 0; step < 400; step++) {
          const effect = decide(history.run, calm);
          if (effect.do === 'complete') break;
          if (effect.do === 'stop' || effect.do === 'nothing') {
            if (effect.do === 'stop') history.add({ at, kind: 'stopped', state: effect.state });
            if (!canResume(history.run)) break;
            const runId = `run-${resumes++}`;
            history = new History({
              at,
              kind: 'carriedOn',
              plan: history.run.plan,
              fromRunId: runId,
              carried: carry(history.run, runId),
            });
            continue;
          }
          assert.notEqual(effect.do, 'rest');
          if (effect.do === 'rest') break;
          const { batch, items } = effect;
          const settled = { at, kind: 'settled', batch, items, missing: [], ms: 1, retryAtMs: 0 } as const;
          if (effect.do === 'skip') {
            const conflicts = [...indicesOf(items)].map((index) => ({ index, reason: 'busy' }));
            history.add({ ...settled, conflicts, failed: [] });
            continue;
          }
          const next = fates.shift() ?? 'settle';
          if (next === 'crashBefore') {
            history.add({ at, kind: 'stopped', state: 'interrupted' });
            continue;
          }
          history.add({ at, kind: 'intended', batch, items, looked: true, missing: [], conflicts: [] });
          const cause = { code: 'TIMEOUT', message: '' } as const;
          if (next === 'refuse') history.add({ at, kind: 'released', batch, why: 'refused', cause, retryAtMs: 0 });
          else if (next === 'changed')
            history.add({ at, kind: 'released', batch, why: 'changed', cause, retryAtMs: 0 });
          else if (next === 'partLeft' || next === 'partDoubted') {
            // The middle third is written; of the others nothing is, or nobody knows.
            const size = sizeOf(items);
            const before = firstOf(items, Math.ceil(size / 3));
            const after = subtract(items, firstOf(items, Math.ceil((2 * size) / 3)));
            const written = subtract(subtract(items, before), after);
            const left = {
              items: union(before, after),
              doubtful: effect.earlier?.doubtful === true || next === 'partDoubted',
            };
            for (const index of indicesOf(written)) applied[index] = (applied[index] ?? 0) + 1;
            if (next === 'partDoubted') {
              for (const index of indicesOf(after)) applied[index] = (applied[index] ?? 0) + 1;
              for (const index of indicesOf(left.items)) unanswered.add(index);
            }
            if (written.length > 0) history.add({ ...settled, items: written, conflicts: [], failed: [], left });
            if (left.doubtful) history.add({ at, kind: 'doubted', batch, cause, retryAtMs: 0 });
            else history.add({ at, kind: 'released', batch, why: 'changed', cause, retryAtMs: 0 });
          } else {
            const failing = next === 'failSome' ? [...indicesOf(items)].slice(0, 1) : [];
            for (const index of indicesOf(items))
              if (!failing.includes(index)) applied[index] = (applied[index] ?? 0) + 1;
            if (next === 'crashAfter' || next === 'doubt') for (const index of indicesOf(items)) unanswered.add(index);
            if (next === 'crashAfter') history.add({ at, kind: 'stopped', state: 'interrupted' });
            else if (next === 'doubt') history.add({ at, kind: 'doubted', batch, cause, retryAtMs: 0 });
            else {
              const failed = failing.map(
                (index) => ({ index, code: 'CONFLICT', message: '', retryable: true }) as const,
              );
              history.add({ ...settled, conflicts: [], failed });
            }
          }
        }
        const { counts } = history.run;
        assert.equal(counts.done + counts.skipped + counts.failed, count, JSON.stringify(counts));
        assert.equal(counts.inDoubt, 0);
        const wasApplied = [...applied.keys()].filter((index) => (applied[index] ?? 0) > 0);
        assert.ok(counts.done <= wasApplied.length, 'an item counts as done that never was');
        const answered = wasApplied.filter((index) => !unanswered.has(index));
        assert.ok(counts.done >= answered.length, 'an item was done, was known to be, and does not count');
      }),
      { numRuns: 300 },
    );
  });

  it('stop when asked, when a rule forbids, and at a limit that counts over resumes', () => {
    const { run } = new History({ at, kind: 'planned', plan: planOf(500) });
    const first = decide(run, { ...calm, requested: 'pause' });
    assert.ok(first.do === 'stop' && first.state === 'paused_user');
    const cause = { code: 'BLOCKED', message: 'closed' } as const;
    const denied = decide(run, { ...calm, permission: { allowed: false, state: 'paused_window', cause } });
    assert.ok(denied.do === 'stop' && denied.state === 'paused_window');
    const clipped = decide(run, { ...calm, permission: { allowed: true, maxItems: 30 } });
    assert.ok(clipped.do === 'batch' && clipped.items[0]?.[1] === 30);
    const over = decide({ ...run, next: 30 }, { ...calm, permission: { allowed: true, maxItems: 30 } });
    assert.ok(over.do === 'stop' && over.state === 'stopped_limit');
  });

  it('ask before a doubtful batch of a kind that must not be repeated', () => {
    const history = new History({ at, kind: 'planned', plan: planOf(10) });
    history.add({ at, kind: 'intended', batch: 0, items: [[0, 10]], looked: true, missing: [], conflicts: [] });
    const effect = decide(history.run, { ...calm, repeatable: false });
    assert.ok(effect.do === 'stop' && effect.state === 'in_doubt');
    history.add({ at, kind: 'stopped', state: 'in_doubt' });
    assert.equal(canResume(history.run), false);
    history.add({ at, kind: 'doubtResolved', choice: 'treatAsDone' });
    assert.equal(history.run.counts.done, 10);
  });
});
