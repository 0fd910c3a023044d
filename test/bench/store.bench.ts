// The store at a million events, beside `node:sqlite` on the same rows.
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStores } from '../../src/adapters/store/openStores.ts';
import type { SqlDatabase, SqlRow, SqlValue } from '../../src/adapters/store/sql/driver.ts';
import { countOfPart, eventsOfPart } from '../../src/adapters/store/worker/repositories/historyEvents.ts';
import { operationBuckets } from '../../src/adapters/store/worker/repositories/operationRollups.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { ownFolder } from '../support/processes.ts';
import { storeBuild } from '../support/storeBuild.ts';
import { snapshotOf } from '../support/storeRows.ts';
import { systemClock } from '../support/systemClock.ts';
import { dayEvent, dayOf, dayStartMs } from './dayEvents.ts';
import { compare, median, medianTime, timed, type Report } from './report.ts';

export const name = 'store: a million events';

const total = Number(process.env['CACHIFY_BENCH_EVENTS'] ?? 1_000_000);
const batch = 500;
const window = dayOf;

function event(n: number): HistoryEvent {
  return dayEvent(n, total, 100_000);
}

/** Bytes that this process, all threads, handed to the system for files and pipes. */
function bytesWritten(): number {
  return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
}

function megabytes(bytes: number): number {
  return bytes / 1e6;
}

