// Records histories of real runs as fixtures for test/replay: `node --import tsx scripts/recordRunHistories.ts VERSION`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fold } from '../src/domain/workflows/state.ts';
import { ownFolder } from '../test/support/processes.ts';
import { startRedis } from '../test/support/redisBox.ts';
import { projectRoot } from '../test/support/root.ts';
import { workflowRig } from '../test/support/workflowRig.ts';
import { drift, fillSix, planOf, type SweptKind } from '../test/support/workflowSamples.ts';

async function main(version: string): Promise<void> {
  const folder = join(projectRoot(), 'test/replay/workflows', version);
  mkdirSync(folder, { recursive: true });
  const box = await startRedis();
  const rig = await workflowRig({ directory: ownFolder('cachify-record-'), definition: { port: box.port } });
  for (const kind of ['delete', 'ttl', 'warmup'] as const satisfies readonly SweptKind[]) {
    await box.cli('flushall');
    await box.cli('eval', fillSix(300), '0');
    const plan = await rig.service.plan(planOf(kind));
    await box.cli('eval', drift[kind], '0');
    await rig.service.start({ runId: plan.runId });
    const first = await rig.service.pause(plan.runId).catch(() => rig.service.wait(plan.runId));
    const ids = [plan.runId];
    if (first.can.resume) {
      const resumed = await rig.service.resume({ runId: plan.runId });
      await rig.service.wait(resumed.id);
      ids.push(resumed.id);
    }
    await rig.service.undo({ runId: ids.at(-1) ?? plan.runId });
    for (const [at, id] of ids.entries()) {
      const events = await rig.parts.store.events(id);
      const run = fold(events);
      const expected = { state: run?.state, counts: run?.counts, next: run?.next, undo: run?.undoState };
      writeFileSync(join(folder, `${kind}-${at + 1}.json`), `${JSON.stringify({ expected, events }, null, 1)}\n`);
    }
  }
  await rig.close();
  await box.stop();
}

main(process.argv[2] ?? '0.1.0').then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
