// Deleting and expiring half of 1,000,000 keys with a plan and checkpoints, beside what people type in a shell.
import { spawnSync } from 'node:child_process';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { ownFolder } from '../support/processes.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { workflowRig } from '../support/workflowRig.ts';
import type { Report } from './report.ts';

export const name = 'workflows';

const keys = Number(process.env['CACHIFY_BENCH_KEYS'] ?? 1_000_000);
const half = keys / 2;
const connectionId = 'test';

async function timed<T>(run: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const started = performance.now();
  const value = await run();
  return { ms: performance.now() - started, value };
}

async function fill(box: RedisBox): Promise<void> {
  await box.cli('flushall');
  for (let from = 0; from < keys; from += 50_000) {
    const name = "(i%2==0 and 'del:' or 'keep:')..(i%50)..':'..i";
    await box.cli(
      'eval',
      `for i=${from},${from + 49_999} do redis.call('SET',${name},'value of '..i) end return 1`,
      '0',
    );
  }
  await box.cli('slowlog', 'reset');
}

function shell(command: string): number {
  const started = performance.now();
  const { status, stderr } = spawnSync('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - started;
}

async function deletion(report: Report, box: RedisBox, undo: boolean, shellMs: number): Promise<void> {
  await fill(box);
  const definition = { port: box.port, undo, timeoutMs: 10_000 };
  const rig = await workflowRig({ directory: ownFolder('cachify-bench-'), definition, snapshotBudgetMb: 2000 });
  // The store's first call starts its worker; a window has done that long before.
  await rig.service.plan({ connectionId, kind: 'deleteByPattern', parameters: { pattern: 'none:*' } });
  global.gc?.();
  const rssBefore = process.memoryUsage().rss;
  let rssMost = rssBefore;
  const watching = setInterval(() => (rssMost = Math.max(rssMost, process.memoryUsage().rss)), 20);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const whole = await timed(async () => {
    const plan = await rig.service.plan({ connectionId, kind: 'deleteByPattern', parameters: { pattern: 'del:*' } });
    await rig.service.start({ runId: plan.runId });
    return rig.service.wait(plan.runId);
  });
  delay.disable();
  clearInterval(watching);
  if (whole.value.counts.done !== half) throw new Error(JSON.stringify(whole.value));
  const how = undo ? 'with undo' : 'without undo';
  const reference = { name: 'redis-cli --scan | xargs redis-cli unlink', median: shellMs };
  const limit = undo ? 1.3 : 1 / 1.6;
  const goal = undo ? '≤ 1.3 ×' : '≤ 0.63 × (1.6 times as fast)';
  report.add({
    name: `delete ${half}, ${how}`,
    median: whole.ms,
    unit: 'ms',
    reference,
    goal,
    met: whole.ms <= shellMs * limit,
  });
  const rss = (rssMost - rssBefore) / 1e6;
  report.add({ name: `RSS added, ${how}`, median: rss, unit: 'MB', goal: '≤ 150 MB', met: rss <= 150 });
  const p99 = delay.percentile(99) / 1e6;
  report.add({ name: `event-loop delay p99, ${how}`, median: p99, unit: 'ms', goal: '≤ 50 ms', met: p99 <= 50 });
  report.note(`${await box.cli('slowlog', 'len')} commands held the server for more than 5 ms`);
  await rig.close();
}

async function planning(report: Report, box: RedisBox): Promise<void> {
  await fill(box);
  const definition = { port: box.port, undo: false, timeoutMs: 10_000 };
  const rig = await workflowRig({ directory: ownFolder('cachify-bench-'), definition });
  const scan = await timed(async () => {
    const pages = rig.parts.gate.scan('uid-test', { action: 'bench', keyOrPattern: '', record: false }, {});
    let found = 0;
    for await (const page of pages) found += page.keys.length;
    return found;
  });
  const parameters = { ttlSeconds: 3600, mode: 'all' };
  const planned = (pattern: string) =>
    timed(() => rig.service.plan({ connectionId, kind: 'ttlNormalize', parameters: { ...parameters, pattern } }));
  // The store's first call starts its worker; a window has done that long before.
  await planned('none:*');
  const plan = await planned('*');
  const reference = { name: 'the bare scan', median: scan.ms };
  report.add({
    name: `plan of ${plan.value.count}`,
    median: plan.ms,
    unit: 'ms',
    reference,
    goal: '≤ 1.3 ×',
    met: plan.ms <= scan.ms * 1.3,
  });
  const ttl = await timed(async () => {
    const { value } = await planned('del:*');
    await rig.service.start({ runId: value.runId });
    return rig.service.wait(value.runId);
  });
  if (ttl.value.counts.done !== half) throw new Error(JSON.stringify(ttl.value));
  await fill(box);
  const cli = `redis-cli -p ${box.port}`;
  const at = Date.now() + 3_600_000;
  const pipeMs = shell(
    `${cli} --scan --pattern 'del:*' | awk '{print "PEXPIREAT " $0 " ${at}"}' | ${cli} > /dev/null; true`,
  );
  const pipe = { name: 'redis-cli --scan | redis-cli', median: pipeMs };
  report.add({
    name: `TTL of ${half}`,
    median: ttl.ms,
    unit: 'ms',
    reference: pipe,
    goal: '≤ 0.5 ×',
    met: ttl.ms * 2 <= pipeMs,
  });
  await rig.close();
}

export async function run(report: Report): Promise<void> {
  const box = await startRedis({ args: ['--slowlog-log-slower-than', '5000', '--slowlog-max-len', '1000'] });
  await fill(box);
  const cli = `redis-cli -p ${box.port}`;
  const shellMs = shell(`${cli} --scan --pattern 'del:*' | xargs -n 1000 ${cli} unlink`);
  await deletion(report, box, false, shellMs);
  await deletion(report, box, true, shellMs);
  await planning(report, box);
  await box.stop();
}
