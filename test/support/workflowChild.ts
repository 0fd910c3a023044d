// A process that plans and runs one workflow and dies at a chosen point of the protocol: argv = directory, port, kind, point.
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowParts } from '../../src/app/workflows/parts.ts';
import type { BulkLine } from '../../src/app/redis/bulkLine.ts';
import { workflowRig } from './workflowRig.ts';
import { planOf, type SweptKind } from './workflowSamples.ts';

const [directory = '', port = '', kind = '', point = '', build = '{}'] = process.argv.slice(2);
const dieAt = Number(point);
let crossed = 0;

/** One point of the protocol; the process ends here, as a crash would, when its number is up. */
function cross(): void {
  crossed += 1;
  if (crossed === dieAt) process.kill(process.pid, 'SIGKILL');
}

async function around<T>(act: () => Promise<T>): Promise<T> {
  cross();
  const result = await act();
  cross();
  return result;
}

function counted(parts: WorkflowParts): WorkflowParts {
  const { store, files, gate } = parts;
  return {
    ...parts,
    store: { ...store, append: (...args) => around(() => store.append(...args)) },
    files: { ...files, undo: countedUndo(files.undo) },
    gate: new Proxy(gate, {
      get: (target, name) => {
        if (name === 'openLine')
          return async (...args: Parameters<typeof gate.openLine>) => countedLine(await gate.openLine(...args));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
  };
}

function countedUndo(undo: WorkflowParts['files']['undo']): WorkflowParts['files']['undo'] {
  return {
    append: (...args) => around(() => undo.append(...args)),
    blocks: (id) => undo.blocks(id),
    read: (...args) => undo.read(...args),
    close: (id) => undo.close(id),
    usedBytes: () => undo.usedBytes(),
  };
}

function countedLine(line: BulkLine): BulkLine {
  return {
    connectionName: line.connectionName,
    user: line.user,
    runId: line.runId,
    dead: () => line.dead(),
    look: (...args) => around(() => line.look(...args)),
    transact: (...args) => around(() => line.transact(...args)),
    pipeline: (...args) => around(() => line.pipeline(...args)),
    record: (batch) => line.record(batch),
    close: () => line.close(),
  };
}

async function main(): Promise<void> {
  const rig = await workflowRig({
    directory,
    definition: { port: Number(port) },
    wrap: counted,
    build: JSON.parse(build) as Exclude<Parameters<typeof workflowRig>[0]['build'], undefined>,
  });
  const plan = await rig.service.plan(planOf(kind as SweptKind));
  process.send?.({ planned: plan.runId });
  // The parent changes a few keys after the plan.
  await new Promise((resolve) => process.once('message', resolve));
  if (dieAt < 0) setTimeout(() => process.kill(process.pid, 'SIGKILL'), -dieAt);
  await rig.service.start({ runId: plan.runId });
  const run = await rig.service.wait(plan.runId);
  process.send?.({ ended: run.state, counts: run.counts, crossed });
  await pause(50);
  await rig.close();
  process.exit(0);
}

void main();
