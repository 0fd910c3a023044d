// The key tree over 1,000,000 keys: how soon something stands there, what it costs in memory, whether others can run.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { KeyBrowser } from '../../src/app/keys/keyBrowser.ts';
import { utf8 } from '../../src/domain/bytes.ts';
import { keysRig, type KeysRig } from '../support/keysRig.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { median, type Report } from './report.ts';

export const name = 'tree';

const KEYS = 1_000_000;
const TIMES = 5;
const root = { prefix: utf8(''), delimiter: utf8(':'), limit: 500 };

/** A shop: deep folders, wide folders, and a few keys of their own. */
async function populate(box: RedisBox): Promise<void> {
  const script = `for i = 1, 1000 do
    local n = tonumber(ARGV[1]) * 1000 + i
    local kind = n % 10
    local name = 'session:' .. n
    if kind < 3 then name = 'user:' .. n .. ':profile'
    elseif kind < 5 then name = 'cart:' .. (n % 1000) .. ':' .. n
    elseif kind < 6 then name = 'product:' .. n end
    redis.call('SET', name, 'v')
  end`;
  for (let at = 0; at < KEYS / 1000; at += 50) {
    const batch = Array.from({ length: 50 }, (_, i) => box.cli('EVAL', script, '0', String(at + i)));
    await Promise.all(batch);
  }
}

interface Measured {
  readonly firstMs: number;
  readonly allMs: number;
  readonly folderMs: number;
  readonly addedMb: number;
  readonly delayP99Ms: number;
}

async function measure(rig: KeysRig): Promise<Measured> {
  const before = process.memoryUsage().rss;
  let peak = before;
  const memory = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const start = performance.now();
  const browser = new KeyBrowser(rig.parts, rig.definition.uid, () => void browser.list(root));
  const first = await browser.list(root);
  await browser.describe(first.keys);
  const firstMs = performance.now() - start;
  while (browser.state().kind === 'scanning') await new Promise((resolve) => setTimeout(resolve, 20));
  const allMs = performance.now() - start;
  if (browser.state().found !== KEYS) throw new Error(`${browser.state().found} keys were found`);
  const opened = performance.now();
  const folder = await browser.list({ ...root, prefix: utf8('session:') });
  await browser.describe(folder.keys);
  const folderMs = performance.now() - opened;
  delay.disable();
  clearInterval(memory);
  browser.reset();
  return { firstMs, allMs, folderMs, addedMb: (peak - before) / 1e6, delayP99Ms: delay.percentile(99) / 1e6 - 5 };
}

export async function run(report: Report): Promise<void> {
  const box = await startRedis();
  const rig = await keysRig(box);
  try {
    await populate(box);
    const runs: Measured[] = [];
    for (let i = 0; i <= TIMES; i += 1) runs.push(await measure(rig));
    // What the process grew by is seen in its first run only: memory is kept for the next one.
    const addedMb = runs[0]?.addedMb ?? Number.NaN;
    const of = (pick: (run: Measured) => number): number => median(runs.slice(1).map(pick));
    const add = (name: string, value: number, unit: 'ms' | 'MB', limit: number): void =>
      report.add({ name, median: value, unit, goal: `≤ ${limit} ${unit}`, met: value <= limit });
    add(
      'first page of 1,000,000 keys',
      of((each) => each.firstMs),
      'ms',
      1000,
    );
    add(
      'a folder of 400,000 keys opens',
      of((each) => each.folderMs),
      'ms',
      1000,
    );
    add(
      'event-loop delay p99 while listing',
      of((each) => each.delayP99Ms),
      'ms',
      50,
    );
    add('memory added by 1,000,000 keys', addedMb, 'MB', 250);
    report.note(`all keys found and counted after ${Math.round(of((each) => each.allMs))} ms`);
  } finally {
    await rig.close();
    await box.stop();
  }
}
