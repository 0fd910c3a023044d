import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { MemoryDisk } from '../support/memoryDisk.ts';
import { report } from './report.ts';
import { commitNumber, held, migration, openSmall, smallSchema } from './workload.ts';

const fullSchema = [
  ...smallSchema,
  migration(3, "ALTER TABLE kept ADD COLUMN more TEXT NOT NULL DEFAULT ''; CREATE INDEX kept_more ON kept (more);"),
  migration(
    4,
    'CREATE TABLE moved (n INTEGER PRIMARY KEY, body TEXT); INSERT INTO moved SELECT n, body FROM rows; DROP TABLE rows; ALTER TABLE moved RENAME TO rows;',
  ),
  migration(5, 'CREATE TABLE last (n INTEGER PRIMARY KEY); INSERT INTO last SELECT n FROM kept;'),
];
const commits = 12;

async function storeAt(version: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const { engine } = await openSmall(disk.mount(), { migrations: fullSchema.slice(0, version), logBytes: 900 });
  for (let n = 1; n <= commits; n++) await commitNumber(engine, n);
  await engine.close();
  return disk;
}

function hashOf(disk: MemoryDisk): string {
  const hash = createHash('sha256');
  for (const path of disk.paths().sort()) hash.update(path).update(disk.bytes(path));
  return hash.digest('hex');
}

const everyNumber = Array.from({ length: commits }, (_, i) => i + 1);

describe('faults: migrations', function () {
  this.timeout(300_000);

  it('an interruption at every step, from every old version, leaves the old or the new schema, whole', async () => {
    const count = { interruptions: 0, lost: 0, 'neither old nor new': 0 };
    for (let version = 2; version < fullSchema.length; version++) {
      const old = await storeAt(version);
      const probe = old.copy().mount();
      await (await openSmall(probe, { migrations: fullSchema })).engine.close();
      for (let at = 1; at <= probe.steps; at++) {
        for (const how of ['kill', 'killAfter', 'ENOSPC', 'EIO'] as const) {
          const disk = old.copy();
          await openSmall(disk.mount({ at, how, partial: 0.5 }), { migrations: fullSchema }).then(
            ({ engine }) => engine.close().catch(() => undefined),
            () => undefined,
          );
          for (const after of [disk, disk.afterPowerLoss(() => false)]) {
            const { engine, problems } = await openSmall(after.mount(), { migrations: fullSchema });
            const { kept, rows } = held(engine);
            const schema = engine.read().rows('PRAGMA user_version')[0]?.[0];
            count.interruptions++;
            if (kept.join() !== everyNumber.join() || rows.join() !== everyNumber.join()) count.lost++;
            if (schema !== fullSchema.length || problems.some(({ kind }) => kind !== 'tornTail'))
              count['neither old nor new']++;
            assert.equal(engine.health.kind, 'ready');
            await engine.close();
          }
        }
      }
    }
    report('migrations interrupted', count);
    assert.deepEqual({ ...count, interruptions: 0 }, { interruptions: 0, lost: 0, 'neither old nor new': 0 });
    assert.ok(count.interruptions > 100);
  });

  it('a failing statement leaves the old schema, and says so', async () => {
    const disk = await storeAt(3);
    const broken = [...fullSchema.slice(0, 3), migration(4, 'CREATE TABLE a (n); INSERT INTO nowhere VALUES (1);')];
    await assert.rejects(openSmall(disk.copy().mount(), { migrations: broken }));
    const { engine } = await openSmall(disk.mount(), { migrations: fullSchema.slice(0, 3) });
    assert.deepEqual(held(engine).kept, everyNumber);
    assert.deepEqual(engine.read().rows("SELECT name FROM sqlite_schema WHERE name = 'a'"), []);
    await engine.close();
  });

  it('keeps a copy of the store as it was before', async () => {
    const disk = await storeAt(3);
    await (await openSmall(disk.mount(), { migrations: fullSchema })).engine.close();
    const backups = disk.paths().filter((path) => path.includes('/before-migration-'));
    assert.equal(backups.length, 1);
  });

  it('a store newer than the code opens read-only, and not one byte changes', async () => {
    for (const logBytes of [200, 1_000_000]) {
      const disk = new MemoryDisk();
      const first = await openSmall(disk.mount(), { migrations: fullSchema, logBytes });
      for (let n = 1; n <= commits; n++) await commitNumber(first.engine, n);
      await first.engine.close();
      const before = hashOf(disk);
      const { engine, problems } = await openSmall(disk.mount(), { migrations: smallSchema });
      assert.deepEqual(engine.health, {
        kind: 'readOnly',
        reason: 'it was written by a newer version of Cachify Studio',
        newer: true,
      });
      assert.deepEqual(held(engine).kept, everyNumber);
      await assert.rejects(commitNumber(engine, 99), { code: 'NOT_SUPPORTED' });
      await engine.tryToRecover();
      await engine.checkpoint().catch(() => undefined);
      await engine.close();
      assert.deepEqual(problems, []);
      report('a newer store', { 'SHA-256 before = after': before === hashOf(disk) ? 'yes' : 'no' });
      assert.equal(hashOf(disk), before);
    }
  });
});
