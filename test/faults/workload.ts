import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import type { FileSystem } from '../../src/adapters/store/disk/fileSystem.ts';
import type { Migration } from '../../src/adapters/store/migrations.ts';
import type { StoreProblem } from '../../src/adapters/store/problems.ts';
import { sqlJsEngine, type SqlEngine } from '../../src/adapters/store/sql/driver.ts';
import { StoreEngine } from '../../src/adapters/store/storeEngine.ts';
import type { StoreOptions } from '../../src/adapters/store/storeOptions.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import { projectRoot } from '../support/root.ts';

/** A clock on which waiting takes no time. */
export function hastyClock(): Clock {
  let mono = 0;
  return {
    wallMs: () => 1_800_000_000_000 + mono,
    monoMs: () => mono,
    after(ms, run) {
      const handle = setImmediate(() => {
        mono += ms;
        run();
      });
      return { dispose: () => clearImmediate(handle) };
    },
  };
}

let engine: Promise<SqlEngine> | undefined;

export function sqlEngine(): Promise<SqlEngine> {
  engine ??= initSqlJs({
    wasmBinary: readFileSync(join(projectRoot(), 'node_modules/sql.js/dist/sql-wasm.wasm')).buffer,
  }).then(sqlJsEngine);
  return engine;
}

export function migration(version: number, sql: string): Migration {
  return { version, name: `step${version}`, sql, sha256: createHash('sha256').update(sql).digest('hex') };
}

/** A small schema: numbers that must stay, and event rows in parts. */
export const smallSchema: readonly Migration[] = [
  migration(
    1,
    'CREATE TABLE kept (n INTEGER PRIMARY KEY, body TEXT); CREATE TABLE total (one INTEGER PRIMARY KEY, n INTEGER);',
  ),
  migration(2, 'CREATE TABLE rows (n INTEGER PRIMARY KEY, body TEXT)'),
];

export interface SmallStore {
  readonly engine: StoreEngine;
  readonly problems: StoreProblem[];
}

/** A store that writes a generation every few commits. */
export async function openSmall(fs: FileSystem, more: Partial<StoreOptions> = {}): Promise<SmallStore> {
  const problems: StoreProblem[] = [];
  const engine = await StoreEngine.open({
    name: 'history',
    fs,
    sql: await sqlEngine(),
    path: '/store',
    clock: hastyClock(),
    migrations: smallSchema,
    contentOf: (part) => ({ rows: Number(part.rows('SELECT count(*) FROM rows')[0]?.[0] ?? 0), from: null, to: null }),
    logBytes: 2500,
    partRows: 1_000_000,
    partMemoryBytes: 1 << 20,
    report: (problem) => problems.push(problem),
    ...more,
  });
  return { engine, problems };
}

/** Commits the number `n`: a row in the main database, a running total, and an event row. */
export function commitNumber(engine: StoreEngine, n: number): Promise<void> {
  const body = `body of ${n} ${'x'.repeat(n % 80)}`;
  return engine.commit((tx) => {
    tx.run('INSERT INTO kept (n, body) VALUES (?, ?)', [n, body]);
    tx.run('INSERT INTO total (one, n) VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET n = n + 1');
    tx.run('INSERT INTO rows (n, body) VALUES (?, ?)', [n, body], 'part');
  });
}

export interface Held {
  /** Numbers in the main database, ascending. */
  readonly kept: number[];
  /** The running total: equals the count of numbers unless something ran twice. */
  readonly total: number;
  /** Numbers of the event rows, ascending. */
  readonly rows: number[];
}

export function held(engine: StoreEngine): Held {
  const main = engine.read();
  const numbers = (rows: readonly unknown[][]): number[] => rows.map((row) => Number(row[0])).sort((a, b) => a - b);
  return {
    kept: numbers(main.rows('SELECT n FROM kept')),
    total: Number(main.rows('SELECT n FROM total')[0]?.[0] ?? 0),
    rows: numbers(
      engine.eventParts().flatMap((part) => {
        const database = part.open();
        return database === undefined ? [] : database.rows('SELECT n FROM rows');
      }),
    ),
  };
}

export interface Verdict {
  acknowledgedButLost: number;
  duplicated: number;
  corrupt: number;
}

/** Compares what a store holds with what was acknowledged and what was tried. */
export function judge(
  { kept, total, rows }: Held,
  acknowledged: ReadonlySet<number>,
  tried: ReadonlySet<number>,
  problems: readonly StoreProblem[],
): Verdict {
  const main = new Set(kept);
  const events = new Set(rows);
  const lost = [...acknowledged].filter((n) => !main.has(n) || !events.has(n)).length;
  const foreign = kept.filter((n) => !tried.has(n)).length + (kept.length === rows.length ? 0 : 1);
  return {
    acknowledgedButLost: lost,
    duplicated: Math.abs(total - kept.length) + (rows.length - events.size),
    corrupt: foreign + problems.filter(({ kind }) => kind !== 'tornTail').length,
  };
}

export function addUp(sum: Verdict, more: Verdict): void {
  sum.acknowledgedButLost += more.acknowledgedButLost;
  sum.duplicated += more.duplicated;
  sum.corrupt += more.corrupt;
}
