import assert from 'node:assert/strict';
import type { StoreEngine } from '../../../src/adapters/store/storeEngine.ts';
import { commitNumber, openSmall, smallSchema } from '../../faults/workload.ts';
import { MemoryDisk } from '../../support/memoryDisk.ts';

const perPart = 50;

/** Three finished parts of rows 0–149, and rows 150–159 in the part that grows. */
async function filled(disk: MemoryDisk): Promise<StoreEngine> {
  const { engine } = await openSmall(disk.mount(), { logBytes: 1 << 30 });
  for (let part = 0; part < 4; part++) {
    await engine.commit((tx) => {
      for (let n = part * perPart; n < part * perPart + (part === 3 ? 10 : perPart); n++) {
        tx.run('INSERT INTO rows (n, body) VALUES (?, ?)', [n, 'x'.repeat(500)], 'part');
      }
    });
    if (part < 3) await engine.checkpoint();
  }
  return engine;
}

function seen(engine: StoreEngine): number[] {
  const rows = engine.eventParts('rows').flatMap((part) => part.open()?.rows('SELECT n FROM rows') ?? []);
  return rows.map(([n]) => Number(n)).sort((a, b) => a - b);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function finishedIds(engine: StoreEngine): number[] {
  return engine
    .eventParts()
    .flatMap(({ id }) => (typeof id === 'number' ? [id] : []))
    .sort((a, b) => a - b);
}

describe('store: parts as a whole', () => {
  let disk: MemoryDisk;
  let engine: StoreEngine;

  beforeEach(async () => {
    disk = new MemoryDisk();
    engine = await filled(disk);
  });
  afterEach(() => engine.close());

  /** What this window, another one that follows, and one that starts after a generation see. */
  async function everywhere(expected: readonly number[]): Promise<void> {
    assert.deepEqual(seen(engine), expected, 'the window that did it');
    const fresh = await openSmall(disk.mount());
    assert.deepEqual(seen(fresh.engine), expected, 'a window that reads the log');
    await fresh.engine.close();
    await engine.checkpoint();
    const later = await openSmall(disk.mount());
    assert.deepEqual(seen(later.engine), expected, 'a window that reads the generation');
    assert.deepEqual(later.problems, []);
    await later.engine.close();
  }

  it('a dropped part is gone in every window, and its file with the second generation after', async () => {
    const [first] = finishedIds(engine);
    assert.ok(first !== undefined);
    for (let i = 0; i < 2; i++) await engine.checkpoint();
    const before = disk.bytesUsed();
    await engine.commit((tx) => tx.dropPart(first));
    await everywhere(range(50, 160));
    for (let i = 0; i < 2; i++) await engine.checkpoint();
    assert.ok(disk.bytesUsed() < before - perPart * 500, `${disk.bytesUsed()} of ${before} bytes`);
  });

  it('hidden rows are not seen and come back when the last word says so', async () => {
    const [first, second] = finishedIds(engine);
    assert.ok(first !== undefined && second !== undefined);
    await engine.commit((tx) => {
      tx.hideRows(first, ['rows']);
      tx.hideRows(second, ['rows']);
    });
    await everywhere(range(100, 160));
    await engine.commit((tx) => tx.hideRows(second, []));
    await everywhere(range(50, 160));
    await engine.commit((tx) => tx.hideRows(first, []));
    await everywhere(range(0, 160));
  });

  it('rows that were hidden in an earlier generation are seen again in later ones', async () => {
    const [first = 0] = finishedIds(engine);
    await engine.commit((tx) => tx.hideRows(first, ['rows']));
    await engine.checkpoint();
    const other = await openSmall(disk.mount());
    await other.engine.commit((tx) => tx.hideRows(first, []));
    await other.engine.checkpoint();
    await other.engine.close();
    await everywhere(range(0, 160));
  });

  it('rows of a hidden part can be deleted for good, in slices', async () => {
    const [first] = finishedIds(engine);
    assert.ok(first !== undefined);
    await engine.commit((tx) => tx.hideRows(first, ['rows']));
    for (let to = 10; to <= perPart; to += 10) {
      await engine.commit((tx) => tx.run('DELETE FROM rows WHERE n < ?', [to], first));
    }
    await everywhere(range(50, 160));
    assert.ok(!finishedIds(engine).includes(first), 'an empty part is no part');
  });

  it('a transaction that is given up changes no part', async () => {
    const [first] = finishedIds(engine);
    assert.ok(first !== undefined);
    await assert.rejects(
      engine.commit((tx) => {
        tx.dropPart(first);
        throw new Error('not this time');
      }),
      /not this time/,
    );
    await everywhere(range(0, 160));
  });

  it('a window hears once that another one wrote, also when a read met it first', async () => {
    const { engine: other } = await openSmall(disk.mount());
    assert.equal(other.catchUp(), false, 'what was there at the start is no news');
    await engine.commit((tx) => tx.run('INSERT INTO rows (n, body) VALUES (?, ?)', [900, 'x'], 'part'));
    other.read();
    assert.equal(other.catchUp(), true);
    assert.equal(other.catchUp(), false);
    await other.commit((tx) => tx.run('INSERT INTO rows (n, body) VALUES (?, ?)', [901, 'x'], 'part'));
    assert.equal(other.catchUp(), false, 'its own writes are no news to it');
    assert.equal(engine.catchUp(), true);
    await other.close();
  });

  it('a window that only follows does not keep in memory what another one has written', async () => {
    const { engine: follower } = await openSmall(disk.mount(), { partMemoryBytes: 1 });
    for (let round = 0; round < 6; round++) {
      await engine.commit((tx) => {
        for (let n = 0; n < 100; n++) {
          tx.run('INSERT INTO rows (n, body) VALUES (?, ?)', [1000 + round * 100 + n, 'x'.repeat(500)], 'part');
        }
      });
      await engine.checkpoint();
      follower.catchUp();
    }
    const rows = seen(follower);
    assert.equal(rows.length, 760);
    follower.catchUp();
    const files = disk
      .list('/store')
      .filter((name) => name.startsWith('part-'))
      .reduce((sum, name) => sum + disk.bytes(`/store/${name}`).length, 0);
    assert.ok(follower.liveBytes < files / 2, `${follower.liveBytes} bytes in memory of ${files} on disk`);
    await follower.close();
  });

  it('a part dropped while a generation is written stays away', async () => {
    const [first] = finishedIds(engine);
    assert.ok(first !== undefined);
    await engine.commit((tx) => tx.run('DELETE FROM rows WHERE n < 5', [], first));
    const written = engine.checkpoint();
    await engine.commit((tx) => tx.dropPart(first));
    await written;
    assert.equal(engine.health.kind, 'ready');
    await everywhere(range(50, 160));
  });
});

describe('store: opened for its parts only', () => {
  it('has the parts of any other window, whatever the log says of them, and nothing in its main database', async () => {
    const disk = new MemoryDisk();
    const engine = await filled(disk);
    for (let n = 1000; n < 1010; n++) await commitNumber(engine, n);
    const [first = 0, second = 0, third = 0] = finishedIds(engine);
    await engine.commit((tx) => tx.dropPart(first));
    await engine.commit((tx) => tx.run('DELETE FROM rows WHERE n < ?', [60], second));
    await engine.commit((tx) => tx.hideRows(third, ['rows']));
    await engine.seal();
    for (let n = 1010; n < 1015; n++) await commitNumber(engine, n);
    const expected = [...range(60, 100), ...range(150, 160), ...range(1000, 1015)];
    assert.deepEqual(seen(engine), expected);
    for (const from of ['the log', 'a generation']) {
      const reader = await openSmall(disk.mount(), { passive: true, onlyParts: true, partMemoryBytes: 1 });
      assert.deepEqual(seen(reader.engine), expected, from);
      assert.deepEqual(finishedIds(reader.engine), finishedIds(engine), from);
      assert.deepEqual(reader.engine.read().rows('SELECT n FROM kept'), [], from);
      assert.deepEqual(reader.problems, [], from);
      await reader.engine.close();
      await engine.checkpoint();
    }
    await engine.close();
  });

  it('tells a store of a newer version, as any other window does', async () => {
    const disk = new MemoryDisk();
    const engine = await filled(disk);
    await engine.close();
    const older = { migrations: smallSchema.slice(0, 1), contentOf: () => ({ rows: 0, from: null, to: null }) };
    for (const onlyParts of [false, true]) {
      const reader = await openSmall(disk.mount(), { ...older, passive: true, onlyParts });
      const { health } = reader.engine;
      assert.ok(health.kind === 'readOnly' && health.newer, JSON.stringify(health));
      await reader.engine.close();
    }
  });
});
