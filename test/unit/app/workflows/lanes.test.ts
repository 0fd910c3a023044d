import assert from 'node:assert/strict';
import type { BulkLine } from '../../../../src/app/redis/bulkLine.ts';
import { Lanes } from '../../../../src/app/workflows/lanes.ts';
import { bySlot } from '../../../../src/app/workflows/placing.ts';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { Failure } from '../../../../src/domain/failure.ts';

interface Opened {
  readonly node: string;
  closed: boolean;
}

/** Lines that do nothing but live and die; nodes that allow so many of them. */
function lanesOf(allowed: Readonly<Record<string, number>> = {}): { lanes: Lanes; opened: Opened[] } {
  const opened: Opened[] = [];
  const unused = (): never => assert.fail('not in this test');
  const lanes = new Lanes((node) => {
    const open = opened.filter((line) => line.node === node && !line.closed).length;
    if (open >= (allowed[node] ?? Infinity))
      return Promise.reject(new Failure('CONNECTION_FAILED', 'max number of clients reached'));
    const line: Opened = { node, closed: false };
    opened.push(line);
    return Promise.resolve<BulkLine>({
      connectionName: 'Test',
      user: 'default',
      runId: null,
      node,
      dead: () => line.closed,
      look: unused,
      transact: unused,
      pipeline: unused,
      record: unused,
      close: () => (line.closed = true),
    });
  });
  return { lanes, opened };
}

describe('lines of a run', () => {
  it('are used again on their own node only, and never when dead', async () => {
    const { lanes, opened } = lanesOf();
    const first = await lanes.take(2, 'a:1');
    lanes.give(first);
    assert.deepEqual(
      (await lanes.take(1, 'b:1')).map(({ node }) => node),
      ['b:1'],
    );
    assert.deepEqual(new Set(await lanes.take(2, 'a:1')), new Set(first));
    assert.equal(opened.length, 3);
    lanes.give(first);
    first[0]?.close();
    assert.deepEqual(await lanes.take(1, 'a:1'), [first[1]]);
    await lanes.take(1, 'a:1');
    assert.equal(opened.length, 4);
  });

  it('a node that gives few connections limits itself and no other', async () => {
    const { lanes } = lanesOf({ 'a:1': 2 });
    assert.ok(lanes.hasRoom);
    assert.equal((await lanes.take(8, 'a:1')).length, 2);
    assert.ok(!lanes.hasRoom);
    assert.equal((await lanes.take(8, 'b:1')).length, 8);
    await assert.rejects(lanes.take(1, 'a:1'), { code: 'CONNECTION_FAILED' });
  });

  it('items of a cluster are placed by slot, each on the node that serves it', () => {
    const names = ['{same}:1', 'other', '{same}:2', 'third'];
    const items = names.map((name, index) => ({ index, key: utf8(name), type: '', payload: new Uint8Array(0) }));
    const placed = bySlot(items, { nodeOf: (key) => (key[0] === 0x7b ? 'a:1' : 'b:1') });
    assert.deepEqual(
      placed.map(({ node, items: part }) => [node, part.map(({ index }) => index)]),
      [
        ['a:1', [0, 2]],
        ['b:1', [1]],
        ['b:1', [3]],
      ],
    );
  });
});