function sizeOf(folder: string, pattern: RegExp): number {
  return readdirSync(folder)
    .filter((file) => pattern.test(file))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

async function ingest(stores: Stores, from: number, to: number): Promise<number> {
  const waiting: Promise<void>[] = [];
  return timed(async () => {
    for (let n = from; n < to; n += batch) {
      waiting.push(stores.history.append(Array.from({ length: batch }, (_, i) => event(n + i))));
      if (waiting.length >= 24) await waiting.shift();
    }
    await Promise.all(waiting);
  });
}

/** What is used of `node:sqlite`, which the types of our oldest Node do not know. */
interface NodeSqlite {
  readonly DatabaseSync: new (file: string) => {
    prepare(sql: string): {
      run(...params: readonly SqlValue[]): unknown;
      all(...params: readonly SqlValue[]): SqlRow[];
    };
    exec(sql: string): void;
    close(): void;
  };
}

/** `node:sqlite` behind the store's own seam, so that both answer the same questions by the same code. */
async function nodeSqlite(file: string): Promise<SqlDatabase & { insert(rows: SqlValue[][], sql: string): void }> {
  const module: NodeSqlite = await import(['node', 'sqlite'].join(':'));
  const database = new module.DatabaseSync(file);
  const each = (sql: string, params: readonly SqlValue[] = []): SqlValue[][] => {
    const statement = database.prepare(sql);
    return statement.all(...params).map((row) => Object.values(row));
  };
  return {
    run: (sql, params = []) => void database.prepare(sql).run(...params),
    runMany(sql, rows) {
      const statement = database.prepare(sql);
      for (const row of rows) statement.run(...row);
    },
    script: (sql) => database.exec(sql),
    all: (sql, params = []) => database.prepare(sql).all(...params),
    rows: each,
    each,
    changes: () => 0,
    bytes: () => 0,
    image: () => new Uint8Array(),
    close: () => database.close(),
    insert(rows, sql) {
      const statement = database.prepare(sql);
      database.exec('BEGIN');
      for (const row of rows) statement.run(...row);
      database.exec('COMMIT');
    },
  };
}

export async function run(report: Report): Promise<void> {
  const directory = ownFolder('cachify-bench-store-');
  const scratch = realpathSync(ownFolder('cachify-bench-export-'));
  const built = await storeBuild();
  const open = (): Stores => openStores({ directory, clock: systemClock, ...built });
  let stores = open();
  await stores.connections.list();
  await ingestion(report, stores, join(directory, 'history'), scratch);
  await stores.close();
  stores = open();
  const opening = await timed(() => stores.history.timeline({ ...window, limit: 1 }));
  report.add({
    name: 'open the store, first page',
    median: opening,
    unit: 'ms',
    goal: '≤ 1,000 ms',
    met: opening <= 1000,
  });
  await roundTrip(report, stores);
  await whileBusy(report, stores, join(scratch, 'all.sqlite'));
  await queries(report, stores, join(scratch, 'all.sqlite'));
  await writesBesideGenerations(report, stores, built, directory);
  await stores.close();
}

async function ingestion(report: Report, stores: Stores, folder: string, scratch: string): Promise<void> {
  const fifth = total / 5;
  const written = bytesWritten();
  const times: number[] = [];
  for (let part = 0; part < 5; part++) times.push(await ingest(stores, part * fifth, (part + 1) * fifth));
  const perSecond = total / (times.reduce((sum, ms) => sum + ms, 0) / 1000);
  const first = fifth / ((times[0] ?? 1) / 1000);
  const last = fifth / ((times[4] ?? 1) / 1000);
  await sleep(3000);
  const bytes = bytesWritten() - written;
  const held = sizeOf(folder, /^(part|main|log)-/);
  const reference = await referenceIngest(join(scratch, 'reference.sqlite'));
  report.add({
    name: 'durable ingest, flat out',
    median: perSecond,
    unit: 'per second',
    reference: { name: 'node:sqlite, WAL, FULL', median: reference },
    goal: '≥ 50,000/s',
    met: perSecond >= 50_000,
  });
  report.add({
    name: 'ingest of the last fifth',
    median: last,
    unit: 'per second',
    reference: { name: 'first fifth', median: first },
    goal: '≥ 0.8 ×',
    met: last >= 0.8 * first,
  });
  report.add({
    name: 'bytes written',
    median: megabytes(bytes),
    unit: 'MB',
    reference: { name: 'held', median: megabytes(held) },
    goal: '≤ 1.3 ×',
    met: bytes <= 1.3 * held,
  });
}

async function referenceIngest(file: string): Promise<number> {
  const database = await nodeSqlite(file);
  database.script('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.script(`CREATE TABLE history_events (id TEXT, timestamp TEXT, connection_id TEXT, action TEXT, key_or_pattern TEXT,
    duration_ms REAL, status TEXT, correlation_id TEXT, PRIMARY KEY (timestamp, id)) WITHOUT ROWID;
    CREATE INDEX c ON history_events (connection_id, timestamp)`);
  const count = total / 5;
  const ms = await timed(async () => {
    for (let n = 0; n < count; n += 1000) {
      const rows = Array.from({ length: 1000 }, (_, i): SqlValue[] => {
        const one = event(n + i);
        const { id, timestamp, connectionId, action, keyOrPattern, durationMs, status, correlationId } = one;
        return [id, timestamp, connectionId, action, keyOrPattern, durationMs, status, correlationId ?? null];
      });
      database.insert(rows, 'INSERT INTO history_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    }
  });
  database.close();
  return count / (ms / 1000);
}

async function roundTrip(report: Report, stores: Stores): Promise<void> {
  const taken: number[] = [];
  for (let i = 0; i < 500; i++) taken.push(await timed(() => stores.connections.list()));
  const p50 = median(taken);
  report.add({ name: 'round trip to the worker, p50', median: p50, unit: 'ms', goal: '≤ 0.5 ms', met: p50 <= 0.5 });
}

async function whileBusy(report: Report, stores: Stores, target: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (let i = 0; i < 5; i++) await stores.history.timeline({ ...window, text: `nothing${i}`, limit: 10 });
  const took = await timed(() => stores.maintenance.exportDatabase(target));
  delay.disable();
  const p99 = delay.percentile(99) / 1e6 - 1;
  report.note(`exported ${megabytes(statSync(target).size).toFixed(0)} MB in ${took.toFixed(0)} ms`);
  report.add({
    name: 'event-loop delay of the host, p99, while a million rows are searched and exported',
    median: p99,
    unit: 'ms',
    goal: '≤ 20 ms',
    met: p99 <= 20,
  });
}

async function queries(report: Report, stores: Stores, file: string): Promise<void> {
  const reference = await nodeSqlite(file);
  const beside = async (
    what: string,
    goalMs: number,
    ours: () => Promise<unknown>,
    theirs: () => unknown,
  ): Promise<void> => {
    const times = await compare(5, ours, async () => theirs());
    report.add({
      name: what,
      median: times.ours,
      unit: 'ms',
      reference: { name: 'node:sqlite', median: times.reference },
      goal: `≤ ${goalMs} ms`,
      met: times.ours <= goalMs,
    });
  };
  const day = { ...window, bucketSeconds: 3600 };
  await beside(
    'overview: a day by connection and quarter hour',
    100,
    () => stores.history.operations({ ...window, bucketSeconds: 900 }),
    () => operationBuckets(reference, { ...window, bucketSeconds: 900 }),
  );
  await beside(
    'p95 of the day, by hour',
    70,
    () => stores.history.operations(day),
    () => operationBuckets(reference, day),
  );
  await beside(
    'p95 of odd minutes (7 h 43 min)',
    70,
    () => stores.history.operations({ from: shifted(61), to: shifted(61 + 463), bucketSeconds: 60 }),
    () => operationBuckets(reference, { from: shifted(61), to: shifted(61 + 463), bucketSeconds: 60 }),
  );
  for (const [what, filter] of [
    ['no filter', {}],
    ['one connection', { connectionIds: [event(0).connectionId] }],
    ['failures', { statuses: ['error'] as const }],
    ['one action', { actions: ['keys.remove'] }],
  ] as const) {
    await beside(
      `page of 200, ${what}`,
      30,
      () => stores.history.timeline({ ...window, ...filter, limit: 200 }),
      () => [
        eventsOfPart(reference, { ...window, ...filter }, undefined, 201),
        countOfPart(reference, { ...window, ...filter }),
      ],
    );
  }
  let n = 0;
  const first = await medianTime(5, async () => {
    for await (const page of stores.history.search({ ...window, text: `:${5000 + n++}:`, limit: 200 })) {
      if (page.events.length > 0) break;
    }
  });
  report.add({ name: 'substring filter, first rows', median: first, unit: 'ms', goal: '≤ 100 ms', met: first <= 100 });
  reference.close();
}

function shifted(minutes: number): string {
  return new Date(dayStartMs + minutes * 60_000).toISOString();
}

/** How long a control write takes to be acknowledged while a generation is written, against none. */
async function writesBesideGenerations(
  report: Report,
  stores: Stores,
  built: Awaited<ReturnType<typeof storeBuild>>,
  directory: string,
): Promise<void> {
  const { StoreWorker } = await import('../../src/adapters/store/storeWorker.ts');
  const acknowledged = async (count: number, from: number): Promise<number[]> => {
    const taken: number[] = [];
    for (let n = 0; n < count; n++) {
      taken.push(await timed(() => stores.snapshots.add([snapshotOf(from + n)])));
      await sleep(2);
    }
    return taken.sort((a, b) => a - b);
  };
  const p99 = (taken: number[]): number => taken[Math.floor(taken.length * 0.99)] ?? 0;
  const quiet = p99(await acknowledged(300, 1));
  const worker = new StoreWorker({ directory, clock: systemClock, onNotice: () => undefined, ...built });
  const over = new AbortController();
  const generations = (async () => {
    while (!over.signal.aborted) {
      await ingest(stores, total, total + 5000);
      await stores.history.flush();
      await worker.call('store.checkpoint');
    }
  })();
  const busy = p99(await acknowledged(300, 1000));
  over.abort();
  await generations;
  await worker.close();
  report.add({
    name: 'acknowledged control write, p99, while generations are written without pause',
    median: busy,
    unit: 'ms',
    reference: { name: 'none written', median: quiet },
    goal: '≤ 50 ms more',
    met: busy - quiet <= 50,
  });
}
