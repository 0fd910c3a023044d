// Walking 1,000,000 keys and describing 100,000 of them: against redis-cli, and against a bare socket.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SocketGateway } from '../../src/adapters/redis/gateway.ts';
import type { RedisSession } from '../../src/app/ports/redis.ts';
import { KeyList } from '../../src/domain/keys/keyList.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { definitionOf, noSecret } from '../support/redisParts.ts';
import { openRaw, rawDescribe, rawScan } from './rawSocket.ts';
import { median, timed, type Report } from './report.ts';

const KEYS = 1_000_000;
const DESCRIBED = 100_000;
const TIMES = 5;

export const name = 'scan';

function redisCliScan(box: RedisBox): Promise<void> {
  return new Promise((resolve, reject) => {
    const cli = spawn('redis-cli', ['-p', String(box.port), '--scan'], { stdio: ['ignore', 'ignore', 'inherit'] });
    cli.once('error', reject).once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`redis-cli ${code}`))));
  });
}

async function ourScan(session: RedisSession): Promise<KeyList[]> {
  const pages: KeyList[] = [];
  for await (const page of session.scan({})) pages.push(page.keys);
  return pages;
}

function countOf(pages: readonly KeyList[]): number {
  return pages.reduce((total, page) => total + page.length, 0);
}

/** `p99s` = of each run, ms. The worst run counts as well: a person meets single runs, not medians of them. */
function reportDelays(report: Report, what: string, p99s: readonly number[]): void {
  const unit = 'ms';
  const [middle, worst] = [median(p99s), Math.max(...p99s)];
  const name = `event-loop delay p99, ${what}`;
  report.add({ name: `${name}, median of runs`, median: middle, unit, goal: '≤ 50 ms', met: middle <= 50 });
  report.add({ name: `${name}, worst run`, median: worst, unit, goal: '≤ 50 ms', met: worst <= 50 });
}

async function scans(report: Report, box: RedisBox, session: RedisSession): Promise<void> {
  const socket = await openRaw(box.port);
  const taken = { cli: [] as number[], raw: [] as number[], ours: [] as number[] };
  const delays: number[] = [];
  for (let i = 0; i <= TIMES; i += 1) {
    const cli = await timed(() => redisCliScan(box));
    const raw = await timed(async () => assert.equal(await rawScan(socket, 10_000), KEYS));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const ours = await timed(async () => assert.equal(countOf(await ourScan(session)), KEYS));
    delay.disable();
    if (i === 0) continue; // the first round warms up
    taken.cli.push(cli);
    taken.raw.push(raw);
    taken.ours.push(ours);
    delays.push(delay.percentile(99) / 1e6);
  }
  socket.destroy();
  const [ours, cli, raw] = [median(taken.ours), median(taken.cli), median(taken.raw)];
  report.note(`each: ${taken.ours.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  report.add({
    name: `scan ${KEYS.toLocaleString('en-US')} keys`,
    median: ours,
    unit: 'ms',
    reference: { name: 'redis-cli --scan', median: cli },
    goal: '≥ 1.8 × as fast',
    met: cli / ours >= 1.8,
  });
  report.add({
    name: `scan ${KEYS.toLocaleString('en-US')} keys`,
    median: ours,
    unit: 'ms',
    reference: { name: 'bare socket, COUNT 10,000', median: raw },
    goal: '≤ 1.4 ×',
    met: ours / raw <= 1.4,
  });
  reportDelays(report, 'scan', delays);
}

async function memory(report: Report, session: RedisSession): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const pages = await ourScan(session);
  const added = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.equal(countOf(pages), KEYS);
  report.add({ name: 'RSS added by 1,000,000 names', median: added, unit: 'MB', goal: '≤ 250 MB', met: added <= 250 });
}

async function describing(report: Report, box: RedisBox, session: RedisSession): Promise<void> {
  const pages = await ourScan(session);
  const names: Buffer[] = [];
  for (const page of pages) {
    for (const key of page) if (names.length < DESCRIBED) names.push(Buffer.from(key));
    if (names.length === DESCRIBED) break;
  }
  const keys = KeyList.of(names);
  const socket = await openRaw(box.port);
  const taken = { raw: [] as number[], ours: [] as number[] };
  const delays: number[] = [];
  for (let i = 0; i <= TIMES; i += 1) {
    const raw = await timed(() => rawDescribe(socket, names, 1_000));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const ours = await timed(() => session.describe(keys, { type: true, ttl: true, memory: true }));
    delay.disable();
    if (i === 0) continue;
    taken.raw.push(raw);
    taken.ours.push(ours);
    delays.push(delay.percentile(99) / 1e6);
  }
  socket.destroy();
  const [ours, raw] = [median(taken.ours), median(taken.raw)];
  report.add({
    name: `TYPE, PTTL, MEMORY USAGE of ${DESCRIBED.toLocaleString('en-US')} keys`,
    median: ours,
    unit: 'ms',
    reference: { name: 'bare socket, batches of 1,000', median: raw },
    goal: '≤ 2 ×',
    met: ours / raw <= 2,
  });
  reportDelays(report, 'describe', delays);
}

export async function run(report: Report): Promise<void> {
  const box = await startRedis({ args: ['--enable-debug-command', 'local'] });
  await box.cli('DEBUG', 'POPULATE', String(KEYS), 'shop:session', '20');
  const session = await new SocketGateway().open(definitionOf({ port: box.port, timeoutMs: 30_000 }), noSecret);
  try {
    // First, while nothing has grown the heap yet.
    await memory(report, session);
    await scans(report, box, session);
    await describing(report, box, session);
  } finally {
    await session.close();
    await box.stop();
  }
}
