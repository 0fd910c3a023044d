// The folder of the store goes away while a window uses it: a share that is unmounted, or somebody who tidies up.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem } from '../../src/adapters/store/disk/nodeFileSystem.ts';
import { ownFolder, removeFolder } from '../support/processes.ts';
import { report } from './report.ts';
import { commitNumber, held, openSmall, type SmallStore } from './workload.ts';

const before = [1, 2, 3, 4, 5, 6, 7, 8];

describe('faults: a folder that is gone', function () {
  this.timeout(60_000);
  let root: string;
  let path: string;
  let opened: SmallStore[];

  const open = async (): Promise<SmallStore> => {
    const store = await openSmall(nodeFileSystem, { path });
    opened.push(store);
    return store;
  };

  beforeEach(() => {
    root = ownFolder('cachify-gone-');
    path = join(root, 'store');
    opened = [];
  });
  afterEach(async () => {
    for (const { engine } of opened) await engine.close();
    removeFolder(root);
  });

  const gone = { kind: 'readOnly', reason: 'the folder of the store is gone', newer: false };

  it('and comes back: the store can be read meanwhile, says so, and goes on where it was', async () => {
    const { engine, problems } = await open();
    for (const n of before) await commitNumber(engine, n);
    renameSync(path, `${path}.away`);
    await assert.rejects(commitNumber(engine, 9), { code: 'INTERNAL_ERROR' });
    assert.deepEqual(engine.health, gone);
    assert.deepEqual(held(engine).kept, before);
    renameSync(`${path}.away`, path);
    await engine.tryToRecover();
    assert.equal(engine.health.kind, 'ready');
    await commitNumber(engine, 10);
    await engine.close();
    const again = await open();
    assert.deepEqual(held(again.engine).kept, [...before, 10]);
    assert.deepEqual([...problems, ...again.problems], []);
    report('a folder that was away', { acknowledged: 9, lost: 0 });
  });

  for (const how of ['for good', 'and an empty one takes its place']) {
    it(`${how}: it is made again, with all that was acknowledged`, async () => {
      const { engine, problems } = await open();
      for (const n of before) await commitNumber(engine, n);
      rmSync(path, { recursive: true });
      if (how === 'for good') await assert.rejects(commitNumber(engine, 9), { code: 'INTERNAL_ERROR' });
      else mkdirSync(path);
      await engine.tryToRecover();
      assert.equal(engine.health.kind, 'ready');
      await commitNumber(engine, 10);
      await engine.close();
      const again = await open();
      const expected = [...before, 10];
      assert.deepEqual(held(again.engine), { kept: expected, total: expected.length, rows: expected });
      assert.deepEqual([...problems, ...again.problems], []);
      report(`a folder that is gone ${how}`, { acknowledged: expected.length, lost: 0 });
    });
  }

  it('with event rows that were not in memory: the rest is put back, and these are told', async () => {
    const first = await open();
    for (const n of before) await commitNumber(first.engine, n);
    await first.engine.checkpoint();
    await first.engine.close();
    const { engine, problems } = await open();
    rmSync(path, { recursive: true });
    await assert.rejects(commitNumber(engine, 9));
    await engine.tryToRecover();
    assert.deepEqual(held(engine), { kept: before, total: before.length, rows: [] });
    assert.ok(problems.length > 0 && problems.every(({ kind }) => kind === 'missingWrites'));
  });

  it('under two windows: one makes it again, both go on in it', async () => {
    const windows = [await open(), await open()];
    for (const n of before) await commitNumber(windows[n % 2]?.engine ?? assert.fail(), n);
    rmSync(path, { recursive: true });
    for (const { engine } of windows) await assert.rejects(commitNumber(engine, 9));
    for (const { engine } of windows) await engine.tryToRecover();
    for (const [at, { engine }] of windows.entries()) await commitNumber(engine, 10 + at);
    for (const { engine, problems } of windows) {
      assert.deepEqual(held(engine).kept, [...before, 10, 11]);
      assert.deepEqual(problems, []);
    }
  });

  it('and an older one takes its place: what is there is used, and the time range is told once', async () => {
    const { engine, problems } = await open();
    for (const n of before.slice(0, 4)) await commitNumber(engine, n);
    cpSync(path, `${path}.older`, { recursive: true });
    for (const n of before.slice(4)) await commitNumber(engine, n);
    rmSync(path, { recursive: true });
    renameSync(`${path}.older`, path);
    await commitNumber(engine, 9);
    await commitNumber(engine, 10);
    assert.deepEqual(held(engine).kept, [1, 2, 3, 4, 9, 10]);
    assert.deepEqual(
      problems.map(({ kind, missing }) => [kind, typeof missing?.from, typeof missing?.to]),
      [['missingWrites', 'string', 'string']],
    );
  });
});
