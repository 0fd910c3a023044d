// Speed of workflows beside what people type in a shell, on one server in one run: `npx tsx test/bench/workflows.bench.ts [keys]`.
import { spawnSync } from 'node:child_process';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { ownFolder } from '../support/processes.ts';
import { startRedis } from '../support/redisBox.ts';
import { workflowRig } from '../support/workflowRig.ts';

const keys = Number(process.argv[2] ?? 1_000_000);
const half = keys / 2;

const results: [name: string, value: string][] = [];
function note(name: string, value: string): void {
  results.push([name, value]);
  console.log(`${name.padEnd(64)} ${value}`);
}

async function timed<T>(run: () => Promise<T> | T): Promise<{ ms: number; value: T }> {
  const started = performance.now();
  const value = await run();
  return { ms: performance.now() - started, value };
}

async function main(): Promise<void> {
  const box = await startRedis({
    args: ['--enable-debug-command', 'yes', '--slowlog-log-slower-than', '5000', '--slowlog-max-len', '1000'],
  });
  const fill = async (): Promise<void> => {
    await box.cli('flushall');
    for (let from = 0; from < keys; from += 50_000) {
      const script = `for i=${from},${from + 49_999} do redis.call('SET',(i%2==0 and 'del:' or 'keep:')..(i%50)..':'..i,'value of '..i) end return 1`;
      await box.cli('eval', script, '0');
    }
    await box.cli('slowlog', 'reset');
  };
  const shell = (command: string): number => {
    const started = performance.now();
    const { status, stderr } = spawnSync('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) throw new Error(String(stderr));
    return performance.now() - started;
  };
  const cli = `redis-cli -p ${box.port}`;
  await fill();
  const shellMs = shell(`${cli} --scan --pattern 'del:*' | xargs -n 1000 ${cli} unlink`);
  note(`shell: scan | xargs unlink, ${half} of ${keys}`, `${shellMs.toFixed(0)} ms`);

  for (const undo of [false, true]) {
    await fill();
    const rig = await workflowRig({
      directory: ownFolder('cachify-bench-'),
      definition: { port: box.port, undo, timeoutMs: 10_000 },
      snapshotBudgetMb: 2000,
    });
    global.gc?.();
    const rssBefore = process.memoryUsage().rss;
    let rssMost = rssBefore;
    const watching = setInterval(() => (rssMost = Math.max(rssMost, process.memoryUsage().rss)), 20);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const planned = await timed(() =>
      rig.service.plan({ connectionId: 'test', kind: 'deleteByPattern', parameters: { pattern: 'del:*' } }),
    );
    const run = await timed(async () => {
      await rig.service.start({ runId: planned.value.runId });
      return rig.service.wait(planned.value.runId);
    });
    delay.disable();
    clearInterval(watching);
    if (run.value.state !== 'completed' || run.value.counts.done !== half) throw new Error(JSON.stringify(run.value));
    const ms = planned.ms + run.ms;
    const name = undo ? 'with undo' : 'without undo';
    note(`${name}: plan ${planned.ms.toFixed(0)} ms + run ${run.ms.toFixed(0)} ms`, `${ms.toFixed(0)} ms`);
    note(
      `${name}: against the shell`,
      undo
        ? `${(ms / shellMs).toFixed(2)} × its time (goal ≤ 1.3)`
        : `${(shellMs / ms).toFixed(2)} × as fast (goal ≥ 1.6)`,
    );
    note(`${name}: RSS added`, `${((rssMost - rssBefore) / 1e6).toFixed(0)} MB (goal ≤ 150)`);
    note(`${name}: event-loop delay p99`, `${(delay.percentile(99) / 1e6).toFixed(1)} ms (goal ≤ 50)`);
    note(
      `${name}: server commands over 5 ms`,
      `${await box.cli('slowlog', 'len')} ${(await box.cli('slowlog', 'get', '3')).replaceAll('\n', ' ').slice(0, 160)}`,
    );
    if (undo) {
      const undone = await timed(() => rig.service.undo({ runId: planned.value.runId }));
      note(`undo of ${undone.value.restored}`, `${undone.ms.toFixed(0)} ms`);
    }
    await rig.close();
  }

  await fill();
  const rig = await workflowRig({
    directory: ownFolder('cachify-bench-'),
    definition: { port: box.port, undo: false, timeoutMs: 10_000 },
  });
  const scan = await timed(async () => {
    let found = 0;
    const pages = rig.parts.gate.scan('uid-test', { action: 'bench', keyOrPattern: '', record: false }, {});
    for await (const page of pages) found += page.keys.length;
    return found;
  });
  note(`bare scan of ${scan.value}`, `${scan.ms.toFixed(0)} ms`);
  const all = await timed(() =>
    rig.service.plan({
      connectionId: 'test',
      kind: 'ttlNormalize',
      parameters: { pattern: '*', ttlSeconds: 3600, mode: 'all' },
    }),
  );
  note(
    `plan of ${all.value.count}`,
    `${all.ms.toFixed(0)} ms, ${(all.ms / scan.ms).toFixed(2)} × the bare scan (goal ≤ 1.3)`,
  );
  const ttl = await timed(async () => {
    const plan = await rig.service.plan({
      connectionId: 'test',
      kind: 'ttlNormalize',
      parameters: { pattern: 'del:*', ttlSeconds: 3600, mode: 'all' },
    });
    await rig.service.start({ runId: plan.runId });
    return rig.service.wait(plan.runId);
  });
  if (ttl.value.counts.done !== half) throw new Error(JSON.stringify(ttl.value));
  await fill();
  const at = Date.now() + 3_600_000;
  const pipeMs = shell(`${cli} --scan --pattern 'del:*' | awk '{print "PEXPIREAT " $0 " ${at}"}' | ${cli} > /dev/null`);
  note(
    `ttlNormalize of ${half}`,
    `${ttl.ms.toFixed(0)} ms; redis-cli pipe ${pipeMs.toFixed(0)} ms: ${(pipeMs / ttl.ms).toFixed(2)} × (goal ≥ 2)`,
  );
  await rig.close();
  await box.stop();
}

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
