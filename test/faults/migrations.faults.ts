import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Target } from '../../src/adapters/store/log/commands.ts';
import { readMigrations } from '../../src/adapters/store/migrations.ts';
import type { SqlDatabase, SqlEngine, SqlRow, SqlValue } from '../../src/adapters/store/sql/driver.ts';
import type { StoreEngine } from '../../src/adapters/store/storeEngine.ts';
import type { Transaction } from '../../src/adapters/store/transaction.ts';
import { MemoryDisk } from '../support/memoryDisk.ts';
import { projectRoot } from '../support/root.ts';
import { faultsMode, isInPiece, report } from './report.ts';
import { commitNumber, held, migration, openSmall, smallSchema, sqlEngine } from './workload.ts';

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

/** The product's own steps, and an engine that fails at the n-th statement of any of them. */
const released = readMigrations(join(projectRoot(), 'migrations'));

class StatementFault extends Error {}

/** Counts the statements of scripts over all databases, and fails at one of them. */
function failingAt(engine: SqlEngine, at: number): SqlEngine & { readonly statements: () => number } {
  let run = 0;
  const step = (database: SqlDatabase, statement: string): void => {
    if (++run === at) throw new StatementFault(`statement ${at}`);
    database.script(statement);
  };
  const failing = (database: SqlDatabase): SqlDatabase => {
    const script = (sql: string): void => {
      for (const statement of sql.split(/;\s*(?:\n|$)/)) if (statement.trim() !== '') step(database, statement);
    };
    return new Proxy(database, {
      get: (target, name) => {
        if (name === 'script') return script;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return {
    statements: () => run,
    open: (image) => failing(engine.open(image)),
    openIn: (image) => failing(engine.openIn(image)),
  };
}

type Rows = Readonly<Record<string, readonly SqlRow[]>>;

function tablesOf(database: SqlDatabase): string[] {
  const names = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").map(String);
  return names.filter((name) => name !== 'schema_migrations');
}

/** Two rows in every table of a database, made of the names of its columns. */
function fill(database: SqlDatabase, target: Target, tx: Transaction): void {
  for (const table of tablesOf(database)) {
    const columns = database.all('SELECT name, type FROM pragma_table_info(?)', [table]);
    const rows = [1, 2].map((n) =>
      columns.map(({ name, type }): SqlValue => {
        if (type === 'INTEGER') return n;
        if (type === 'REAL') return n + 0.5;
        return type === 'BLOB' ? new Uint8Array([n, 0, 255]) : `${String(name)} ${n}`;
      }),
    );
    tx.runMany(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`, rows, target);
  }
}

function contents(engine: StoreEngine): { readonly main: Rows; readonly part: Rows } {
  const rowsOf = (database: SqlDatabase): Rows =>
    Object.fromEntries(tablesOf(database).map((table) => [table, database.all(`SELECT * FROM ${table}`)]));
  const part = engine.eventParts()[0]?.open();
  assert.ok(part !== undefined);
  return { main: rowsOf(engine.read()), part: rowsOf(part) };
}

/** Rows of `before` whose values are not all in a row of `after`, whatever columns came. */
function lostRows(before: Rows, after: Rows): string[] {
  return Object.entries(before).flatMap(([table, rows]) => {
    const left = after[table] ?? [];
    const isThere = (row: SqlRow): boolean =>
      left.some((other) => Object.entries(row).every(([name, value]) => isSame(other[name], value)));
    return rows.filter((row) => !isThere(row)).map(() => table);
  });
}

function isSame(one: SqlValue | undefined, other: SqlValue): boolean {
  return one instanceof Uint8Array && other instanceof Uint8Array ? Buffer.compare(one, other) === 0 : one === other;
}

describe('faults: migrations', function () {
  this.timeout(600_000);

  it('statements of the released steps fail, from every old version (each of them in the long run): nothing is lost', async () => {
    const engine = await sqlEngine();
    const every = { short: 97, full: 7, long: 1 }[faultsMode];
    const parts = { partRows: 1_000_000, logBytes: 1 << 30, contentOf: () => ({ rows: 0, from: null, to: null }) };
    const count = { versions: 0, statements: 0, faults: 0, lost: 0, 'neither old nor new': 0 };
    for (let version = 1; version < released.length; version++) {
      const old = new MemoryDisk();
      const first = await openSmall(old.mount(), { ...parts, migrations: released.slice(0, version) });
      await first.engine.commit((tx) => {
        fill(first.engine.read(), 'main', tx);
        const part = first.engine.eventParts()[0]?.open();
        if (part !== undefined) fill(part, 'part', tx);
      });
      const before = contents(first.engine);
      await first.engine.close();
      const probe = failingAt(engine, 0);
      await (await openSmall(old.copy().mount(), { ...parts, sql: probe, migrations: released })).engine.close();
      count.versions++;
      count.statements += probe.statements();
      // Another beginning for every version: between them, the versions reach the statements that one leaves out.
      for (let at = 1 + (version % every); at <= probe.statements(); at += every) {
        if (!isInPiece(at)) continue;
        const disk = old.copy();
        const sql = failingAt(engine, at);
        await assert.rejects(openSmall(disk.mount(), { ...parts, sql, migrations: released }), StatementFault);
        const { engine: after, problems } = await openSmall(disk.mount(), { ...parts, migrations: released });
        const now = contents(after);
        count.faults++;
        count.lost += lostRows(before.main, now.main).length + lostRows(before.part, now.part).length;
        if (after.read().rows('PRAGMA user_version')[0]?.[0] !== released.length || problems.length > 0) {
          count['neither old nor new']++;
        }
        await after.close();
      }
    }
    report('statements of released migrations', count);
    assert.equal(count.lost, 0);
    assert.equal(count['neither old nor new'], 0);
    assert.ok(count.faults > 20);
  });

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
