// Records histories of real runs as fixtures for test/replay: `node --import tsx scripts/recordRunHistories.ts VERSION`.
// What was recorded before stays as it is.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowParts } from '../src/app/workflows/parts.ts';
import { watchedByOneLine } from '../src/domain/workflows/pacing.ts';
import { sizeOf } from '../src/domain/workflows/ranges.ts';
import { fold } from '../src/domain/workflows/state.ts';
import { ownFolder } from '../test/support/processes.ts';
import { startRedis, type RedisBox } from '../test/support/redisBox.ts';
import { projectRoot } from '../test/support/root.ts';
import { workflowRig, type WorkflowRig } from '../test/support/workflowRig.ts';
import { drift, fillSix, planOf, type SweptKind } from '../test/support/workflowSamples.ts';

/** A run of 300 items that is paused if it can be, resumed and undone; ids of its runs. */
async function pausedRun(box: RedisBox, rig: WorkflowRig, kind: SweptKind): Promise<string[]> {
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
  return ids;
}

/** Tells of the first batch that is shared out over several lines, between its look and its write. */
function atSharedBatch(parts: WorkflowParts, happen: (lastItem: number) => Promise<unknown>): WorkflowParts {
  let happened = false;
  return {
    ...parts,
    store: {
      ...parts.store,
      async append(row, events, fence) {
        await parts.store.append(row, events, fence);
        for (const { event } of events) {
          if (happened || event.kind !== 'intended' || sizeOf(event.items) <= watchedByOneLine) continue;
          happened = true;
          await happen((event.items.at(-1)?.[1] ?? 1) - 1);
        }
      },
    },
  };
}

/** A run in which one line's part of a batch is not written, since somebody wrote to its last key, while the others are. */
async function partlyWrittenRun(box: RedisBox): Promise<{ readonly rig: WorkflowRig; readonly ids: string[] }> {
  await box.cli('flushall');
  await box.cli('eval', fillSix(6000), '0');
  let runId = '';
  const rig: WorkflowRig = await workflowRig({
    directory: ownFolder('cachify-record-'),
    definition: { port: box.port },
    wrap: (parts) =>
      atSharedBatch(parts, async (lastItem) => {
        const { items } = await rig.service.planItems({ runId, cursor: String(lastItem), limit: 1 });
        await box.cli('expire', items[0]?.name ?? '', '100000');
      }),
  });
  ({ runId } = await rig.service.plan(planOf('delete')));
  await rig.service.start({ runId });
  await rig.service.wait(runId);
  await rig.service.undo({ runId });
  return { rig, ids: [runId] };
}

async function main(version: string): Promise<void> {
  const folder = join(projectRoot(), 'test/replay/workflows', version);
  mkdirSync(folder, { recursive: true });
  const box = await startRedis();
  const record = async (rig: WorkflowRig, name: string, ids: readonly string[]): Promise<void> => {
    for (const [at, id] of ids.entries()) {
      const file = join(folder, `${name}-${at + 1}.json`);
      if (existsSync(file)) continue;
      const events = await rig.parts.store.events(id);
      const run = fold(events);
      const expected = { state: run?.state, counts: run?.counts, next: run?.next, undo: run?.undoState };
      writeFileSync(file, `${JSON.stringify({ expected, events }, null, 1)}\n`);
    }
  };
  const rig = await workflowRig({ directory: ownFolder('cachify-record-'), definition: { port: box.port } });
  for (const kind of ['delete', 'ttl', 'warmup'] as const satisfies readonly SweptKind[])
    await record(rig, kind, await pausedRun(box, rig, kind));
  await rig.close();
  const partly = await partlyWrittenRun(box);
  await record(partly.rig, 'partly-written', partly.ids);
  await partly.rig.close();
  await box.stop();
}

main(process.argv[2] ?? '0.1.0').then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
