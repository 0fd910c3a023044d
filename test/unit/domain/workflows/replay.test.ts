// Histories that earlier versions stored must fold to the same state for ever: test/replay/workflows/VERSION.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StoredRunEvent } from '../../../../src/domain/workflows/events.ts';
import { fold } from '../../../../src/domain/workflows/state.ts';

const root = resolve(__dirname, '../../../replay/workflows');

describe('histories of runs', () => {
  const versions = readdirSync(root);
  it('are there', () => assert.ok(versions.length > 0));
  it('hold every kind of event that ends a batch, also one of which only a part was written', () => {
    const ends = new Set<string>();
    for (const version of versions) {
      for (const file of readdirSync(join(root, version))) {
        const { events } = JSON.parse(readFileSync(join(root, version, file), 'utf8')) as { events: StoredRunEvent[] };
        for (const { event } of events)
          ends.add(event.kind === 'settled' && event.left !== undefined ? 'settled.left' : event.kind);
      }
    }
    for (const kind of ['settled', 'settled.left', 'checkpointed', 'completed', 'undone'])
      assert.ok(ends.has(kind), kind);
  });
  for (const version of versions) {
    for (const file of readdirSync(join(root, version))) {
      it(`${version}/${file} folds to the state that it had`, () => {
        const { events, expected } = JSON.parse(readFileSync(join(root, version, file), 'utf8')) as {
          events: StoredRunEvent[];
          expected: unknown;
        };
        const run = fold(events);
        const found = { state: run?.state, counts: run?.counts, next: run?.next, undo: run?.undoState };
        assert.deepEqual(JSON.parse(JSON.stringify(found)), expected);
      });
    }
  }
});
